"""What the rows of a table add up to, where one of them, or a column, says so."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from epm_lint.reading.number import Kind, Number
from epm_lint.reading.statements import Arithmetic, Binding, MeanOfList, Statement, Term
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record, TableReading

_FEWEST = 2
_LOOSE = frozenset(["all", "overall", "combined", "pooled"])
_NO_SUMS = frozenset(
    {
        Role.RATE,
        Role.INTERVAL,
        Role.P,
        Role.ADJUSTED_P,
        Role.MEAN,
        Role.SD,
        Role.SE,
        Role.MEASURE,
        Role.DIFFERENCE,
        Role.CORRELATION,
        Role.TEST,
        Role.DF,
        Role.ESTIMATE,
        Role.COSINE,
    }
)


def sums(table: TableReading) -> Iterator[Statement]:
    """Rows called total or mean, and columns called total, with what they are of."""
    rows = table.rows
    if len(rows) >= _FEWEST:
        for record in table.records:
            if record.entries and record.entries[0].passage.quoted:
                return
            if record.is_total or (
                record.is_summary and _LOOSE & set(record.raw.casefold().split())
            ):
                yield from _column_totals(table, rows, record)
            elif record.is_mean:
                yield from _column_means(table, rows, record)
    yield from _row_totals(table)


def _amount(entry: Entry | None) -> Number | None:
    """A whole number, or the count of a cell."""
    if entry is None:
        return None
    number = entry.count or entry.alone
    if number is None or number.kind is Kind.FOREIGN:
        return None
    if number.fraction:
        return number
    return number if not number.unit and not number.bound else None


def _whole(number: Number) -> int | None:
    if number.fraction:
        return number.fraction[0]
    return number.mantissa if number.is_whole and not number.sign else None


def _column_totals(
    table: TableReading, rows: tuple[Record, ...], record: Record
) -> Iterator[Statement]:
    found: list[tuple[bool, Entry, Number, list[Number]]] = []
    for place, column in enumerate(table.held):
        total = _amount(record.at(place))
        parts = [_amount(row.at(place)) for row in rows]
        known = [part for part in parts if part is not None]
        if column.role in _NO_SUMS and not (total and total.fraction):
            continue
        entry = record.at(place)
        if total is None or entry is None or len(known) != len(parts):
            continue
        values = [_whole(part) for part in known]
        right = _whole(total)
        if right is None or any(value is None for value in values):
            continue
        fits = sum(value or 0 for value in values) == right
        found.append((fits, entry, total, known))
    certain = record.is_total or any(fits for fits, *_ in found)
    for _, cell, whole, addends in found if certain else ():
        yield _sum(cell, whole, addends)


def _sum(entry: Entry, total: Number, parts: list[Number]) -> Arithmetic:
    plain = [_numerator(part) for part in (total, *parts)]
    return Arithmetic(
        **entry.ground.common(0, len(entry.ground.words), binding=Binding.DECLARED),
        terms=tuple(Term((part,)) for part in plain[1:]),
        total=plain[0],
    )


def _numerator(number: Number) -> Number:
    """The k of a k/n, at its place."""
    if not number.fraction:
        return number
    twin = Number(number.raw, number.fraction[0], 0, number.start, number.end)
    twin.passage = number.passage
    return twin


def _column_means(
    table: TableReading, rows: tuple[Record, ...], record: Record
) -> Iterator[Statement]:
    found: list[tuple[bool, Entry, Number, list[Number]]] = []
    for place, column in enumerate(table.held):
        entry = record.at(place)
        mean = entry.alone if entry else None
        values = [e.alone if (e := row.at(place)) else None for row in rows]
        known = [value for value in values if value is not None and not value.fraction]
        odd = column.role in (Role.P, Role.ADJUSTED_P, Role.INTERVAL, Role.DF)
        if mean is None or entry is None or odd or len(known) != len(values) or mean.fraction:
            continue
        average = sum((value.value for value in known), Fraction(0)) / len(known)
        reach = sum((value.step for value in known), Fraction(0)) / (2 * len(known))
        fits = mean.range.low - reach <= average <= mean.range.high + reach
        found.append((fits, entry, mean, known))
    if len(found) == 1 or any(fits for fits, *_ in found):
        for _, entry, mean, known in found:
            yield MeanOfList(
                **entry.ground.common(0, len(entry.ground.words), binding=Binding.DECLARED),
                values=tuple(known),
                mean=mean,
            )


def _row_totals(table: TableReading) -> Iterator[Statement]:
    """A last column called total that adds up the counts before it."""
    for place, column in enumerate(table.held):
        if column.role is not Role.TOTAL or place < _FEWEST + 1:
            continue
        rows: list[tuple[bool, Entry, Number, list[Number]]] = []
        for record in table.records:
            entry = record.at(place)
            total = _amount(entry)
            parts = [_amount(record.at(c)) for c in range(1, place)]
            known = [part for part in parts if part is not None and _whole(part) is not None]
            if entry is None or total is None or _whole(total) is None or len(known) != len(parts):
                continue
            fits = sum(_whole(part) or 0 for part in known) == _whole(total)
            rows.append((fits, entry, total, known))
        if rows and 2 * sum(fits for fits, *_ in rows) > len(rows):
            for _, entry, total, known in rows:
                yield _sum(entry, total, known)
