"""An experiment answers to an earlier one, and a reader wants to go and see it.

Background names an issue other than the page's own, as `#12`, `owner/name#12` or a link. Without
the page's own number any issue will do. The first experiment of its line has none to name: it says
so with `<!-- epm: ignore[background-motivation] the first of its line -->` before the heading.

Bad:

    ## AI Summary

    ### Background

    An earlier experiment found that a marker is easier to implant far from the assistant.

Good:

    ## AI Summary

    ### Background

    #232 found that a marker is easier to implant far from the assistant.
"""

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.references import is_own, references
from epm_lint.page.sections import part
from epm_lint.page.wording import unquoted

MOST_SHOWN = 4


def check(page: Page) -> Verdict:
    """Background names an issue that is not the page's own."""
    section = part(page, "background")
    if section is None:
        return Verdict.skipped("no Background to look in")
    named = [
        reference
        for below in section.walk()
        for block in unquoted(below.blocks)
        for prose in block.prose
        for reference in references(prose)
    ]
    others = sorted({reference.number for reference in named if not is_own(reference, page)})
    if others:
        shown = ", ".join(f"#{number}" for number in others[:MOST_SHOWN])
        return Verdict.passed(f"names {shown}{', …' if len(others) > MOST_SHOWN else ''}")
    message = "only the page's own issue is named" if named else "no issue is named"
    fix = "name the issue that made you ask, as #N or a link"
    return Verdict.failed(message, [Finding(f"Background: {message}", section.line, fix=fix)])


RULE = Rule("background-motivation", "Background motivation", check, doc=__doc__)
