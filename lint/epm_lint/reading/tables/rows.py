"""What the rows of a table say: statistics, rates, means and differences, bound by their headers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from epm_lint.reading.lexicon import AGGREGATES, NO_TRIALS, TRIALS
from epm_lint.reading.lexicon import Role as Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import correction_of, count_of, qualifier_of
from epm_lint.reading.statements import (
    Binding,
    Comparison,
    Correlation,
    Difference,
    Estimate,
    Mean,
    MeanOfList,
    Proportion,
    PValue,
    Qualifier,
    Significance,
    Statement,
    Test,
)
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.records import Entry, Record, TableReading

_STATISTICS = frozenset({Role.TEST, Role.CORRELATION, Role.STATISTIC})
_OTHER_COEFFICIENTS = frozenset(
    """
        point-biserial biserial polychoric tetrachoric distance canonical multiple intraclass
        cross-validated concordance biweight weighted disattenuated
    """.split()
)
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
_HARNESS = frozenset({"acc", "acc_norm", "exact_match", "accuracy", "acc,none", "pass"})
_FEWEST_UNNAMED = 20


def row_statements(table: TableReading, declared: Declared) -> Iterator[Statement]:
    """Every statement of a table's rows."""
    reader = _Rows(table, declared)
    for record in table.records:
        if record.entries and not record.entries[0].passage.quoted:
            yield from reader.read(record)


class Declared:
    """What is said of a table from outside: by its caption, its notes, its section."""

    def __init__(self) -> None:
        self.of_p: frozenset[Qualifier] = frozenset()
        self.of_intervals: frozenset[Qualifier] = frozenset()
        self.trials: int | None = None
        """The n of each cell, persona or condition that the page states, if it is one."""
        self.caption_trials: dict[int, Number] = {}
        """By column, the n that the caption gives for it."""
        self.scale: tuple[Fraction, Fraction, Fraction] | None = None
        """The lowest and highest score, and the grain, where the page states one scale."""


