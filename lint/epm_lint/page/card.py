"""Read the reproducibility card: the rows of the set-up, however they are written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from epm_lint.markdown.blocks import Block, Code, Item, ItemList, Paragraph, Prose, Table
from epm_lint.markdown.details import FoldedPart
from epm_lint.page.placeholders import WORDS, blank_in, is_placeholder
from epm_lint.page.prose import labelled
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class CardRow:
    """One row of the card: what it is about, and what it says."""

    group: str
    """The heading that the row stands under."""
    label: str
    value: str
    line: int
    blank: str | None = None
    """What in the row is still to be filled in, if anything."""


def card_rows(
    parts: Iterable[FoldedPart], placeholders: Container[str] = WORDS
) -> Iterator[CardRow]:
    """The rows of tables, "Label: value" items, and code below the label it belongs to."""
    for group, blocks in parts:
        above = group
        for outer in blocks:
            for block in outer.walk():
                yield from _rows(block, group, above, placeholders)
                if isinstance(block, Paragraph):
                    above = block.text.strip().rpartition("\n")[2]
                elif not isinstance(block, Code):
                    above = group
            if isinstance(outer, Paragraph):
                yield from _lines(outer.content, group, placeholders)


def _rows(block: Block, group: str, above: str, placeholders: Container[str]) -> Iterator[CardRow]:
    match block:
        case Table():
            header, *body = block.rows
            if any(cell.text.strip() for cell in header.cells[1:]):
                body = [header, *body]
            for row in body:
                name, *values = row.cells
                value = " ".join(cell.text.strip() for cell in values)
                if values and (name.text.strip() or value.strip()):
                    blank = _blank(values, placeholders)
                    yield CardRow(group, name.text.strip(), value, row.line, blank)
        case Item(blocks=[Paragraph(content=first), *nested]):
            label, value = labelled(block.own_text)
            if label and (value or (_is_bold(first.source) and not nested)):
                proses = [first, *(prose for below in nested for prose in _own(below))]
                blank = _blank_value(value, proses, placeholders)
                yield CardRow(group, label, value, block.line, blank)
        case Code():
            yield CardRow(group, above, block.content, block.line)


def _lines(prose: Prose, group: str, placeholders: Container[str]) -> Iterator[CardRow]:
    """The lines of a paragraph that begin with a label in bold."""
    sources, words = prose.source.split("\n"), prose.words.split("\n")
    for (line, text), source, own in zip(prose.lines(), sources, words, strict=False):
        label, value = labelled(text) if _is_bold(source) else ("", "")
        if label and value:
            blank = _blank_value(value, [replace(prose, source=source, words=own)], placeholders)
            yield CardRow(group, label, value, line, blank)


def _own(block: Block) -> tuple[Prose, ...]:
    return () if isinstance(block, ItemList) else block.prose


def _is_bold(source: str) -> bool:
    return source.lstrip().startswith(("**", "__"))


def _blank_value(value: str, proses: Iterable[Prose], placeholders: Container[str]) -> str | None:
    if is_placeholder(value, placeholders):
        return value
    blanks = (blank_in(labelled(prose.source)[1]) or blank_in(prose.words) for prose in proses)
    return next(filter(None, blanks), None)


def _blank(cells: list[Prose], placeholders: Container[str]) -> str | None:
    """A blank in the cells; in a table of many columns an empty cell is an answer."""
    texts = [cell.text.strip() for cell in cells]
    for cell, text in zip(cells, texts, strict=True):
        if is_placeholder(text, placeholders) and (len(cells) == 1 or any(map(str.isalnum, text))):
            return cell.source.strip()
        if blank := blank_in(cell.source) or blank_in(cell.words):
            return blank
    return None if any(texts) else ""
