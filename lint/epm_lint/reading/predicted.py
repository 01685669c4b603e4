"""The points that a page's tables hold against a prediction: observed, predicted, how wide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from epm_lint.patterns import Pattern
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Correlation, SampleSize, Span
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, TableReading
from epm_lint.values import dataclass

_INSIDE = Pattern(r"\b(?:inside|within|covered|in (?:the )?(?:PI|interval|band))\b", re.I)
_PREDICTION = Pattern(r"\bPIs?\b|predict", re.IGNORECASE)
_TELLING = frozenset({Role.HALF_WIDTH, Role.PREDICTED, Role.OBSERVED})
_ANSWERING = frozenset({Role.VERDICT, Role.OTHER})
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Point:
    """What a table says of one point."""

    name: str
    line: int
    observed: Number | None = None
    predicted: Number | None = None
    half: Number | None = None
    interval: Span | None = None
    inside: bool | None = None
    """What its yes-or-no cell says."""
    inside_line: int = 0

    @property
    def ends(self) -> tuple[Range, Range] | None:
        """What the ends of its interval may be: as printed, else predicted ± half-width."""
        if self.interval:
            return ends_of(self.interval)
        middle, half = self.predicted, self.half
        if middle is None or half is None or bool(middle.unit) is not bool(half.unit):
            return None
        return middle.range.plus(half.range.negated), middle.range.plus(half.range)

    @property
    def is_rate(self) -> bool:
        """Whether it is measured in percent."""
        numbers = (self.observed, self.predicted, self.half, self.interval and self.interval.high)
        return any(number and number.unit in ("%", "pp") for number in numbers)


def ends_of(span: Span) -> tuple[Range, Range]:
    """What the ends of a printed interval may be."""
    low, high = span.ends
    return low.range, high.range


def lies_inside(value: Range, ends: tuple[Range, Range]) -> bool | None:
    """Whether a value lies between two ends; None where rounding leaves it open."""
    low, high = ends
    if value.low >= low.high and value.high <= high.low:
        return True
    return False if value.high < low.low or value.low > high.high else None


def sizes(reading: Reading) -> frozenset[int]:
    """Every N that the page gives for a fit or a correlation; n per cell is none."""
    given = (
        said.n
        for said in reading.statements
        if isinstance(said, Correlation) or (isinstance(said, SampleSize) and not said.per)
    )
    return frozenset(n.mantissa for n in given if n and n.is_whole and 1 < n.mantissa < _MOST)


def points(reading: Reading) -> tuple[Point, ...]:
    """Every point of a table that tells what was predicted for it, or asks whether it is inside."""
    return tuple(point for table in reading.tables for point in _points(table))


def _points(table: TableReading) -> Iterator[Point]:
    """One a row; or one a column, where the rows say what their numbers are."""
    columns: Sequence[tuple[str, int, Sequence[Entry]]]
    if _TELLING & set(table.columns[1:]):
        columns = [(record.label, record.line, record.entries) for record in table.records]
    else:
        by_column: dict[int, list[Entry]] = {}
        for record in table.records:
            for entry in record.entries:
                if entry.place > 0:
                    by_column.setdefault(entry.place, []).append(entry)
        columns = [
            (entries[0].header, entries[0].passage.line, entries) for entries in by_column.values()
        ]
    for name, line, entries in columns:
        if _TELLING.isdisjoint(entry.role for entry in entries):
            continue
        point = _point(name, line, entries)
        if point.ends or point.inside:
            yield point


def _point(name: str, line: int, entries: Sequence[Entry]) -> Point:
    point = Point(name, line)
    for entry in entries:
        spot = entry.passage.spot
        label = f"{spot.row_label} | {spot.header}" if spot else ""
        number = entry.number
        if entry.role is Role.OBSERVED and number and not point.observed:
            point = replace(point, observed=number)
        elif entry.role is Role.PREDICTED and number and not point.predicted:
            point = replace(point, predicted=number)
        elif entry.role is Role.HALF_WIDTH and number and not point.half:
            point = replace(point, half=number)
        elif entry.role is Role.INTERVAL and entry.span and not point.interval:
            if _PREDICTION.search(label):
                point = replace(point, interval=entry.span)
        elif entry.role in _ANSWERING and point.inside is None and _INSIDE.search(label):
            point = replace(point, inside=entry.affirms, inside_line=entry.passage.line)
    return point
