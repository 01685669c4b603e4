"""Which points of a scatter are named, and their names on the axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from epm.figures import labels
from epm.figures.charts import Line, ScatterChart, ScatterPoint
from epm.figures.labels import FloatArray, Obstacles
from epm.figures.style import DPI, GREY, HALO, INK, SMALL
from epm.figures.words import fit

ALL = 30
"""With more points than these only some are named."""
MOST = 36
"""Names in a figure."""
ROOM = 120.0
"""Width in points at which a name is broken; it may have two lines."""
PIXELS = DPI / 72
"""Of a point of type."""


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
    return list(dict.fromkeys([*spoken, *stars, *ends, *rest]))[:MOST]


def at(line: Line, x: float) -> float:
    """A line's height at x; beyond its ends, that of the nearest."""
    return float(np.interp(x, line.x, line.y))


def write(
    axes: Axes,
    points: Sequence[ScatterPoint],
    shifts: Sequence[float],
    wanted: Sequence[int],
    lines: Sequence[Line],
) -> list[int]:
    """Write names where they can be read, with a thin line to a point that is not close.

    Args:
        axes: with their limits.
        points: all that are drawn.
        shifts: how far each is moved sideways, in points of type.
        wanted: those to be named, the most important first.
        lines: those that are drawn.

    Returns:
        Those that there was no room to name.
    """
    if not wanted:
        return []
    bold = 0 < sum(point.emphasised for point in points) < len(points)
    texts = []
    for i in wanted:
        weight = "bold" if bold and points[i].emphasised else "normal"
        name = "\n".join(fit(points[i].name, ROOM, SMALL, weight, lines=2))
        text = axes.text(0, 0, name, size=SMALL, weight=weight, color=INK, gid="label", zorder=6)
        text.set(ha="center", va="center", linespacing=1.05, path_effects=HALO)
        texts.append(text)
    order = [*wanted, *(i for i in range(len(points)) if i not in set(wanted))]
    extents = [text.get_window_extent() for text in texts]
    anchors = _pixels(axes, [(points[i].x, points[i].value) for i in order], shifts, order)
    centres, kept = labels.place(
        anchors[: len(wanted)],
        np.array([(e.width + 4 * PIXELS, e.height + PIXELS) for e in extents]),
        _obstacles(axes, points, shifts, order, lines),
        np.array([0.0, 0.0, axes.bbox.width, axes.bbox.height]),
        PIXELS,
    )
    back, corner = axes.transData.inverted(), axes.bbox.p0
    for i, text in enumerate(texts):
        if i not in kept:
            text.remove()
            continue
        half = np.array([extents[i].width, extents[i].height]) / 2
        near = np.clip(anchors[i], centres[i] - half, centres[i] + half)
        text.set_position(tuple(back.transform(centres[i] + corner)))
        if np.hypot(*(near - anchors[i])) > 12 * PIXELS:
            x, y = back.transform(np.array([anchors[i], near]) + corner).T
            axes.plot(x, y, color=GREY, lw=0.7, zorder=2.5, gid="leader")
    return [wanted[i] for i in range(len(wanted)) if i not in kept]


def _obstacles(
    axes: Axes,
    points: Sequence[ScatterPoint],
    shifts: Sequence[float],
    order: Sequence[int],
    lines: Sequence[Line],
) -> Obstacles:
    shown = [points[i] for i in order]
    middle = _pixels(axes, [(p.x, p.value) for p in shown], shifts, order)
    low = _pixels(axes, [(p.x, min([p.value, *p.bounds])) for p in shown], shifts, order)
    high = _pixels(axes, [(p.x, max([p.value, *p.bounds])) for p in shown], shifts, order)
    radius = np.array([[7.0 if p.marked else 4.3] for p in shown]) * PIXELS
    owners = [i for i in order for _ in points[i].estimates[1:]]
    small = _pixels(
        axes, [(points[i].x, y) for i in order for y in points[i].estimates[1:]], shifts, owners
    )
    return Obstacles(
        marks=np.hstack([middle - radius, middle + radius]),
        bars=np.hstack([low - 1.5 * PIXELS, high + 1.5 * PIXELS]),
        small=np.hstack([small - 2.5 * PIXELS, small + 2.5 * PIXELS]),
        lines=np.vstack([np.empty((0, 4)), *(_along(axes, line) for line in lines)]),
    )


def _along(axes: Axes, line: Line) -> FloatArray:
    """Small boxes along a line."""
    drawn = axes.transData.transform(np.column_stack([line.x, line.y])) - axes.bbox.p0
    places = np.linspace(drawn[0, 0], drawn[-1, 0], 200)
    dots = np.column_stack([places, np.interp(places, drawn[:, 0], drawn[:, 1])])
    return np.hstack([dots - 1.5 * PIXELS, dots + 1.5 * PIXELS])


def _pixels(
    axes: Axes,
    places: Sequence[tuple[float, float]],
    shifts: Sequence[float],
    owners: Sequence[int],
) -> FloatArray:
    """Where places are drawn, in pixels from the corner of the axes, moved as their points are."""
    inside = axes.transData.transform(np.array(places, float).reshape(-1, 2))
    moved = np.array([[shifts[i] * PIXELS, 0.0] for i in owners]).reshape(-1, 2)
    return np.asarray((inside + moved - axes.bbox.p0).round(6))
