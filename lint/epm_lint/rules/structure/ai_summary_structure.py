"""A reader finds the question, the method, the answer and what follows in the same place always.

The summary holds Background, Methodology, Results and Next steps, in that order, as headings of
the third level. A v2 body has one `### Result …` for each result instead of Results, and may leave
Next steps out.

Bad:

    ## AI Summary

    ### Methodology

    ### Results

    ### Next steps

Good:

    ## AI Summary

    ### Background

    ### Methodology

    ### Results

    ### Next steps
"""

from epm_lint.formats import BodyFormat, is_one_result
from epm_lint.markdown.blocks import Section, title_key
from epm_lint.markdown.details import folded_lines
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import absences, wrong_level
from epm_lint.page.sections import absent, is_about_setup, results, summary
from epm_lint.quoting import enumerate_quoted, quote
from epm_lint.values import dataclass

LEVEL = 3
"""Of the parts; the summary's own heading is one above."""

JUDGED = ("Background", "Methodology", "Results", "Result …")
"""Parts that other rules ask to be filled, so that an empty one is not overlooked."""


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    parts: tuple[str, ...] = option(
        ("Background", "Methodology", "Results", "Next steps"), "the parts of the summary, in order"
    )
    optional: tuple[str, ...] = option(("Next steps",), "the parts that a v2 body may leave out")


def check(page: Page, options: Options) -> Verdict:
    """The summary has its parts, in order; others beside them are a warning."""
    section = summary(page)
    if section is None:
        name = "TL;DR" if page.format is BodyFormat.LEGACY else "AI Summary"
        return Verdict.failed(f"## {name} section missing", absent(f"## {name}", None))
    titles = [part.title for part in section.sections if part.level == LEVEL]
    expected = _expected(page, titles, options)
    level = wrong_level(page.document, section, LEVEL - 1, expected)
    wanted = [title_key(title) for title in expected]
    known = set(wanted)
    found = [key for key in map(title_key, titles) if key in known]
    if found != wanted:
        detail = f"expected {enumerate_quoted(expected)}, got {enumerate_quoted(titles)}"
        if level:
            return Verdict.failed(detail, [level])
        faults = absences(page.document, section, expected, LEVEL, JUDGED)
        return Verdict.failed(detail, faults or [_disorder(section, known)])
    if level:
        return Verdict.warned(level.message, [level])
    if extra := _extra(page, section, known):
        return Verdict.warned(f"{len(extra)} part(s) that the format does not know", extra)
    return Verdict.passed(f"{len(expected)} parts in order")


def _expected(page: Page, titles: list[str], options: Options) -> tuple[str, ...]:
    if page.format is not BodyFormat.V2:
        return options.parts
    here = [title for title in titles if is_one_result(title_key(title))]
    found = here or [section.title for section in results(page)] or ["Result …"]
    optional = {title_key(part) for part in options.optional} - {*map(title_key, titles)}
    expected: list[str] = []
    for part in options.parts:
        if title_key(part) == "results":
            expected += found
        elif title_key(part) not in optional:
            expected.append(part)
    return tuple(expected)


def _disorder(section: Section, wanted: set[str]) -> Finding:
    seen: set[str] = set()
    for part in section.sections:
        if part.level == LEVEL and part.key in wanted:
            if part.key in seen:
                return Finding(f"{quote(part.title)} is there twice", part.line, fix="keep one")
            seen.add(part.key)
    return Finding("the parts are out of order", section.line, fix="move them")


def _extra(page: Page, section: Section, known: set[str]) -> list[Finding]:
    extra = [part for part in section.sections if part.key not in known]
    folded = folded_lines(page.document) if extra else set()
    in_v2 = page.format is BodyFormat.V2
    fix = "give it a heading of level 2" if in_v2 else "move it to the report"
    return [
        Finding(f"{quote(part.title)} is none of them", part.line, fix=fix)
        for part in extra
        if part.line not in folded and not (in_v2 and is_about_setup(part.title))
    ]


RULE = Rule("ai-summary-structure", "AI Summary structure", check, options=Options(), doc=__doc__)
