"""Whether a printed statistic can follow from the printed numbers beside it.

Each function takes numbers as the page prints them, lets every rounded input be any value that
rounds to it, and answers with an `Answer`. As in statcheck (Nuijten et al. 2016, Behavior Research
Methods 48, 1205-1226), an inconsistency that turns a conclusion is a decision error. Where the
inputs leave room for several right values, the answer names the least and the greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import inf, isnan

from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.correlations import p_from_r
from epm_lint.statistics.granularity import neighbours, possible_counts, possible_totals
from epm_lint.statistics.intervals import Interval, Method, from_z
from epm_lint.statistics.intervals import interval as compute
from epm_lint.statistics.ranges import NOISE, Range, propagate
from epm_lint.statistics.rounding import Printed, Quantity, range_of, value_of
from epm_lint.statistics.tails import ChiSquared, F, Normal, StudentT

ALPHA = 0.05
ONE_SIDED = "it is the one-sided p"
_MANY = 64
_ORDER = list(Outcome)
_Note = Callable[[], Range | None]
"""What p would be if something were otherwise, computed only where p is wrong."""
_UNDEFINED = Answer(Outcome.INCONSISTENT, "undefined", "no such statistic")


def rate(printed: Printed, n: int) -> Answer:
    """GRIM: whether some count out of n is printed like this rate."""
    if n <= 0:
        return _UNDEFINED
    if possible_counts(printed, n):
        return Answer(Outcome.CONSISTENT, printed.text)
    right = " or ".join(dict.fromkeys(neighbours(printed, n)))
    if possible_counts(printed, n, truncated=True):
        k = possible_counts(printed, n, truncated=True)[0]
        return Answer(Outcome.TRUNCATED, printed.like(k / n), f"{k}/{n}, cut off")
    return Answer(Outcome.INCONSISTENT, right)


def mean(printed: Printed, n: int) -> Answer:
    """GRIM: whether some n whole numbers have a mean that is printed like this."""
    if n <= 0:
        return _UNDEFINED
    totals = possible_totals(printed, n)
    if totals is None:
        return Answer(Outcome.UNKNOWN, printed.text)
    if totals:
        return Answer(Outcome.CONSISTENT, printed.text)
    return Answer(Outcome.INCONSISTENT, " or ".join(dict.fromkeys(neighbours(printed, n))))


def interval(
    k: int | Printed,
    n: int,
    low: Printed,
    high: Printed,
    *,
    level: float = 0.95,
    method: Method = Method.WILSON,
) -> Answer:
    """Whether [low, high] is the interval of k successes, or of a printed rate, in n trials.

    A z of 1.96 is as good as the exact one, and an end cut at 0 or 1 as good as one that is not.
    """
    best = Answer(Outcome.INCONSISTENT, "undefined", "no such rate")
    for number, (allowed, ends) in enumerate(_intervals(k, n, level, method)):
        outcomes = [match(low, allowed[0]), match(high, allowed[1])]
        worst = max(outcomes, key=_ORDER.index)
        if number and _ORDER.index(worst) >= _ORDER.index(best.outcome):
            continue
        ends_wrong = [
            end
            for end, outcome in zip(("lower", "upper"), outcomes, strict=True)
            if outcome is not Outcome.CONSISTENT
        ]
        note = f"{' and '.join(ends_wrong)} end" if ends_wrong else ""
        best = Answer(worst, f"[{low.like(ends.low)}, {high.like(ends.high)}]", note)
    return best


def correlation_p(
    p: Printed, r: Printed, n: int, *, covariates: int = 0, alpha: float = ALPHA
) -> Answer:
    """Whether p is the two-sided p of this r or ρ at N, with covariates held constant."""
    sizes = r.range.within(-1, 1)
    if sizes is None or n - 2 - covariates <= 0:
        return _UNDEFINED
    allowed = _p_range(lambda r: p_from_r(r, n, covariates), sizes)
    right = p_from_r(min(1.0, abs(float(r.value))), n, covariates)
    notes = {
        f"it fits {n - 2 - k} degrees of freedom, not {n - 2 - covariates}": partial(
            _p_range, partial(_p_at, n, k), sizes
        )
        for k in range(min(3, n - 2))
        if k != covariates
    }
    return _judge(p, right, allowed, alpha, notes | {ONE_SIDED: lambda: _halved(allowed)})


def _p_at(n: int, covariates: int, r: float) -> float:
    return p_from_r(r, n, covariates)


def t_p(p: Printed, t: Printed, df: Quantity, *, alpha: float = ALPHA) -> Answer:
    """Whether p is the two-sided p of this t."""
    return _test(p, lambda t, df: StudentT(df).two_sided(t), t, df, alpha=alpha)


def z_p(p: Printed, z: Printed, *, alpha: float = ALPHA) -> Answer:
    """Whether p is the two-sided p of this z."""
    return _test(p, Normal().two_sided, z, alpha=alpha)


def f_p(p: Printed, f: Printed, df1: Quantity, df2: Quantity, *, alpha: float = ALPHA) -> Answer:
    """Whether p is the upper tail of this F."""
    return _test(p, lambda f, a, b: F(a, b).upper(f), f, df1, df2, alpha=alpha, two_sided=False)


def chi_squared_p(p: Printed, chi2: Printed, df: Quantity, *, alpha: float = ALPHA) -> Answer:
    """Whether p is the upper tail of this χ²."""
    return _test(p, lambda x, df: ChiSquared(df).upper(x), chi2, df, alpha=alpha, two_sided=False)


def _test(
    p: Printed,
    tail: Callable[..., float],
    statistic: Printed,
    *dfs: Quantity,
    alpha: float,
    two_sided: bool = True,
) -> Answer:
    sizes = statistic.range.magnitudes if two_sided else statistic.range.within(0, inf)
    if sizes is None or any(value_of(df) <= 0 for df in dfs):
        return _UNDEFINED
    allowed = _p_range(tail, sizes, *map(range_of, dfs))
    right = tail(abs(float(statistic.value)), *(float(value_of(df)) for df in dfs))
    return _judge(
        p, right, allowed, alpha, {ONE_SIDED: lambda: _halved(allowed)} if two_sided else {}
    )


def _halved(allowed: Range | None) -> Range | None:
    return Range(allowed.low / 2, allowed.high / 2) if allowed else None


def _p_range(tail: Callable[..., float], statistic: Range, *dfs: Range) -> Range | None:
    return propagate(tail, statistic.magnitudes, *dfs)


def _judge(
    p: Printed, right: float, allowed: Range | None, alpha: float, notes: dict[str, _Note]
) -> Answer:
    if allowed is None or isnan(right):
        return Answer(Outcome.UNKNOWN, p.text, "beyond what is computed")
    outcome = match(p, allowed)
    if outcome is Outcome.CONSISTENT:
        return Answer(outcome, show(p, right))
    ends = [show(p, min(1.0, float(end))) for end in (allowed.low, allowed.high)]
    shown = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    claims = claims_significance(p, alpha)
    turned = allowed.low > alpha if claims else allowed.high <= alpha
    if claims is not None and turned:
        outcome = Outcome.DECISION_ERROR
    # a bound, or "p ≈ .5", is met by too much to be explained by anything
    explained = (note for note, find in notes.items() if not p.relation and _meets(p, find()))
    return Answer(outcome, shown, next(explained, ""))


def _meets(p: Printed, allowed: Range | None) -> bool:
    return allowed is not None and p.range.meets(allowed)


def claims_significance(p: Printed, alpha: float) -> bool | None:
    """What a printed p says about significance at alpha; None where a bound leaves it open."""
    bound = float(p.value)
    if p.relation in ("<", "≤"):
        return True if bound <= alpha else None
    if p.relation in (">", "≥"):
        return False if bound >= alpha else None
    return bound <= alpha


def product(total: Printed, factors: Sequence[Quantity]) -> Answer:
    """Whether a product that is written out, "64 (4×4×1)", gives its total."""
    allowed, exact = Range.exactly(Fraction(1)), Fraction(1)
    for factor in factors:
        allowed, exact = allowed.times(range_of(factor)), exact * value_of(factor)
    return Answer(match(total, allowed), show(total, exact))


def addition(total: Printed, terms: Sequence[Quantity]) -> Answer:
    """Whether a sum that is written out, "600 = 200 + 400", gives its total."""
    allowed, exact = Range.exactly(Fraction(0)), Fraction(0)
    for term in terms:
        allowed, exact = allowed.plus(range_of(term)), exact + value_of(term)
    return Answer(match(total, allowed), show(total, exact))


def difference(printed: Printed, a: Quantity, b: Quantity) -> Answer:
    """Whether a - b is printed like this; without a sign, it may as well be b - a.

    Two rates in percent differ by percentage points, which `Printed` keeps as fractions too.
    """
    allowed, exact = range_of(a).plus(range_of(b).negated), value_of(a) - value_of(b)
    unsigned = printed.value >= 0 and "+" not in printed.text
    if unsigned and exact < 0:
        allowed, exact = allowed.negated, -exact
    return Answer(match(printed, allowed), show(printed, exact))


def ratio(printed: Printed, a: Quantity, b: Quantity, *, more: bool = False) -> Answer:
    """Whether a / b is printed like this; "3.4× more" may also mean what a has beyond b."""
    below = range_of(b)
    if 0 in below or value_of(b) == 0:
        return Answer(Outcome.UNKNOWN, printed.text, "the divisor may be 0")
    allowed = range_of(a).times(below.inverted)
    exact = value_of(a) / value_of(b)
    outcome = match(printed, allowed)
    if more and outcome is not Outcome.CONSISTENT:
        beyond = match(printed, allowed.plus(Range.exactly(-1)))
        outcome = min(outcome, beyond, key=_ORDER.index)
    return Answer(outcome, show(printed, exact))


def _intervals(
    k: int | Printed, n: int, level: float, method: Method
) -> Iterator[tuple[tuple[Range, Range], Interval]]:
    """What each end may be, and what they should be, for each way of making them."""
    with_z = [Normal().upper_quantile((1 - level) / 2)]
    if abs(level - 0.95) < 1e-9:
        with_z.append(1.96)
    for counts in _counts(k, n):
        at = [float(counts.low), float(counts.high)]
        right = compute(float(counts.middle), n, level, method).cut()
        if method.from_normal:
            ways = [[from_z(count, n, z, method) for count in at] for z in with_z]
        else:
            ways = [[compute(count, n, level, method) for count in at]]
        ways += [[made.cut() for made in way] for way in ways]
        for first, last in ways:
            yield (_between(first.low, last.low), _between(first.high, last.high)), right


def _between(low: float, high: float) -> Range:
    return Range(low - NOISE, high + NOISE)


def _counts(k: int | Printed, n: int) -> list[Range]:
    if n <= 0 or (not isinstance(k, Printed) and not 0 <= k <= n):
        return []
    if not isinstance(k, Printed):
        return [Range.exactly(k)]
    possible = possible_counts(k, n)
    if 0 < len(possible) <= _MANY:
        at = k.value * n
        return [Range.exactly(count) for count in sorted(possible, key=lambda c: abs(c - at))]
    rates = k.range.within(0, 1)
    return [Range(rates.low * n, rates.high * n)] if rates else []
