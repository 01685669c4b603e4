"""Read the reproducibility card: the rows of the set-up, however they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lint.blocks import Block, Code, Item, Paragraph, Prose, Section, Table
from lint.placeholders import blank_in, is_placeholder
from lint.prose import labelled


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


def card_rows(setup: Section) -> Iterator[CardRow]:
    """The rows of tables, "Label: value" items, and code below the label it belongs to."""
    for section in setup.walk():
        above = section.title
        for outer in section.blocks:
            for block in outer.walk():
                yield from _rows(block, section.title, above)
                if isinstance(block, Paragraph):
                    above = block.text.strip().rpartition("\n")[2]
                elif not isinstance(block, Code):
                    above = section.title


def _rows(block: Block, group: str, above: str) -> Iterator[CardRow]:
    match block:
        case Table():
            header, *body = block.rows
            if any(cell.text.strip() for cell in header.cells[1:]):
                body = [header, *body]
            for row in body:
                name, *values = row.cells
                value = " ".join(cell.text.strip() for cell in values)
                if values and (name.text.strip() or value.strip()):
                    yield CardRow(group, name.text.strip(), value, row.line, _blank(values))
        case Item():
            label, value = labelled(block.own_text)
            if label and value:
                yield CardRow(group, label, value, block.line, blank_in(value))
        case Code():
            yield CardRow(group, above, block.content, block.line)


def _blank(cells: list[Prose]) -> str | None:
    """A blank in the cells; in a table of many columns an empty cell is an answer."""
    texts = [cell.text.strip() for cell in cells]
    for cell, text in zip(cells, texts, strict=True):
        if is_placeholder(text) and (len(cells) == 1 or any(map(str.isalnum, text))):
            return cell.source.strip()
        if blank := blank_in(cell.source) or blank_in(text):
            return blank
    return None if any(texts) else ""
