"""Correlations: from r or ρ and N to p and to an interval, with covariates held constant or not.

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


def p_from_r(r: float, n: float, covariates: int = 0) -> float:
    """The two-sided p of no correlation; nan without a degree of freedom."""
    df = degrees_of_freedom(n, covariates)
    return StudentT(df).two_sided(t_from_r(r, df)) if df > 0 else nan


def rank_intervals(
    rho: float, n: float, level: float = 0.95, covariates: int = 0
) -> dict[str, Interval]:
    """Intervals of Spearman's ρ, by the variance that each takes atanh ρ to have.

    Fisher's 1/(N - 3); Fieller, Hartley & Pearson's (1957, Biometrika 44, 470-481) 1.06/(N - 3);
    Bonett & Wright's (2000, Psychometrika 65, 23-28) (1 + ρ²/2)/(N - 3); Caruso & Cliff's (1997,
    Educ. Psychol. Meas. 57, 637-654) 1/(N - 2) + |atanh ρ|/(6N + 4√N). N is less the covariates.
    """
    room = n - 3 - covariates
    if room <= 0 or not -1 < rho < 1:
        return {}
    middle, z = atanh(rho), Normal().upper_quantile((1 - level) / 2)
    size = n - covariates
    variances = {
        "Fisher's": 1 / room,
        "Fieller's": 1.06 / room,
        "Bonett and Wright's": (1 + rho * rho / 2) / room,
        "Caruso and Cliff's": 1 / (size - 2) + abs(middle) / (6 * size + 4 * sqrt(size)),
    }
    return {
        name: Interval(tanh(middle - z * sqrt(v)), tanh(middle + z * sqrt(v)))
        for name, v in variances.items()
    }


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