class _Rows:
    def __init__(self, table: TableReading, declared: Declared) -> None:
        self.table, self.declared = table, declared
        self.columns = table.held
        self.pairs = _count_columns(table)
        self.differences = _difference_columns(table)
        self.header_sizes = {
            ground.passage.spot.column: (operand.number, operand.nouns)
            for ground in table.grounds
            if ground.passage.spot
            for operand in ground.operands
            if operand.role is Part.N
        }

    def read(self, record: Record) -> Iterator[Statement]:
        """The statements of one row."""
        yield from self._tested(record)
        yield from self._estimates(record)
        yield from self._proportions(record)
        yield from self._means(record)
        yield from self._compared(record)
        yield from self._differences(record)
        yield from self._seeds(record)
        yield from self._verdicts(record)
        yield from self._of_headers(record)
        yield from self._harness(record)

    def _common(self, record: Record, entry: Entry, **more: Any) -> dict[str, Any]:
        """For a statement that stands in a cell, bound by its row."""
        words = entry.ground.words
        return entry.ground.common(0, len(words), **{"binding": Binding.ROW, **more})

    def _qualifiers(
        self, record: Record, *entries: Entry
    ) -> tuple[frozenset[Qualifier], list[str]]:
        """What the headers, the row's label and the cells say of a statistic."""
        words = [word for entry in entries for word in entry.column.words]
        words += record.raw.casefold().replace("(", " ").replace(")", " ").split()
        words += [word for entry in entries for word in entry.ground.words]
        words += [
            word
            for entry in record.entries
            if not entry.ground.operands
            for word in entry.ground.words
        ]
        said = {found for word in words if (found := qualifier_of(word))}
        if _OTHER_COEFFICIENTS & set(words):
            said.add(Qualifier.UNKNOWN)
        if any(word.endswith(("-controlled", "-partial", "-adjusted")) for word in words):
            said.add(Qualifier.PARTIAL)
        return frozenset(said), words

    # ------------------------------------------------------------------ p-values

    def _tested(self, record: Record) -> Iterator[Statement]:
        for entry in record.entries:
            if entry.role is not Role.P or entry.column.role is not Role.P:
                continue
            p = _p_of(entry)
            if p is None:
                continue
            statistic = self._statistic_of(record, entry)
            made = statistic and self._test(record, statistic, entry, p)
            if made:
                yield made
            else:
                qualifiers, words = self._qualifiers(record, entry)
                yield PValue(
                    **self._common(record, entry, qualifiers=qualifiers | self.declared.of_p),
                    p=p,
                    correction=correction_of(words) if Qualifier.CORRECTED in qualifiers else "",
                    stars=_stars(entry, p),
                )

    def _statistic_of(self, record: Record, entry: Entry) -> Entry | None:
        """The statistic that a p is of: the nearest before it, else the only one of the row."""
        found = [e for e in record.entries if e.role in _STATISTICS and e.ground.operands]
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

    def _test(self, record: Record, statistic: Entry, entry: Entry, p: Number) -> Statement | None:
        qualifiers, words = self._qualifiers(record, statistic, entry)
        correction = correction_of(words) if Qualifier.CORRECTED in qualifiers else ""
        given: dict[str, Any] = {"p": p, "correction": correction}
        common = self._common(record, entry, qualifiers=qualifiers | self.declared.of_p)
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
        n = self._n_of(record, statistic, entry)
        freedom = self._freedom(record, operand)
        if is_correlation:
            if not value.places or abs(value.amount) > 1.0001:
                return None
            partial = Qualifier.PARTIAL in qualifiers
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

    def _freedom(self, record: Record, operand: Operand | None) -> tuple[Number, ...]:
        if operand is not None and operand.args:
            return operand.args
        found: list[Number] = []
        for entry in record.entries:
            if entry.role is Role.DF:
                numbers = [o.number for o in entry.ground.operands if not o.number.unit]
                found += numbers if len(numbers) <= 2 else []
        return tuple(found) if len(found) <= 2 else ()

    def _n_of(self, record: Record, *entries: Entry) -> Number | None:
        """N: a column of its own, the header of the statistic, or the row's label."""
        sizes = [e.alone for e in record.entries if e.column.role is Role.N and e.alone]
        if len(sizes) == 1:
            return sizes[0]
        if sizes:
            return None
        for entry in entries:
            if entry.place in self.header_sizes:
                return self.header_sizes[entry.place][0]
        return column_of(record.raw).size

    # ------------------------------------------------------------------ estimates

    def _estimates(self, record: Record) -> Iterator[Statement]:
        by_role = {entry.role: entry for entry in reversed(record.entries)}
        se, test, p = (by_role.get(role) for role in (Role.SE, Role.TEST, Role.P))
        interval = by_role.get(Role.INTERVAL)
        estimate = self._estimate_before(record, se) if se else None
        if estimate is None:
            estimate = by_role.get(Role.ESTIMATE) or by_role.get(Role.RATIO)
        value = estimate.alone if estimate else None
        own = interval.span if interval and interval.span else None
        if interval is not None and own is not None:
            nearest = self._estimate_before(record, interval)
            if nearest is None or nearest.alone is None:
                own = None
            elif estimate is None or not (se and test):
                estimate, value = nearest, nearest.alone
        if estimate is None or value is None or value.fraction:
            return
        name = test.column.name if test and test.column.name in ("t", "z") else ""
        if not (name and se) and own is None:
            return
        qualifiers, _ = self._qualifiers(record, *(e for e in (estimate, se, test, interval) if e))
        freedom = self._freedom(record, None)
        yield Estimate(
            **self._common(
                record,
                (test if name and se and test else interval) or estimate,
                qualifiers=qualifiers | self.declared.of_intervals,
            ),
            name=estimate.header,
            value=value,
            ratio=estimate.role is Role.RATIO,
            se=se.alone if se and name else None,
            statistic=name if se else "",
            statistic_value=test.alone if name and se and test else None,
            df=freedom[0] if len(freedom) == 1 else None,
            p=_p_of(p) if p and name and se else None,
            interval=own,
        )

    def _estimate_before(self, record: Record, entry: Entry) -> Entry | None:
        """The nearest number before an interval or an error that may be what it is of."""
        before = [
            e
            for e in record.entries
            if e.place < entry.place and e.role not in _NO_ESTIMATES and e.alone is not None
        ]
        return before[-1] if before and entry.place - before[-1].place <= 3 else None

    # ------------------------------------------------------------------ rates

    def _proportions(self, record: Record) -> Iterator[Statement]:
        for group in self._groups(record):
            if made := self._proportion(record, group):
                yield made

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
            elif role in _CLOSES:
                opened = False
            if opened:
                seen.add(role)
                groups[-1].append(entry)
        return groups

    def _proportion(self, record: Record, group: list[Entry]) -> Proportion | None:
        by_role = {entry.column.role: entry for entry in reversed(group)}
        rate_entry = by_role.get(Role.RATE)
        count_entry = next((e for e in group if e.count is not None), None)
        interval = by_role.get(Role.INTERVAL)
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
            n = count_of(n_number) if n_number else (self.declared.trials if not own else None)
        if k is None and rate is None:
            return None
        if rate_entry is not None and count_entry is rate_entry and interval is None:
            return None
        half_number = half.alone if half else None
        spread = rate_entry.spread if rate_entry else None
        stderr = se.alone or se.spread if se else None
        if interval is None and half_number is None and stderr is None and spread is None:
            if rate is None or (n is None and k is None):
                return None
        anchor = rate_entry or count_entry or group[0]
        qualifiers = self._of_rates(record, group)
        binding = Binding.ROW if own else Binding.DECLARED
        return Proportion(
            **self._common(record, anchor, qualifiers=qualifiers, binding=binding),
            rate=rate,
            count=count,
            k=k,
            n=n,
            n_number=n_number,
            interval=interval.span if interval else None,
            level=None,
            method=(interval.method or interval.column.method) if interval else "",
            half=half_number or (spread if stderr is None else None),
            half_kind="interval" if half_number else "",
            se=stderr,
            own=own,
            named=k is not None or self._is_rate(rate_entry),
        )

    def _of_rates(self, record: Record, group: list[Entry]) -> frozenset[Qualifier]:
        words = {word for entry in group for word in entry.column.words}
        said = {found for word in words if (found := qualifier_of(word))}
        named = any(entry.method for entry in group if entry.column.role is Role.INTERVAL)
        if not named or said & {Qualifier.CLUSTERED, Qualifier.RESAMPLED, Qualifier.MODELLED}:
            said |= self.declared.of_intervals
        if AGGREGATES & words:
            said.add(Qualifier.MODELLED)
        return frozenset(said)

    def _is_rate(self, entry: Entry | None) -> bool:
        return entry is not None and entry.column.role is Role.RATE and entry.column.name != "mean"

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
            if (
                k_number is not None
                and k_number.is_whole
                and (n := count_of(n_entry.alone) if n_entry else self.pairs.total)
            ):
                return k_number.mantissa, n, k_number
        return None, None, None

    def _are_paired(self, rate: int, count: int) -> bool:
        return (rate, count) in self.pairs.fractions

    def _trials(
        self, record: Record, rate: Entry | None, interval: Entry | None
    ) -> tuple[Number | None, bool]:
        """n of a rate without a count: a column, its header, the caption; else the page's."""
        if rate is None or (record.is_summary and not record.at(rate.place + 1)):
            return None, True
        if rate.place in self.header_sizes:
            number, nouns = self.header_sizes[rate.place]
            unlike = bool(nouns) and nouns[0] in NO_TRIALS
            return (
                (None, True)
                if unlike or (count_of(number) or 0) < _FEWEST_UNNAMED
                else (number, True)
            )
        columns = [c for c, column in enumerate(self.columns) if column.role is Role.N]
        if any(n == column for _, n, _ in self.pairs.columns for column in columns):
            return None, True
        if len(columns) == 1 and not self.pairs.is_count(columns[0]):
            entry = record.at(columns[0])
            number = entry.alone if entry else None
            plain = self.columns[columns[0]].name != "noun"
            n = count_of(number) or 0
            noun = self.columns[columns[0]].words[-1:]
            if number and (plain or noun[0] in TRIALS) and n >= _FEWEST_UNNAMED:
                return number, True
            return None, True
        if rate.place in self.declared.caption_trials and not columns:
            return self.declared.caption_trials[rate.place], True
        named = interval is not None and (interval.method or interval.column.method)
        if named and self.declared.trials and not columns and not record.is_summary:
            return None, False
        return None, True

    # ------------------------------------------------------------------ means, comparisons

    def _means(self, record: Record) -> Iterator[Statement]:
        by_role = {entry.column.role: entry for entry in reversed(record.entries)}
        mean, sd, se = (by_role.get(role) for role in (Role.MEAN, Role.SD, Role.SE))
        sizes = [e for e in record.entries if e.column.role is Role.N]
        n = sizes[0].alone if len(sizes) == 1 else None
        number = (mean.alone or mean.leading) if mean else None
        if mean is None or number is None or not (sd or se or (n and self.declared.scale)):
            return
        if {"difference", "diff"} & set(mean.column.words):
            return
        scale = self.declared.scale if n and not number.unit else None
        yield Mean(
            **self._common(record, se or mean),
            mean=number,
            sd=sd.alone if sd else None,
            se=se.alone if se else None,
            n=n,
            lowest=scale[0] if scale else None,
            highest=scale[1] if scale else None,
            grain=scale[2] if scale else None,
        )

    def _compared(self, record: Record) -> Iterator[Statement]:
        """Two rates of one row with a p, a z or a χ² of their own."""
        ps = [e for e in record.entries if e.column.role is Role.P and _p_of(e)]
        if len(ps) != 1:
            return
        entry = ps[0]
        tests = [e for e in record.entries if e.column.role is Role.TEST]
        if len(tests) > 1 or any(e.column.name not in ("z", "χ²") for e in tests):
            return
        qualifiers, words = self._qualifiers(record, entry)
        qualifiers |= self.declared.of_p
        counts = [e for e in record.entries if e.count is not None]
        value = tests[0].alone if tests else None
        common = self._common(record, entry, qualifiers=qualifiers)
        name = "fisher" if any(w.startswith("fisher") for w in words) else ""
        if len(counts) == 2 and all(e.count for e in counts):
            yield Comparison(
                **common,
                first=counts[0].count,
                second=counts[1].count,
                statistic=tests[0].column.name if tests else "",
                value=value,
                p=_p_of(entry),
                test=name,
            )
            return
        rates = [e for e in record.entries if e.column.unit == "%" and e.alone is not None]
        rates = [e for e in rates if e.column.role in (Role.RATE, Role.OTHER)]
        size = self.header_sizes.get(entry.place)
        n = count_of(size[0]) if size else None
        if len(rates) == 2 and n and rates[0].alone and rates[1].alone:
            yield Comparison(
                **common,
                first=rates[0].alone,
                second=rates[1].alone,
                rates=(rates[0].alone, rates[1].alone),
                n=n,
                p=_p_of(entry),
                test=name,
            )

    def _differences(self, record: Record) -> Iterator[Statement]:
        for place, left, right, sign in self.differences:
            entry, first, second = record.at(place), record.at(left), record.at(right)
            if entry is None or first is None or second is None:
                continue
            amount, a, b = entry.alone, _figure(first), _figure(second)
            if amount is None or a is None or b is None:
                continue
            yield Difference(
                **self._common(record, entry),
                amount=_as_points(amount, b),
                before=a if sign > 0 else b,
                after=b if sign > 0 else a,
            )

    def _seeds(self, record: Record) -> Iterator[Statement]:
        values = [e.alone for e in record.entries if e.column.role is Role.SEED]
        mean = record.get(Role.MEAN)
        known = [value for value in values if value is not None]
        if mean is None or mean.leading is None or len(known) < 2 or len(known) != len(values):
            return
        unit = known[0].unit or mean.leading.unit
        words = set(mean.column.words)
        kind = (
            "sd" if words & {"sd", "std", "s.d"} else "se" if words & {"se", "sem", "s.e"} else ""
        )
        yield MeanOfList(
            **self._common(record, mean),
            values=tuple(value.with_unit(unit) for value in known),
            mean=mean.leading.with_unit(unit),
            spread=mean.spread.with_unit(unit) if mean.spread else None,
            spread_kind=kind,
        )

    def _of_headers(self, record: Record) -> Iterator[Statement]:
        """Percentages in a column that only its n names: "base (n=40)"."""
        for entry in record.entries:
            column, number = entry.column, entry.alone
            if column.role not in (Role.OTHER, Role.NAME) or number is None or not number.percent:
                continue
            size = self.header_sizes.get(entry.place)
            n = count_of(size[0]) if size else None
            unlike = size and size[1][:1] and size[1][0] in NO_TRIALS
            if n and n >= _FEWEST_UNNAMED and not unlike and not record.is_summary:
                yield Proportion(**self._common(record, entry), rate=number, n=n, n_number=size[0])

    def _harness(self, record: Record) -> Iterator[Statement]:
        """A row of an evaluation harness: metric, value, stderr, and the n in its label."""
        value = next((e for e in record.entries if e.column.words == ("value",)), None)
        se = record.get(Role.SE)
        n = count_of(column_of(record.raw).size)
        metric = any(e.passage.text.strip() in _HARNESS for e in record.entries)
        if value and value.alone and se and metric and n:
            yield Proportion(
                **self._common(record, se), rate=value.alone, n=n, se=se.alone or se.spread
            )

    def _verdicts(self, record: Record) -> Iterator[Statement]:
        """A column that asks "Significant?" and the p of its row."""
        for entry in record.entries:
            asked = any(
                w.startswith("significan") or w in ("sig", "sig.") for w in entry.column.words
            )
            if not asked or entry.affirms is None or not entry.ground.words:
                continue
            ps = [e for e in record.entries if e.column.role is Role.ADJUSTED_P]
            ps = ps or [e for e in record.entries if e.column.role is Role.P]
            p = _p_of(ps[0]) if len(ps) == 1 else None
            if p is not None:
                yield Significance(**self._common(record, entry), negated=not entry.affirms, p=p)


