"""Take a body apart into units, the paragraphs, rows, headings and fences that hold its figures.

A figure is a word with a digit in it, sign, relation and unit included: `=-0.74`, `31/100`,
`[22.8%`, `#246`, `b179c95`. A unit is known again by its other words, so that an edit of a figure
leaves it what it was.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from epm_lint.markdown.blocks import Block, Code, Table, TableRow
from epm_lint.markdown.document import Document
from epm_lint.patterns import Pattern
from epm_lint.remembering import Remembered
from epm_lint.values import dataclass

FIGURE = Pattern(
    r"[#=<>≤≥≈~±]{0,2}[+\-−]?(?:[^\W\d]|_|[./:](?=\w)){0,40}\d(?:\w|[.,/:×](?=\w)|[-+−](?=\d))*[%‰]?"
)
_WORD = Pattern(r"[^\W\d]{2,}")
_TITLE = "title"


@dataclass(frozen=True, slots=True)
class Numeral:
    """A word with a digit, where it stands in its unit."""

    text: str
    line: int
    slot: int
    """The column, by a hash of its header; 0 outside tables."""
    before: int
    """A hash of the word before; 0 where that is a figure itself, or nothing."""
    start: int
    """The place in the text that it was found in."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a body that is edited as one."""

    kind: str
    """`text`, `row`, `heading`, `alt`, `title` or `fence`."""
    line: int
    words: frozenset[int]
    """Hashes of the words that know it again."""
    figures: tuple[Numeral, ...]
    names: tuple[str, ...] = ()
    """The conditions that it names, in their order."""


def crc(text: str) -> int:
    """16 bits of a text; never 0."""
    return zlib.crc32(text.casefold().encode("utf-8", "surrogatepass")) % 65535 + 1


class Reader:
    """How a text is read; the renderer's reads what its marks say as well."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Take the names of the conditions that a page may speak of."""
        longest_first = sorted(filter(None, names), key=len, reverse=True)
        alternatives = "|".join(map(re.escape, longest_first))
        self._names = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)") if alternatives else None

    def names(self, text: str) -> tuple[str, ...]:
        """The conditions that a text names."""
        return tuple(self._names.findall(self.plain(text))) if self._names else ()

    def plain(self, text: str) -> str:
        """The text as a reader of the page sees it."""
        return text

    def figures(self, text: str, line: int, slot: int = 0) -> tuple[Numeral, ...]:
        """The figures of a text whose first line is `line`."""
        return tuple(_figures(text, line, slot))


def units(
    document: Document,
    title: str | None = None,
    reader: Reader | None = None,
    human: frozenset[int] | None = None,
) -> tuple[Unit, ...]:
    """All units of a body that hold a figure, and its fences, in the order of the page.

    What stands in the `human` lines is left out: it is theirs to change. Without these, which a
    page's format tells, they are what the renderer's comments stand around.
    """
    theirs = marked_lines(document) if human is None else human
    found = _Units(reader or Reader()).of(document, title)
    kept = (unit for unit in found if unit.line not in theirs)
    return tuple(unit for unit in kept if unit.figures or unit.names)


def marked_lines(document: Document) -> frozenset[int]:
    """The lines between `<!-- epm:human … -->` and `<!-- /epm:human -->`, as the renderer has them.

    Anybody can write these comments: what is a person's on a page, its format says.
    """
    lines: set[int] = set()
    start: int | None = None
    for comment in document.comments:
        text = comment.text.strip()
        if text.startswith("epm:human"):
            start = comment.line
        elif text == "/epm:human" and start is not None:
            lines.update(range(start, comment.line + 1))
            start = None
    return frozenset(lines)


def _figures(text: str, line: int, slot: int) -> Iterator[Numeral]:
    for figure, below, before, start in _found(text):
        yield Numeral(figure, line + below, slot, before, start)


def _find(text: str) -> tuple[tuple[str, int, int, int], ...]:
    """Each figure, how many lines below the first, the hash of the word before, and its place."""
    found = []
    cursor = below = 0
    for match in FIGURE.finditer(text):
        below += text.count("\n", cursor, match.start())
        between = _WORD.findall(text[max(cursor, match.start() - 60) : match.start()])
        before = crc(between[-1]) if between else 0
        cursor = match.start()
        found.append((match.group(), below, before, match.start()))
    return tuple(found)


_found = Remembered(_find)


def _hash_words(text: str) -> frozenset[int]:
    return frozenset(map(crc, _WORD.findall(FIGURE.sub(" ", text))))


words_of = Remembered(_hash_words)
"""Hashes of the words without a digit."""


class _Units:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, document: Document, title: str | None) -> Iterator[Unit]:
        if title:
            yield Unit(
                "title", 0, frozenset(), self._reader.figures(title, 0), self._reader.names(title)
            )
        for block in document.preamble:
            yield from self._block(block, "")
        for section in document.walk():
            yield self._text("heading", section.title, section.line)
            for block in section.blocks:
                yield from self._block(block, section.key)

    def _block(self, outer: Block, section: str) -> Iterator[Unit]:
        for block in outer.walk():
            if isinstance(block, Code):
                yield self._fence(block, section)
            elif isinstance(block, Table):
                yield from self._rows(block)
            else:
                for prose in block.prose:
                    yield self._text("text", prose.text, prose.line)
            for figure in (figure for prose in block.prose for figure in prose.figures):
                yield self._text("alt", figure.alt, figure.line)

    def _text(self, kind: str, text: str, line: int) -> Unit:
        figures = self._reader.figures(text, line)
        names = self._reader.names(text)
        words = words_of(self._reader.plain(text)) if figures or names else frozenset()
        return Unit(kind, line, words, figures, names)

    def _rows(self, table: Table) -> Iterator[Unit]:
        header, *rows = table.rows
        columns = [self._reader.plain(cell.text) for cell in header.cells]
        head = words_of(" ".join(columns))
        slots = slots_of(columns)
        yield Unit("row", header.line, head, self._cells(header, [0] * len(columns)))
        for row in rows:
            label = self._reader.plain(row.cells[0].text) if row.cells else ""
            # a label that is nothing but a number, a layer say, is what tells the rows apart
            words = words_of(label) or frozenset({crc(label.strip())})
            names = self._reader.names(" | ".join(cell.text for cell in row.cells))
            yield Unit("row", row.line, head | words, self._cells(row, slots), names)

    def _cells(self, row: TableRow, slots: list[int]) -> tuple[Numeral, ...]:
        # a row may have more cells than its header: GitHub drops them
        return tuple(
            figure
            for cell, slot in zip(row.cells, slots, strict=False)
            for figure in self._reader.figures(cell.text, cell.line, slot)
        )

    def _fence(self, code: Code, section: str) -> Unit:
        import hashlib  # most pages that are linted have no manifest, and need no hash

        content = self._reader.plain(code.content)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        figure = Numeral(digest, code.line, 0, 0, 0)
        return Unit("fence", code.line, frozenset({crc(section)}), (figure,))


def slots_of(columns: list[str]) -> list[int]:
    """A hash for each column, made from its header; two alike are told apart by their order."""
    slots: list[int] = []
    for column in columns:
        slot = crc(column.strip())
        while slot in slots:
            slot = slot % 65535 + 1
        slots.append(slot)
    return slots


def standing_alone(figure: str, line: str) -> list[int]:
    """Where a figure stands in a line as a number of its own, no part of another or of a word."""
    alone = Pattern(rf"(?<![\w.]){re.escape(figure)}(?![\w]|\.\d)")
    return [found.start() for found in alone.finditer(line)]
