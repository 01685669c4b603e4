"""Estimates of a row with their standard error, their statistic, their interval."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.lexicon import INTERVAL_ATTRIBUTES, INTERVAL_WORDS, Part
from epm_lint.reading.statements import Correlation, Estimate, Statement
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.frame import Frame, p_of
from epm_lint.reading.tables.records import Entry, Record
from epm_lint.reading.tables.tested import degrees_of, interval_of

_FARTHEST = 3
"""How many columns an interval may stand behind its estimate, not counting those of its test."""
_OF_ITS_TEST = frozenset({Role.SE, Role.TEST, Role.STATISTIC, Role.DF, Role.P, Role.ADJUSTED_P})
_NO_ESTIMATES = _OF_ITS_TEST | frozenset(
    {
        Role.N,
        Role.K,
        Role.COUNT,
        Role.SD,
        Role.LAYER,
        Role.NAME,
    }
)


_OF_ANY = INTERVAL_WORDS | INTERVAL_ATTRIBUTES | frozenset("own estimate value".split())


def estimates(frame: Frame, record: Record) -> Iterator[Statement]:
    """An estimate with its error and its statistic, and each interval with its estimate."""
    yield from _tested(frame, record)
    if record.under:
        yield from _intervals_under(frame, record)
    ps = [e for e in record.entries if e.column.role is Role.P]
    only = interval_of(record) if len(ps) == 1 else None
    freedom = degrees_of(record, None)
    for interval in record.entries:
        span = interval.span if interval.role is Role.INTERVAL else None
        estimate = _before(record, interval)
        value = estimate.alone if estimate else None
        if not span or estimate is None or value is None or value.fraction:
            continue
        if _is_of(interval, estimate):
            with_p = interval is only and not estimate.operand(Part.CORRELATION)
            qualifiers, _ = frame.qualifiers(record, estimate, interval)
            yield Estimate(
                **frame.common(interval, qualifiers=qualifiers | frame.declared.of_intervals),
                name=estimate.header,
                value=value,
                ratio=estimate.role is Role.RATIO,
                interval=span,
                level=interval.level,
                df=freedom[0] if len(freedom) == 1 else None,
                p=p_of(ps[0]) if with_p else None,
            )


def _intervals_under(frame: Frame, record: Record) -> Iterator[Statement]:
    """Intervals of the correlations above them: "— 95% interval" under "Pearson r (N=12)"."""
    above = next((r for r in frame.table.records if r.raw == record.under and not r.under), None)
    if above is None or column_of(record.raw).role is not Role.INTERVAL:
        return
    for interval in record.entries:
        span, entry = interval.span, above.at(interval.place)
        head = entry.operand(Part.CORRELATION) if entry else None
        if not span or entry is None or head is None or head.number.unit:
            continue
        qualifiers, _ = frame.qualifiers(record, entry, interval)
        yield Correlation(
            **frame.common(interval, qualifiers=qualifiers | frame.declared.of_intervals),
            coefficient=head.number,
            method=head.name.partition("_")[0],
            n=head.n or entry.ground.stated_size,
            interval=span,
            level=interval.level,
        )


def _tested(frame: Frame, record: Record) -> Iterator[Statement]:
    by_role = {entry.role: entry for entry in reversed(record.entries)}
    se, test, p = (by_role.get(role) for role in (Role.SE, Role.TEST, Role.P))
    if se is None or test is None or test.column.name not in ("t", "z"):
        return
    estimate = _before(record, se) or by_role.get(Role.ESTIMATE) or by_role.get(Role.RATIO)
    value = estimate.alone if estimate else None
    if estimate is None or value is None or value.fraction:
        return
    qualifiers, _ = frame.qualifiers(record, estimate, se, test)
    freedom = degrees_of(record, None)
    yield Estimate(
        **frame.common(test, qualifiers=qualifiers | frame.declared.of_intervals),
        name=estimate.header,
        value=value,
        ratio=estimate.role is Role.RATIO,
        se=se.alone,
        statistic=test.column.name,
        statistic_value=test.alone,
        df=freedom[0] if len(freedom) == 1 else None,
        p=p_of(p) if p else None,
    )


def _before(record: Record, entry: Entry) -> Entry | None:
    """The nearest number before an interval or an error that may be what it is of."""
    before = [
        e
        for e in record.entries
        if e.place < entry.place and e.role not in _NO_ESTIMATES and e.alone is not None
    ]
    if not before:
        return None
    of_test = {e.place for e in record.entries if e.role in _OF_ITS_TEST}
    between = set(range(before[-1].place + 1, entry.place)) - of_test
    return before[-1] if len(between) < _FARTHEST else None


def _is_of(interval: Entry, estimate: Entry) -> bool:
    """Whether the words of an interval's header are those of any, or of its estimate's."""
    own = {w for w in interval.column.words if w.isalpha() and len(w) > 1} - _OF_ANY
    return own <= set(estimate.column.words) and not interval.column.is_of_prediction