# ---------------------------------------------------------------------- how columns belong together


class _Counts:
    """Which columns hold counts, their trials and their rates."""

    def __init__(self) -> None:
        self.columns: list[tuple[int, int, int]] = []
        """The columns of k, n and rate; n is -1 where k is a part of the column's total."""
        self.fractions: set[tuple[int, int]] = set()
        """The columns of a rate and of its k/n."""
        self.total: int | None = None
        self.parts: set[int] = set()

    def is_count(self, place: int) -> bool:
        """Whether a column called N holds counts and no trials."""
        return place in self.parts or any(place == k for k, _, _ in self.columns)


def _count_columns(table: TableReading) -> _Counts:
    found = _Counts()
    rates = [c for c, column in enumerate(table.held) if column.role is Role.RATE]
    for rate in rates:
        _pair_fractions(table, rate, found)
        _pair_columns(table, rate, found)
        _pair_parts(table, rate, found)
    return found


def _pair_fractions(table: TableReading, rate: int, found: _Counts) -> None:
    """k/n beside a rate: by its header, or because most rows agree."""
    for place, column in enumerate(table.held):
        if place == rate or abs(place - rate) > 3:
            continue
        pairs = [
            (entry.count, other.alone or other.leading)
            for record in table.records
            if (entry := record.at(place)) and entry.count and (other := record.at(rate))
            if other.alone or other.leading
        ]
        fits = sum(bool(c and r and _fits(c.value, r)) for c, r in pairs)
        called = column.role is Role.COUNT or not column.words
        if pairs and (called or (fits and 2 * fits >= len(pairs))):
            if fits or called:
                found.fractions.add((rate, place))


