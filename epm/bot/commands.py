"""Commands in comments: `/epm lint` at the start of a line, as plain text.

A line in a quotation, in code or in what GitHub hides is somebody's text, not an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from epm_lint.markdown.blocks import Block, Paragraph
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


@dataclass(frozen=True, slots=True)
class Command:
    """One order, as it was written."""

    name: str
    argument: str = ""


def parse(text: str) -> tuple[Command, ...]:
    """The commands of a comment, each once, in order."""
    if CALL not in text:
        return ()
    found = dict.fromkeys(_commands(Document(text[:_LONGEST])))
    return tuple(found)[:MOST]


def _commands(document: Document) -> Iterator[Command]:
    for block in _outermost(document):
        if not isinstance(block, Paragraph):
            continue
        # of code and of hidden comments, `words` has blanks alone
        for number, words in enumerate(block.content.words.split("\n"), start=block.content.line):
            source = document.lines[number - 1] if number <= len(document.lines) else ""
            if source.startswith(CALL) and words.startswith(CALL):
                call, *rest = words.split()
                if call == CALL:
                    name, argument = (*rest, "", "")[:2]
                    yield Command(name, argument)


def _outermost(document: Document) -> Iterator[Block]:
    yield from document.preamble
    for section in document.walk():
        yield from section.blocks
