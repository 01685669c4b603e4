"""Means and their spread: standard errors, intervals, and which of them whole numbers can have.

GRIMMER: Anaya (2016), PeerJ Preprints 4:e2400v1, as simplified by Allard (2018): the sum of squares
of whole numbers is whole, and odd where their sum is. DEBIT: Heathers & Brown (2019): the SD of
answers that are 0 or 1 follows from their mean.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, sqrt

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import NOISE, Range
from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.grim import possible_totals
from epm_lint.statistics.tails import Normal, StudentT

_MOST = 10_000


def standard_error(printed: Number, sd: Number, n: int) -> Answer:
    """SD/√n."""
    root = sqrt(n)
    allowed = Range(float(sd.range.low) / root - NOISE, float(sd.range.high) / root + NOISE)
    return Answer(match(printed, allowed), show(printed, float(sd.value) / root))


def interval(low: Number, high: Number, mean: Number, error: Range, n: int, level: float) -> Answer:
    """mean ± t·SE with n - 1 degrees of freedom, or z·SE."""
    alpha = (1 - level) / 2
    answers: list[Answer] = []
    for quantile in (StudentT(n - 1).upper_quantile(alpha), Normal().upper_quantile(alpha), 2.0):
        reach = Range(float(error.low) * quantile, float(error.high) * quantile)
        ends = mean.range.plus(reach.negated), mean.range.plus(reach)
        outcomes = [match(end, allowed) for end, allowed in zip((low, high), ends, strict=True)]
        wrong = next((o for o in outcomes if o is not Outcome.CONSISTENT), Outcome.CONSISTENT)
        middle = float(error.middle) * quantile
        right = f"[{low.like(float(mean.value) - middle)}, {high.like(float(mean.value) + middle)}]"
        answers.append(Answer(wrong, right))
    return next((answer for answer in answers if answer.is_right), answers[0])


def binary_sd(printed: Number, mean: Number, n: int) -> Answer:
    """DEBIT: the SD of n answers that are 0 or 1."""
    within = mean.range.within(0, 1)
    if within is None or n < 2:
        return Answer(Outcome.UNKNOWN, printed.text)
    ends = [float(within.low), float(within.high)]
    sizes = [sqrt(p * (1 - p)) for p in ends] + ([0.5] if ends[0] <= 0.5 <= ends[1] else [])
    allowed = Range(min(sizes), max(sizes) * sqrt(n / (n - 1)) + NOISE)
    p = min(1.0, max(0.0, float(mean.value)))
    return Answer(match(printed, allowed), show(printed, sqrt(p * (1 - p) * n / (n - 1))))


def grimmer(sd: Number, mean: Number, n: int) -> Answer:
    """Whether some n whole numbers have both this mean and this SD (of the sample)."""
    totals = possible_totals(mean, n)
    if totals is None or sd.bound or not 1 < n < _MOST or len(totals) > 50:
        return Answer(Outcome.UNKNOWN, sd.text)
    low, high = max(Fraction(0), sd.range.low), sd.range.high
    for total in totals:
        spread = Fraction(total * total, n)
        least, most = ceil((n - 1) * low**2 + spread), floor((n - 1) * high**2 + spread)
        if most - least > 1:
            return Answer(Outcome.CONSISTENT, sd.text)
        for squares in range(least, most + 1):
            if squares % 2 == total % 2 and squares >= spread:
                return Answer(Outcome.CONSISTENT, sd.text)
    near = _nearest_sd(sd, totals, n)
    return Answer(Outcome.INCONSISTENT, near or "another")


def _nearest_sd(sd: Number, totals: range, n: int) -> str:
    """The SD next to the printed one that whole numbers of this mean can have."""
    found: list[float] = []
    for total in totals:
        spread = total * total / n
        middle = round((n - 1) * float(sd.value) ** 2 + spread)
        for squares in range(middle - 3, middle + 4):
            if squares % 2 == total % 2 and squares >= spread and n > 1:
                found.append(sqrt((squares - spread) / (n - 1)))
    closest = min(found, key=lambda s: abs(s - float(sd.value)), default=None)
    return sd.like(closest) if closest is not None else ""


def mean_of(printed: Number, values: list[Number]) -> Answer:
    """Whether a printed mean is that of printed numbers."""
    total = Range.exactly(Fraction(0))
    for value in values:
        total = total.plus(value.range)
    allowed = Range(total.low / len(values), total.high / len(values))
    right = sum((value.value for value in values), Fraction(0)) / len(values)
    return Answer(match(printed, allowed), show(printed, right))


def spread_of(printed: Number, values: list[Number], kind: str) -> Answer:
    """Whether ± a number is an SD (of the sample or of all), an SE, or half a t interval."""
    n = len(values)
    xs = [float(value.value) for value in values]
    mean = sum(xs) / n
    squares = sum((x - mean) ** 2 for x in xs)
    reach = float(max(value.step for value in values)) / 2
    sample, whole = sqrt(squares / (n - 1)), sqrt(squares / n)
    error = sample / sqrt(n)
    ways = {"sd": [sample, whole], "se": [error, whole / sqrt(n)]}
    known = ways.get(kind) or [*ways["sd"], *ways["se"]]
    if kind not in ways:
        known += [error * StudentT(n - 1).upper_quantile(0.025), error * 1.96]
    fits = any(printed.range.meets(Range(way - reach, way + reach)) for way in known)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    return Answer(outcome, show(printed, known[0]))