def _pair_columns(table: TableReading, rate: int, found: _Counts) -> None:
    """k and n in columns of their own: by their headers, or because most rows agree."""
    whole = [
        c
        for c, column in enumerate(table.held)
        if c != rate
        and column.role
        in (Role.K, Role.N, Role.OTHER, Role.TOTAL, Role.COUNT, Role.NAME, Role.MEASURE)
        and _is_whole(table, c)
    ]
    best: tuple[int, int, int] | None = None
    for k in whole:
        for n in whole:
            if k == n or k > rate + 3 or n > rate + 3:
                continue
            rows = [
                (a, b, r)
                for record in table.records
                if (a := _at(record, k)) and (b := _at(record, n)) and (r := _rate_at(record, rate))
            ]
            usable = [(a, b, r) for a, b, r in rows if b.mantissa > 0 and a.mantissa <= b.mantissa]
            fits = sum(_fits(Fraction(a.mantissa, b.mantissa), r) for a, b, r in usable)
            telling = {r.value for _, _, r in usable}
            named = table.held[k].role is Role.K and table.held[n].role is Role.N
            by_header = named and table.held[n].name != "noun"
            enough = fits >= 2 and 2 * fits > len(rows) and len(telling) > 1
            alone = by_header and (fits > 0 or len(rows) == 1 or not _others_fit(table, k, n, rate))
            if (enough or alone or (named and fits)) and (best is None or fits > best[0]):
                best = fits, k, n
    if best is not None:
        found.columns.append((best[1], best[2], rate))


