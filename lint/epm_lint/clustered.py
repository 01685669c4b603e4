"""Hold the clustered intervals of a page's tables to the counts of its results file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from epm_lint.counting import cells_of_source
from epm_lint.numbers.reading import Reading
from epm_lint.numbers.tables import Entry, Record, Role
from epm_lint.numbers.values import Span
from epm_lint.recomputing import Tally, printed, shown_interval
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.answers import match as agreement
from epm_lint.statistics.clusters import Cells, clustered
from epm_lint.statistics.intervals import Interval
from epm_lint.statistics.ranges import Range

_CLUSTERED = re.compile(r"cluster", re.IGNORECASE)
_NOISE = 1e-9


def hold_clustered(
    results: Mapping[str, Any], reading: Reading, tally: Tally, level_of: Callable[[str], float]
) -> int:
    """Recompute what columns call clustered; how many intervals the results say nothing of.

    A row is held to the condition that it is labelled with, if it gives the count of its source.
    """
    left = 0
    for table in reading.tables:
        for record in table.records:
            for entry in filter(_is_clustered, record.entries):
                counted = cells_of_source(results, record.label)
                level = level_of(_header(entry))
                right = clustered(counted, level) if _is_of(record, counted) else None
                if right is None:
                    left += 1
                else:
                    _hold(entry.spans[0], right, tally)
    return left


def _is_clustered(entry: Entry) -> bool:
    if entry.role is not Role.INTERVAL or not entry.spans or entry.passage.quoted:
        return False
    return _CLUSTERED.search(_header(entry)) is not None


def _header(entry: Entry) -> str:
    return entry.passage.spot.header if entry.passage.spot else ""


def _is_of(record: Record, cells: Sequence[Cells]) -> bool:
    """Whether the row gives the very count that the cells add up to."""
    k, n = (sum(pair[at] for cell in cells for pair in cell.values()) for at in (0, 1))
    return any((k, n) == number.fraction for entry in record.entries for number in entry.numbers)


def _hold(span: Span, right: Interval, tally: Tally) -> None:
    low, high = printed(span.low, span.unit), printed(span.high, span.unit)
    if low is None or high is None or low.value > high.value:
        return
    outcomes = [
        agreement(end, Range(value - _NOISE, value + _NOISE))
        for end, value in ((low, right.low), (high, right.high))
    ]
    wrong = next((o for o in outcomes if o is not Outcome.CONSISTENT), Outcome.CONSISTENT)
    ends = f"[{low.like(right.low)}, {high.like(right.high)}]"
    message = f"says {shown_interval(span)}; clustered, the counts of the results give {ends}"
    tally.hold(span.low, wrong, message, "take the recomputed interval, or say how it was made")
