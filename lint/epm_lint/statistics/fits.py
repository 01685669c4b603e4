"""The points that a page prints, cosine and rate of each row, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction

from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Proportion
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record, TableReading
from epm_lint.statistics.grim import possible_counts
from epm_lint.values import cached_property, dataclass

_FEWEST, _MOST = 4, 40
_SLACK = 1.1
_NOISE = 1e-9

Statistic = Callable[[tuple[float, ...], tuple[float, ...]], float]


@dataclass(frozen=True)
class Points:
    """A table's rows as points."""

    line: int
    layer: int | None
    names: tuple[str, ...]
    groups: tuple[frozenset[str], ...]
    """For each row, what its cells without numbers say."""
    cosines: tuple[Number, ...]
    rates: tuple[tuple[Number, ...], ...]
    """The numbers that give each row's rate."""
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    x_reach: tuple[float, ...]
    """How far off each may be, as it was rounded."""
    y_reach: tuple[float, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each name's row is."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def has_ties(self) -> bool:
        """Whether two values may have been different before they were rounded."""
        return len(set(self.xs)) < len(self.xs) or any(self.y_reach)

    def everyone(self) -> list[int]:
        """All rows."""
        return list(range(len(self.names)))

    def without(self, names: Collection[str]) -> list[int] | None:
        """The rows but those of some names, or groups; None where none of them is known."""
        left = [
            row
            for row in self.everyone()
            if self.names[row] not in names and self.groups[row].isdisjoint(names)
        ]
        return left if len(left) < len(self.names) else None

    def allowed(self, statistic: Statistic, rows: Sequence[int]) -> Range:
        """What a statistic of some rows may be, given how its inputs were rounded."""
        xs, ys = tuple(self.xs[row] for row in rows), tuple(self.ys[row] for row in rows)
        value = statistic(xs, ys)
        reach = _NOISE
        for at, row in enumerate(rows):
            if by := self.x_reach[row]:
                moved = (*xs[:at], xs[at] + by, *xs[at + 1 :])
                reach += abs(statistic(moved, ys) - value) * _SLACK
            if by := self.y_reach[row]:
                moved = (*ys[:at], ys[at] + by, *ys[at + 1 :])
                reach += abs(statistic(xs, moved) - value) * _SLACK
        return Range(value - reach, value + reach)


def points_of(reading: Reading) -> Points | None:
    """The one table of the page that gives each row a cosine and a rate."""
    found = [
        table
        for table in reading.tables
        if table.columns.count(Role.COSINE) == 1 and Role.RATE in table.columns
    ]
    return _points(found[0], reading) if len(found) == 1 else None


def _points(table: TableReading, reading: Reading) -> Points | None:
    rows = list(_rows(table, reading))
    names = tuple(name for name, *_ in rows)
    if not _FEWEST <= len(rows) <= _MOST or len(set(names)) < len(table.records):
        return None
    layers = {entry.layer for record in table.records if (entry := record.get(Role.COSINE))}
    _, groups, cosines, rates, xs, ys, x_reach, y_reach = zip(*rows, strict=True)
    layer = layers.pop() if len(layers) == 1 else None
    return Points(table.line, layer, names, groups, cosines, rates, xs, ys, x_reach, y_reach)


Row = tuple[str, frozenset[str], Number, tuple[Number, ...], float, float, float, float]


def _rows(table: TableReading, reading: Reading) -> Iterator[Row]:
    rated = {
        said.passage.spot.row: said
        for said in reading.of_tables
        if isinstance(said, Proportion) and said.passage.spot
        if said.passage.spot.table_line == table.line
    }
    for record in table.records:
        entry = record.get(Role.COSINE)
        x = entry.number if entry else None
        if x is None or x.unit or abs(x.value) > 1:
            continue
        y = _rate(record, rated.get(record.row), reading.trials)
        if y is None:
            continue
        words = frozenset(
            other.passage.text.strip() for other in record.entries if not any(other.ground.numbers)
        )
        x_reach = 0.0 if abs(x.value) == 1 else float(x.step / 2)
        yield record.label, words, x, y[2], float(x.value), float(y[0]), x_reach, float(y[1])


def _rate(
    record: Record, said: Proportion | None, trials: int | None
) -> tuple[Fraction, Fraction, tuple[Number, ...]] | None:
    """The rate exactly, if a count says it; else as printed, and how far off it may be."""
    if said is not None and said.k is not None and said.n:
        numbers = tuple(n for n in (said.count, said.rate) if n is not None)
        return Fraction(said.k, said.n), Fraction(0), numbers
    entry = record.get(Role.RATE)
    count = _count(record, entry)
    if count is not None and count.fraction:
        return Fraction(*count.fraction), Fraction(0), (count,)
    rate = said.rate if said and said.rate else entry.alone if entry else None
    if rate is None or rate.bound or not 0 <= rate.value <= 1:
        return None
    n = (said.n if said else None) or trials
    counts = possible_counts(rate, n) if n else range(0)
    if n and len(counts) == 1:
        return Fraction(counts[0], n), Fraction(0), (rate,)
    return rate.value, rate.step / 2, (rate,)


def _count(record: Record, rate: Entry | None) -> Number | None:
    """The k/n that stands next to a rate."""
    if rate is None:
        return None
    if rate.count is not None:
        return rate.count
    near = [e for e in record.entries if e.role is Role.COUNT and abs(e.place - rate.place) == 1]
    return near[0].count if len(near) == 1 else None
