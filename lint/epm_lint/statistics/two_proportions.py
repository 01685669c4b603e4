"""Two proportions from counts: tests of their difference, its interval, paired counts, wins.

Pearson's χ² and its root z; with Yates's correction (1934); Fisher's exact test (1922), two-sided
as the sum of all tables that are no likelier; McNemar (1947), Psychometrika 12, 153-157; the
interval of a difference by Newcombe (1998), Statistics in Medicine 17, 873-890, method 10, and
Wald's.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, inf, lgamma, log, sqrt

from epm_lint.statistics.intervals import Interval, wilson
from epm_lint.statistics.tails import ChiSquared, Normal

_NOISE = 1e-7
_LARGEST_EXACT = 100_000


def z_pooled(a: int, n: int, b: int, m: int) -> float:
    """The difference over its standard error at equal rates."""
    pooled = (a + b) / (n + m)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return (a / n - b / m) / error if error else 0.0


def z_unpooled(a: int, n: int, b: int, m: int) -> float:
    """The difference over its own standard error."""
    error = sqrt(a * (n - a) / n**3 + b * (m - b) / m**3)
    return (a / n - b / m) / error if error else inf if a * m != b * n else 0.0


def chi_squared(a: int, n: int, b: int, m: int, *, yates: bool = False) -> float:
    """Pearson's χ² of the 2×2 table, corrected for continuity or not."""
    total, cross = n + m, a * (m - b) - b * (n - a)
    margins = (a + b) * (total - a - b) * n * m
    if not margins:
        return 0.0
    size = max(0.0, abs(cross) - total / 2) if yates else abs(cross)
    return float(total * size**2 / margins)


def likelihood_ratio(a: int, n: int, b: int, m: int) -> float:
    """G², twice the logarithm of the likelihood ratio."""
    total, hits = n + m, a + b
    cells = ((a, n * hits), (n - a, n * (total - hits)), (b, m * hits), (m - b, m * (total - hits)))
    return 2 * sum(k * log(k * total / margin) for k, margin in cells if k)


def fisher(a: int, n: int, b: int, m: int) -> float:
    """Fisher's exact p, two-sided."""
    hits = a + b
    if n + m > _LARGEST_EXACT:
        return ChiSquared(1).upper(chi_squared(a, n, b, m))
    least, most = max(0, hits - m), min(hits, n)
    own = _hypergeometric(a, n, m, hits)
    chances = (_hypergeometric(k, n, m, hits) for k in range(least, most + 1))
    return min(1.0, sum(exp(c) for c in chances if c <= own + _NOISE))


def _hypergeometric(k: int, n: int, m: int, hits: int) -> float:
    return _choose(n, k) + _choose(m, hits - k) - _choose(n + m, hits)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def p_values(a: int, n: int, b: int, m: int) -> Iterator[tuple[str, float]]:
    """The p of each test in use, by name."""
    yield "z", Normal().two_sided(z_pooled(a, n, b, m))
    yield "z", Normal().two_sided(z_unpooled(a, n, b, m))
    yield "χ²", ChiSquared(1).upper(chi_squared(a, n, b, m, yates=True))
    yield "G", ChiSquared(1).upper(likelihood_ratio(a, n, b, m))
    yield "fisher", fisher(a, n, b, m)


def newcombe(a: int, n: int, b: int, m: int, z: float) -> Interval:
    """The difference's interval, from the two score intervals."""
    first, second = a / n, b / m
    one, other = wilson(a, n, z), wilson(b, m, z)
    difference = first - second
    return Interval(
        difference - sqrt((first - one.low) ** 2 + (other.high - second) ** 2),
        difference + sqrt((one.high - first) ** 2 + (second - other.low) ** 2),
    )


def wald_difference(a: int, n: int, b: int, m: int, z: float) -> Interval:
    """The difference ± z of its own standard errors."""
    difference = a / n - b / m
    half = z * sqrt(a * (n - a) / n**3 + b * (m - b) / m**3)
    return Interval(difference - half, difference + half)


def agresti_caffo(a: int, n: int, b: int, m: int, z: float) -> Interval:
    """Wald's with a success and a failure added to each: Agresti & Caffo (2000), Am. Stat. 54."""
    return wald_difference(a + 1, n + 2, b + 1, m + 2, z)


# ---------------------------------------------------------------------- one way or the other


def mcnemar(b: int, c: int, *, corrected: bool) -> float:
    """McNemar's χ² of the discordant pairs."""
    size = max(0, abs(b - c) - 1) if corrected else abs(b - c)
    return size**2 / (b + c) if b + c else 0.0


def sign_test(k: int, other: int) -> float:
    """The exact two-sided p of k against others at even chances."""
    return min(1.0, 2 * sign_test_one_sided(max(k, other), min(k, other)))


def sign_test_one_sided(k: int, other: int) -> float:
    """The chance of k or more of k + others, at even chances."""
    n = k + other
    if n > _LARGEST_EXACT:
        return Normal().upper((k - 0.5 - n / 2) / sqrt(n / 4))
    half = n * log(0.5)
    return min(1.0, sum(exp(_choose(n, i) + half) for i in range(k, n + 1)))


def mid_p(k: int, other: int) -> float:
    """The sign test's two-sided mid-p."""
    n, most = k + other, max(k, other)
    return max(0.0, sign_test(k, other) - exp(_choose(n, most) + n * log(0.5)))


def odds_ratio(a: int, n: int, b: int, m: int) -> float | None:
    """(a/(n - a)) / (b/(m - b)); None where a cell is empty."""
    return a * (m - b) / ((n - a) * b) if b and n > a else None


def risk_ratio(a: int, n: int, b: int, m: int) -> float | None:
    """(a/n) / (b/m)."""
    return (a / n) / (b / m) if b else None
