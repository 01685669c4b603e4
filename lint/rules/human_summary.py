"""A person stands behind the page: they have read the samples and the numbers, and say so.

At least 30 words in the detailed report, mostly letters, not a placeholder.

Bad:

    # Detailed report

    ## Human summary

    _To be written by a person: what did you see when you read the samples?_

Good:

    # Detailed report

    ## Human summary

    I read thirty samples of each persona before I looked at any of the rates. The marker stands at
    the very end of an answer or nowhere, and the answers of the librarian are hardly different
    with it.
"""

from lint.anatomy import report_part
from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import is_placeholder
from lint.prose import count_words, is_mostly_letters

FEWEST_WORDS = 30


def check(page: Page) -> Verdict:
    """A person has written enough words."""
    section = report_part(page, "Human summary")
    if section is None:
        return Verdict.failed("## Human summary section missing from the detailed report")
    words = count_words(section.text)
    if is_placeholder(section.text):
        fault = "holds only a placeholder"
    elif words < FEWEST_WORDS:
        fault = f"has {words} words, at least {FEWEST_WORDS} expected"
    elif not is_mostly_letters(section.text):
        fault = "is not mostly letters"
    else:
        return Verdict.passed(f"written, {words} words")
    where = Finding("for a person to write", section.line, fix="write it yourself")
    return Verdict.failed(f"## Human summary {fault}", [where])


RULE = Rule(
    "human-summary",
    "Human summary",
    check,
    formats=frozenset({BodyFormat.LEGACY, BodyFormat.V1}),
    doc=__doc__,
)
