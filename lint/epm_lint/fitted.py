"""The points that a page prints, cosine and rate of each row, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property

from epm_lint.numbers.reading import Reading
from epm_lint.numbers.tables import Role, TableReading
from epm_lint.numbers.values import Number
from epm_lint.recomputing import printed
from epm_lint.statistics.granularity import possible_counts
from epm_lint.statistics.ranges import Range
from epm_lint.trials import Sampled, in_tables
from epm_lint.values import dataclass

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
    rates: dict[int, Sampled] = {}
    for sampled in in_tables(reading):
        spot = sampled.passage.spot
        if spot and spot.table_line == table.line:
            rates.setdefault(spot.row, sampled)
    rows = list(_rows(table, rates))
    names = tuple(name for name, *_ in rows)
    if not _FEWEST <= len(rows) <= _MOST or len(set(names)) < len(table.records):
        return None
    layers = {entry.layer for record in table.records if (entry := record.get(Role.COSINE))}
    _, groups, cosines, xs, ys, x_reach, y_reach = zip(*rows, strict=True)
    layer = layers.pop() if len(layers) == 1 else None
    return Points(table.line, layer, names, groups, cosines, xs, ys, x_reach, y_reach)


Row = tuple[str, frozenset[str], Number, float, float, float, float]


def _rows(table: TableReading, rates: dict[int, Sampled]) -> Iterator[Row]:
    for record in table.records:
        entry = record.get(Role.COSINE)
        cosine = entry.number if entry else None
        spot = entry.passage.spot if entry else None
        sampled = rates.get(spot.row) if spot else None
        x = printed(cosine) if cosine else None
        if cosine is None or x is None or x.unit or sampled is None or abs(x.value) > 1:
            continue
        y = _rate(sampled)
        if y is None:
            continue
        words = frozenset(
            other.passage.text.strip() for other in record.entries if not other.numbers
        )
        x_reach = 0.0 if abs(x.value) == 1 else float(x.step / 2)
        yield record.label, words, cosine, float(x.value), float(y[0]), x_reach, float(y[1])


def _rate(sampled: Sampled) -> tuple[Fraction, Fraction] | None:
    """The rate exactly, if a count says it; else as printed, and how far off it may be."""
    if sampled.k is not None and sampled.n:
        return Fraction(sampled.k, sampled.n), Fraction(0)
    rate = printed(sampled.rate, sampled.rate_unit) if sampled.rate else None
    if rate is None or rate.relation or not 0 <= rate.value <= 1:
        return None
    counts = possible_counts(rate, sampled.n) if sampled.n else range(0)
    if sampled.n and len(counts) == 1:
        return Fraction(counts[0], sampled.n), Fraction(0)
    return rate.value, rate.step / 2
