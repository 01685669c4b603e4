"""Find what a page folds away: the ordinary blocks between `<details>` and `</details>`.

GitHub renders Markdown in there when empty lines part it from the tags, so the tags are blocks of
HTML beside the others, and a fold may begin in one section and end in the next.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from epm_lint.markdown.blocks import Block, Html
from epm_lint.markdown.document import Document
from epm_lint.markdown.raw_html import visible_text, without_comments
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_TAG = Pattern(r"<(/?)details\b", re.IGNORECASE)
_SUMMARY = Pattern(r"<summary\b[^<>]{0,200}>(.{0,400}?)</summary", re.IGNORECASE | re.DOTALL)

_OPENING = 2000
"""How many characters of a block are searched for its summary."""

_DEEPEST = 8
"""How many of the folds around a line are told."""

FoldedPart = tuple[str, tuple[Block, ...]]
"""The title of a heading, and blocks that stand under it."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A `<details>` with the blocks in it, each with the title of the heading it stands under."""

    page: Sequence[tuple[str, Block]]
    first: int
    last: int
    """The place of its last block; that of the page's last one where it is never closed."""

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.page[self.first][1].line

    @property
    def end_line(self) -> int:
        """Where it ends."""
        return self.page[self.last][1].end_line

    @property
    def title(self) -> str:
        """What its `<summary>` says."""
        for _, block in self.page[self.first : min(self.first + 3, self.last + 1)]:
            source = block.content.source[:_OPENING] if isinstance(block, Html) else ""
            if match := _SUMMARY.match(source, max(source.casefold().find("<summary"), 0)):
                return " ".join(visible_text(match.group(1)).split())
        return ""

    @property
    def heading(self) -> str:
        """The heading it stands under."""
        return self.page[self.first][0]

    @property
    def parts(self) -> tuple[FoldedPart, ...]:
        """The blocks in it, by the headings they stand under."""
        inside = self.page[self.first : self.last + 1]
        groups = groupby(inside, key=lambda entry: entry[0])
        return tuple((title, tuple(block for _, block in group)) for title, group in groups)


@lru_cache(maxsize=4)
def outermost(document: Document) -> tuple[tuple[str, Block], ...]:
    """The blocks that no other holds, each with the title of the heading it stands under."""
    page = [("", block) for block in document.preamble]
    for section in document.walk():
        page += [(section.title, block) for block in section.blocks]
    return tuple(page)


@lru_cache(maxsize=4)
def folds(document: Document) -> tuple[Fold, ...]:
    """Every fold of a page, in the order in which they end."""
    page = outermost(document)
    ended: list[Fold] = []
    waiting: list[int] = []
    for place, (_, block) in enumerate(page):
        for closing in _tags(block):
            if not closing:
                waiting.append(place)
            elif waiting:
                ended.append(Fold(page, waiting.pop(), place))
    open_ = (Fold(page, first, len(page) - 1) for first in reversed(waiting))
    return (*ended, *open_)


def around(document: Document, line: int) -> tuple[Fold, ...]:
    """The folds that a line stands in, the outermost first; of many, the innermost."""
    if not folds(document):
        return ()
    starts, enclosing = _enclosing(document)
    place = bisect_right(starts, line) - 1
    return enclosing[place] if place >= 0 else ()


@lru_cache(maxsize=4)
def _enclosing(document: Document) -> tuple[list[int], list[tuple[Fold, ...]]]:
    """Where each of the outermost blocks begins, and the folds that it stands in."""
    begins: dict[int, list[Fold]] = {}
    for fold in reversed(folds(document)):
        begins.setdefault(fold.first, []).append(fold)
    active: list[Fold] = []
    enclosing = []
    for place, _ in enumerate(outermost(document)):
        active += begins.get(place, ())
        enclosing.append(tuple(active[-_DEEPEST:]))
        while active and active[-1].last == place:
            active.pop()
    return [block.line for _, block in outermost(document)], enclosing


def folded_lines(document: Document) -> set[int]:
    """The lines of all folds."""
    lines: set[int] = set()
    reached = 0
    for fold in sorted(folds(document), key=lambda fold: (fold.first, -fold.last)):
        if fold.last > reached or not lines:
            lines.update(range(fold.line, fold.end_line + 1))
            reached = fold.last
    return lines


def _tags(block: Block) -> list[str]:
    if not isinstance(block, Html):
        return []
    return _TAG.findall(without_comments(block.content.source))
