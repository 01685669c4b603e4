"""From the numbers of an axis to its limits, its ticks and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, expm1, floor, inf, log1p, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from epm.figures.charts import Axis
from epm.figures.style import PALE, RULE, SMALL
from epm.figures.words import width

MARGIN = 0.04
"""Of what is shown, left free at both ends."""
REACH = 1.5
"""How far intervals and lines may widen an axis, in multiples of what the estimates span."""


@dataclass(frozen=True)
class Limits:
    """Where an axis begins and ends, and what it is."""

    low: float
    high: float
    axis: Axis
    whole: bool = False
    """Whether everything measured along it is a whole number."""

    @property
    def span(self) -> float:
        """Its length, in its unit."""
        return self.high - self.low

    def contains(self, value: float) -> bool:
        """Whether a value is shown where it is."""
        return self.low <= value <= self.high

    def clip(self, value: float) -> float:
        """The value, or the end that it lies beyond."""
        return min(max(value, self.low), self.high)

    def share(self, value: float) -> float:
        """How far along the axis a value lies: 0 is the low end, 1 the high one."""
        if self.axis.log:
            return log10(value / self.low) / log10(self.high / self.low)
        if self.axis.log1p:
            return (log1p(value) - log1p(self.low)) / (log1p(self.high) - log1p(self.low))
        return (value - self.low) / self.span


def limits(
    axis: Axis,
    measured: Iterable[float],
    around: Iterable[float] = (),
    *,
    margin: float = MARGIN,
) -> Limits:
    """What an axis has to hold, and a little more.

    Args:
        axis: what it means.
        measured: estimates, references: all of them are inside.
        around: intervals and lines; one that would leave the estimates a sliver is cut off.
        margin: of the span, left free at both ends.
    """
    inner = sorted(measured)
    outer = sorted(around)
    if not (inner or outer):
        inner = [1.0, 10.0] if axis.log else [0.0, 1.0]
    inner = inner or [_middle(outer)]
    whole = axis.scale == "plain" and all(float(value).is_integer() for value in inner)
    to, back = _spacing(axis)
    low, high = to(inner[0]), to(inner[-1])
    reach = REACH * max(high - low, _typical([abs(to(v) - _near(to(v), low, high)) for v in outer]))
    low, high = (
        min([low, *(max(to(value), low - reach) for value in outer)]),
        max([high, *(min(to(value), high + reach) for value in outer)]),
    )
    if axis.rate and not axis.log:
        low, high = max(low, min(inner[0], -0.1)), min(high, max(inner[-1], 1.1))
    size = max(abs(low), abs(high))
    if not high - low > max(1e-9 * size, 1e-200):
        room = 0.1 if axis.log else size / 10 if size > 1e-200 else 0.5
        room = min(room, 0.05) if axis.rate else room
        low, high = low - room, high + room
    room = margin * (high - low)
    return Limits(back(low - room), back(high + room), axis, whole)


def _spacing(axis: Axis) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """To where values are evenly spaced, and back."""
    if axis.log:
        return log10, lambda value: float(10.0**value)
    if axis.log1p:
        return log1p, expm1
    return float, float


def _middle(values: Sequence[float]) -> float:
    return values[len(values) // 2]


def _near(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _typical(distances: list[float]) -> float:
    """A long one among the distances, but not the longest where it stands alone."""
    return sorted(distances)[int(0.75 * (len(distances) - 1))] if distances else 0.0


def ticks(at: Limits, most: int) -> list[float]:
    """Round values inside the limits, two to so many; those of rates lie in [0, 1]."""
    found = _decades(at, most) if at.axis.log else []
    if at.axis.log1p and at.low <= 0 and at.high > 1:
        clear = at.share(0.0) + 0.5 / most
        later = _decades(replace(at, low=1.0), most - 1)
        found = [0.0, *(value for value in later if at.share(value) >= clear)]
    for parts in range(most + 1, 0, -1):
        if 2 <= len(found) <= most:
            break
        found = _even(at, parts)
    return found if len(found) <= most else [found[0], found[-1]]


def _even(at: Limits, parts: int) -> list[float]:
    unit = 100.0 if at.axis.scale == "proportion" else 1.0
    places = MaxNLocator(parts, steps=[1, 2, 5, 10], integer=at.whole)
    found = [float(v) / unit for v in places.tick_values(at.low * unit, at.high * unit)]
    slack = 1e-9 * at.span
    found = [value for value in found if at.low - slack <= value <= at.high + slack]
    if at.axis.rate:
        found = [min(max(value, 0.0), 1.0) for value in found if -1e-9 <= value <= 1 + 1e-9]
    return found


def across(at: Limits, room: float, before: float, after: float) -> list[float]:
    """Ticks of a horizontal axis whose labels stand clear of each other and of what is beside it.

    Args:
        at: its limits.
        room: its length in points.
        before: how far labels may stand out to its left, in points.
        after: how far to its right.
    """
    found: list[float] = []
    for most in range(9, 1, -1):
        found, ends = [], []
        for value, text in _labelled(ticks(at, most), at.axis):
            middle, half = room * at.share(value), width(text, SMALL) / 2
            if middle - half >= -before and middle + half <= room + after:
                found.append(value)
                ends.append((middle - half, middle + half))
        if all(b[0] - a[1] >= 12 for a, b in pairwise(ends)):
            return found
    return found[:1]


def _labelled(values: Sequence[float], axis: Axis) -> list[tuple[float, str]]:
    return list(zip(values, write_ticks(values, axis), strict=True))


def _decades(at: Limits, most: int) -> list[float]:
    first, last = floor(log10(at.low)), ceil(log10(at.high))
    for each in ((1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**e for e in range(first, last + 1) for m in each]
        found = [value for value in found if at.contains(value)]
        if 2 <= len(found) <= most:
            return found
    step = ceil((last - first) / max(1, most - 1))
    return [value for e in range(first, last + 1, step) if at.contains(value := 10.0**e)]


def write_ticks(values: Sequence[float], axis: Axis) -> list[str]:
    """Tick values as text, with the decimals that tell them apart."""
    if axis.log1p and axis.scale == "plain" and max(values, default=0.0) >= 1e7:
        return [_power(v) if v >= 1e3 else _written([v], axis)[0] for v in values]
    if not axis.log:
        return _written(values, axis)
    if axis.scale == "plain" and values and (max(values) >= 1e7 or min(values) < 1e-5):
        return [_power(value) for value in values]
    return [_written([value], axis)[0] for value in values]


def _written(values: Sequence[float], axis: Axis) -> list[str]:
    """With the same decimals each."""
    decimals = _needed(values, axis)
    largest = max(map(abs, values), default=0.0)
    if axis.scale == "plain" and (largest >= 1e7 or (largest and decimals > 6)):
        exponent = floor(log10(largest))
        parts = [value / 10.0**exponent for value in values]
        own = Axis("", signed=axis.signed)
        decimals = min(_needed(parts, own), 6)
        power = f"×{_ten(exponent)}"
        return [f"{write(part, own, decimals)}{power if part else ''}" for part in parts]
    return [write(value, axis, decimals) for value in values]


def _power(value: float) -> str:
    """'10⁷', '3×10⁷'."""
    exponent = floor(log10(value) + 1e-9)
    part = value / 10.0**exponent
    return _ten(exponent) if abs(part - 1) < 1e-6 else f"{part:.3g}×{_ten(exponent)}"


def _ten(exponent: int) -> str:
    return f"10{str(exponent).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def _needed(values: Iterable[float], axis: Axis) -> int:
    """Decimals without which a value would be rounded."""
    unit = 100.0 if axis.scale == "proportion" else 1.0
    values = [unit * value for value in values]
    slack = 1e-6 * (max(values) - min(values) or max(map(abs, values))) if values else 0.0
    for decimals in range(16):
        if all(abs(round(value, decimals) - value) <= slack for value in values):
            return decimals
    return 16


def write(value: float, axis: Axis, decimals: int) -> str:
    """A value as text: '36%', '+2.5', '40,000', '−0.62'."""
    if axis.scale == "proportion":
        value = 100 * value
    text = f"{abs(value):,.{decimals}f}"
    zero = not text.strip("0.,")
    sign = "" if zero else "−" if value < 0 else "+" if axis.signed else ""
    return f"{sign}{text}{'%' if axis.rate else ''}"


def numerals(values: Sequence[float], at: Limits) -> list[str]:
    """Estimates as they are written beside their marks, alike in their decimals.

    What an axis shows is worth writing in steps of a twentieth to a two-hundredth of its span.
    """
    axis = at.axis
    if axis.log:
        return write_ticks([_significant(value) for value in values], axis)
    worth = _decimals(100 * at.span / 20 if axis.scale == "proportion" else at.span / 200)
    if axis.scale == "proportion" and axis.signed:
        worth = max(1, worth)
    if worth > 6 or at.high >= 1e7:
        return _written([round(value, worth) for value in values], axis)
    return [write(value, axis, min(worth, _needed(values, axis))) for value in values]


def _significant(value: float) -> float:
    return float(f"{value:.2g}")


def _decimals(step: float) -> int:
    return min(max(0, ceil(-log10(step) - 1e-9)), 12) if 0 < step < inf else 0


def words(axis: Axis) -> str:
    """The label of an axis, with what its numbers are if they do not say it themselves."""
    unit = ""
    if axis.scale == "proportion" and axis.signed and "point" not in axis.label.lower():
        unit = " (percentage points)"
    spaced = " (log scale)" if axis.log else " (log scale from 0)" if axis.log1p else ""
    return f"{axis.label}{unit}{spaced}"


def apply(axes: Axes, at: Limits, marks: Sequence[float], *, upright: bool) -> None:
    """Give axes their limits and ticks along one direction, and grey what no rate can be."""
    own = axes.yaxis if upright else axes.xaxis
    if at.axis.log:
        (axes.set_yscale if upright else axes.set_xscale)("log")
    if at.axis.log1p:
        spacing = (np.log1p, np.expm1)
        (axes.set_yscale if upright else axes.set_xscale)("function", functions=spacing)
    (axes.set_ylim if upright else axes.set_xlim)(at.low, at.high)
    own.set_ticks(list(marks), labels=write_ticks(marks, at.axis))
    own.set_ticks([], minor=True)
    own.grid(True, color=RULE, lw=0.6)
    if at.axis.rate:
        grey = axes.axhspan if upright else axes.axvspan
        for low, high in ((at.low, 0.0), (1.0, at.high)):
            if at.low < high and low < at.high and low < high:
                grey(low, high, color=PALE, lw=0, zorder=0, gid="impossible")
