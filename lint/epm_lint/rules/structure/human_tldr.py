"""A person has read the page and says in their own words what it comes to.

What they say is theirs; the rule only asks that they have said it. A v2 body may go without.

Bad:

    ## Human TL;DR

    <!-- epm:human human-tldr -->
    _To be written by a person: what would you tell a colleague in the corridor?_
    <!-- /epm:human -->

Good:

    ## Human TL;DR

    Two new points landed where the line said they would.
"""

from epm_lint.formats import BodyFormat
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import skeleton
from epm_lint.page.placeholders import WORDS, is_placeholder
from epm_lint.page.prose import count_words
from epm_lint.page.sections import absent, summary
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold its place")


def check(page: Page, options: Options) -> Verdict:
    """The section is there and holds more than a placeholder."""
    section = page.document.find("Human TL;DR")
    if section is None:
        if page.format is BodyFormat.V2:
            return Verdict.skipped("a v2 body may go without one")
        return Verdict.failed("## Human TL;DR section missing", _missing(page))
    if is_placeholder(section.text, options.placeholders):
        fault = Finding("nobody has written here yet", section.line, fix="write it yourself")
        return Verdict.failed("## Human TL;DR holds only a placeholder", [fault])
    return Verdict.passed(f"written, {count_words(section.text)} words")


def _missing(page: Page) -> list[Finding]:
    """Where the section belongs, with an empty one; a missing AI TL;DR comes with it."""
    ai_summary, ai_tldr = summary(page), page.document.find("AI TL;DR")
    present = [section for section in (ai_tldr, ai_summary) if section]
    if not present:
        return absent("## Human TL;DR", None)
    below = min(present, key=lambda section: section.line)
    text = "## Human TL;DR\n\n_To be written by a person._"
    if ai_tldr is None:
        text += "\n\n## AI TL;DR"
    edit = skeleton(page.document, below, text) if below.level <= 2 else None
    edits = (edit,) if edit else ()
    return [Finding("no '## Human TL;DR'", below.line, fix="write it yourself", edits=edits)]


RULE = Rule(
    "human-tldr",
    "Human TL;DR",
    check,
    options=Options(),
    formats=frozenset({BodyFormat.V1, BodyFormat.V2}),
    doc=__doc__,
)
