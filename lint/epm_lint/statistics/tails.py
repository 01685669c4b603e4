"""Tails and quantiles of the normal, Student's t, F, chi-squared and binomial distributions.

Degrees of freedom are real numbers. The smaller of the two tails is always the one that is
computed, so that a p of 1e-300 is as exact as one of 0.3. Tested to 1e-10, relative, for 0.5 to
10⁶ degrees of freedom.
"""

from __future__ import annotations

from math import erf, erfc, exp, fabs, inf, isnan, lgamma, log, nan, pi, sqrt

from epm_lint.statistics.special import beta_log_odds, beta_tails, gamma_log, gamma_tails
from epm_lint.values import dataclass

LEAST, MOST = 1e-3, 1e8
"""Degrees of freedom within which tails are computed; outside, and for no number, they are nan."""


@dataclass(frozen=True, slots=True)
class Normal:
    """The standard normal distribution: erfc(z/√2)/2, DLMF 7.17(ii)."""

    def lower(self, x: float) -> float:
        """The probability of values up to x."""
        return self.upper(-x)

    def upper(self, x: float) -> float:
        """The probability of values from x on."""
        return 0.5 * erfc(x / sqrt(2))

    def two_sided(self, x: float) -> float:
        """The probability of values at least as far from 0 as x."""
        return erfc(fabs(x) / sqrt(2))

    def lower_quantile(self, p: float) -> float:
        """The x whose lower tail is p."""
        return -self.upper_quantile(p)

    def upper_quantile(self, p: float) -> float:
        """The x whose upper tail is p: Halley's steps from the tail's asymptote."""
        if not 0 < p < 1:
            return _end(1 - p, p, -inf)
        if p > 0.5:
            return -self.upper_quantile(1 - p)
        depth = -2 * log(p) - log(2 * pi)
        z = sqrt(depth - log(depth)) if depth > 3 else 1.2533 * (1 - 2 * p)
        for _ in range(60):
            tail = self.upper(z)
            # near 0.5 the tails' difference loses what erf keeps
            excess = 0.5 * ((1 - 2 * p) - erf(z / sqrt(2))) if p > 0.25 else tail - p
            step = excess / (exp(-0.5 * z * z) / sqrt(2 * pi))
            if p < 0.01:
                step = tail * log(tail / p) / (exp(-0.5 * z * z) / sqrt(2 * pi))
            z += step
            if fabs(step) <= 1e-16 * fabs(z):
                break
        return z


@dataclass(frozen=True, slots=True)
class StudentT:
    """Student's t: I_x(df/2, 1/2) for x = df/(df + t²), DLMF 8.17 and Abramowitz & Stegun 26.7."""

    df: float

    def lower(self, x: float) -> float:
        """The probability of values up to x."""
        return self.upper(-x)

    def upper(self, x: float) -> float:
        """The probability of values from x on."""
        outside, inside = self._tails(x)
        return 0.5 * outside if x > 0 else 0.5 + 0.5 * inside

    def two_sided(self, x: float) -> float:
        """The probability of values at least as far from 0 as x."""
        return self._tails(x)[0]

    def lower_quantile(self, p: float) -> float:
        """The x whose lower tail is p."""
        return -self.upper_quantile(p)

    def upper_quantile(self, p: float) -> float:
        """The x whose upper tail is p."""
        if not 0 < p < 1:
            return _end(1 - p, p, -inf)
        if p > 0.5:
            return -self.upper_quantile(1 - p)
        if not _computable(self.df):
            return nan
        s = beta_log_odds(0.5, 0.5 * self.df, 1 - 2 * p, 2 * p)
        return sqrt(self.df) * _exp(0.5 * s)

    def _tails(self, t: float) -> tuple[float, float]:
        if not _computable(self.df):
            return nan, nan
        scaled = fabs(t) / sqrt(self.df)
        if scaled > 1e150:
            return _far(0.5 * self.df, 0.5, -2 * log(scaled)), 1.0
        square = scaled * scaled
        inside, outside = beta_tails(0.5, 0.5 * self.df, square / (1 + square), 1 / (1 + square))
        return outside, inside


