"""An outcome against a predictor: points with their names, lines with their bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from epm.figures import labels, naming, scales, symbols
from epm.figures.charts import Line, ScatterChart
from epm.figures.scales import Limits
from epm.figures.sheet import EDGE, ROOM, Entry, Sheet, nothing
from epm.figures.style import GREY, INK, SMALL, TEXT, WIDTH, styled
from epm.figures.symbols import Groups, Look
from epm.figures.words import fit, height, width, wrap

CROWD = 60
"""With more points than these they are drawn small, and seeds only of those in bold."""
APART = 7.0
"""Between points at the same x, in points of type."""
MARK_ROW = 0.2
"""Height of a row of labels above the axes, in inches."""
OURS, THEIRS = INK, "#8C510A"
"""Colours of our line and of the parent's."""
DASHES = (0, (5, 2.5))
"""Of the parent's line."""


def draw(chart: ScatterChart) -> Figure:
    """Draw the chart; names carry the gid "label"."""
    with styled():
        if not chart.points and not list(_lines(chart)):
            return nothing(chart.title, chart.subtitle, chart.note, "No point to show.")
        wanted = naming.named(chart)
        figure, unnamed = _drawn(chart, wanted, "")
        if unnamed:
            left = [i for i in wanted if i not in unnamed]
            names = "1 name has" if len(unnamed) == 1 else f"{len(unnamed)} names have"
            figure, _ = _drawn(chart, left, f"{names} no room.")
        return figure


def _drawn(chart: ScatterChart, wanted: Sequence[int], more: str) -> tuple[Figure, list[int]]:
    """The figure, and those points that there was no room to name."""
    x, y = _limits(chart)
    upright = scales.ticks(y, 8)
    left = EDGE + max(width(t, SMALL) for t in scales.write_ticks(upright, y.axis)) / 72 + 0.1
    right = WIDTH - EDGE - 0.06
    tall = 3.7 + 0.04 * min(len(chart.points), 40)
    shifts = _shifts(chart, x, y, (right - left) * 72, tall * 72)
    groups = Groups([point.group for point in chart.points])

    value_label = wrap(scales.words(chart.y), ROOM * 72, TEXT)
    label = wrap(scales.words(chart.x), (right - left) * 72, TEXT)
    marks = [fit(text, ROOM * 72, SMALL)[0] if text else "" for _, text in chart.marks]
    rows = ceil(sum(width(text, SMALL) + 14 for text in marks) / ((right - left) * 72))
    above = height(len(value_label), TEXT) + 0.06 + MARK_ROW * rows + 0.1 * bool(rows)
    below = 0.28 + height(len(label), TEXT)
    sheet = Sheet(
        *(chart.title, chart.subtitle, _note(chart, shifts, more)),
        body=above + tall + below,
        entries=_entries(chart, groups),
    )
    bottom, top = sheet.bottom + below, sheet.bottom + below + tall
    axes = sheet.axes(left, right, bottom, top)
    scales.apply(axes, x, scales.across(x, (right - left) * 72), upright=False)
    scales.apply(axes, y, upright, upright=True)
    middle = (left + right) / 2
    sheet.text(middle, bottom - 0.26, label, size=TEXT, ha="center", va="top", gid="axis")
    sheet.text(EDGE, sheet.top, value_label, size=TEXT, va="top", gid="axis")
    _draw_lines(axes, chart)
    _draw_points(axes, chart, groups, shifts, y)
    _draw_marks(sheet, axes, chart, marks, rows, x, left, top)
    return sheet.figure, naming.write(axes, chart.points, shifts, wanted, list(_lines(chart)))


def _lines(chart: ScatterChart) -> Iterator[Line]:
    yield from (line for line in (chart.line, chart.compared) if line is not None and line.x)


def _limits(chart: ScatterChart) -> tuple[Limits, Limits]:
    """Of both axes. The parent's line is shown where ours or the points are."""
    across = [point.x for point in chart.points]
    ends = [x for x in (chart.line.x if chart.line else []) if x is not None]
    if not across and not ends and chart.compared:
        ends = chart.compared.x
    around = [*ends, *(at for at, _ in chart.marks)]
    x = scales.limits(chart.x, across, around, margin=0.05)
    heights = [bound for point in chart.points for bound in point.bounds]
    for line in _lines(chart):
        at = np.array([x.clip(value) for value in line.x])
        for curve in (line.y, line.lower, line.upper):
            if curve:
                heights += [float(v) for v in np.interp(at, line.x, curve)]
    values = [value for point in chart.points for value in point.estimates]
    return x, scales.limits(chart.y, values, heights, margin=0.06)


