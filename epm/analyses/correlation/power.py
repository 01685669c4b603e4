"""The smallest correlation that an experiment of its size would have found."""

from __future__ import annotations

from collections.abc import Callable
from math import atanh, factorial, sqrt, tanh

from scipy import optimize, stats

from epm.analyses.correlation.coefficients import (
    FEW,
    KENDALL_VARIANCE,
    PERFECT,
    bonett_wright,
    counted,
)
from epm.analyses.correlation.spec import Method
from epm.analyses.inference.verdict import POWER
from epm.values import LEVEL, Unavailable


def detectable(
    n: int, method: Method, alpha: float = 1 - LEVEL, taken_out: int = 0
) -> float | Unavailable:
    """Smallest true correlation that a two-sided test finds with 80% power.

    With c the smallest coefficient that the test calls significant, the power at a true r is

        Φ((ζ(r) - atanh c)/s(r)) + Φ((-ζ(r) - atanh c)/s(r))

    Pearson: c = t/sqrt(t² + N-2), ζ(r) = atanh r + r/2(N-1), s² = 1/(N-3); that is Cohen (1988),
    Statistical Power Analysis, 2nd ed., section 3.4, as `pwr.r.test` in R and pingouin's
    `power_corr` compute it. Spearman: the same c, ζ = atanh, s² = (1 + r²/2)/(N-3), Bonett and
    Wright (2000), Psychometrika 65, 23-28. Kendall: c = z·sqrt(2(2N+5)/9N(N-1)), ζ = atanh,
    s² = .437/(N-4). Covariates that are taken out count as so many fewer conditions.

    Args:
        n: conditions.
        method: which coefficient.
        alpha: level of the test; a corrected one where it is one of a family.
        taken_out: how many covariates have been taken out.

    Returns:
        The correlation, or Unavailable where too few conditions are left for any.
    """
    left = n - taken_out
    if left < (5 if method == "kendall" else 4):
        return Unavailable(unavailable=f"{counted(n)} are too few for an interval")
    if method != "pearson" and not taken_out and n <= FEW and 2 / factorial(n) > alpha:
        return Unavailable(
            unavailable=f"even a perfect order of {n} conditions has p = {2 / factorial(n):.2g}"
        )
    critical, centre, spread = _test(left, method, alpha)

    def shortfall(r: float) -> float:
        near, far = (stats.norm.cdf((s * centre(r) - critical) / spread(r)) for s in (1, -1))
        return float(near + far) - POWER

    if shortfall(PERFECT) < 0:
        return Unavailable(unavailable="even a perfect correlation would often go unnoticed")
    return float(optimize.brentq(shortfall, 0.0, PERFECT, xtol=1e-12))


def critical(n: int, alpha: float) -> float:
    """Smallest r of N conditions that t calls significant at a two-sided level."""
    t = float(stats.t.ppf(1 - alpha / 2, n - 2))
    return t / sqrt(t**2 + n - 2)


def detectable_beyond(z: float, n: int) -> float:
    """The same where |atanh r|·sqrt(N-3) is held to a critical value z of its own.

    tanh((z + z_{0.80})/sqrt(N-3)), as atanh r·sqrt(N-3) is nearly normal with variance 1.

    Args:
        z: the critical value.
        n: conditions, at least 4.
    """
    return tanh((z + float(stats.norm.ppf(POWER))) / sqrt(n - 3))


def _test(
    n: int, method: Method, alpha: float
) -> tuple[float, Callable[[float], float], Callable[[float], float]]:
    if method == "kendall":
        c = float(stats.norm.ppf(1 - alpha / 2)) * sqrt(2 * (2 * n + 5) / (9 * n * (n - 1)))
        return atanh(min(c, PERFECT)), atanh, lambda r: sqrt(KENDALL_VARIANCE / (n - 4))
    c = atanh(critical(n, alpha))
    if method == "spearman":
        return c, atanh, lambda r: sqrt(bonett_wright(r) / (n - 3))
    return c, lambda r: atanh(r) + r / (2 * (n - 1)), lambda r: sqrt(1 / (n - 3))
