"""Which points of a scatter are named, and words at points of any axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from epm.figures import labels
from epm.figures.charts import Line, ScatterChart, ScatterPoint
from epm.figures.labels import FloatArray, Obstacles
from epm.figures.scales import Limits
from epm.figures.style import GREY, HALO, INK, SMALL
from epm.figures.words import fit, height, width

ALL = 30
"""With more points than these only some are named."""
MOST = 36
"""Names in a figure."""
ROOM = 120.0
"""Width in points at which a name is broken; it may have two lines."""
CLOSE = 12.0
"""Points of type within which words need no line to their point."""


def named(chart: ScatterChart) -> list[int]:
    """The points that are to be named, the most important first.

    All of them where there are few; else those that the text speaks of, the stars, and the ends: of
    either axis, and of the distances from the line.
    """
    points = chart.points
    every = [i for i, point in enumerate(points) if point.name.strip()]
    spoken = [i for i in every if points[i].emphasised]
    stars = [i for i in every if points[i].marked]
    by_value = sorted(every, key=lambda i: points[i].value)
    by_x = sorted(every, key=lambda i: points[i].x)
    ends = [*by_value[:2], *by_value[:-3:-1], *by_x[:1], *by_x[:-2:-1]]
    if chart.line and chart.line.x:
        off = [abs(points[i].value - at(chart.line, points[i].x)) for i in every]
        ends += [every[i] for i in np.argsort(off, kind="stable")[:-5:-1]]
    rest = every if len(points) <= ALL else []
    return list(dict.fromkeys([*spoken, *stars, *ends, *rest]))


def at(line: Line, x: float) -> float:
    """A line's height at x; beyond its ends, that of the nearest."""
    return float(np.interp(x, line.x, line.y))


@dataclass(frozen=True)
class Words:
    """What is written at a point."""

    of: int
    """The point."""
    lines: list[str]
    weight: str = "normal"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in points of type."""
        wide = max((width(line, SMALL, self.weight) for line in self.lines), default=0.0)
        return wide, 72 * height(len(self.lines), SMALL)


@dataclass(frozen=True)
class Placed:
    """Where it is written, in points of type from the lower left corner of the axes."""

    words: Words
    middle: tuple[float, float]
    leader: list[tuple[float, float]]
    """From the point to the words, where these are not close to it."""


def names(points: Sequence[ScatterPoint], wanted: Sequence[int]) -> list[Words]:
    """The names of these points, in bold where the text speaks of them."""
    weights = ["bold" if points[i].emphasised else "normal" for i in wanted]
    return [
        Words(i, fit(points[i].name, ROOM, SMALL, weight, lines=2), weight)
        for i, weight in zip(wanted, weights, strict=True)
    ]


@dataclass(frozen=True)
class Plot:
    """What is drawn on axes, and where: everything that words have to keep clear of."""

    points: Sequence[ScatterPoint]
    lines: Sequence[Line]
    x: Limits
    y: Limits
    size: tuple[float, float]
    """Of the axes, in points of type."""
    shifts: Sequence[float]
    """How far each point is moved sideways, in points of type."""
    uprights: Sequence[float] = ()
    """Places on the x axis with a line across the whole height."""

    def at(self, i: int, value: float) -> tuple[float, float]:
        """Where a value of a point is, in points of type from the lower left corner."""
        place = self.on(self.points[i].x, value)
        return place[0] + self.shifts[i], place[1]

    def on(self, x: float, y: float) -> tuple[float, float]:
        """Where a place on the axes is."""
        return self.size[0] * self.x.share(x), self.size[1] * self.y.share(self.y.clip(y))


def place(plot: Plot, written: Sequence[Words]) -> list[Placed]:
    """Find places where words can be read; those that find none are left out.

    Args:
        plot: what they are written on.
        written: what is written, the most important first.
    """
    if not written:
        return []
    of = [words.of for words in written]
    order = [*of, *(i for i in range(len(plot.points)) if i not in set(of))]
    anchors = np.array([plot.at(i, plot.points[i].value) for i in of])
    sizes = np.array([words.size for words in written])
    around = _obstacles(plot, order)
    frame = np.array([0.0, 0.0, *plot.size])
    centres, kept = labels.place(anchors, sizes + np.array([4.0, 1.0]), around, frame)
    found = []
    for i in kept:
        near = np.clip(anchors[i], centres[i] - sizes[i] / 2, centres[i] + sizes[i] / 2)
        far = np.hypot(*(near - anchors[i])) > CLOSE
        ends = [(float(x), float(y)) for x, y in (anchors[i], near)] if far else []
        found.append(Placed(written[i], (float(centres[i][0]), float(centres[i][1])), ends))
    return found


def write(axes: Axes, plot: Plot, placed: Sequence[Placed], gid: str) -> None:
    """Write words at their places; they carry this gid."""
    for each in placed:
        text = axes.text(
            *(each.middle[0] / plot.size[0], each.middle[1] / plot.size[1]),
            "\n".join(each.words.lines),
            transform=axes.transAxes,
            size=SMALL,
            weight=each.words.weight,
            color=INK,
            gid=gid,
            zorder=6,
        )
        text.set(ha="center", va="center", path_effects=HALO)
        if each.leader:
            x, y = np.array(each.leader).T / np.array([plot.size]).T
            place = axes.transAxes
            axes.plot(x, y, transform=place, color=GREY, lw=0.7, zorder=2.5, gid="leader")


def _obstacles(plot: Plot, order: Sequence[int]) -> Obstacles:
    points = plot.points
    spans = [
        [each.value, *each.bounds, *([] if each.beside is None else [each.beside])]
        for each in (points[i] for i in order)
    ]
    middle = np.array([plot.at(i, points[i].value) for i in order])
    low = np.array([plot.at(i, min(span)) for i, span in zip(order, spans, strict=True)])
    high = np.array([plot.at(i, max(span)) for i, span in zip(order, spans, strict=True)])
    radius = np.array([[7.0 if points[i].marked else 4.3] for i in order])
    rest = [plot.at(i, value) for i in order for value in points[i].estimates[1:]]
    small = np.array(rest).reshape(-1, 2)
    places = np.array([plot.on(x, 0.0)[0] for x in plot.uprights])
    tall = np.array([[x - 1.5, 0.0, x + 1.5, plot.size[1]] for x in places]).reshape(-1, 4)
    return Obstacles(
        marks=np.hstack([middle - radius, middle + radius]),
        bars=np.hstack([low - 1.5, high + 1.5]),
        small=np.hstack([small - 2.5, small + 2.5]),
        lines=np.vstack([tall, *(_along(plot, line) for line in plot.lines)]),
    )


def _along(plot: Plot, line: Line) -> FloatArray:
    """Small boxes along a line."""
    if not line.x:
        return np.empty((0, 4))
    drawn = np.array([plot.on(x, y) for x, y in zip(line.x, line.y, strict=True)])
    places = np.linspace(drawn[0, 0], drawn[-1, 0], 200)
    dots = np.column_stack([places, np.interp(places, drawn[:, 0], drawn[:, 1])])
    return np.hstack([dots - 1.5, dots + 1.5])
