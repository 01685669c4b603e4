"""Which columns of a table hold counts, which their trials, which their rates."""

from __future__ import annotations

from fractions import Fraction

from epm_lint.reading.number import Number
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Record, TableReading


class Counts:
    """The columns that belong together."""

    def __init__(self) -> None:
        self.columns: list[tuple[int, int, int]] = []
        """The columns of k, n and rate; n is -1 where k is a part of the column's total."""
        self.fractions: set[tuple[int, int]] = set()
        """The columns of a rate and of its k/n."""
        self.total: int | None = None
        self.parts: set[int] = set()

    def is_count(self, place: int) -> bool:
        """Whether a column called N holds counts and no trials."""
        return place in self.parts or any(place == k for k, _, _ in self.columns)


def count_columns(table: TableReading) -> Counts:
    """By the headers, or because most rows agree."""
    found = Counts()
    rates = [c for c, column in enumerate(table.held) if column.role is Role.RATE]
    for rate in rates:
        _pair_fractions(table, rate, found)
        _pair_columns(table, rate, found)
        _pair_parts(table, rate, found)
    return found


def _pair_fractions(table: TableReading, rate: int, found: Counts) -> None:
    """k/n beside a rate: by its header, or because most rows agree."""
    for place, column in enumerate(table.held):
        if place == rate or abs(place - rate) > 3:
            continue
        pairs = [
            (entry.count, other.alone or other.leading)
            for record in table.records
            if (entry := record.at(place)) and entry.count and (other := record.at(rate))
            if other.alone or other.leading
        ]
        fits = sum(bool(c and r and _fits(c.value, r)) for c, r in pairs)
        called = column.role is Role.COUNT or not column.words
        if pairs and (called or (fits and 2 * fits >= len(pairs))) and (fits or called):
            found.fractions.add((rate, place))


def _pair_columns(table: TableReading, rate: int, found: Counts) -> None:
    """k and n in columns of their own: by their headers, or because most rows agree."""
    whole = [
        c
        for c, column in enumerate(table.held)
        if c != rate
        and column.role
        in (Role.K, Role.N, Role.OTHER, Role.TOTAL, Role.COUNT, Role.NAME, Role.MEASURE)
        and _is_whole(table, c)
    ]
    best: tuple[int, int, int] | None = None
    for k in whole:
        for n in whole:
            if k == n or k > rate + 3 or n > rate + 3:
                continue
            rows = [
                (a, b, r)
                for record in table.records
                if (a := _at(record, k)) and (b := _at(record, n)) and (r := _rate_at(record, rate))
            ]
            usable = [(a, b, r) for a, b, r in rows if b.mantissa > 0 and a.mantissa <= b.mantissa]
            fits = sum(_fits(Fraction(a.mantissa, b.mantissa), r) for a, b, r in usable)
            telling = {r.value for _, _, r in usable}
            named = table.held[k].role is Role.K and table.held[n].role is Role.N
            by_header = named and table.held[n].name != "noun"
            enough = fits >= 2 and 2 * fits > len(rows) and len(telling) > 1
            alone = by_header and (fits > 0 or len(rows) == 1 or not _others_fit(table, k, n, rate))
            if (enough or alone or (named and fits)) and (best is None or fits > best[0]):
                best = fits, k, n
    if best is not None:
        found.columns.append((best[1], best[2], rate))


def _others_fit(table: TableReading, k: int, n: int, rate: int) -> bool:
    """Whether the counts are those of another rate of the table, or stand nearer to one."""
    others = [c for c, column in enumerate(table.held) if column.role is Role.RATE and c != rate]
    if not others:
        return False
    return any(
        _fits(Fraction(a.mantissa, b.mantissa), r)
        for other in others
        for record in table.records
        if (a := _at(record, k)) and (b := _at(record, n)) and (r := _rate_at(record, other))
        if b.mantissa > 0
    )


def _pair_parts(table: TableReading, rate: int, found: Counts) -> None:
    """A column of counts, and the share that each is of their sum."""
    if any(place == rate for _, _, place in found.columns):
        return
    for k, column in enumerate(table.held):
        if (
            k == rate
            or column.role not in (Role.K, Role.N, Role.COUNT, Role.OTHER)
            or not _is_whole(table, k)
        ):
            continue
        rows = [(_at(r, k), _rate_at(r, rate)) for r in table.rows]
        known = [(a, b) for a, b in rows if a is not None and b is not None]
        total = sum(a.mantissa for a, _ in known)
        if len(known) < 2 or not total or abs(k - rate) > 2:
            continue
        fits = sum(_fits(Fraction(a.mantissa, total), b) for a, b in known)
        if (fits >= 2 and 2 * fits > len(known)) or (len(known) == 2 == fits):
            found.columns.append((k, -1, rate))
            found.parts.add(k)
            found.total = total


def _is_whole(table: TableReading, place: int) -> bool:
    numbers = [_at(record, place) for record in table.rows]
    known = [number for number in numbers if number is not None]
    return len(known) * 2 > len(numbers) and all(n.is_whole and not n.sign for n in known)


def _at(record: Record, place: int) -> Number | None:
    entry = record.at(place)
    number = entry.alone if entry else None
    return number if number is not None and not number.fraction else None


def _rate_at(record: Record, place: int) -> Number | None:
    entry = record.at(place)
    return (entry.alone or entry.leading) if entry else None


def _fits(value: Fraction, rate: Number) -> bool:
    """Whether a share is printed like this, by the rate's own unit or that of a hundred."""
    if value in rate.range:
        return True
    return not rate.unit and rate.value > 1 and value in rate.with_unit("%").range
