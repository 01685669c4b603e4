"""The rows and paragraphs of a page, each with the part of the page that it stands in.

What people write, completions that are shown, code, captions and alternative texts are left out:
there a name stands that is told nothing of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from epm_lint.markdown.blocks import Block, Code, Html, Item, ItemList, Paragraph, Prose, Table
from epm_lint.markdown.details import folds
from epm_lint.markdown.document import Document
from epm_lint.model import Page
from epm_lint.page.companion import is_link
from epm_lint.page.sections import human_lines, located
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_NOT_TOLD = frozenset({"samples", "sources", "artifacts"})
_SET_UP = frozenset({"background", "methodology", "setup"})
_OTHERS = frozenset({"nextsteps", "wandb"})
"""Sections without a role that give no result."""
_DIGIT = Pattern(r"\d")
_LEVEL = Pattern(r"\b9[059]%")
_CONFIDENCE = Pattern(r"^\W{0,4}confidence(?: is|:)", re.IGNORECASE | re.MULTILINE)
"""What it says of an analysis is no result."""
_MARKUP = str.maketrans("", "", "\\*_`~ \n\t\xa0")


def key(text: str) -> str:
    """A name as it is told: without the characters that Markdown may take for markup."""
    return text.translate(_MARKUP)


def has_figure(text: str) -> bool:
    """Whether a text gives a number other than the level of an interval."""
    return _DIGIT.search(_LEVEL.sub("", text)) is not None


@dataclass(frozen=True, slots=True)
class Passage:
    """A row of a table, or a paragraph."""

    text: str
    line: int
    is_result: bool
    """Whether it stands where results are given, and not in the set-up."""
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    code: frozenset[str] = frozenset()
    bold: str = ""
    """What it begins with in bold."""
    heads_table: bool = False
    """Whether a table, or the link to one, follows at once."""
    introduces: bool = False
    """Whether what follows at once gives a number."""


@dataclass(frozen=True, slots=True)
class Title:
    """A heading or the summary of a fold, and whether a result stands under it."""

    text: str
    tells: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What the rows of a table are of, and what the table is called."""

    titles: tuple[str, ...]
    """The folds that it stands in."""
    lead: str
    """The paragraphs that head it."""
    firsts: frozenset[str]
    """First cells, as `key` has them."""


@dataclass(frozen=True)
class Passages:
    """All that a page and its companion file tell."""

    all: list[Passage] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    """Of tables of results."""
    by_first: dict[str, list[Passage]] = field(default_factory=lambda: defaultdict(list))
    """Rows by their first cell."""
    by_header: dict[str, list[Passage]] = field(default_factory=lambda: defaultdict(list))
    """Rows by each cell of their header."""
    by_code: dict[str, list[Passage]] = field(default_factory=lambda: defaultdict(list))
    """Rows and paragraphs by each span of code in them."""

    def add(self, passage: Passage) -> None:
        """Take one in."""
        self.all.append(passage)
        for span in passage.code:
            self.by_code[key(span)].append(passage)
        if passage.cells:
            self.by_first[key(passage.cells[0])].append(passage)
            for cell in passage.header[1:]:
                self.by_header[key(cell)].append(passage)

    @property
    def prose(self) -> Iterator[Passage]:
        """Paragraphs and items of lists."""
        return (passage for passage in self.all if not passage.cells)


def passages_of(page: Page) -> Passages:
    """The passages of a page, and those of its companion file where that is at hand."""
    found = Passages()
    silent, set_up = _lines(page)
    _read(page.document, silent, set_up, found)
    if page.tables is not None:
        _read(Document(page.tables), frozenset(), frozenset(), found)
    return found


def _lines(page: Page) -> tuple[frozenset[int], frozenset[int]]:
    """The lines on which nothing counts, and those of the set-up."""
    silent, set_up = set(human_lines(page)), set[int]()
    for asked in page.format.sections:
        for section in located(page, asked):
            lines = range(section.line, section.end_line + 1)
            if asked.role in _NOT_TOLD or section.key in _OTHERS:
                silent.update(lines)
            elif asked.role in _SET_UP:
                set_up.update(lines)
    return frozenset(silent), frozenset(set_up)


