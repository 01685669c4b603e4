"""The runs of visible text that a page consists of, each with the place it stands at.

Samples and other code blocks are left out: they are quoted, not said.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import field

from epm_lint.markdown.blocks import Block, Figure, Item, Paragraph, Prose, Quote, Section, Table
from epm_lint.markdown.details import around
from epm_lint.markdown.document import Document
from epm_lint.reading.text.source_map import SourceMap, source_map
from epm_lint.values import StrEnum, cached_property, dataclass


class Place(StrEnum):
    """Where on a page a passage stands."""

    TITLE = "title"
    """The issue's own; it has no place in the body, and counts as line 1."""
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CAPTION = "caption"
    """The paragraph right after a figure."""
    ALT = "alt"
    HEADER = "header"
    """A cell of a table's first row."""
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell's place in its table."""

    table_line: int
    row: int
    """From 0, which is the header."""
    column: int
    row_label: str
    """The text of the row's first cell."""
    header: str
    """The text of the column's first cell."""
    corner: str = ""
    """The text of the table's first cell, which says what its rows are."""


class _FoldTitle(str):
    """The title of a `<details>`, among those of sections."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of visible text without a block's bounds inside it."""

    text: str
    line: int
    place: Place
    sections: tuple[str, ...] = ()
    """The titles it stands under, the outermost first; those of the folds around it are last."""
    spot: Spot | None = None
    quoted: bool = False
    """Whether it stands in a block quote."""
    source: str = ""
    columns: tuple[int | None, ...] | None = None
    """For each line of the source, the column it starts at; None where it ends its line."""
    lines: tuple[str, ...] = field(default=(), repr=False)
    """The lines of the body, where they tell the columns."""
    is_mapped: bool = True
    """Whether the text can be laid on its source."""

    @cached_property
    def source_map(self) -> SourceMap | None:
        """Which stretch of the text comes from where in the source; None where not known."""
        if not self.is_mapped:
            return None
        return source_map(self.text, self.source) if self.source else None

    @property
    def folds(self) -> tuple[str, ...]:
        """The titles of the folds around it."""
        return tuple(title for title in self.sections if isinstance(title, _FoldTitle))

    def is_code(self, position: int) -> bool:
        """Whether a place in the text is inside a code span, as far as that is known."""
        return self.source_map is not None and self.source_map.is_code(position)

    def line_of(self, position: int) -> int:
        """The line of the body that a place in the text is on."""
        return self.where(position)[0]

    def where(self, position: int) -> tuple[int, int | None]:
        """The line of a place in the text, and its column where that is exact."""
        if self.source_map is None:
            row = min(bisect_left(self._text_breaks, position), len(self._source_breaks))
            return self.line + row, None
        at = self.source_map.source_of(position)
        row = bisect_left(self._source_breaks, at)
        columns = self._columns
        start = columns[row] if row < len(columns) else None
        if start is None:
            return self.line + row, None
        return self.line + row, start + at - (self._source_breaks[row - 1] + 1 if row else 0)

    @cached_property
    def _columns(self) -> tuple[int | None, ...]:
        if self.columns is not None:
            return self.columns
        found: list[int | None] = []
        for offset, piece in enumerate(self.source.split("\n")):
            at = self.line - 1 + offset
            whole = self.lines[at].rstrip() if at < len(self.lines) else ""
            piece = piece.rstrip()
            if whole.endswith(piece):
                found.append(len(whole) - len(piece) + 1)
            else:
                found.append(_only(whole, piece))
        return tuple(found)

    @cached_property
    def _text_breaks(self) -> list[int]:
        return _breaks(self.text)

    @cached_property
    def _source_breaks(self) -> list[int]:
        return _breaks(self.source)


def _breaks(text: str) -> list[int]:
    return [found.start() for found in re.finditer("\n", text)]


def passages(document: Document, title: str | None = None) -> Iterator[Passage]:
    """Every passage of a page, in its order; the title first."""
    if title:
        yield Passage(title, 1, Place.TITLE, source=title)
    reader = _PassageReader(document)
    yield from reader.blocks(document.preamble, ())
    for section in document.sections:
        yield from reader.section(section, ())


