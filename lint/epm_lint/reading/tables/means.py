"""Means of a row with their spread; means over seeds; two rates that are compared."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.number import count_of
from epm_lint.reading.statements import (
    Comparison,
    Mean,
    MeanOfList,
    Statement,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.frame import Frame, p_of
from epm_lint.reading.tables.records import Record


def means(frame: Frame, record: Record) -> Iterator[Statement]:
    by_role = {entry.column.role: entry for entry in reversed(record.entries)}
    mean, sd, se = (by_role.get(role) for role in (Role.MEAN, Role.SD, Role.SE))
    sizes = [e for e in record.entries if e.column.role is Role.N]
    n = sizes[0].alone if len(sizes) == 1 else None
    number = (mean.alone or mean.leading) if mean else None
    if mean is None or number is None or not (sd or se or (n and frame.declared.scale)):
        return
    if {"difference", "diff"} & set(mean.column.words):
        return
    scale = frame.declared.scale if n and not number.unit else None
    yield Mean(
        **frame.common(se or mean),
        mean=number,
        sd=sd.alone if sd else None,
        se=se.alone if se else None,
        n=n,
        lowest=scale[0] if scale else None,
        highest=scale[1] if scale else None,
        grain=scale[2] if scale else None,
    )


def over_seeds(frame: Frame, record: Record) -> Iterator[Statement]:
    values = [e.alone for e in record.entries if e.column.role is Role.SEED]
    mean = record.get(Role.MEAN)
    known = [value for value in values if value is not None]
    if mean is None or mean.leading is None or len(known) < 2 or len(known) != len(values):
        return
    unit = known[0].unit or mean.leading.unit
    words = set(mean.column.words)
    kind = "sd" if words & {"sd", "std", "s.d"} else "se" if words & {"se", "sem", "s.e"} else ""
    yield MeanOfList(
        **frame.common(mean),
        values=tuple(value.with_unit(unit) for value in known),
        mean=mean.leading.with_unit(unit),
        spread=mean.spread.with_unit(unit) if mean.spread else None,
        spread_kind=kind,
    )


_OF_PAIRS = frozenset("df pairs paired shared items questions clusters effective".split())
"""Words of a column that says how often the two were paired, or how freely they vary."""


def compared(frame: Frame, record: Record) -> Iterator[Statement]:
    """Two rates of one row with a p, a z or a χ² of their own, and not of pairs."""
    if any(not _OF_PAIRS.isdisjoint(e.column.words) for e in record.entries):
        return
    ps = [e for e in record.entries if e.column.role is Role.P and p_of(e)]
    if len(ps) != 1:
        return
    entry = ps[0]
    tests = [e for e in record.entries if e.column.role is Role.TEST]
    if len(tests) > 1 or any(e.column.name not in ("z", "χ²") for e in tests):
        return
    qualifiers, words = frame.qualifiers(record, entry)
    qualifiers |= frame.declared.of_p
    counts = [e.count for e in record.entries if e.count is not None]
    value = tests[0].alone if tests else None
    common = frame.common(entry, qualifiers=qualifiers)
    name = "fisher" if any(w.startswith("fisher") for w in words) else ""
    if len(counts) == 2:
        yield Comparison(
            **common,
            first=counts[0],
            second=counts[1],
            statistic=tests[0].column.name if tests else "",
            value=value,
            p=p_of(entry),
            test=name,
        )
        return
    rates = [e for e in record.entries if e.column.unit == "%" and e.alone is not None]
    rates = [e for e in rates if e.column.role in (Role.RATE, Role.OTHER)]
    size = frame.header_sizes.get(entry.place)
    n = count_of(size[0]) if size else None
    if len(rates) == 2 and n and rates[0].alone and rates[1].alone:
        yield Comparison(
            **common,
            first=rates[0].alone,
            second=rates[1].alone,
            rates=(rates[0].alone, rates[1].alone),
            n=n,
            p=p_of(entry),
            test=name,
        )
