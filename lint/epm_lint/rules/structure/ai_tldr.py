"""The page in one breath, for those who read nothing else.

At least 30 words, as 3 to 7 bullets or at least 3 sentences, with nothing left to fill in. A v2
body may go without one.

Bad:

    ## AI TL;DR

    It works. More below.

Good:

    ## AI TL;DR

    We taught one marker to twelve personas and counted how often each of them showed it. Personas
    that sit far from the assistant pick it up more readily than those nearby. The two new personas
    fall where the line through the older ten had put them.
"""

from epm_lint.markdown.blocks import Block, Item, ItemList, Section
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import skeleton
from epm_lint.page.placeholders import WORDS, blank_in, is_placeholder
from epm_lint.page.prose import count_sentences, count_words
from epm_lint.page.sections import absent, heading, part
from epm_lint.quoting import quote
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_words: int = option(30, "the fewest words")
    fewest_bullets: int = option(3, "the fewest bullets, where it is not in sentences")
    most_bullets: int = option(7, "the most bullets")
    fewest_sentences: int = option(3, "the fewest sentences, where it is not in bullets")
    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold its place")


def check(page: Page, options: Options) -> Verdict:
    """Long enough, in bullets or in sentences, and written out."""
    section = part(page, "tldr")
    if section is None:
        asked = page.format.with_role("tldr")
        if asked is None or asked.need != "required":
            return Verdict.skipped(f"a {page.format.name} page may go without one")
        return Verdict.failed(f"{heading(page, 'tldr')} section missing", _missing(page))
    words = count_words(section.text)
    bullets = sum(len(block.items) for block in section.blocks if isinstance(block, ItemList))
    # one or two bullets are sentences like others, too many of them are not
    own = bullets < options.fewest_bullets
    spoken = (block for block in section.blocks if own or not isinstance(block, ItemList))
    sentences = sum(count_sentences(block.text) for block in spoken)
    if blanks := _blanks(section, options):
        return Verdict.failed(f"{len(blanks)} placeholder(s)", blanks)
    if words < options.fewest_words:
        return _failed(section, f"{words} words, at least {options.fewest_words} expected")
    in_bullets = options.fewest_bullets <= bullets <= options.most_bullets
    if not in_bullets and sentences < options.fewest_sentences:
        return _failed(
            section,
            f"{bullets} bullets and {sentences} sentences, expected "
            f"{options.fewest_bullets}–{options.most_bullets} bullets or "
            f"at least {options.fewest_sentences} sentences",
        )
    return Verdict.passed(f"{words} words, {bullets} bullet(s), {sentences} sentence(s)")


def _failed(section: Section, detail: str) -> Verdict:
    return Verdict.failed(detail, [Finding("say it in a paragraph or a few bullets", section.line)])


def _missing(page: Page) -> list[Finding]:
    """Where the section belongs, with an empty one; a missing Human TL;DR brings its own."""
    title = heading(page, "tldr")
    below = part(page, "summary")
    if below is None:
        return absent(title, None)
    fits = below.level <= 2 and page.document.find("Human TL;DR")
    edit = skeleton(page.document, below, title) if fits else None
    edits = (edit,) if edit else ()
    return [Finding(f"no '{title}'", below.line, fix="add it", edits=edits)]


def _blanks(section: Section, options: Options) -> list[Finding]:
    return [
        Finding(f"left to fill in: {quote(blank)}", block.line)
        for block in section.walk_blocks()
        if (blank := _blank(block, options)) is not None
    ]


def _blank(block: Block, options: Options) -> str | None:
    if isinstance(block, Item) and not block.children:
        return ""
    for prose in block.prose:
        if prose.text.strip() and is_placeholder(prose.text, options.placeholders):
            return prose.text
        if blank := blank_in(prose.source):
            return blank
    return None


RULE = Rule(
    "ai-tldr",
    "AI TL;DR paragraph",
    check,
    options=Options(),
    doc=__doc__,
)
