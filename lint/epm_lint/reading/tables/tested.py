"""The p-values of a row, each with its statistic, degrees of freedom and N."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifier_words import correction_of
from epm_lint.reading.statements import (
    Correlation,
    PValue,
    Qualifier,
    Significance,
    Statement,
    Test,
)
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.frame import Frame, p_of
from epm_lint.reading.tables.records import Entry, Record

_STATISTICS = frozenset({Role.TEST, Role.CORRELATION, Role.STATISTIC})


def tested(frame: Frame, record: Record) -> Iterator[Statement]:
    for entry in record.entries:
        if entry.role is not Role.P or entry.column.role is not Role.P:
            continue
        p = p_of(entry)
        if p is None:
            continue
        statistic = _statistic_of(frame, record, entry)
        made = statistic and _test(frame, record, statistic, entry, p)
        if made:
            yield made
        else:
            qualifiers, words = frame.qualifiers(record, entry)
            yield PValue(
                **frame.common(entry, qualifiers=qualifiers | frame.declared.of_p),
                p=p,
                correction=correction_of(words) if Qualifier.CORRECTED in qualifiers else "",
                stars=_stars(entry, p),
            )


def _statistic_of(frame: Frame, record: Record, entry: Entry) -> Entry | None:
    """The statistic that a p is of: the nearest before it, else the only one of the row."""
    found = [
        e
        for e in record.entries
        if e.ground.operands and (e.role in _STATISTICS or e.operand(Part.CORRELATION))
    ]
    before = [e for e in found if e.place < entry.place]
    if before:
        nearest = before[-1]
        between = [
            e
            for e in record.entries
            if nearest.place < e.place < entry.place and e.column.role is Role.P
        ]
        return None if between else nearest
    others = [e for e in record.entries if e.column.role is Role.P]
    return found[0] if len(found) == len(others) == 1 else None


def _test(
    frame: Frame, record: Record, statistic: Entry, entry: Entry, p: Number
) -> Statement | None:
    qualifiers, words = frame.qualifiers(record, statistic, entry)
    correction = correction_of(words) if Qualifier.CORRECTED in qualifiers else ""
    given: dict[str, Any] = {"p": p, "correction": correction}
    common = frame.common(entry, qualifiers=qualifiers | frame.declared.of_p)
    operand = statistic.operand(Part.TEST, Part.CORRELATION)
    value = operand.number if operand else statistic.alone
    if value is None:
        value = statistic.leading if statistic.role is not Role.STATISTIC else None
    if value is None or value.unit:
        return None
    name = statistic.column.name
    if operand is not None:
        name = operand.name.partition("_")[0]
    is_correlation = (
        operand.role is Part.CORRELATION if operand else (statistic.role is Role.CORRELATION)
    )
    n = _n_of(frame, record, statistic, entry)
    freedom = degrees_of(record, operand)
    if is_correlation:
        if not value.places or abs(value.amount) > 1.0001:
            return None
        partial = Qualifier.PARTIAL in qualifiers
        interval = interval_of(record)
        covariates = tuple(
            word.rpartition("-")[0]
            for word in words
            if word.endswith(("-controlled", "-partial", "-adjusted"))
        )
        return Correlation(
            **common,
            coefficient=value,
            method=name,
            partial=partial,
            covariates=covariates,
            n=n,
            df=freedom[0] if len(freedom) == 1 else None,
            interval=interval.span if interval else None,
            level=interval.level if interval else None,
            **given,
        )
    if statistic.role is Role.STATISTIC and operand is None:
        return None
    if (name == "F") is not (len(freedom) == 2):
        freedom = ()
    if name in ("H", "Q"):
        name = "χ²"
    return Test(
        **common,
        statistic=name,
        value=value,
        df=freedom[0] if freedom else None,
        df2=freedom[1] if len(freedom) > 1 else None,
        n=n,
        **given,
    )


def degrees_of(record: Record, operand: Operand | None) -> tuple[Number, ...]:
    if operand is not None and operand.args:
        return operand.args
    found: list[Number] = []
    for entry in record.entries:
        if entry.role is Role.DF:
            numbers = [o.number for o in entry.ground.operands if not o.number.unit]
            found += numbers if len(numbers) <= 2 else []
    if not found and (stated := column_of(record.raw).freedom):
        return (stated,)
    return tuple(found) if len(found) <= 2 else ()


def interval_of(record: Record) -> Entry | None:
    """The one interval of a row."""
    found = [e for e in record.entries if e.role is Role.INTERVAL and e.span]
    return found[0] if len(found) == 1 else None


def _n_of(frame: Frame, record: Record, *entries: Entry) -> Number | None:
    """N: a column of its own, the header of the statistic, or the row's label."""
    sizes = [e.alone for e in record.entries if e.column.role is Role.N and e.alone]
    if len(sizes) == 1:
        return sizes[0]
    if sizes:
        return None
    for entry in entries:
        if entry.place in frame.header_sizes:
            return frame.header_sizes[entry.place][0]
    return column_of(record.raw).size


def verdicts(frame: Frame, record: Record) -> Iterator[Statement]:
    """A column that asks "Significant?" and the p of its row."""
    for entry in record.entries:
        asked = any(w.startswith("significan") or w in ("sig", "sig.") for w in entry.column.words)
        if not asked or entry.affirms is None or not entry.ground.words:
            continue
        ps = [e for e in record.entries if e.column.role is Role.ADJUSTED_P]
        ps = ps or [e for e in record.entries if e.column.role is Role.P]
        p = p_of(ps[0]) if len(ps) == 1 else None
        if p is not None:
            yield Significance(**frame.common(entry), negated=not entry.affirms, p=p)


def _stars(entry: Entry, number: Number) -> int:
    rest = entry.passage.text[number.end : number.end + 4]
    return len(rest) - len(rest.lstrip("*"))