def _read(
    document: Document, silent: frozenset[int], set_up: frozenset[int], found: Passages
) -> None:
    stretches = [(None, document.preamble), *((s, s.blocks) for s in document.walk())]
    folded: dict[int, list[str]] = defaultdict(list)
    for fold in folds(document):
        for block in (block for _, blocks in fold.parts for block in blocks):
            folded[block.line].append(fold.title)
    for section, blocks in stretches:
        shown = [block for block in blocks if block.line not in silent]
        if section and section.line not in silent | set_up:
            found.titles.append(Title(section.title, any(map(_tells, shown))))
        for at, block in enumerate(shown):
            after = shown[at + 1 : at + 3]
            follows = after[0] if after else None
            is_caption = at > 0 and bool(shown[at - 1].figures)
            if isinstance(block, Paragraph) and (is_caption or isinstance(follows, Code)):
                continue  # what is said of a picture or a sample gives no result
            for passage in _of(block, block.line not in set_up, after):
                found.add(passage)
            if isinstance(block, Table) and block.line not in set_up:
                around = shown[max(0, at - 2) : at + 1]
                lead = "\n".join(
                    each.text
                    for place, each in enumerate(around[:-1], 1)
                    if isinstance(each, Paragraph) and _heads(around[place:])
                )
                firsts = frozenset(key(row.cells[0].text.strip()) for row in block.rows[1:])
                found.listings.append(Listing(tuple(folded[block.line]), lead, firsts))
    for fold in folds(document):
        if fold.line not in silent | set_up and not fold.title.casefold().startswith("figure"):
            inside = [block for _, blocks in fold.parts for block in blocks]
            found.titles.append(Title(fold.title, any(map(_tells, inside[1:]))))


def _tells(block: Block) -> bool:
    """Whether a block gives a result, or leads to one: its method alone is none."""
    if _is_table(block):
        return True
    if isinstance(block, Html | Code) or block.figures:
        return False
    return not block.text.lstrip("* ").startswith("Method") and has_figure(block.text)


def _heads(after: Sequence[Block]) -> bool:
    """Whether what follows a paragraph is its table; one more without a title may stand between."""
    if after and _is_table(after[0]):
        return True
    if len(after) < 2 or not isinstance(aside := after[0], Paragraph) or aside.figures:
        return False
    return not _bold(aside.content.source) and _is_table(after[1])


def _is_table(block: Block | None) -> bool:
    """Whether it is a table with more than its header, or the link to one in the companion file."""
    if isinstance(block, Table):
        return len(block.rows) > 1
    return isinstance(block, Paragraph) and any(map(is_link, block.content.links))


def _of(block: Block, is_result: bool, after: Sequence[Block]) -> Iterator[Passage]:
    if isinstance(block, Table):
        yield from _rows(block, is_result)
    elif isinstance(block, Item | ItemList):
        inside: Sequence[Block] = block.children
        for at, inner in enumerate(inside):
            yield from _of(inner, is_result, inside[at + 1 : at + 3])
    elif isinstance(block, Paragraph) or (isinstance(block, Html) and not _is_tag(block)):
        (content,) = block.prose
        text = _CONFIDENCE.split(content.text, 1)[0]
        if block.figures or not text.strip():
            return
        yield Passage(
            text,
            block.line,
            is_result,
            code=_code([content]),
            bold=_bold(content.source),
            heads_table=_heads(after),
            introduces=bool(after) and _tells(after[0]),
        )


def _rows(table: Table, is_result: bool) -> Iterator[Passage]:
    header, *rows = ([cell.text.strip() for cell in row.cells] for row in table.rows)
    for row, cells in zip(table.rows[1:], rows, strict=True):
        yield Passage(
            " | ".join(cells), row.line, is_result, tuple(cells), tuple(header), _code(row.cells)
        )


def _is_tag(block: Html) -> bool:
    source = block.content.source.casefold()
    return "<details" in source or "<summary" in source or "</details" in source


def _code(contents: Iterable[Prose]) -> frozenset[str]:
    return frozenset(span.text for content in contents for span in content.code)


def _bold(source: str) -> str:
    start = source.lstrip()
    return start[2:].partition(start[:2])[0] if start.startswith(("**", "__")) else ""
