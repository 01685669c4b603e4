"""What was learned, and how sure we are of it, stand out from the prose.

The results hold "Main takeaways" with at least one bullet, and exactly one Confidence line whose
level is HIGH, MODERATE or LOW.

Bad:

    ## AI Summary

    ### Results

    The rates went up, and we are fairly confident.

Good:

    ## AI Summary

    ### Results

    **Main takeaways:**

    - Both new points fall inside the band.

    **Confidence: MODERATE** — one seed, twelve personas.
"""

from lint.anatomy import confidence_lines, results
from lint.blocks import Item, ItemList, Section, title_key
from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import quote

LEVELS = ("HIGH", "MODERATE", "LOW")
_TAKEAWAYS = title_key("Main takeaways")


def check(page: Page) -> Verdict:
    """Takeaways in bullets and one Confidence line."""
    sections = results(page)
    if not sections:
        return Verdict.failed("no Results section")
    bullets = _takeaways(sections[0])
    faults = _takeaway_faults(sections[0], bullets) + _confidence_faults(sections)
    if faults:
        return Verdict.failed("; ".join(fault.message for fault in faults), faults)
    return Verdict.passed(f"Main takeaways with {len(bullets or ())} bullet(s) + 1 Confidence line")


def _takeaways(results: Section) -> tuple[Item, ...] | None:
    """The bullets below "Main takeaways"; None where the words are missing."""
    for section in results.walk():
        if section.key.startswith(_TAKEAWAYS):
            return section.items
        for place, block in enumerate(section.blocks):
            last_line = block.text.rstrip().rpartition("\n")[2]
            if title_key(last_line).startswith(_TAKEAWAYS):
                return next(
                    (b.items for b in section.blocks[place:] if isinstance(b, ItemList)), ()
                )
    return None


def _takeaway_faults(results: Section, bullets: tuple[Item, ...] | None) -> list[Finding]:
    if bullets is None:
        fix = "add '**Main takeaways:**' with a bullet for each"
        return [Finding("no 'Main takeaways'", results.line, fix=fix)]
    if not bullets:
        return [Finding("no bullet under 'Main takeaways'", results.line)]
    return []


def _confidence_faults(sections: tuple[Section, ...]) -> list[Finding]:
    found = list(confidence_lines(sections))
    if len(found) != 1:
        line = found[1][0] if found else sections[0].line
        fix = f"keep one '**Confidence: {'|'.join(LEVELS)}** — why'"
        return [Finding(f"{len(found)} Confidence lines, expected exactly one", line, fix=fix)]
    (line, level), *_ = found
    if level not in LEVELS:
        return [Finding(f"Confidence {quote(level)} is none of {', '.join(LEVELS)}", line)]
    return []


RULE = Rule(
    "results-shape",
    "Results block shape",
    check,
    formats=frozenset({BodyFormat.LEGACY, BodyFormat.V1}),
    doc=__doc__,
)
