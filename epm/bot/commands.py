"""Commands in comments: `/epm lint` at the start of a line or of a list item, as plain text.

What commands must be seen: a line in a quotation, in code, in a fold or in what GitHub hides is
somebody's text, not an order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from epm_lint.markdown.blocks import Block, Item, ItemList, Paragraph
from epm_lint.markdown.document import Document

CALL = "/epm"
MOST = 5
"""Commands that are obeyed of one comment."""

USAGE = {
    "lint": "check this issue again",
    "run [profile]": "run this issue's experiment and publish its results as a draft",
    "publish [profile]": "run what is not finished yet, and publish the results as ready",
    "explain RULE": "what a rule asks, and why",
}
_LONGEST = 65_536
_BULLETS = re.compile(r"^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(?:\[[ xX]\]\s+)?")
_BOX = re.compile(r"^\s*\[[ xX]\]\s+")
_HIDING = frozenset({"blockquote", "code", "del", "details", "dialog", "pre", "s", "template"})


@dataclass(frozen=True, slots=True)
class Command:
    """One order, as it was written."""

    name: str
    argument: str = ""


def parse(text: str) -> tuple[Command, ...]:
    """The commands of a comment, each once, in order."""
    if CALL not in text.casefold():
        return ()
    found = dict.fromkeys(_commands(Document(text[:_LONGEST])))
    return tuple(found)[:MOST]


def _commands(document: Document) -> Iterator[Command]:
    unseen = _unseen(document)
    for block in _outermost(document):
        # of code and of hidden comments, `words` has blanks alone
        for number, words in enumerate(block.content.words.split("\n"), start=block.content.line):
            source = document.lines[number - 1] if number <= len(document.lines) else ""
            call, *rest = (*_BOX.sub("", words).split(), "")
            if number in unseen or call.casefold() != CALL:
                continue
            # not by an escape or an entity that only looks like the call
            if _BULLETS.sub("", source).casefold().startswith(CALL):
                name, argument = (*rest, "", "")[:2]
                yield Command(name.lower(), argument)


def _outermost(document: Document) -> Iterator[Paragraph]:
    """Paragraphs, also those of list items; what is quoted is not among them."""
    waiting: list[Block] = [*document.preamble]
    for section in document.walk():
        waiting += section.blocks
    waiting.reverse()
    while waiting:
        block = waiting.pop()
        if isinstance(block, Paragraph):
            yield block
        elif isinstance(block, ItemList | Item):
            waiting += reversed(block.children)


def _unseen(document: Document) -> set[int]:
    """The lines within raw HTML that folds or hides, or shows as something that is not said."""
    unseen: set[int] = set()
    opened: list[tuple[str, bool, int]] = []
    for tag in document.tags:
        if tag.closing:
            names = [name for name, _, _ in opened]
            if tag.name in names:
                place = len(names) - 1 - names[::-1].index(tag.name)
                for _, hides, line in opened[place:]:
                    unseen.update(range(line, tag.line + 1) if hides else ())
                del opened[place:]
        else:
            source = "\n".join(document.lines[tag.line - 1 : tag.line + 4])
            hidden = re.search(rf"<{re.escape(tag.name)}\b[^>]*\b(?:hidden|style)\b", source, re.I)
            opened.append((tag.name, bool(hidden) or tag.name in _HIDING, tag.line))
    for _, hides, line in opened:
        unseen.update(range(line, len(document.lines) + 1) if hides else ())
    return unseen
