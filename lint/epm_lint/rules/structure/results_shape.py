"""What was learned, and how sure we are of it, stand out from the prose.

The results hold "Main takeaways" with at least one bullet, and exactly one Confidence line whose
level is HIGH, MODERATE or LOW. In a v2 body each `### Result …` holds a figure and prose instead of
takeaways, and there is one Confidence line for all of them, or one for each.

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

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Block, Item, ItemList, Paragraph, Section, title_key
from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Finding, Page, Rule, Verdict, option
from epm_lint.page.prose import count_words
from epm_lint.page.sections import confidence_lines, missing, part, results
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_TAKEAWAYS = title_key("Main takeaways")
_DRAWN_BULLET = Pattern(r" {0,3}([•‣▪▸◦●∙·–—])\s+\S")


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_bullets: int = option(1, "the fewest bullets under Main takeaways")
    levels: tuple[str, ...] = option(("HIGH", "MODERATE", "LOW"), "the levels of confidence")
    fewest_words: int = option(20, "the fewest words of a v2 result, its caption included")


def check(page: Page, options: Options) -> Verdict:
    """Takeaways in bullets, or in v2 figures with prose; and one Confidence line."""
    sections = results(page)
    if not sections:
        return Verdict.failed("no Results section", missing(page, "results"))
    asked = page.format.with_role("results")
    if asked and asked.is_glob:
        return _one_by_one(page, sections, options)
    takeaways = _takeaways(sections[0])
    bullets = takeaways[1] if takeaways else ()
    drawn = _drawn_bullets(page.document, takeaways[0]) if takeaways and not bullets else []
    faults = _confidence_faults(page.document, sections, options)
    if takeaways is None:
        fix = "add '**Main takeaways:**' with a bullet for each"
        faults.insert(0, Finding("no 'Main takeaways'", sections[0].line, fix=fix))
    elif len(bullets) + len(drawn) < options.fewest_bullets:
        count = len(bullets) + len(drawn) or "no"
        message = f"{count} bullet under 'Main takeaways'"
        faults.insert(0, Finding(message, sections[0].line, fix="give each a bullet"))
    if faults:
        return Verdict.failed("; ".join(fault.message for fault in faults), faults)
    if drawn:
        return Verdict.warned(f"{len(drawn)} takeaway(s) with a drawn bullet", drawn)
    return Verdict.passed(f"Main takeaways with {len(bullets)} bullet(s) + 1 Confidence line")


def _takeaways(results: Section) -> tuple[tuple[Block, ...], tuple[Item, ...]] | None:
    """The blocks from "Main takeaways" on, and the bullets there; None without the words."""
    for section in results.walk():
        if section.key.startswith(_TAKEAWAYS):
            return section.blocks, section.items
        for place, block in enumerate(section.blocks):
            if any(title_key(line).startswith(_TAKEAWAYS) for line in block.text.split("\n")):
                blocks = section.blocks[place:]
                return blocks, next((b.items for b in blocks if isinstance(b, ItemList)), ())
    return None


def _drawn_bullets(document: Document, blocks: tuple[Block, ...]) -> list[Finding]:
    """Lines that begin with a character that looks like a bullet, but is none in Markdown."""
    found = []
    for block in blocks:
        if isinstance(block, Paragraph):
            for line in range(block.line, block.end_line + 1):
                if match := _DRAWN_BULLET.match(document.lines[line - 1]):
                    edit = Edit.within(line, match.start(1) + 1, match.group(1), "-")
                    message = f"{quote(match.group(1))} makes no list, the lines run together"
                    found.append(Finding(message, line, fix="write '-'", edits=(edit,)))
    return found


def _one_by_one(page: Page, sections: tuple[Section, ...], options: Options) -> Verdict:
    faults = []
    for section in sections:
        if not section.figures:
            fix = "show what was found"
            faults.append(Finding(f"no figure in {quote(section.title)}", section.line, fix=fix))
        words = count_words(section.text)
        if words < options.fewest_words:
            message = f"{words} words in {quote(section.title)}"
            fix = f"say in at least {options.fewest_words} what was found"
            faults.append(Finding(message, section.line, fix=fix))
    each = [len(list(confidence_lines((section,)))) for section in sections]
    whole = part(page, "summary")
    if sum(each) == 0 and whole:
        faults += _confidence_faults(page.document, (whole,), options)
    elif sum(each) == 1 or any(count > 1 for count in each):
        faults += _confidence_faults(page.document, sections, options)
    else:
        for section in sections:
            faults += _confidence_faults(page.document, (section,), options)
    if faults:
        return Verdict.failed("; ".join(fault.message for fault in faults[:3]), faults)
    return Verdict.passed(f"{len(sections)} result(s) with figure and prose + Confidence")


def _confidence_faults(
    document: Document, sections: tuple[Section, ...], options: Options
) -> list[Finding]:
    found = list(confidence_lines(sections))
    if len(found) != 1:
        line = found[1][0] if found else sections[0].line
        fix = f"keep one '**Confidence: {'|'.join(options.levels)}** — why'"
        return [Finding(f"{len(found)} Confidence lines, expected exactly one", line, fix=fix)]
    (line, level), *_ = found
    if level in options.levels:
        return []
    message = f"Confidence {quote(level)} is none of {', '.join(options.levels)}"
    if level.upper() not in options.levels:
        return [Finding(message, line, fix="give one of them")]
    edits = tuple(_in_capitals(document, line, level))
    return [Finding(message, line, fix=f"write {level.upper()}", edits=edits)]


def _in_capitals(document: Document, line: int, level: str) -> Iterator[Edit]:
    source = document.lines[line - 1]
    if match := re.search(
        rf"confidence\b.{{0,20}}?\b({re.escape(level)})\b", source, re.IGNORECASE
    ):
        yield Edit.within(line, match.start(1) + 1, match.group(1), level.upper())


RULE = Rule("results-shape", "Results block shape", check, options=Options(), doc=__doc__)
