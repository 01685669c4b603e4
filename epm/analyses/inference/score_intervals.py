"""Score intervals, which stay inside the scale: Wilson's for one mean, Newcombe's for two."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, log, sqrt

from scipy import optimize, special, stats
from statsmodels.stats.proportion import proportion_confint

from epm.values import LEVEL, Interval

Z = float(stats.norm.ppf((1 + LEVEL) / 2))
"""The exact normal quantile, 1.959963984540054."""

SMALLEST_P = 1e-100
"""Below which a p found by inverting an interval is 0."""


def wilson(estimate: float, trials: float, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a proportion, as fractions in [0, 1].

    With z the exact normal quantile:

        (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    Args:
        estimate: p = k/n, in [0, 1].
        trials: n, above 0; fractional where it is an effective sample size.
        level: two-sided.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; computed by statsmodels'
    `proportion_confint`, widened by a rounding error where needed so that it contains p exactly.
    """
    lower, upper = proportion_confint(estimate * trials, trials, alpha=1 - level, method="wilson")
    return Interval(
        lower=max(0.0, min(float(lower), estimate)),
        upper=min(1.0, max(float(upper), estimate)),
        level=level,
    )


@dataclass(frozen=True)
class BoundedMean:
    """A mean on a scale with two ends, and how large an independent yes-or-no sample it is worth.

    With p the mean and v its variance, the scale mapped to [0, 1], that is n* = p(1-p)/v answers,
    but never more than there are. Its interval is Wilson's at n* with the quantile of t instead of
    the normal one, which pays for a variance that was estimated.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201, for the effective size; Dean
    and Pagano (2015), J. Surv. Stat. Methodol. 3, 484-503, for Wilson at it.
    """

    estimate: float
    size: float
    """n*, above 0."""
    df: float | None
    """Of the variance; None where it is that of independent answers."""
    lower: float = 0.0
    upper: float = 1.0

    @property
    def share(self) -> float:
        """The mean on a scale from 0 to 1."""
        share = (self.estimate - self.lower) / (self.upper - self.lower)
        return min(1.0, max(0.0, share))

    @property
    def equivalent_size(self) -> float:
        """Size at which Wilson's interval of 95% with the normal quantile is this one."""
        return self.size * (Z / self._quantile(1 - LEVEL)) ** 2

    def interval(self, level: float = LEVEL) -> Interval:
        """Its two-sided interval, inside the scale."""
        lower, upper = self.limits(1 - level)
        return Interval(lower=lower, upper=upper, level=level)

    def limits(self, alpha: float) -> tuple[float, float]:
        """Ends of the two-sided interval at 1 - alpha.

        Wilson's formula in h = q²/n*, with q the quantile, which stands extreme levels.
        """
        h, share = self._quantile(alpha) ** 2 / self.size, self.share
        reach = sqrt(h) * sqrt(share * (1 - share) + h / 4)
        ends = ((share + h / 2 + side * reach) / (1 + h) for side in (-1, 1))
        width = self.upper - self.lower
        lower, upper = (self.lower + min(1.0, max(0.0, end)) * width for end in ends)
        return min(lower, self.estimate), max(upper, self.estimate)

    def _quantile(self, alpha: float) -> float:
        tail = alpha / 2
        return -float(special.ndtri(tail) if self.df is None else special.stdtrit(self.df, tail))


def effective(
    estimate: float, variance: float, df: float, answers: float, ends: tuple[float, float]
) -> BoundedMean | None:
    """A mean at its effective size; None at the ends of the scale, where none can be estimated.

    Args:
        estimate: the mean.
        variance: its variance, by whatever clusters; above 0.
        df: degrees of freedom of the variance.
        answers: how many there are, which the effective size never exceeds.
        ends: of the scale.
    """
    lower, upper = ends
    share = (estimate - lower) / (upper - lower)
    if not (0 < share < 1 and variance > 0):
        return None
    size = share * (1 - share) * (upper - lower) ** 2 / variance
    return BoundedMean(estimate, min(size, answers), df, lower, upper)


def newcombe(a: BoundedMean, b: BoundedMean, level: float = LEVEL) -> Interval:
    """Interval of the difference a - b of two independent means, from their score intervals.

    With l and u the ends of each one's interval,

        a - b - sqrt((a - l_a)² + (u_b - b)²)  to  a - b + sqrt((u_a - a)² + (b - l_b)²)

    which never leaves the scale, and has a width where both are 0 or 1.

    Source: Newcombe (1998), Stat. Med. 17, 873-890, method 10, for proportions; Zou and Donner
    (2008), Stat. Med. 27, 1693-1702, for any two means with intervals.
    """
    lower, upper = _newcombe(a, b, 1 - level)
    return Interval(lower=lower, upper=upper, level=level)


def _newcombe(a: BoundedMean, b: BoundedMean, alpha: float) -> tuple[float, float]:
    (lower_a, upper_a), (lower_b, upper_b) = a.limits(alpha), b.limits(alpha)
    difference = a.estimate - b.estimate
    return (
        difference - hypot(a.estimate - lower_a, upper_b - b.estimate),
        difference + hypot(upper_a - a.estimate, b.estimate - lower_b),
    )


def newcombe_p(a: BoundedMean, b: BoundedMean) -> float:
    """Two-sided p of no difference: 1 less the level at which Newcombe's interval touches zero.

    So p and interval never contradict each other.
    """
    if a.estimate < b.estimate:
        a, b = b, a
    if a.estimate == b.estimate:
        return 1.0

    def lower_end(log_alpha: float) -> float:
        return _newcombe(a, b, exp(log_alpha))[0]

    least = log(SMALLEST_P)
    if lower_end(least) > 0:
        return 0.0
    return min(1.0, exp(float(optimize.brentq(lower_end, least, 0.0, xtol=1e-12))))


def tango(differences: int, pairs: float, level: float = LEVEL) -> Interval:
    """Tango's score interval of a difference of paired proportions, all pairs differing alike.

    Where no pair differs, the interval is ± z²/(n + z²); where all differ the same way, it goes
    from (n - z²)/(n + z²) to 1. Elsewhere the t interval of paired differences is used.

    Args:
        differences: of every pair: 0, 1 or -1.
        pairs: n, above 0; clusters, where pairs are clustered.
        level: two-sided.

    Source: Tango (1998), Stat. Med. 17, 891-908, equation 7, solved for b = c = 0 and for c = 0,
    b = n.
    """
    z = float(stats.norm.isf((1 - level) / 2)) ** 2
    if differences == 0:
        reach = z / (pairs + z)
        return Interval(lower=-reach, upper=reach, level=level)
    near = (pairs - z) / (pairs + z)
    lower, upper = (near, 1.0) if differences > 0 else (-1.0, -near)
    return Interval(lower=lower, upper=upper, level=level)


def standard_error(interval: Interval) -> float:
    """The standard error of a normal interval that is as wide."""
    z = float(stats.norm.isf((1 - interval.level) / 2))
    return (interval.upper - interval.lower) / (2 * z)
