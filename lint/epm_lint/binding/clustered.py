"""Hold the clustered intervals of a page's tables to the counts of its results file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from epm_lint.binding.counts import cells_of_source
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Span
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record
from epm_lint.statistics.answers import Outcome, match
from epm_lint.statistics.clusters import Cells, clustered
from epm_lint.statistics.intervals import Interval
from epm_lint.values import dataclass

_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class HeldInterval:
    """A clustered interval of a table; without a `right` one, the results say nothing of it."""

    span: Span
    outcome: Outcome = Outcome.UNKNOWN
    right: str = ""


def clustered_intervals(results: Mapping[str, Any], reading: Reading) -> Iterator[HeldInterval]:
    """What columns call clustered, each held to the counts of its condition.

    A row is held to the condition that it is labelled with, if it gives the count of its source.
    """
    for table in reading.tables:
        for record in table.records:
            for entry in record.entries:
                if not _is_clustered(entry) or entry.span is None:
                    continue
                counted = cells_of_source(results, record.label)
                level = entry.column.level or 0.95
                right = clustered(counted, level) if _is_of(record, counted) else None
                yield HeldInterval(entry.span) if right is None else _hold(entry.span, right)


def _is_clustered(entry: Entry) -> bool:
    if entry.role is not Role.INTERVAL or entry.passage.quoted:
        return False
    return "cluster" in entry.header.casefold()


def _is_of(record: Record, cells: Sequence[Cells]) -> bool:
    """Whether the row gives the very count that the cells add up to."""
    k, n = (sum(pair[at] for cell in cells for pair in cell.values()) for at in (0, 1))
    return any((k, n) == entry.count.fraction for entry in record.entries if entry.count)


def _hold(span: Span, right: Interval) -> HeldInterval:
    low, high = span.ends
    if low.value > high.value:
        return HeldInterval(span)
    outcomes = [
        match(end, Range(value - _NOISE, value + _NOISE))
        for end, value in ((low, right.low), (high, right.high))
    ]
    wrong = next((o for o in outcomes if o is not Outcome.CONSISTENT), Outcome.CONSISTENT)
    return HeldInterval(span, wrong, f"[{low.like(right.low)}, {high.like(right.high)}]")
