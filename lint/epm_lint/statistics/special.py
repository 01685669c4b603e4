"""The incomplete beta and gamma functions, both tails of each, and their inverses.

Continued fractions and series as in DLMF 8.9, 8.11 and 8.17 (https://dlmf.nist.gov/8); the powers
in front of them, where cancellation would cost six digits at 10⁶ degrees of freedom, as in Loader
(2000), "Fast and accurate computation of binomial probabilities".
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, isnan, lgamma, log, log1p, nan, pi, sqrt

Tails = tuple[float, float]
"""The lower and the upper tail; each as exact as the other, though they add up to 1."""

_HALF_LOG_TWO_PI = 0.5 * log(2 * pi)
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_TINY = 1e-300
_ENOUGH = 1e-16
_MOST_TERMS = 50_000  # enough for 10⁸ degrees of freedom; past them the answer is nan


def beta_tails(a: float, b: float, x: float, y: float) -> Tails:
    """I_x(a, b) and its complement, for y = 1 - x known on its own.

    DLMF 8.17.1; the fraction is DiDonato & Morris (1992), ACM TOMS 18, 360-373, formula 9, taken
    on the side of the mean where it converges in O(√(a + b)) terms.
    """
    if isnan(a + b + x + y):
        return nan, nan
    if x <= 0 or y <= 0:
        return (0.0, 1.0) if x <= 0 else (1.0, 0.0)
    below_mean = a * y >= b * x
    small = _beta_fraction(a, b, x, y) if below_mean else _beta_fraction(b, a, y, x)
    small = _probability(small * beta_power(a, b, x, y))
    return (small, 1 - small) if below_mean else (1 - small, small)


def beta_power(a: float, b: float, x: float, y: float) -> float:
    """The density of the log odds: x^a · y^b / B(a, b)."""
    n, excess = a + b, a * y - b * x
    exponent = _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
    exponent -= _deviance(a, n * x, -excess) + _deviance(b, n * y, excess)
    return sqrt(a / n * b / (2 * pi)) * exp(exponent)


def gamma_tails(a: float, x: float) -> Tails:
    """P(a, x) and Q(a, x): DLMF 8.11.4 below the mean, 8.9.2 above."""
    if isnan(a + x):
        return nan, nan
    if x <= 0 or x == inf:
        return (0.0, 1.0) if x <= 0 else (1.0, 0.0)
    power = gamma_power(a, x)
    if x < a + 1:
        lower = _probability(power * _gamma_series(a, x))
        return lower, 1 - lower
    upper = _probability(power * _gamma_fraction(a, x))
    return 1 - upper, upper


def gamma_power(a: float, x: float) -> float:
    """The density of the logarithm: x^a · e^-x / Γ(a)."""
    return sqrt(a / (2 * pi)) * exp(-_stirling_error(a) - _deviance(a, x, x - a))


def beta_log_odds(a: float, b: float, lower: float, upper: float) -> float:
    """Where the tails of a beta variable are these two: log(x / (1 - x))."""

    def at(s: float) -> tuple[Tails, float]:
        x, y = logistic(s), logistic(-s)
        return beta_tails(a, b, x, y), beta_power(a, b, x, y) if min(x, y) > 0 else 0.0

    return _invert(at, lower, upper, log(a / b))


def gamma_log(a: float, lower: float, upper: float) -> float:
    """Where the tails of a gamma variable are these two: log x."""

    def at(s: float) -> tuple[Tails, float]:
        x = exp(s)
        return gamma_tails(a, x), gamma_power(a, x) if x > 0 else 0.0

    return _invert(at, lower, upper, log(a))


def logistic(s: float) -> float:
    """The probability whose log odds these are."""
    return 1 / (1 + exp(-s)) if s > 0 else exp(s) / (1 + exp(s))


def _probability(value: float) -> float:
    return 1.0 if value > 1 else value


def _beta_fraction(a: float, b: float, x: float, y: float) -> float:
    """1 / (β₀ + α₁/(β₁ + α₂/(β₂ + …))), by Lentz's method as Thompson & Barnett (1986) mend it."""
    excess = a * y - b * x + 1
    value = front = a * excess / (a + 1)
    back = 0.0
    for m in range(1, _MOST_TERMS):
        odd = a + 2 * m - 1
        step = m * (b - m) * x / odd
        above = (a + m - 1) / odd * (a + b + m - 1) * x * step
        below = m + step + (a + m) * (excess + m * (2 - x)) / (odd + 2)
        back = 1 / (below + above * back or _TINY)
        front = below + above / front or _TINY
        value *= front * back
        if abs(front * back - 1) <= _ENOUGH:
            return 1 / value
    return nan


