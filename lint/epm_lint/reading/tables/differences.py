"""Columns of differences with the two columns that they are of."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.statements import (
    Difference,
    Statement,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.frame import Frame
from epm_lint.reading.tables.records import Entry, Record, TableReading

_FIGURES = frozenset(
    {Role.RATE, Role.OTHER, Role.COUNT, Role.NAME, Role.MEASURE, Role.MEAN, Role.TOTAL}
)


def difference_columns(table: TableReading) -> list[tuple[int, int, int, int]]:
    """Each column of differences with the two that it is of, and their order, as most rows say."""
    found = []
    for place, column in enumerate(table.held):
        if column.role is not Role.DIFFERENCE or {"relative", "elo"} & set(column.words):
            continue
        numeric = [
            c
            for c in range(place)
            if table.held[c].role
            in (Role.RATE, Role.OTHER, Role.MEAN, Role.COUNT, Role.MEASURE, Role.NAME, Role.TOTAL)
            and any(_figure(entry) for record in table.rows if (entry := record.at(c)))
        ]
        if len(numeric) < 2:
            continue
        left, right = numeric[-2:]
        signs = [sign for record in table.rows if (sign := _order(record, place, left, right))]
        many = len([r for r in table.rows if r.at(place)])
        ahead, behind = signs.count(1), signs.count(-1)
        if many == 1 or max(ahead, behind) * 2 >= many:
            first, last = table.held[left], table.held[right]
            if first.role is last.role or {first.role, last.role} <= _FIGURES:
                found.append((place, left, right, -1 if behind > ahead else 1))
    return found


def differences(
    frame: Frame, record: Record, columns: list[tuple[int, int, int, int]]
) -> Iterator[Statement]:
    for place, left, right, sign in columns:
        entry, first, second = record.at(place), record.at(left), record.at(right)
        if entry is None or first is None or second is None:
            continue
        amount, a, b = entry.alone, _figure(first), _figure(second)
        if amount is None or a is None or b is None:
            continue
        yield Difference(
            **frame.common(entry),
            amount=_as_points(amount, b),
            before=a if sign > 0 else b,
            after=b if sign > 0 else a,
        )


def _figure(entry: Entry) -> Number | None:
    """The rate or value of a cell, alone or before its count, its error, its interval."""
    if entry.alone is not None and not entry.alone.fraction:
        return entry.alone
    if entry.count is not None:
        rate = entry.operand(Part.PERCENT)
        return rate.number if rate else None
    return entry.leading


def _as_points(amount: Number, figure: Number) -> Number:
    """A difference of rates is one of points, whatever its header says."""
    if figure.unit == "%" and amount.unit in ("", "%"):
        return amount.with_unit("pp") if not amount.unit else amount
    return amount


def _order(record: Record, place: int, left: int, right: int) -> int:
    """1 if the difference is right minus left, -1 if left minus right, 0 for neither."""
    cells = record.at(place), record.at(left), record.at(right)
    if any(cell is None for cell in cells):
        return 0
    amount = cells[0].alone if cells[0] else None
    a = _figure(cells[1]) if cells[1] else None
    b = _figure(cells[2]) if cells[2] else None
    if amount is None or a is None or b is None:
        return 0
    amount = _as_points(amount, b)
    reach = a.range.plus(b.range.negated)
    if amount.range.meets(b.range.plus(a.range.negated)):
        return 1
    return -1 if amount.range.meets(reach) else 0