def _others_fit(table: TableReading, k: int, n: int, rate: int) -> bool:
    """Whether the counts are those of another rate of the table, or stand nearer to one."""
    others = [c for c, column in enumerate(table.held) if column.role is Role.RATE and c != rate]
    if not others:
        return False
    return any(
        _fits(Fraction(a.mantissa, b.mantissa), r)
        for other in others
        for record in table.records
        if (a := _at(record, k)) and (b := _at(record, n)) and (r := _rate_at(record, other))
        if b.mantissa > 0
    )


def _pair_parts(table: TableReading, rate: int, found: _Counts) -> None:
    """A column of counts, and the share that each is of their sum."""
    if any(place == rate for _, _, place in found.columns):
        return
    for k, column in enumerate(table.held):
        if (
            k == rate
            or column.role not in (Role.K, Role.N, Role.COUNT, Role.OTHER)
            or not _is_whole(table, k)
        ):
            continue
        rows = [(_at(r, k), _rate_at(r, rate)) for r in table.rows]
        known = [(a, b) for a, b in rows if a is not None and b is not None]
        total = sum(a.mantissa for a, _ in known)
        if len(known) < 2 or not total or abs(k - rate) > 2:
            continue
        fits = sum(_fits(Fraction(a.mantissa, total), b) for a, b in known)
        if (fits >= 2 and 2 * fits > len(known)) or (len(known) == 2 == fits):
            found.columns.append((k, -1, rate))
            found.parts.add(k)
            found.total = total


