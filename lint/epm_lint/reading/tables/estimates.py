"""Estimates of a row with their standard error, their statistic, their interval."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.statements import (
    Estimate,
    Statement,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.frame import Frame, p_of
from epm_lint.reading.tables.records import Entry, Record
from epm_lint.reading.tables.tested import degrees_of

_NO_ESTIMATES = frozenset(
    {
        Role.N,
        Role.K,
        Role.DF,
        Role.P,
        Role.ADJUSTED_P,
        Role.COUNT,
        Role.SE,
        Role.SD,
        Role.LAYER,
        Role.NAME,
    }
)


def estimates(frame: Frame, record: Record) -> Iterator[Statement]:
    by_role = {entry.role: entry for entry in reversed(record.entries)}
    se, test, p = (by_role.get(role) for role in (Role.SE, Role.TEST, Role.P))
    interval = by_role.get(Role.INTERVAL)
    estimate = _estimate_before(frame, record, se) if se else None
    if estimate is None:
        estimate = by_role.get(Role.ESTIMATE) or by_role.get(Role.RATIO)
    value = estimate.alone if estimate else None
    own = interval.span if interval and interval.span else None
    if interval is not None and own is not None:
        nearest = _estimate_before(frame, record, interval)
        if nearest is None or nearest.alone is None:
            own = None
        elif estimate is None or not (se and test):
            estimate, value = nearest, nearest.alone
    if estimate is None or value is None or value.fraction:
        return
    name = test.column.name if test and test.column.name in ("t", "z") else ""
    if not (name and se) and own is None:
        return
    qualifiers, _ = frame.qualifiers(record, *(e for e in (estimate, se, test, interval) if e))
    freedom = degrees_of(record, None)
    yield Estimate(
        **frame.common(
            (test if name and se and test else interval) or estimate,
            qualifiers=qualifiers | frame.declared.of_intervals,
        ),
        name=estimate.header,
        value=value,
        ratio=estimate.role is Role.RATIO,
        se=se.alone if se and name else None,
        statistic=name if se else "",
        statistic_value=test.alone if name and se and test else None,
        df=freedom[0] if len(freedom) == 1 else None,
        p=p_of(p) if p and name and se else None,
        interval=own,
    )


def _estimate_before(frame: Frame, record: Record, entry: Entry) -> Entry | None:
    """The nearest number before an interval or an error that may be what it is of."""
    before = [
        e
        for e in record.entries
        if e.place < entry.place and e.role not in _NO_ESTIMATES and e.alone is not None
    ]
    return before[-1] if before and entry.place - before[-1].place <= 3 else None
