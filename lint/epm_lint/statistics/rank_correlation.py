"""The p of Spearman's ρ as R gives it, by Edgeworth's series; scipy takes Student's t instead."""

from __future__ import annotations

from math import exp, nan, sqrt

from epm_lint.statistics.tails import Normal

_FEWEST = 10


def edgeworth_p(rho: float, n: int) -> float:
    """The two-sided p without ties: Best & Roberts (1975), AS 89, Applied Statistics 24, 377-379.

    For fewer than ten, R counts permutations, and this is nan.
    """
    if n < _FEWEST or not -1 <= rho <= 1:
        return nan
    b = 1 / n
    squares = (1 - abs(rho)) * (n * n * n - n) / 6 + 2
    x = (1 - 6 * (squares - 1) * b / (n * n - 1)) * sqrt(n - 1)
    y = x * x
    inner = 0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y))
    u = (
        x
        * b
        * (
            0.2274
            + b * (0.2531 + 0.1745 * b)
            + y * (-0.0758 + b * (0.1033 + 0.3932 * b) - y * b * inner)
        )
    )
    p = u / exp(y / 2) + Normal().upper(x)
    return min(1.0, max(0.0, 2 * p))
