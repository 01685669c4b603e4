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

from epm_lint.formats import BodyFormat
from epm_lint.model import Edit, Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import skeleton
from epm_lint.page.placeholders import WORDS, is_placeholder
from epm_lint.page.prose import count_words, letters
from epm_lint.page.sections import report, report_part
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_words: int = option(30, "the fewest words of the summary")
    letters: int = option(50, "the lowest percentage of letters among its characters")
    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold its place")


def check(page: Page, options: Options) -> Verdict:
    """A person has written enough words."""
    section = report_part(page, "Human summary")
    if section is None:
        return Verdict.failed(
            "## Human summary section missing from the detailed report", _missing(page)
        )
    words = count_words(section.text)
    if is_placeholder(section.text, options.placeholders):
        fault = "holds only a placeholder"
    elif words < options.fewest_words:
        fault = f"has {words} words, at least {options.fewest_words} expected"
    elif letters(section.text) < options.letters:
        fault = "is not mostly letters"
    else:
        return Verdict.passed(f"written, {words} words")
    where = Finding("for a person to write", section.line, fix="write it yourself")
    return Verdict.failed(f"## Human summary {fault}", [where])


def _missing(page: Page) -> list[Finding]:
    section = report(page)
    line = section.line if section else 1
    message = "no '## Human summary'"
    return [Finding(message, line, fix="write it yourself", edits=_skeleton(page))]


def _skeleton(page: Page) -> tuple[Edit, ...]:
    """An empty section in legacy bodies; in v1 it comes with the report's other sections."""
    section = report(page)
    first = section and next(iter(section.sections), None)
    if page.format is not BodyFormat.LEGACY or not section or section.level != 1:
        return ()
    if first is None or first.level != 2:
        return ()
    edit = skeleton(page.document, first, "## Human summary\n\n_To be written by a person._")
    return (edit,) if edit else ()


RULE = Rule(
    "human-summary",
    "Human summary",
    check,
    options=Options(),
    formats=frozenset({BodyFormat.LEGACY, BodyFormat.V1}),
    doc=__doc__,
)
