"""The line through some points, and how each point stands to it: least squares by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import nan, sqrt

from epm_lint.values import dataclass

Column = Sequence[float]


def pearson(xs: Column, ys: Column) -> float:
    """r: Pearson (1895), Proc. R. Soc. 58, 240-242; nan where a column does not vary."""
    line = through(tuple(xs), tuple(ys))
    scale = line.sxx * line.syy
    return line.sxy / sqrt(scale) if scale > 0 else nan


def spearman(xs: Column, ys: Column) -> float:
    """ρ, the r of the ranks, ties at their mean: Spearman (1904), Am. J. Psychol. 15, 72-101."""
    return pearson(ranks(xs), ranks(ys))


def ranks(values: Column) -> list[float]:
    """From 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            found[place] = (start + end) / 2 + 1
        start = end + 1
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A least-squares fit by its sums."""

    n: int
    x: float
    """The mean of x, as `y` is that of y."""
    y: float
    sxx: float
    syy: float
    sxy: float

    @property
    def variance(self) -> float:
        """Of what the line leaves over, on n - 2 degrees of freedom."""
        return max(0.0, self.syy - self.sxy * self.sxy / self.sxx) / (self.n - 2)

    def at(self, x: float) -> float:
        """What the line predicts."""
        return self.y + self.slope * (x - self.x)

    def half_width(self, x: float, t: float) -> float:
        """Of the prediction interval: t·s·√(1 + h); Draper & Smith (1998), ch. 1.4."""
        return t * sqrt(self.variance * (1 + self.leverage(x)))

    def leverage(self, x: float) -> float:
        """h = 1/n + (x - mean)²/Sxx: Hoaglin & Welsch (1978), Am. Stat. 32, 17-22."""
        return 1 / self.n + (x - self.x) ** 2 / self.sxx

    def cook(self, x: float, y: float) -> float:
        """e²/(2s²)·h/(1-h)²: Cook (1977), Technometrics 19, 15-18."""
        h = self.leverage(x)
        return (y - self.at(x)) ** 2 / (2 * self.variance) * h / (1 - h) ** 2

    @property
    def slope(self) -> float:
        """By how much y changes per unit of x."""
        return self.sxy / self.sxx

    def dffits(self, x: float, y: float) -> float:
        """t·√(h/(1-h)), of the externally studentised residual: Belsley, Kuh & Welsch, ch. 2."""
        h = self.leverage(x)
        return self.studentised(x, y) * sqrt(h / (1 - h))

    def studentised(self, x: float, y: float, *, external: bool = True) -> float:
        """e/(s·√(1-h)), with the s of the other points where it is external.

        Belsley, Kuh & Welsch (1980), Regression Diagnostics, ch. 2.
        """
        h, e, variance = self.leverage(x), y - self.at(x), self.variance
        if external:
            variance = (variance * (self.n - 2) - e * e / (1 - h)) / (self.n - 3)
        return e / sqrt(variance * (1 - h))


@lru_cache(maxsize=256)
def through(xs: tuple[float, ...], ys: tuple[float, ...]) -> Line:
    """The fit of ys on xs; many statistics ask for the same."""
    n = len(xs)
    x, y = sum(xs) / n, sum(ys) / n
    pairs = [(a - x, b - y) for a, b in zip(xs, ys, strict=True)]
    sxx = sum(a * a for a, _ in pairs)
    syy = sum(b * b for _, b in pairs)
    return Line(n, x, y, sxx, syy, sum(a * b for a, b in pairs))
