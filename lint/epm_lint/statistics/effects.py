"""Effect sizes from the statistics beside them."""

from __future__ import annotations

from math import sqrt

from epm_lint.reading.number import Number, range_of, value_of
from epm_lint.reading.ranges import Range, propagate
from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.correlations import t_from_r

_SLACK = 0.04
"""How far off the middle of a ratio's interval may be beyond rounding, in logarithms."""


def partial_eta_squared(printed: Number, f: Number, df1: Number, df2: Number) -> Answer:
    """η²p = F·df₁ / (F·df₁ + df₂): Cohen (1973), Educational and Psychological Measurement 33."""
    sizes = f.range.within(0, 10**9)
    if sizes is None:
        return Answer(Outcome.UNKNOWN, printed.text)

    def eta(x: float, a: float, b: float) -> float:
        return x * a / (x * a + b)

    allowed = propagate(eta, sizes, range_of(df1), range_of(df2))
    right = eta(float(f.value), float(value_of(df1)), float(value_of(df2)))
    if allowed is None:
        return Answer(Outcome.UNKNOWN, printed.text)
    return Answer(match(printed, allowed), show(printed, right))


def phi(printed: Number, chi2: Number, n: Number) -> Answer:
    """φ = √(χ²/N) of a 2×2 table; Cramér's V is at most that."""
    sizes = chi2.range.within(0, 10**12)
    if sizes is None or n.value <= 0:
        return Answer(Outcome.UNKNOWN, printed.text)
    allowed = propagate(lambda x, n: sqrt(x / n), sizes, range_of(n))
    right = sqrt(float(chi2.value) / float(n.value))
    if allowed is None:
        return Answer(Outcome.UNKNOWN, printed.text)
    return Answer(match(printed, allowed), show(printed, right))


def determination(printed: Number, r: Number) -> Answer:
    """R² of one predictor is the square of r."""
    sizes = r.range.magnitudes
    allowed = Range(sizes.low**2, sizes.high**2)
    return Answer(match(printed, allowed), show(printed, r.value**2))


def t_of_r(printed: Number, r: Number, df: Number) -> Answer:
    """t = r·√(df/(1 - r²)), in size."""
    sizes = r.range.magnitudes.within(0, 1)
    if sizes is None or df.value <= 0:
        return Answer(Outcome.UNKNOWN, printed.text)
    allowed = propagate(lambda x, df: t_from_r(min(x, 1 - 1e-12), df), sizes, range_of(df))
    if allowed is None:
        return Answer(Outcome.UNKNOWN, printed.text)
    size = Range(printed.range.magnitudes.low, printed.range.magnitudes.high)
    right = t_from_r(min(abs(float(r.value)), 1 - 1e-12), float(df.value))
    outcome = Outcome.CONSISTENT if size.meets(allowed) else Outcome.INCONSISTENT
    return Answer(outcome, show(printed, right))


def wald_statistic(printed: Number, estimate: Number, error: Number) -> Answer:
    """An estimate over its standard error."""
    below = error.range.within(10**-12, 10**12)
    if below is None or error.value <= 0 or printed.bound or estimate.bound or error.bound:
        return Answer(Outcome.UNKNOWN, printed.text)
    allowed = estimate.range.magnitudes.times(below.inverted)
    size = printed.range.magnitudes
    right = float(estimate.value) / float(error.value)
    outcome = Outcome.CONSISTENT if size.meets(allowed) else Outcome.INCONSISTENT
    return Answer(outcome, show(printed, right))


def ratio_in_interval(ratio: Number, low: Number, high: Number) -> Answer:
    """Whether a ratio is the middle of its interval, on the scale of logarithms."""
    if low.value <= 0 or high.value <= low.value or ratio.value <= 0 or ratio.bound:
        return Answer(Outcome.UNKNOWN, ratio.text)
    right = sqrt(float(low.value) * float(high.value))
    ends = [
        max(float(end), 1e-9)
        for end in (low.range.low, high.range.low, low.range.high, high.range.high)
    ]
    middle = Range(sqrt(ends[0] * ends[1]) * (1 - _SLACK), sqrt(ends[2] * ends[3]) * (1 + _SLACK))
    outcome = Outcome.CONSISTENT if ratio.range.meets(middle) else Outcome.INCONSISTENT
    return Answer(outcome, show(ratio, right))


def standardised_difference(
    printed: Number, first: Number, second: Number, sds: tuple[Number, Number]
) -> Answer:
    """Cohen's d: the difference of two means over a pooled SD, which lies between the two."""
    low = min(float(sd.range.low) for sd in sds)
    high = max(float(sd.range.high) for sd in sds)
    if low <= 0:
        return Answer(Outcome.UNKNOWN, printed.text)
    reach = first.range.plus(second.range.negated).magnitudes
    allowed = Range(float(reach.low) / high, float(reach.high) / low)
    middle = sqrt((float(sds[0].value) ** 2 + float(sds[1].value) ** 2) / 2)
    right = abs(float(first.value - second.value)) / middle
    size = printed.range.magnitudes
    outcome = Outcome.CONSISTENT if size.meets(allowed) else Outcome.INCONSISTENT
    return Answer(outcome, show(printed, right))
