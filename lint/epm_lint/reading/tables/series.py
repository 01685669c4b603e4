"""A column of a table, or the difference of two, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from epm_lint.reading.lexicon import FUNCTION_WORDS
from epm_lint.reading.number import Number
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record, TableReading

Cell = tuple[Record, Fraction, Number | None]
"""A row, its value, and the number that is printed for it; none for a computed difference."""


class Series:
    """A column, or the difference of two, row by row."""

    def __init__(self, table: TableReading, what: str, cells: list[Cell]):
        self.table, self.what, self.cells = table, what, cells


def column(table: TableReading, place: int) -> Series | None:
    """A column that has a number in every row."""
    cells: list[Cell] = []
    for record in table.rows:
        entry = record.at(place)
        number = _value(entry)
        if number is None:
            return None
        cells.append((record, number.value, number))
    return Series(table, table.headers[place], cells) if len(cells) > 1 else None


def _value(entry: Entry | None) -> Number | None:
    if entry is None:
        return None
    number = entry.alone or entry.leading
    if number is None or number.fraction or number.bound:
        return None
    return number


def numeric_columns(table: TableReading) -> list[int]:
    """The columns of numbers, the first and those of p-values left out."""
    return [
        place
        for place in range(len(table.held))
        if place
        and table.held[place].role not in (Role.P, Role.ADJUSTED_P, Role.INTERVAL, Role.NAME)
        and column(table, place) is not None
    ]


def named_columns(table: TableReading, words: Sequence[str]) -> list[int]:
    """The columns whose headers' own words all stand in a sentence."""
    said = {stem(word) for word in words}
    found: list[tuple[int, set[str]]] = []
    for place in numeric_columns(table):
        names = {
            stem(w) for w in table.held[place].words if w.isalpha() and w not in FUNCTION_WORDS
        }
        names -= {"pp", "n", "mean", "rate"} if len(names) > 1 else set()
        if names and names <= said:
            found.append((place, names))
    return [p for p, names in found if not any(names < other for _, other in found)]


def stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def changes(table: TableReading) -> Series | None:
    """The differences of a table's rows: its Δ column, else its two columns of numbers."""
    deltas = [c for c, column in enumerate(table.held) if column.role is Role.DIFFERENCE]
    if len(deltas) == 1:
        return column(table, deltas[0])
    numeric = numeric_columns(table)
    if deltas or len(numeric) != 2:
        return None
    first, second = (column(table, place) for place in numeric)
    if first is None or second is None:
        return None
    units = {cell[2].unit for cell in (*first.cells, *second.cells) if cell[2]}
    if len(units) > 1:
        return None
    cells: list[Cell] = [
        (a[0], b[1] - a[1], None) for a, b in zip(first.cells, second.cells, strict=True)
    ]
    return Series(table, f"{first.what} to {second.what}", cells)


def pick(tables: Sequence[TableReading], rows: int) -> list[TableReading]:
    """The tables with so many rows, the nearest last."""
    return [table for table in tables if not rows or len(table.rows) == rows]
