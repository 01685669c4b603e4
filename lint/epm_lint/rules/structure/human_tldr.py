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

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import skeleton
from epm_lint.page.placeholders import WORDS, is_placeholder
from epm_lint.page.prose import count_words
from epm_lint.page.sections import absent, asked_under, heading, part, sections_of
from epm_lint.values import dataclass

SLUG = "human-tldr"


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold its place")


def check(page: Page, options: Options) -> Verdict:
    """The section is there and holds more than a placeholder."""
    asked = asked_under(page, SLUG)
    if asked is None:
        return Verdict.skipped(f"a {page.format.name} page has no such section")
    section = next(iter(sections_of(page, asked)), None)
    if section is None:
        if asked.need != "required":
            return Verdict.skipped(f"a {page.format.name} page may go without one")
        return Verdict.failed(f"{asked.heading} section missing", _missing(page, asked.heading))
    if is_placeholder(section.text, options.placeholders):
        here = Finding("nobody has written here yet", section.line, fix="write it yourself")
        return Verdict.awaiting(f"{asked.heading} holds only a placeholder", [here])
    return Verdict.passed(f"written, {count_words(section.text)} words")


def _missing(page: Page, title: str) -> list[Finding]:
    """Where the section belongs, with an empty one; a missing AI TL;DR comes with it."""
    ai_summary, ai_tldr = part(page, "summary"), part(page, "tldr")
    present = [section for section in (ai_tldr, ai_summary) if section]
    if not present:
        return absent(title, None)
    below = min(present, key=lambda section: section.line)
    text = f"{title}\n\n_To be written by a person._"
    if ai_tldr is None:
        text += f"\n\n{heading(page, 'tldr')}"
    edit = skeleton(page.document, below, text) if below.level <= 2 else None
    edits = (edit,) if edit else ()
    return [Finding(f"no '{title}'", below.line, fix="write it yourself", edits=edits)]


RULE = Rule(SLUG, "Human TL;DR", check, options=Options(), doc=__doc__)
