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

from lint.anatomy import absences, summary
from lint.blocks import Section, title_key
from lint.formats import BodyFormat, is_one_result
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import enumerate_quoted, quote

LEVEL = 3
PARTS = ("Background", "Methodology", "Results", "Next steps")


def check(page: Page) -> Verdict:
    """The summary has its parts, in order; others beside them are a warning."""
    section = summary(page)
    if section is None:
        name = "TL;DR" if page.format is BodyFormat.LEGACY else "AI Summary"
        return Verdict.failed(f"## {name} section missing")
    titles = [part.title for part in section.sections if part.level == LEVEL]
    expected = _expected(page, titles)
    wanted = [title_key(title) for title in expected]
    found = [key for key in map(title_key, titles) if key in wanted]
    if found != wanted:
        detail = f"expected {enumerate_quoted(expected)}, got {enumerate_quoted(titles)}"
        out_of_order = Finding("the parts are out of order, or one is there twice", section.line)
        return Verdict.failed(detail, absences(page, section, expected, LEVEL) or [out_of_order])
    if extra := _extra(section, wanted):
        return Verdict.warned(f"{len(extra)} part(s) that the format does not know", extra)
    return Verdict.passed(f"{len(expected)} parts in order")


def _expected(page: Page, titles: list[str]) -> tuple[str, ...]:
    if page.format is not BodyFormat.V2:
        return PARTS
    results = [title for title in titles if is_one_result(title_key(title))] or ["Result …"]
    last = [title for title in titles if title_key(title) == title_key("Next steps")]
    return ("Background", "Methodology", *results, *last)


def _extra(section: Section, wanted: list[str]) -> list[Finding]:
    return [
        Finding(f"{quote(part.title)} is none of them", part.line, fix="move it to the report")
        for part in section.sections
        if part.key not in wanted
    ]


RULE = Rule("ai-summary-structure", "AI Summary structure", check, doc=__doc__)
