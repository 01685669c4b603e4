"""Whether a printed rate, mean, interval or result can follow from the printed numbers beside it.

Each function takes numbers as the page prints them, lets every rounded input be any value that
rounds to it, and answers with an `Answer`. Where the inputs leave room for several right values,
the answer names the least and the greatest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from epm_lint.reading.number import Number, Quantity, range_of, value_of
from epm_lint.reading.ranges import NOISE, Range
from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.grim import neighbours, possible_counts, possible_totals
from epm_lint.statistics.intervals import Interval, Method, from_z
from epm_lint.statistics.intervals import interval as compute
from epm_lint.statistics.tails import Normal

_MANY = 64
_ORDER = list(Outcome)
_UNDEFINED = Answer(Outcome.INCONSISTENT, "undefined", "no such statistic")


def rate(printed: Number, n: int) -> Answer:
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


def mean(printed: Number, n: int) -> Answer:
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
    k: int | Number,
    n: int,
    low: Number,
    high: Number,
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
        if best.is_right:
            break
    return best


def product(total: Number, factors: Sequence[Quantity]) -> Answer:
    """Whether a product that is written out, "64 (4×4×1)", gives its total."""
    allowed, exact = Range.exactly(Fraction(1)), Fraction(1)
    for factor in factors:
        allowed, exact = allowed.times(range_of(factor)), exact * value_of(factor)
    return Answer(match(total, allowed), show(total, exact))


def difference(printed: Number, a: Quantity, b: Quantity) -> Answer:
    """Whether a - b is printed like this; without a sign, it may as well be b - a.

    Two rates in percent differ by percentage points, which `Number` keeps as fractions too.
    """
    allowed, exact = range_of(a).plus(range_of(b).negated), value_of(a) - value_of(b)
    unsigned = printed.value >= 0 and printed.sign != "+"
    if unsigned and exact < 0:
        allowed, exact = allowed.negated, -exact
    return Answer(match(printed, allowed), show(printed, exact))


def ratio(printed: Number, a: Quantity, b: Quantity, *, more: bool = False) -> Answer:
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
    k: int | Number, n: int, level: float, method: Method
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


def _counts(k: int | Number, n: int) -> list[Range]:
    if n <= 0 or (not isinstance(k, Number) and not 0 <= k <= n):
        return []
    if not isinstance(k, Number):
        return [Range.exactly(k)]
    possible = possible_counts(k, n)
    if 0 < len(possible) <= _MANY:
        at = k.value * n
        return [Range.exactly(count) for count in sorted(possible, key=lambda c: abs(c - at))]
    rates = k.range.within(0, 1)
    return [Range(rates.low * n, rates.high * n)] if rates else []
