"""The p of two counts, of wins against losses, of McNemar's test."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.statements import (
    Comparison,
    Qualifier,
    Split,
)
from epm_lint.rules.numbers.recomputed_p_values.left_alone import FIX, UNLIKE
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics import two_proportions as two
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.grim import possible_counts
from epm_lint.statistics.p_values import (
    claims_significance,
)
from epm_lint.statistics.tails import Normal

_REACH = 0.15
"""How far off, relative, the p of two counts may be: tests of the same table differ."""


def _counts(said: Comparison) -> list[tuple[int, int, int, int]]:
    """k and n of both, in every way that rounds to the rates where only those are given."""
    if said.rates is None:
        a, b = said.first.fraction, said.second.fraction
        if a is None or b is None or a[0] > a[1] or b[0] > b[1] or not a[1] or not b[1]:
            return []
        return [(*a, *b)]
    first, second = (list(possible_counts(rate, said.n)) for rate in said.rates)
    if not first or not second or len(first) * len(second) > 16:
        return []
    return [(a, said.n, b, said.n) for a in first for b in second]


def comparison(said: Comparison, tally: Tally) -> None:
    tables = _counts(said)
    if not tables or not (said.p or said.value or said.significant is not None):
        return
    if said.has(Qualifier.PAIRED, Qualifier.CORRECTED, Qualifier.ONE_SIDED, *UNLIKE):
        tally.leave("comparisons that are paired, corrected or of another kind")
        return
    uses = (said.first, said.second)
    names = f"{shown(said.first)} against {shown(said.second)}"
    if said.value is not None:
        _statistic(said, said.value, tables, names, tally)
    found = [p for table in tables for name, p in two.p_values(*table) if _is_test(said, name)]
    least, most = min(found), max(found)
    if said.p is not None:
        p = said.p
        claims = claims_significance(p, 0.05)
        fits = float(p.range.high) >= least * (1 - _REACH) and float(p.range.low) <= most * (
            1 + _REACH
        )
        turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
        outcome = (
            Outcome.CONSISTENT
            if fits
            else Outcome.DECISION_ERROR
            if turned
            else Outcome.INCONSISTENT
        )
        message = f"says {shown(p)}; {names} has p={_about(least, most)}"
        tally.hold(p, outcome, message, FIX, binding=said.binding, uses=uses)
    elif said.significant is not None and said.value is None:
        wrong = least > 0.05 if said.significant else most < 0.05
        outcome = Outcome.DECISION_ERROR if wrong else Outcome.CONSISTENT
        word = "significant" if said.significant else "not significant"
        message = f"says {word}; {names} has p={_about(least, most)}"
        tally.hold(said.first, outcome, message, "say what the counts say", uses=uses)


def _is_test(said: Comparison, name: str) -> bool:
    """Fisher's alone where it is named; a z or χ² is near all of them."""
    return name == "fisher" if said.test == "fisher" else True


def _about(least: float, most: float) -> str:
    low, high = f"{least:.2g}", f"{most:.2g}"
    return low if low == high else f"{low} to {high}"


def _statistic(
    said: Comparison,
    value: Number,
    tables: list[tuple[int, int, int, int]],
    names: str,
    tally: Tally,
) -> None:
    ways: list[float] = []
    for table in tables:
        if said.statistic == "z":
            ways += [two.z_pooled(*table), two.z_unpooled(*table)]
            ways.append(two.chi_squared(*table, yates=True) ** 0.5)
        else:
            ways += [two.chi_squared(*table), two.chi_squared(*table, yates=True)]
            ways.append(two.likelihood_ratio(*table))
    sizes = [abs(way) for way in ways]
    printed = value.range.magnitudes
    reach = max(float(value.step), 0.01)
    fits = any(float(printed.low) - reach <= size <= float(printed.high) + reach for size in sizes)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    if not fits and said.p is None:
        critical = 1.96 if said.statistic == "z" else 3.84
        turned = (abs(float(value.value)) > critical) is not (sizes[0] > critical)
        outcome = Outcome.DECISION_ERROR if turned else outcome
    elif not fits and said.p is not None:
        least = min(p for table in tables for _, p in two.p_values(*table))
        most = max(p for table in tables for _, p in two.p_values(*table))
        claims = claims_significance(said.p, 0.05)
        turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
        outcome = Outcome.DECISION_ERROR if turned else outcome
    message = f"says {said.statistic}={shown(value)}; {names} gives {value.like(sizes[0])}"
    uses = (said.first, said.second)
    tally.hold(
        value,
        outcome,
        message,
        "correct the statistic or the counts",
        binding=said.binding,
        uses=uses,
    )


def split(said: Split, tally: Tally) -> None:
    b, c = said.first, said.second
    if b + c == 0 or said.has(Qualifier.CORRECTED, Qualifier.RESAMPLED, Qualifier.UNKNOWN):
        return
    names = f"{b} against {c}"
    if said.value is not None:
        ways = [two.mcnemar(b, c, corrected=flag) for flag in (False, True)]
        reach = float(said.value.step) / 2 + 1e-9
        fits = any(abs(float(said.value.value) - way) <= reach for way in ways)
        outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
        right = " or ".join(dict.fromkeys(said.value.like(way) for way in ways))
        message = f"says χ²={shown(said.value)}; {names} gives {right}"
        tally.hold(
            said.value, outcome, message, "correct the statistic or the counts", uses=said.numbers
        )
    found = _of_split(said, b, c)
    least, most = min(found), max(found)
    if said.p is None:
        if said.significant and said.value is None and least > 0.05:
            message = f"says significant; {names} has p={_about(least, most)}"
            tally.hold(said.numbers[0], Outcome.DECISION_ERROR, message, "say what the counts say")
        return
    p = said.p
    if said.has(Qualifier.ONE_SIDED):
        # either tail may be meant: the nearer one
        found = [min(found, key=lambda way: abs(way - float(p.value)))]
        least = most = found[0]
    fits = float(p.range.high) >= least * (1 - _REACH) and float(p.range.low) <= most * (1 + _REACH)
    claims = claims_significance(p, 0.05)
    turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
    outcome = (
        Outcome.CONSISTENT if fits else Outcome.DECISION_ERROR if turned else Outcome.INCONSISTENT
    )
    message = f"says {shown(p)}; {names} has p={_about(least, most)}"
    tally.hold(p, outcome, message, FIX, binding=said.binding, uses=said.numbers)


def _of_split(said: Split, b: int, c: int) -> list[float]:
    if said.has(Qualifier.ONE_SIDED):
        return [two.sign_test_one_sided(b, c), two.sign_test_one_sided(c, b)]
    exact = [two.sign_test(b, c), two.mid_p(b, c)]
    z = [abs(b - c) / (b + c) ** 0.5, max(0, abs(b - c) - 1) / (b + c) ** 0.5]
    near = [Normal().two_sided(size) for size in z]
    return exact if said.has(Qualifier.EXACT) else [*exact, *near]