def _gamma_series(a: float, x: float) -> float:
    total = term = 1 / a
    for m in range(1, _MOST_TERMS):
        term *= x / (a + m)
        total += term
        if term <= total * _ENOUGH:
            return total
    return nan


def _gamma_fraction(a: float, x: float) -> float:
    below = x + 1 - a
    front = 1 / _TINY
    value = back = 1 / below
    for m in range(1, _MOST_TERMS):
        above = m * (a - m)
        below += 2
        back = 1 / (below + above * back or _TINY)
        front = below + above / front or _TINY
        value *= front * back
        if abs(front * back - 1) <= _ENOUGH:
            return value
    return nan


def _stirling_error(z: float) -> float:
    """What Stirling's formula leaves of log Γ(z): DLMF 5.11.1."""
    if z < 16:
        return lgamma(z) - (z - 0.5) * log(z) + z - _HALF_LOG_TWO_PI
    total, square = 0.0, 1 / (z * z)
    for coefficient in reversed(_STIRLING):
        total = total * square + coefficient
    return total / z


def _deviance(p: float, q: float, difference: float) -> float:
    """p·log(p/q) + q - p, for difference = q - p known on its own; Loader's bd0."""
    v = -difference / (p + q)
    if abs(v) >= 0.1:
        return p * log(p / q) + difference
    total, term, m = -difference * v, 2 * p * v, 1
    while True:
        term *= v * v
        m += 2
        longer = total + term / m
        if longer == total:
            return total
        total = longer


def _invert(
    at: Callable[[float], tuple[Tails, float]], lower: float, upper: float, start: float
) -> float:
    """The root in s of log tail = log p, for the smaller tail: Newton's step, kept in a bracket."""
    if isnan(lower + upper + start):
        return nan
    if lower <= 0 or upper <= 0:
        return -inf if lower <= 0 else inf
    side = 0 if lower <= upper else 1
    sign, goal = (1, log(lower)) if side == 0 else (-1, log(upper))

    def gap(s: float) -> tuple[float, float]:
        tails, density = at(s)
        tail = tails[side]
        if tail <= 0:
            return -inf * sign, 0.0
        excess = log(tail) if tail < 0.5 else log1p(-tails[1 - side])
        return sign * (excess - goal), density / tail

    low, high = _bracket(gap, start)
    if low == high or isnan(low):
        return low
    s = 0.5 * (low + high)
    for _ in range(200):
        value, slope = gap(s)
        if value == 0:
            return s
        low, high = (s, high) if value < 0 else (low, s)
        step = value / slope if slope > 0 else inf
        previous = s
        s = s - step if low < s - step < high else 0.5 * (low + high)
        if abs(s - previous) <= 1e-16 * max(1.0, abs(s)):
            return s
    return s


def _bracket(gap: Callable[[float], tuple[float, float]], start: float) -> tuple[float, float]:
    """Where the gap changes its sign; twice the same end where float64 ends first."""
    value, _ = gap(start)
    if value == 0 or isnan(value):
        return start + value, start + value
    outward = 1 if value < 0 else -1
    near, step = start, 0.25
    while True:
        far = near + outward * step
        if abs(far) > 700:
            far = outward * 700.0
        if gap(far)[0] * outward >= 0:
            return min(near, far), max(near, far)
        if abs(far) >= 700:
            return outward * inf, outward * inf
        near, step = far, 2 * step