@dataclass(frozen=True, slots=True)
class F:
    """Fisher's F: I_x(df1/2, df2/2) for x = df1·F/(df1·F + df2), Abramowitz & Stegun 26.6.2."""

    df1: float
    df2: float

    def lower(self, x: float) -> float:
        """The probability of values up to x."""
        return self._tails(x)[0]

    def upper(self, x: float) -> float:
        """The probability of values from x on: the p of an analysis of variance."""
        return self._tails(x)[1]

    def two_sided(self, x: float) -> float:
        """Twice the smaller tail: the p of a test that two variances are equal."""
        return min(2 * min(self._tails(x)), 1.0)

    def lower_quantile(self, p: float) -> float:
        """The x whose lower tail is p."""
        return self._quantile(p, 1 - p)

    def upper_quantile(self, p: float) -> float:
        """The x whose upper tail is p."""
        return self._quantile(1 - p, p)

    def _tails(self, x: float) -> tuple[float, float]:
        if not _computable(self.df1, self.df2):
            return nan, nan
        odds = x * (self.df1 / self.df2)
        if odds > 1e300 and x < inf:
            return 1.0, _far(0.5 * self.df2, 0.5 * self.df1, log(self.df2 / self.df1) - log(x))
        if x <= 0 or x == inf:
            return (0.0, 1.0) if x <= 0 else (1.0, 0.0)
        return beta_tails(0.5 * self.df1, 0.5 * self.df2, odds / (1 + odds), 1 / (1 + odds))

    def _quantile(self, lower: float, upper: float) -> float:
        if not (lower > 0 and upper > 0):
            return _end(lower, upper, 0.0)
        if not _computable(self.df1, self.df2):
            return nan
        s = beta_log_odds(0.5 * self.df1, 0.5 * self.df2, lower, upper)
        return self.df2 / self.df1 * _exp(s)


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """Chi-squared: P(df/2, x/2), DLMF 8.2.4 and Abramowitz & Stegun 26.4.19."""

    df: float

    def lower(self, x: float) -> float:
        """The probability of values up to x."""
        return self._tails(x)[0]

    def upper(self, x: float) -> float:
        """The probability of values from x on: the p of a test."""
        return self._tails(x)[1]

    def two_sided(self, x: float) -> float:
        """Twice the smaller tail: the p of a test of one variance."""
        return min(2 * min(self._tails(x)), 1.0)

    def lower_quantile(self, p: float) -> float:
        """The x whose lower tail is p."""
        return self._quantile(p, 1 - p)

    def upper_quantile(self, p: float) -> float:
        """The x whose upper tail is p."""
        return self._quantile(1 - p, p)

    def _tails(self, x: float) -> tuple[float, float]:
        return gamma_tails(0.5 * self.df, 0.5 * x) if _computable(self.df) else (nan, nan)

    def _quantile(self, lower: float, upper: float) -> float:
        if not (lower > 0 and upper > 0):
            return _end(lower, upper, 0.0)
        if not _computable(self.df):
            return nan
        return 2 * _exp(gamma_log(0.5 * self.df, lower, upper))


def binomial_upper(k: float, n: float, p: float) -> float:
    """P(X ≥ k) of n trials with chance p: I_p(k, n - k + 1), DLMF 8.17.5."""
    if k <= 0 or k > n:
        return 1.0 if k <= 0 else 0.0
    if n > MOST:
        return nan
    return beta_tails(k, n - k + 1, p, 1 - p)[0]


def _far(a: float, b: float, log_x: float) -> float:
    """I_x(a, b) for an x that float64 may not hold: the first term of DLMF 8.17.7."""
    return exp(min(0.0, a * log_x + lgamma(a + b) - lgamma(a + 1) - lgamma(b)))


def _computable(*dfs: float) -> bool:
    return all(LEAST <= df <= MOST for df in dfs)


def _exp(s: float) -> float:
    return exp(s) if s < 709 else inf


def _end(lower: float, upper: float, least: float) -> float:
    """The quantile of a tail that is 0 or 1; nan where it is no probability."""
    if isnan(lower + upper) or lower < 0 or upper < 0:
        return nan
    return inf if upper == 0 else least
