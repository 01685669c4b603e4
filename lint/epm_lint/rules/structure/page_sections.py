"""A reader finds each thing under the heading where pages of this format have it.

The sections that the format names are there, at their level and in their order; none is there that
it forbids, and none twice.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Takeaways

    ## Methodology

    ## Results

    ### Arm B refuses less

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Takeaways

    ## Goal

    ## Methodology

    ## Results

    ### Arm B refuses less
"""

from collections.abc import Iterator

from epm_lint.formats.format import AskedSection
from epm_lint.model import Finding, Page, Rule, Status, Verdict
from epm_lint.page.parts import parts_in_place, top_in_place
from epm_lint.page.sections import located
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """The page has the sections of its format."""
    top = [asked for asked in page.format.sections if len(asked.path) == 1 and not asked.rule]
    faults, disorder = top_in_place(page, top)
    fails, warns = list(faults), list[Finding]()
    {"fail": fails, "warn": warns, "off": list[Finding]()}[page.format.order].extend(disorder)
    if page.format.others != "off":
        (fails if page.format.others == "fail" else warns).extend(_others(page))
    for asked in page.format.sections:
        if asked.is_glob:
            fails += _count(page, asked)
        elif not asked.rule and page.format.parts_of(asked.path) and located(page, asked):
            verdict = parts_in_place(page, asked)
            if verdict.status is Status.FAIL:
                fails += verdict.findings
            elif verdict.status is Status.WARN:
                warns += verdict.findings
    found = sorted([*fails, *warns], key=lambda finding: finding.line)
    if not found:
        return Verdict.passed(f"the sections of a {page.format.name} page, in order")
    detail = found[0].message if len(found) == 1 else f"{len(found)} sections amiss"
    return Verdict.failed(detail, found) if fails else Verdict.warned(detail, found)


def _others(page: Page) -> Iterator[Finding]:
    """Headings beside those of the format, at their level."""
    top = [asked for asked in page.format.sections if len(asked.path) == 1]
    levels = {asked.level for asked in top}
    for section in page.document.walk():
        if section.level in levels and not any(one.has_key(section.key) for one in top):
            message = f"{quote(section.title)} is none of the format's sections"
            yield Finding(message, section.line, fix="make it a part of one of them")


def _count(page: Page, asked: AskedSection) -> Iterator[Finding]:
    """Too few or too many headings of a pattern; that there is none, its parent's parts say."""
    found = located(page, asked)
    least, most = asked.count.least or 0, asked.count.most
    if found and len(found) < least:
        message = f"{len(found)} {quote(asked.heading)}, at least {least} expected"
        yield Finding(message, found[0].line, fix="add to them")
    if most is not None and len(found) > most:
        message = f"{len(found)} {quote(asked.heading)}, at most {most} expected"
        yield Finding(message, found[most].line, fix="merge some")


RULE = Rule("page-sections", "Page sections", check, doc=__doc__)