def _is_whole(table: TableReading, place: int) -> bool:
    numbers = [_at(record, place) for record in table.rows]
    known = [number for number in numbers if number is not None]
    return len(known) * 2 > len(numbers) and all(n.is_whole and not n.sign for n in known)


def _at(record: Record, place: int) -> Number | None:
    entry = record.at(place)
    number = entry.alone if entry else None
    return number if number is not None and not number.fraction else None


def _rate_at(record: Record, place: int) -> Number | None:
    entry = record.at(place)
    return (entry.alone or entry.leading) if entry else None


def _fits(value: Fraction, rate: Number) -> bool:
    """Whether a share is printed like this, by the rate's own unit or that of a hundred."""
    if value in rate.range:
        return True
    return not rate.unit and rate.value > 1 and value in rate.with_unit("%").range


def _difference_columns(table: TableReading) -> list[tuple[int, int, int, int]]:
    """Each column of differences with the two that it is of, and their order, as most rows say."""
    found = []
    for place, column in enumerate(table.held):
        if column.role is not Role.DIFFERENCE or {"relative", "elo"} & set(column.words):
            continue
        numeric = [
            c
            for c in range(place)
            if table.held[c].role
            in (Role.RATE, Role.OTHER, Role.MEAN, Role.COUNT, Role.MEASURE, Role.NAME, Role.TOTAL)
            and any(_figure(entry) for record in table.rows if (entry := record.at(c)))
        ]
        if len(numeric) < 2:
            continue
        left, right = numeric[-2:]
        signs = [sign for record in table.rows if (sign := _order(record, place, left, right))]
        many = len([r for r in table.rows if r.at(place)])
        ahead, behind = signs.count(1), signs.count(-1)
        if many == 1 or max(ahead, behind) * 2 >= many:
            first, last = table.held[left], table.held[right]
            if first.role is last.role or {first.role, last.role} <= _FIGURES:
                found.append((place, left, right, -1 if behind > ahead else 1))
    return found


_FIGURES = frozenset(
    {Role.RATE, Role.OTHER, Role.COUNT, Role.NAME, Role.MEASURE, Role.MEAN, Role.TOTAL}
)


def _figure(entry: Entry) -> Number | None:
    """The rate or value of a cell, alone or before its count, its error, its interval."""
    if entry.alone is not None and not entry.alone.fraction:
        return entry.alone
    if entry.count is not None:
        rate = entry.operand(Part.PERCENT)
        return rate.number if rate else None
    return entry.leading


def _as_points(amount: Number, figure: Number) -> Number:
    """A difference of rates is one of points, whatever its header says."""
    if figure.unit == "%" and amount.unit in ("", "%"):
        return amount.with_unit("pp") if not amount.unit else amount
    return amount


def _order(record: Record, place: int, left: int, right: int) -> int:
    """1 where the difference is right minus left, -1 where it is left minus right, 0 for neither."""
    cells = record.at(place), record.at(left), record.at(right)
    if any(cell is None for cell in cells):
        return 0
    amount = cells[0].alone if cells[0] else None
    a = _figure(cells[1]) if cells[1] else None
    b = _figure(cells[2]) if cells[2] else None
    if amount is None or a is None or b is None:
        return 0
    amount = _as_points(amount, b)
    reach = a.range.plus(b.range.negated)
    if amount.range.meets(b.range.plus(a.range.negated)):
        return 1
    return -1 if amount.range.meets(reach) else 0


def _p_of(entry: Entry) -> Number | None:
    """The p of a cell that holds one alone."""
    operand = entry.operand(Part.P)
    if operand is not None and len(entry.ground.operands) == 1:
        return operand.number
    number = entry.alone
    return number if number is not None and not number.unit and not number.fraction else None


def _stars(entry: Entry, number: Number) -> int:
    rest = entry.passage.text[number.end : number.end + 4]
    return len(rest) - len(rest.lstrip("*"))
