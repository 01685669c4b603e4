"""Stretches of numbers: what a rounded input allows, and what a formula makes of it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import inf, isinf, isnan

from epm_lint.values import dataclass

Real = Fraction | float

NOISE = 1e-11
"""By how much, relative, a computed end may be off; a tail's own error is below it."""


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers between two ends."""

    low: Real
    high: Real
    with_low: bool = True
    with_high: bool = True

    @classmethod
    def exactly(cls, value: Real) -> Range:
        """One number alone."""
        return cls(value, value)

    def __contains__(self, value: Real) -> bool:
        """Whether a number is within."""
        return (self.low < value or (self.with_low and self.low == value)) and (
            value < self.high or (self.with_high and self.high == value)
        )

    def meets(self, other: Range) -> bool:
        """Whether some number is in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        if low == high:
            return low in self and low in other
        return bool(low < high)

    @property
    def middle(self) -> Real:
        """What lies halfway."""
        return (self.low + self.high) / 2

    @property
    def magnitudes(self) -> Range:
        """What the numbers are without their sign."""
        if self.low >= 0:
            return self
        if self.high <= 0:
            return Range(-self.high, -self.low, self.with_high, self.with_low)
        far, closed = max((-self.low, self.with_low), (self.high, self.with_high))
        return Range(Fraction(0), far, True, closed)

    @property
    def negated(self) -> Range:
        """The numbers with the other sign."""
        return Range(-self.high, -self.low, self.with_high, self.with_low)

    @property
    def inverted(self) -> Range:
        """One over the numbers, of which none is 0."""
        low, high = (_inverse(self.high), _inverse(self.low))
        return Range(low, high, self.with_high, self.with_low)

    def plus(self, other: Range) -> Range:
        """All sums."""
        return Range(
            self.low + other.low,
            self.high + other.high,
            self.with_low and other.with_low,
            self.with_high and other.with_high,
        )

    def times(self, other: Range) -> Range:
        """All products; their ends are taken to be within."""
        if self.low is self.high and other.low is other.high:
            return Range.exactly(_times(self.low, other.low))
        ends = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(min(ends), max(ends))

    def within(self, low: Real, high: Real) -> Range | None:
        """The part between two bounds, if there is one."""
        bounds = Range(low, high)
        if not self.meets(bounds):
            return None
        with_low = self.with_low if self.low >= low else True
        with_high = self.with_high if self.high <= high else True
        return Range(max(self.low, low), min(self.high, high), with_low, with_high)


def propagate(formula: Callable[..., float], *inputs: Range) -> Range | None:
    """What a formula, monotone in each of its arguments, gives for all numbers of these ranges.

    Its ends are its values at the corners, widened by what float64 may have lost.

    Returns:
        None where it has no value at some corner.
    """
    ends = [{float(r.low), float(r.high)} for r in inputs]
    values = [formula(*corner) for corner in product(*ends)]
    if any(isnan(value) for value in values):
        return None
    low, high = min(values), max(values)
    return Range(low - NOISE * abs(low), high + NOISE * abs(high))


def _times(a: Real, b: Real) -> Real:
    # 0 · ∞ would be nan, and a fraction past float64 times ∞ an error
    if not a or not b:
        return Fraction(0)
    if (isinstance(a, float) and isinf(a)) or (isinstance(b, float) and isinf(b)):
        return inf if (a > 0) == (b > 0) else -inf
    return a * b


def _inverse(a: Real) -> Real:
    return 1 / a if a else inf
