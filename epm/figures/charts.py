"""What a figure shows, as data: chosen by an analysis, drawn by this package, kept as the sidecar.

Proportions are fractions; everything is in the unit that its axis names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from epm.analyses.block import Scale


@dataclass(frozen=True)
class Axis:
    """What one direction of a figure means."""

    label: str
    """In words, as in 'cosine to the assistant (more assistant-like →)'."""
    scale: Scale = "plain"
    """Proportions are written in percent."""


@dataclass(frozen=True)
class Dot:
    """One estimate with its interval."""

    name: str
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


@dataclass(frozen=True)
class DotChart:
    """Estimates side by side: rates, means, differences, coefficients."""

    title: str
    """The finding."""
    subtitle: str
    axis: Axis
    dots: list[Dot]
    """In the order that they are shown."""
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


@dataclass(frozen=True)
class Panel:
    """One condition over training."""

    name: str
    group: str
    points: list[ScatterPoint]
    """At rising x."""
    seeds: list[Line] = field(default_factory=list)


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


Chart = DotChart | ScatterChart | PanelsChart
