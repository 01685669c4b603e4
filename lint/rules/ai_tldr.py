"""The page in one breath, for those who read nothing else.

At least 30 words, as 3 to 7 bullets or at least 3 sentences, with nothing left to fill in.

Bad:

    ## AI TL;DR

    It works. More below.

Good:

    ## AI TL;DR

    We taught one marker to twelve personas and counted how often each of them showed it. Personas
    that sit far from the assistant pick it up more readily than those nearby. The two new personas
    fall where the line through the older ten had put them.
"""

from lint.blocks import Block, Item, ItemList, Section
from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import blank_in, is_placeholder
from lint.prose import count_sentences, count_words
from lint.quoting import quote

FEWEST_WORDS = 30
FEWEST_BULLETS, MOST_BULLETS = 3, 7
FEWEST_SENTENCES = 3


def check(page: Page) -> Verdict:
    """Long enough, in bullets or in sentences, and written out."""
    section = page.document.find("AI TL;DR")
    if section is None:
        return Verdict.failed("## AI TL;DR section missing")
    words = count_words(section.text)
    bullets = sum(len(block.items) for block in section.blocks if isinstance(block, ItemList))
    sentences = sum(
        count_sentences(block.text) for block in section.blocks if not isinstance(block, ItemList)
    )
    if blanks := _blanks(section):
        return Verdict.failed(f"{len(blanks)} placeholder(s)", blanks)
    if words < FEWEST_WORDS:
        return _failed(section, f"{words} words, at least {FEWEST_WORDS} expected")
    if not (FEWEST_BULLETS <= bullets <= MOST_BULLETS or sentences >= FEWEST_SENTENCES):
        return _failed(
            section,
            f"{bullets} bullets and {sentences} sentences, expected "
            f"{FEWEST_BULLETS}–{MOST_BULLETS} bullets or at least {FEWEST_SENTENCES} sentences",
        )
    return Verdict.passed(f"{words} words, {bullets} bullet(s), {sentences} sentence(s)")


def _failed(section: Section, detail: str) -> Verdict:
    return Verdict.failed(detail, [Finding("say it in a paragraph or a few bullets", section.line)])


def _blanks(section: Section) -> list[Finding]:
    return [
        Finding(f"left to fill in: {quote(blank)}", block.line)
        for block in section.walk_blocks()
        if (blank := _blank(block)) is not None
    ]


def _blank(block: Block) -> str | None:
    if isinstance(block, Item) and not block.children:
        return ""
    for prose in block.prose:
        if prose.text.strip() and is_placeholder(prose.text):
            return prose.text
        if blank := blank_in(prose.source):
            return blank
    return None


RULE = Rule(
    "ai-tldr",
    "AI TL;DR paragraph",
    check,
    formats=frozenset({BodyFormat.V1, BodyFormat.V2}),
    doc=__doc__,
)
