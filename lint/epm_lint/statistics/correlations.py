"""Correlations: from r or ρ and N to p, and back; with covariates held constant or without.

Spearman's ρ goes the same way, as in `scipy.stats.spearmanr`; its exact permutation p is another
number for a small N.
"""

from __future__ import annotations

from math import atanh, copysign, inf, nan, sqrt, tanh

from epm_lint.statistics.intervals import Interval
from epm_lint.statistics.tails import Normal, StudentT


def degrees_of_freedom(n: float, covariates: int = 0) -> float:
    """N - 2, and one less for each covariate: Fisher (1924), Metron 3, 329-332."""
    return n - 2 - covariates


def t_from_r(r: float, df: float) -> float:
    """r·sqrt(df / (1 - r²)): Student (1908), Biometrika 6, 302-310."""
    rest = (1 - r) * (1 + r)
    if rest <= 0 or df <= 0:
        return copysign(inf, r) if rest == 0 and df > 0 else nan
    return r * sqrt(df / rest)


def r_from_t(t: float, df: float) -> float:
    """t / sqrt(df + t²), the inverse."""
    return t / sqrt(df) / sqrt(1 + t * t / df) if abs(t) < inf else copysign(1.0, t)


def p_from_r(r: float, n: float, covariates: int = 0) -> float:
    """The two-sided p of no correlation; nan without a degree of freedom."""
    df = degrees_of_freedom(n, covariates)
    return StudentT(df).two_sided(t_from_r(r, df)) if df > 0 else nan


def r_from_p(p: float, n: float, covariates: int = 0) -> float:
    """The size |r| whose two-sided p this is; nan without a degree of freedom."""
    df = degrees_of_freedom(n, covariates)
    return abs(r_from_t(StudentT(df).upper_quantile(p / 2), df)) if df > 0 else nan


def fisher_interval(
    r: float, n: float, level: float = 0.95, covariates: int = 0
) -> Interval | None:
    """tanh(atanh r ± z/sqrt(N - 3 - covariates)): Fisher (1921), Metron 1, 3-32.

    Returns:
        None where N is too small, or where r is no correlation. For ρ it is an approximation.
    """
    room = n - 3 - covariates
    if room <= 0 or not -1 <= r <= 1:
        return None
    if abs(r) == 1:
        return Interval(r, r)
    half = Normal().upper_quantile((1 - level) / 2) / sqrt(room)
    return Interval(tanh(atanh(r) - half), tanh(atanh(r) + half))
