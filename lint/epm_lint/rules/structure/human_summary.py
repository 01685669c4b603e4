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

from epm_lint.formats.format import AskedSection
from epm_lint.model import Edit, Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import skeleton
from epm_lint.page.placeholders import WORDS, is_placeholder
from epm_lint.page.prose import count_words, letters
from epm_lint.page.sections import asked_under, part, sections_of
from epm_lint.values import dataclass

SLUG = "human-summary"


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_words: int = option(30, "the fewest words of the summary")
    letters: int = option(50, "the lowest percentage of letters among its characters")
    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold its place")


def check(page: Page, options: Options) -> Verdict:
    """A person has written enough words."""
    asked = asked_under(page, SLUG)
    if asked is None:
        return Verdict.skipped(f"a {page.format.name} page has no such section")
    section = next(iter(sections_of(page, asked)), None)
    if section is None:
        return Verdict.failed(
            f"{asked.heading} section missing from the detailed report", _missing(page, asked)
        )
    words = count_words(section.text)
    if is_placeholder(section.text, options.placeholders):
        lack = "holds only a placeholder"
    elif words < options.fewest_words:
        lack = f"has {words} words, at least {options.fewest_words} expected"
    elif letters(section.text) < options.letters:
        lack = "is not mostly letters"
    else:
        return Verdict.passed(f"written, {words} words")
    where = Finding("for a person to write", section.line, fix="write it yourself")
    return Verdict.awaiting(f"{asked.heading} {lack}", [where])


def _missing(page: Page, asked: AskedSection) -> list[Finding]:
    section = part(page, "report")
    line = section.line if section else 1
    edits = _skeleton(page, asked)
    return [Finding(f"no '{asked.heading}'", line, fix="write it yourself", edits=edits)]


def _skeleton(page: Page, asked: AskedSection) -> tuple[Edit, ...]:
    """An empty section, unless `report-structure` adds it with the report's other sections."""
    section = part(page, "report")
    first = section and next(iter(section.sections), None)
    if page.format.asks_for("report-structure") or not section or section.level != 1:
        return ()
    if first is None or first.level != 2:
        return ()
    edit = skeleton(page.document, first, f"{asked.heading}\n\n_To be written by a person._")
    return (edit,) if edit else ()


RULE = Rule(SLUG, "Human summary", check, options=Options(), doc=__doc__)