class _PassageReader:
    def __init__(self, document: Document) -> None:
        self.lines = document.lines
        self.document = document

    def section(self, section: Section, above: tuple[str, ...]) -> Iterator[Passage]:
        """The passages of a section and of those in it."""
        titles = (*above, section.title)
        yield self.heading(section, titles)
        yield from self.blocks(section.blocks, titles)
        for below in section.sections:
            yield from self.section(below, titles)

    def _with_folds(self, block: Block, sections: tuple[str, ...]) -> tuple[str, ...]:
        """The titles that a block stands under, with those of the folds around it.

        What stands in a `<details>` is said of what else is in it, as under a heading.
        """
        within = around(self.document, block.line)
        names = (_FoldTitle(f.title or f"a fold on line {f.line}") for f in within)
        return (*sections, *(name for name in names if name not in sections))

    def heading(self, section: Section, titles: tuple[str, ...]) -> Passage:
        line = self.lines[section.line - 1] if section.line <= len(self.lines) else ""
        source = line.strip().strip("#").strip()
        return Passage(
            section.title, section.line, Place.HEADING, titles, source=source, lines=self.lines
        )

    def blocks(
        self,
        blocks: tuple[Block, ...],
        sections: tuple[str, ...],
        inside: Place = Place.PARAGRAPH,
        quoted: bool = False,
    ) -> Iterator[Passage]:
        """The passages of blocks that stand side by side."""
        before: Block | None = None
        above = sections
        for block in blocks:
            sections = self._with_folds(block, above)
            if isinstance(block, Table):
                yield from self._table(block, sections, quoted)
            place = Place.CAPTION if _is_figure(before) else inside
            if not isinstance(block, Table):
                for prose in block.prose:
                    yield from self._prose(prose, place, sections, quoted)
            within = Place.ITEM if isinstance(block, Item) else inside
            quoting = quoted or isinstance(block, Quote)
            yield from self.blocks(block.children, sections, within, quoting)
            before = block

    def _prose(
        self, prose: Prose, place: Place, sections: tuple[str, ...], quoted: bool
    ) -> Iterator[Passage]:
        for figure in prose.figures:
            yield self._alt(figure, sections)
        if prose.text.strip():
            yield Passage(
                prose.text,
                prose.line,
                place,
                sections,
                quoted=quoted,
                source=prose.source,
                lines=self.lines,
            )

    def _alt(self, figure: Figure, sections: tuple[str, ...]) -> Passage:
        line = self.lines[figure.line - 1] if figure.line <= len(self.lines) else ""
        first = line.find(figure.alt) if figure.alt else -1
        once = first >= 0 and line.find(figure.alt, first + 1) < 0
        return Passage(
            figure.alt,
            figure.line,
            Place.ALT,
            sections,
            source=figure.alt,
            columns=(first + 1,) if once else (None,),
            is_mapped=once,
        )

    def _table(self, table: Table, sections: tuple[str, ...], quoted: bool) -> Iterator[Passage]:
        headers = [cell.text.strip() for cell in table.rows[0].cells] if table.rows else []
        for number, row in enumerate(table.rows):
            line = self.lines[row.line - 1] if 0 < row.line <= len(self.lines) else ""
            cursor: int | None = 0
            label = row.cells[0].text.strip() if row.cells else ""
            for column, cell in enumerate(row.cells):
                start, cursor = _in_row(line, cell.source, cursor)
                header = headers[column] if column < len(headers) else ""
                spot = Spot(table.line, number, column, label, header, headers[0])
                for figure in cell.figures:
                    yield self._alt(figure, sections)
                if cell.text.strip():
                    yield Passage(
                        cell.text,
                        row.line,
                        Place.HEADER if number == 0 else Place.CELL,
                        sections,
                        spot,
                        quoted,
                        cell.source,
                        (start,),
                    )


def _is_figure(block: Block | None) -> bool:
    return isinstance(block, Paragraph) and not block.text.strip() and bool(block.figures)


def _only(whole: str, piece: str) -> int | None:
    """The column of a piece that occurs once in a line."""
    first = whole.find(piece) if piece else -1
    return first + 1 if first >= 0 and whole.find(piece, first + 1) < 0 else None


def _in_row(line: str, source: str, cursor: int | None) -> tuple[int | None, int | None]:
    """The column of a row's next cell, and where the search for the one after it starts.

    Between two cells stand a pipe and space alone; anything else, and nothing after is exact.
    """
    if cursor is None or not source:
        return None, cursor
    start = line.find(source, cursor)
    if start < 0 or line[cursor:start].strip(" \t|>"):
        return None, None
    return start + 1, start + len(source)
