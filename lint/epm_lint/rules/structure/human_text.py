"""What a format leaves to a person waits for one: no program fills it in, and none complains.

A section or label whose author is a person, and which nobody has written yet, is awaiting: no fault
of a draft, but the page cannot be published as ready.

Bad:

    # Experiment: does arm B refuse less?

    <!-- report-v1 -->

    ## TLDR

    *(to be filled in by a person)*

Good:

    # Experiment: does arm B refuse less?

    <!-- report-v1 -->

    ## TLDR

    It does, in two of three prompts.
"""

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import human
from epm_lint.page.placeholders import is_placeholder
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """Every section and label that people write is written."""
    asked = human(page)
    if not asked:
        return Verdict.skipped("no section here that the format leaves to a person")
    waiting = [
        Finding(f"{quote(one.name)} awaits human text", one.line, fix="write it yourself")
        for one in asked
        if not one.has_content or is_placeholder(one.text)
    ]
    if waiting:
        return Verdict.awaiting(f"{len(waiting)} of {len(asked)} to be written", waiting)
    return Verdict.passed(f"{len(asked)} written")


RULE = Rule("human-text", "Human text", check, doc=__doc__)
