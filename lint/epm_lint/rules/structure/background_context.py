"""A result means something only against what was known and what was asked.

Background says both in at least 30 words.

Bad:

    ## AI Summary

    ### Background

    Follow-up of the last one.

Good:

    ## AI Summary

    ### Background

    An earlier experiment found that personas far from the assistant take up a marker more readily,
    but it had trained no persona near the assistant itself. We ask whether the line still holds at
    that end.
"""

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.prose import count_words
from epm_lint.page.sections import heading, missing, part
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_words: int = option(30, "the fewest words of Background")


def check(page: Page, options: Options) -> Verdict:
    """Background is there and long enough to set the scene."""
    section = part(page, "background")
    if section is None:
        return Verdict.failed(
            f"{heading(page, 'background')} subsection missing", missing(page, "background")
        )
    words = count_words(section.text)
    if words < options.fewest_words:
        fault = Finding(f"only {words} words", section.line, fix="say what was known and asked")
        return Verdict.failed(f"{words} words, at least {options.fewest_words} expected", [fault])
    return Verdict.passed(f"{words} words")


RULE = Rule("background-context", "Background context", check, options=Options(), doc=__doc__)
