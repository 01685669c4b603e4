"""Rates of a row with their counts, their trials, their intervals and errors."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.lexicon import AGGREGATES, NO_TRIALS, TRIALS, Part
from epm_lint.reading.number import Number, count_of
from epm_lint.reading.qualifier_words import qualifier_of
from epm_lint.reading.statements import (
    Binding,
    Proportion,
    Qualifier,
    Statement,
)
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.counts import count_columns
from epm_lint.reading.tables.frame import Frame
from epm_lint.reading.tables.records import Entry, Record

_STARTS = frozenset({Role.RATE, Role.COUNT, Role.K})
_CLOSES = frozenset(
    {
        Role.DIFFERENCE,
        Role.MEASURE,
        Role.MEAN,
        Role.ESTIMATE,
        Role.RATIO,
        Role.EFFECT,
        Role.TEST,
        Role.CORRELATION,
        Role.P,
        Role.OBSERVED,
        Role.PREDICTED,
        Role.COSINE,
    }
)
_HARNESS = frozenset({"acc", "acc_norm", "exact_match", "accuracy", "acc,none", "pass"})
_MADE_OTHERWISE = frozenset({Qualifier.CLUSTERED, Qualifier.RESAMPLED, Qualifier.MODELLED})
_FEWEST_UNNAMED = 20


def _is_of_its_own(interval: Entry) -> bool:
    """Whether something else than a rate stands before it in its cell: κ=-0.18 [-0.26, -0.10]."""
    first = interval.ground.operands[0] if interval.ground.operands else None
    if first is None or first.role is Part.INTERVAL:
        return False
    of_rate = first.role in (Part.PERCENT, Part.BARE, Part.COUNTED)
    return not of_rate or bool(first.number.sign) or first.number.unit == "pp"


class Rates:
    """What the rows of one table say of rates."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.pairs = count_columns(frame.table)

    def read(self, record: Record) -> Iterator[Statement]:
        """The rates of one row."""
        for group in self._groups(record):
            yield from self._proportions(record, group)
        yield from self._of_headers(record)
        yield from self._harness(record)

    def _groups(self, record: Record) -> list[list[Entry]]:
        """Each rate with the columns that follow it; a count may stand before its rate or after."""
        groups: list[list[Entry]] = []
        seen: set[Role] = set()
        opened = False
        for entry in record.entries:
            role = entry.column.role
            if role is Role.OTHER and entry.role is Role.COUNT:
                role = Role.COUNT
            if role in _STARTS and (not opened or role in seen):
                groups.append([])
                seen, opened = set(), True
            elif role in _CLOSES or (role is Role.INTERVAL and _is_of_its_own(entry)):
                opened = False
            if opened:
                seen.add(role)
                groups[-1].append(entry)
        return groups

    def _proportions(self, record: Record, group: list[Entry]) -> Iterator[Proportion]:
        """One with each interval of the group; without any, one with its error."""
        intervals: list[Entry | None] = [
            entry
            for entry in group
            if entry.column.role is Role.INTERVAL
            and not entry.column.is_of_prediction
            and not _is_of_its_own(entry)
        ]
        for place, interval in enumerate(intervals or [None]):
            if made := self._proportion(record, group, interval, is_first=not place):
                yield made

    def _proportion(
        self, record: Record, group: list[Entry], interval: Entry | None, *, is_first: bool
    ) -> Proportion | None:
        by_role = {entry.column.role: entry for entry in reversed(group)}
        rate_entry = by_role.get(Role.RATE)
        count_entry = next((e for e in group if e.count is not None), None)
        se, half = by_role.get(Role.SE), by_role.get(Role.HALF_WIDTH)
        rate = rate_entry.alone or rate_entry.leading if rate_entry else None
        if (
            rate_entry is not None
            and rate_entry.count is not None
            and count_entry is not rate_entry
        ):
            rate = None
        k, n, count = self._counted(record, group, rate_entry, count_entry)
        n_number = None
        own = True
        if n is None and rate is not None:
            n_number, own = self._trials(record, rate_entry, interval)
            declared = None if own else self.frame.declared.trials
            n = count_of(n_number) if n_number else declared
        if k is None and rate is None:
            return None
        if rate_entry is not None and count_entry is rate_entry and interval is None:
            return None
        half_number = half.alone if half and is_first else None
        spread = rate_entry.spread if rate_entry and is_first else None
        stderr = se.alone or se.spread if se and is_first else None
        alone = interval is None and half_number is None and stderr is None and spread is None
        if alone and (rate is None or (n is None and k is None)):
            return None
        anchor = rate_entry or count_entry or group[0]
        qualifiers = self._of_rates([e for e in group if e.column.role is not Role.INTERVAL])
        if interval is not None:
            qualifiers |= self._of_interval(interval)
        binding = Binding.ROW if own else Binding.DECLARED
        return Proportion(
            **self.frame.common(anchor, qualifiers=qualifiers, binding=binding),
            rate=rate,
            count=count,
            k=k,
            n=n,
            n_number=n_number,
            interval=interval.span if interval else None,
            level=interval.level if interval else None,
            method=(interval.method or interval.column.method) if interval else "",
            half=half_number or (spread if stderr is None else None),
            half_kind="interval" if half_number else "",
            se=stderr,
            own=own,
            named=k is not None or self._is_rate(rate_entry),
        )

    def _counted(
        self, record: Record, group: list[Entry], rate: Entry | None, count: Entry | None
    ) -> tuple[int | None, int | None, Number | None]:
        """k and n: in one cell, or in two columns."""
        if count is not None and count.count is not None and count.count.fraction:
            if rate is None or count is rate or self._are_paired(rate.place, count.place):
                k, n = count.count.fraction
                return k, n, count.count
            return None, None, None
        for k_place, n_place, rate_place in self.pairs.columns:
            if rate is None or rate.place != rate_place:
                continue
            k_entry, n_entry = record.at(k_place), record.at(n_place)
            k_number = k_entry.alone if k_entry else None
            total = count_of(n_entry.alone) if n_entry else self.pairs.total
            if k_number is not None and k_number.is_whole and total:
                return k_number.mantissa, total, k_number
        return None, None, None

    def _are_paired(self, rate: int, count: int) -> bool:
        return (rate, count) in self.pairs.fractions

    def _trials(
        self, record: Record, rate: Entry | None, interval: Entry | None
    ) -> tuple[Number | None, bool]:
        """n of a rate without a count: a column, its header, the caption; else the page's."""
        if rate is None or (record.is_summary and not record.at(rate.place + 1)):
            return None, True
        if rate.place in self.frame.header_sizes:
            stated, nouns = self.frame.header_sizes[rate.place]
            unlike = bool(nouns) and nouns[0] in NO_TRIALS
            few = (count_of(stated) or 0) < _FEWEST_UNNAMED
            return None if unlike or few else stated, True
        columns = [c for c, column in enumerate(self.frame.columns) if column.role is Role.N]
        if any(n == column for _, n, _ in self.pairs.columns for column in columns):
            return None, True
        if len(columns) == 1 and not self.pairs.is_count(columns[0]):
            entry = record.at(columns[0])
            number = entry.alone if entry else None
            plain = self.frame.columns[columns[0]].name != "noun"
            n = count_of(number) or 0
            noun = self.frame.columns[columns[0]].words[-1:]
            if number and (plain or noun[0] in TRIALS) and n >= _FEWEST_UNNAMED:
                return number, True
            return None, True
        of_caption = rate.place in self.frame.declared.caption_trials
        if of_caption and not columns and not record.is_summary:
            return self.frame.declared.caption_trials[rate.place], True
        named = interval is not None and (interval.method or interval.column.method)
        if named and self.frame.declared.trials and not columns and not record.is_summary:
            return None, False
        return None, True

    def _of_rates(self, group: list[Entry]) -> frozenset[Qualifier]:
        words = {word for entry in group for word in entry.column.words}
        said = {found for word in words if (found := qualifier_of(word))}
        if AGGREGATES & words:
            said.add(Qualifier.MODELLED)
        return frozenset(said)

    def _of_interval(self, interval: Entry) -> frozenset[Qualifier]:
        words = interval.column.words
        said = {found for word in words if (found := qualifier_of(word))}
        if not interval.method or said & _MADE_OTHERWISE:
            said |= self.frame.declared.of_intervals
        return frozenset(said)

    def _is_rate(self, entry: Entry | None) -> bool:
        return entry is not None and entry.column.role is Role.RATE and entry.column.name != "mean"

    def _of_headers(self, record: Record) -> Iterator[Statement]:
        """Percentages in a column that only its n names: "base (n=40)"."""
        for entry in record.entries:
            column, number = entry.column, entry.alone
            if column.role not in (Role.OTHER, Role.NAME) or number is None or not number.percent:
                continue
            size, nouns = self.frame.header_sizes.get(entry.place, (None, ()))
            n = count_of(size)
            unlike = bool(nouns) and nouns[0] in NO_TRIALS
            if n and n >= _FEWEST_UNNAMED and not unlike and not record.is_summary:
                yield Proportion(**self.frame.common(entry), rate=number, n=n, n_number=size)

    def _harness(self, record: Record) -> Iterator[Statement]:
        """A row of an evaluation harness: metric, value, stderr, and the n in its label."""
        value = next((e for e in record.entries if e.column.words == ("value",)), None)
        se = record.get(Role.SE)
        n = count_of(column_of(record.raw).size)
        metric = any(e.passage.text.strip() in _HARNESS for e in record.entries)
        if value and value.alone and se and metric and n:
            yield Proportion(
                **self.frame.common(se), rate=value.alone, n=n, se=se.alone or se.spread
            )
