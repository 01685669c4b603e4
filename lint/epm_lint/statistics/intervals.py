"""Confidence intervals of a proportion, as pages print them.

The count may be any real number in [0, n]: a rate that is printed rounded allows a whole stretch.
Nothing is cut at 0 and 1, so that an interval which leaves them can be recognised.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from epm_lint.statistics.special import beta_log_odds, logistic
from epm_lint.statistics.tails import Normal, StudentT, binomial_upper
from epm_lint.values import StrEnum


class Interval(NamedTuple):
    """Both ends of an interval."""

    low: float
    high: float

    def cut(self) -> Interval:
        """The part of it within [0, 1], as most software prints it."""
        return Interval(*(min(1.0, max(0.0, end)) for end in self))


class Method(StrEnum):
    """The intervals known here, by the names that pages give them."""

    WILSON = "Wilson"
    CLOPPER_PEARSON = "Clopper-Pearson"
    WALD = "Wald"
    AGRESTI_COULL = "Agresti-Coull"
    JEFFREYS = "Jeffreys"
    MID_P = "mid-p"
    CONTINUITY = "continuity-corrected Wilson"
    T = "t"

    @property
    def from_normal(self) -> bool:
        """Whether it is made with z, for which many write 1.96."""
        return self in (Method.WILSON, Method.WALD, Method.AGRESTI_COULL, Method.CONTINUITY)


def interval(k: float, n: float, level: float = 0.95, method: Method = Method.WILSON) -> Interval:
    """The interval of k successes in n trials at a confidence level."""
    alpha = 1 - level
    match method:
        case Method.CLOPPER_PEARSON:
            return clopper_pearson(k, n, alpha)
        case Method.JEFFREYS:
            return jeffreys(k, n, alpha)
        case Method.MID_P:
            return mid_p(k, n, alpha)
        case Method.T:
            return student(k, n, alpha)
        case _:
            return from_z(k, n, Normal().upper_quantile(alpha / 2), method)


def from_z(k: float, n: float, z: float, method: Method) -> Interval:
    """One of the intervals that are made with the normal quantile, for this z."""
    made = {
        Method.WILSON: wilson,
        Method.WALD: wald,
        Method.AGRESTI_COULL: agresti_coull,
        Method.CONTINUITY: wilson_with_continuity,
    }
    return made[method](k, n, z)


def wilson(k: float, n: float, z: float) -> Interval:
    """Score interval: Wilson (1927), JASA 22, 209-212."""
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    # the far end is a root of the same quadratic: exactly 0 and 1 at k = 0 and k = n
    low = 0.0 if k == 0 else centre - half
    return Interval(low, 1.0 if k == n else centre + half)


def wald(k: float, n: float, z: float) -> Interval:
    """p ± z·sqrt(p(1 - p)/n): Laplace (1812); Brown, Cai & DasGupta (2001) say why not to."""
    half = z * sqrt(k * (n - k) / n) / n
    return Interval(k / n - half, k / n + half)


def agresti_coull(k: float, n: float, z: float) -> Interval:
    """Wald's with z²/2 successes and failures added: Agresti & Coull (1998), Am. Stat. 52."""
    return wald(k + z * z / 2, n + z * z, z)


def clopper_pearson(k: float, n: float, alpha: float) -> Interval:
    """The exact interval, by beta quantiles: Clopper & Pearson (1934), Biometrika 26, 404-413."""
    low = 0.0 if k <= 0 else _beta_quantile(k, n - k + 1, alpha / 2)
    return Interval(low, 1.0 if k >= n else 1 - _beta_quantile(n - k, k + 1, alpha / 2))


def jeffreys(k: float, n: float, alpha: float) -> Interval:
    """Equal tails of Beta(k + ½, n - k + ½): Brown, Cai & DasGupta (2001), Stat. Sci. 16, 101."""
    return Interval(
        _beta_quantile(k + 0.5, n - k + 0.5, alpha / 2),
        1 - _beta_quantile(n - k + 0.5, k + 0.5, alpha / 2),
    )


def wilson_with_continuity(k: float, n: float, z: float) -> Interval:
    """The score interval corrected for continuity: Newcombe (1998), Stat. Med. 17, 857-872."""
    p, square = k / n, z * z
    below = square - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)
    above = square + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)
    low = (2 * n * p + square - 1 - z * sqrt(max(0.0, below))) / (2 * (n + square))
    high = (2 * n * p + square + 1 + z * sqrt(max(0.0, above))) / (2 * (n + square))
    return Interval(0.0 if k == 0 else max(0.0, low), 1.0 if k == n else min(1.0, high))


def student(k: float, n: float, alpha: float) -> Interval:
    """The mean of n zeros and ones ± t·s/√n."""
    half = (
        StudentT(n - 1).upper_quantile(alpha / 2) * sqrt(k * (n - k) / (n - 1)) / n if n > 1 else 0
    )
    return Interval(k / n - half, k / n + half)


def mid_p(k: float, n: float, alpha: float) -> Interval:
    """Clopper and Pearson's with half the chance of k: Lancaster (1961), JASA 56, 223-234."""
    k, n = round(k), round(n)

    def upper(p: float) -> float:
        above = binomial_upper(k + 1, n, p) if k < n else 0.0
        return above + (binomial_upper(k, n, p) - above) / 2

    low = 0.0 if k <= 0 else _solve(lambda p: upper(p) - alpha / 2)
    high = 1.0 if k >= n else _solve(lambda p: upper(p) - (1 - alpha / 2))
    return Interval(low, high)


def _solve(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_quantile(a: float, b: float, p: float) -> float:
    return logistic(beta_log_odds(a, b, p, 1 - p))