def _shifts(chart: ScatterChart, x: Limits, y: Limits, wide: float, tall: float) -> list[float]:
    """How far points are moved sideways, in points of type, to be seen beside those at the same x.

    Only those move whose marks or intervals would lie on each other's; hardly, where their x are
    not the same but close; and none among many, which would no longer be where they are.
    """
    shifts = [0.0] * len(chart.points)
    places = [wide * x.share(point.x) for point in chart.points]
    order = sorted(range(len(places)), key=lambda i: places[i])
    while order and len(chart.points) <= naming.ALL:
        same = [i for i in order if places[i] - places[order[0]] < 2]
        order = order[len(same) :]
        spans = []
        for i in same:
            point = chart.points[i]
            ends = [y.clip(value) for value in (point.value, *point.bounds)]
            spans.append((tall * y.share(min(ends)) - 4, tall * y.share(max(ends)) + 4))
        spans.sort()
        if any(a[1] > b[0] for a, b in pairwise(spans)):
            room = 40.0 if len({chart.points[i].x for i in same}) == 1 else 8.0
            apart = min(APART, room / (len(same) - 1))
            for rank, i in enumerate(same):
                shifts[i] = apart * (rank - (len(same) - 1) / 2)
    return shifts


def _note(chart: ScatterChart, shifts: Sequence[float], more: str) -> str:
    parts = [chart.note]
    if any(shifts):
        parts.append("Points at nearly the same x are drawn side by side.")
    if len(chart.points) > naming.ALL:
        spoken = "those in bold and " if any(p.emphasised for p in chart.points) else ""
        parts.append(f"Of {len(chart.points)} points, {spoken}those at the ends are named.")
    return " ".join(part for part in [*parts, more] if part)


def _entries(chart: ScatterChart, groups: Groups) -> list[Entry]:
    found: list[Entry] = []
    for line, colour in ((chart.line, OURS), (chart.compared, THEIRS)):
        if line is not None and line.x:
            if line.label:
                sign = Line2D([], [], color=colour, lw=1.8)
                sign.set_linestyle("-" if line is chart.line else DASHES)
                found.append(Entry(sign, line.label))
            if line.lower and line.band_label:
                found.append(Entry(symbols.band(colour), line.band_label))
    crowd = len(chart.points) > CROWD
    seeds = "one seed, of those in bold" if crowd else "one seed"
    found += symbols.entries(
        chart.points, chart.interval, chart.beside_label, upright=True, seeds=seeds
    )
    found += groups.entries()
    if chart.marked_label and any(point.marked for point in chart.points):
        star = Look(GREY, "*", hollow=True)
        found.append(Entry(symbols.mark(star, star=True), chart.marked_label))
    return found


def _draw_lines(axes: Axes, chart: ScatterChart) -> None:
    if chart.compared and chart.compared.x:
        line = chart.compared
        if line.lower:
            axes.fill_between(
                *(line.x, line.lower, line.upper),
                facecolor=THEIRS,
                alpha=0.1,
                lw=0,
                zorder=1.1,
                gid="compared band",
            )
        axes.plot(line.x, line.y, color=THEIRS, lw=1.6, ls=DASHES, zorder=2, gid="compared")
    if chart.line and chart.line.x:
        line = chart.line
        if line.lower:
            axes.fill_between(
                *(line.x, line.lower, line.upper),
                facecolor=OURS,
                alpha=0.14,
                lw=0,
                zorder=1.2,
                gid="band",
            )
        axes.plot(line.x, line.y, color=OURS, lw=1.8, zorder=2.1, gid="line")


def _draw_points(
    axes: Axes, chart: ScatterChart, groups: Groups, shifts: Sequence[float], y: Limits
) -> None:
    crowd = len(chart.points) > CROWD
    for point, shift in zip(chart.points, shifts, strict=True):
        look = groups.look(point.group)
        small = crowd and not (point.emphasised or point.marked)
        if small:
            look = replace(look, size=4.2, bar=0.8)
        symbols.show(
            *(axes, point, point.x, look, y),
            upright=True,
            star=point.marked,
            shift=shift,
            seeds=not small,
            above=0.0 if small or not crowd else 1.0,
        )


def _draw_marks(
    sheet: Sheet,
    axes: Axes,
    chart: ScatterChart,
    texts: Sequence[str],
    rows: int,
    x: Limits,
    left: float,
    top: float,
) -> None:
    """Dotted lines at places on the x axis, and what is there above them."""
    wide = axes.bbox.width / sheet.figure.dpi
    inches = sheet.figure.dpi_scale_trans
    order = sorted(range(len(texts)), key=lambda i: chart.marks[i][0])
    for row in range(rows):
        own = order[row::rows]
        shown = [_pointing(chart.marks[i][0], texts[i], x) for i in own]
        at = [left + wide * x.share(x.clip(chart.marks[i][0])) for i in own]
        sizes = [(width(text, SMALL) + 14) / 72 for text in shown]
        places = labels.spread(at, sizes, left, left + wide)
        bottom = top + 0.1 + MARK_ROW * row
        for i, text, here, place in zip(own, shown, at, places, strict=True):
            sheet.text(place, bottom + 0.03, [text], size=SMALL, ha="center", gid="mark")
            lead = Line2D([here, place], [top, bottom], color=GREY, lw=0.8, transform=inches)
            sheet.figure.add_artist(lead)
            if x.contains(chart.marks[i][0]):
                style = (0, (1.2, 1.8))
                axes.axvline(chart.marks[i][0], color=INK, lw=1.1, ls=style, zorder=1.5)


def _pointing(value: float, text: str, x: Limits) -> str:
    """What is at a place; with an arrow to it where it lies beyond the axis."""
    return f"← {text}" if value < x.low else f"{text} →" if value > x.high else text
