"""What a figure shows, as data: chosen by an analysis, drawn by this package, kept as the sidecar.

Proportions are fractions; everything is in the unit that its axis names. A chart that cannot be
drawn as it was meant raises ValueError when it is made, with the name of what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

from epm.analyses.block import Scale


@dataclass(frozen=True)
class Axis:
    """What one direction of a figure means."""

    label: str
    """In words, as in 'cosine to the assistant (more assistant-like →)'."""
    scale: Scale = "plain"
    """Proportions are written in percent, and nothing is below 0% or above 100%."""
    signed: bool = False
    """Whether it is a difference or a slope: written with its sign, of proportions in percentage
    points, and free to lie below 0."""
    log: bool = False
    """Whether it is spaced by its logarithm; values are given as they are, above 0."""
    log1p: bool = False
    """Whether it is spaced by the logarithm of 1 more than its values, which may be 0."""

    @property
    def rate(self) -> bool:
        """Whether what it shows lies between 0 and 1."""
        return self.scale == "proportion" and not self.signed


@dataclass(frozen=True)
class Dot:
    """One estimate with its interval."""

    name: str
    """Empty for one that needs none, as its place on the x axis says what it is."""
    value: float
    lower: float | None = None
    upper: float | None = None
    group: str = ""
    """Dots of a group share a colour; '' has none of its own."""
    replicates: list[float] = field(default_factory=list)
    """Of each seed, where there are several."""
    beside: float | None = None
    """What it is compared with, joined to it by a line: the same outcome where it should not be."""
    emphasised: bool = False
    """Whether the text speaks of it: it is named also where there is no room for all names."""

    @property
    def estimates(self) -> list[float]:
        """Everything that is shown of it along the axis of its value, but for the interval."""
        beside = [] if self.beside is None else [self.beside]
        return [self.value, *self.replicates, *beside]

    @property
    def bounds(self) -> list[float]:
        """Those ends of its interval that exist."""
        return [bound for bound in (self.lower, self.upper) if bound is not None]


@dataclass(frozen=True)
class DotChart:
    """Estimates side by side: rates, means, differences, coefficients."""

    title: str
    """The finding."""
    subtitle: str
    axis: Axis
    dots: list[Dot]
    """In the order that they are shown; where there are too many to name, they are ranked."""
    interval: str
    """What the bars are, as in '95% interval by seed and item'."""
    beside_label: str = ""
    reference: float | None = None
    """A line across: no effect, or the baseline's rate."""
    reference_label: str = ""
    expected: Dot | None = None
    """What was found or foretold elsewhere, drawn apart."""
    note: str = ""
    """What is not shown, and why."""

    def __post_init__(self) -> None:
        """Refuse what cannot be shown."""
        for dot in self.every:
            _check_dot(dot, self.axis, self.beside_label)
        if self.reference is not None:
            _check(self.axis, self.reference_label or "the reference", [self.reference])

    @property
    def every(self) -> list[Dot]:
        """Our estimates, and last what was expected."""
        return [*self.dots, *([self.expected] if self.expected else [])]


@dataclass(frozen=True)
class ScatterPoint(Dot):
    """One condition: a predictor, and an outcome with its interval."""

    x: float = 0.0
    marked: bool = False
    """Drawn as a star: a condition that the fit did not see, say."""


@dataclass(frozen=True)
class Line:
    """A fitted line or curve, with a band around it, at rising x."""

    label: str
    x: list[float]
    y: list[float]
    lower: list[float] = field(default_factory=list)
    """Of the band; empty where it has none."""
    upper: list[float] = field(default_factory=list)
    band_label: str = ""

    def __post_init__(self) -> None:
        """Refuse lists that do not belong together."""
        name = self.label or "a line"
        if len(self.y) != len(self.x):
            raise ValueError(f"{name!r} has {len(self.x)} x and {len(self.y)} y")
        if {len(self.lower), len(self.upper)} not in ({0}, {len(self.x)}):
            raise ValueError(f"the band of {name!r} needs both bounds at every x, or neither")
        if any(a > b for a, b in pairwise(self.x)):
            raise ValueError(f"the x of {name!r} do not rise")


@dataclass(frozen=True)
class ScatterChart:
    """An outcome against a predictor, with what was fitted and what it is compared with."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    points: list[ScatterPoint]
    interval: str
    line: Line | None = None
    compared: Line | None = None
    """The parent's fit, dashed."""
    beside_label: str = ""
    marks: list[tuple[float, str]] = field(default_factory=list)
    """Places on the x axis, each with what is there: an EC50, say."""
    marked_label: str = ""
    """What the stars are."""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be shown."""
        for point in self.points:
            _check_dot(point, self.y, self.beside_label)
            _check(self.x, point.name, [point.x])
        for line in (self.line, self.compared):
            if line is not None:
                _check_line(line, self.x, self.y)
        for at, label in self.marks:
            _check(self.x, label, [at])


@dataclass(frozen=True)
class Panel:
    """One condition over training."""

    name: str
    group: str
    points: list[ScatterPoint]
    """At rising x, without replicates. The value of one that is emphasised is written beside it."""
    seeds: list[Line] = field(default_factory=list)
    emphasised: bool = False
    """Whether the text speaks of it: it is named also where there is no room for all names."""


@dataclass(frozen=True)
class PanelsChart:
    """Small multiples on shared axes."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    panels: list[Panel]
    interval: str
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be shown."""
        for panel in self.panels:
            for point in panel.points:
                _check_dot(point, self.y, "")
                if point.replicates:
                    raise ValueError(f"{panel.name!r}: the seeds of a panel are its `seeds`")
                _check(self.x, panel.name, [point.x])
            if any(a.x > b.x for a, b in pairwise(panel.points)):
                raise ValueError(f"the x of {panel.name!r} do not rise")
            for seed in panel.seeds:
                _check_line(seed, self.x, self.y)


Chart = DotChart | ScatterChart | PanelsChart


def _check(axis: Axis, name: str, numbers: Iterable[float]) -> None:
    for number in numbers:
        if not isfinite(number):
            raise ValueError(f"{name!r}: {number} cannot be shown")
        if axis.log and not number > 0:
            raise ValueError(f"{name!r}: {number} has no place on a logarithmic axis")
        if axis.log1p and number < 0:
            raise ValueError(f"{name!r}: {number} has no place on an axis that begins at 0")


def _check_dot(dot: Dot, axis: Axis, beside_label: str) -> None:
    _check(axis, dot.name, [*dot.estimates, *dot.bounds])
    # an interval may leave [0, 1], as a Wald interval does; what was measured may not
    if axis.rate and not all(-1e-9 <= value <= 1 + 1e-9 for value in dot.estimates):
        raise ValueError(f"{dot.name!r}: no rate; a difference of rates needs a signed axis")
    if len(dot.bounds) == 2 and dot.bounds[0] > dot.bounds[1]:
        raise ValueError(f"{dot.name!r}: its interval ends before it begins")
    if dot.beside is not None and not beside_label:
        raise ValueError(f"{dot.name!r}: what it is compared with has no beside_label")


def _check_line(line: Line, x: Axis, y: Axis) -> None:
    _check(x, line.label, line.x)
    _check(y, line.label, [*line.y, *line.lower, *line.upper])
