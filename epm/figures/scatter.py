"""An outcome against a predictor: points with their names, lines with their bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from epm.figures import labels, naming, scales, symbols
from epm.figures.charts import Line, ScatterChart
from epm.figures.naming import Plot
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
        return _drawn(replace(chart, points=symbols.told_apart(chart.points)))


def _drawn(chart: ScatterChart) -> Figure:
    x, y = _limits(chart)
    upright = scales.ticks(y, 8)
    left = EDGE + max(width(t, SMALL) for t in scales.write_ticks(upright, y.axis)) / 72 + 0.1
    right = WIDTH - EDGE - 0.06
    tall = 3.7 + 0.04 * min(len(chart.points), 40)
    size = (right - left) * 72, tall * 72
    marked = [at for at, _ in chart.marks if x.contains(at)]
    shifts = _shifts(chart, x, y, size)
    plot = Plot(chart.points, list(_lines(chart)), x, y, size, shifts, marked)
    wanted = naming.named(chart)
    placed = naming.place(plot, naming.names(chart.points, wanted[: naming.MOST]))
    groups = Groups([point.group for point in chart.points])

    value_label = wrap(scales.words(chart.y), ROOM * 72, TEXT)
    label = wrap(scales.words(chart.x), (right - left) * 72, TEXT)
    marks = _mark_rows(chart, x, (right - left) * 72)
    above = height(len(value_label), TEXT) + 0.06 + MARK_ROW * len(marks) + 0.1 * bool(marks)
    below = 0.28 + height(len(label), TEXT)
    sheet = Sheet(
        *(chart.title, chart.subtitle, _note(chart, plot, len(wanted) - len(placed))),
        body=above + tall + below,
        entries=_entries(chart, groups),
    )
    bottom, top = sheet.bottom + below, sheet.bottom + below + tall
    axes = sheet.axes(left, right, bottom, top)
    across = scales.across(x, *(72 * each for each in (right - left, left, WIDTH - right)))
    scales.apply(axes, x, across, upright=False)
    scales.apply(axes, y, upright, upright=True)
    middle = (left + right) / 2
    sheet.text(middle, bottom - 0.26, label, size=TEXT, ha="center", va="top", gid="axis")
    sheet.text(EDGE, sheet.top, value_label, size=TEXT, va="top", gid="axis")
    _draw_lines(axes, chart)
    _draw_points(axes, chart, groups, plot)
    _draw_marks(sheet, axes, marks, x, left, top)
    naming.write(axes, plot, placed, "label")
    return sheet.figure


def _lines(chart: ScatterChart) -> Iterator[Line]:
    yield from (line for line in (chart.line, chart.compared) if line is not None and line.x)


def _limits(chart: ScatterChart) -> tuple[Limits, Limits]:
    """Of both axes. The parent's line is shown where ours or the points are."""
    across = [point.x for point in chart.points]
    ends = chart.line.x if chart.line else []
    if not across and not ends and chart.compared:
        ends = chart.compared.x
    x = scales.limits(chart.x, across, ends, margin=0.05)
    near = [at for at, _ in chart.marks if -0.5 <= x.share(at) <= 1.5]
    x = scales.limits(chart.x, across, [*ends, *near], margin=0.05)
    heights = [bound for point in chart.points for bound in point.bounds]
    for line in _lines(chart):
        at = np.array([x.clip(value) for value in line.x])
        for curve in (line.y, line.lower, line.upper):
            if curve:
                heights += [float(v) for v in np.interp(at, line.x, curve)]
    values = [value for point in chart.points for value in point.estimates]
    return x, scales.limits(chart.y, values, heights, margin=0.06)


def _shifts(chart: ScatterChart, x: Limits, y: Limits, size: tuple[float, float]) -> list[float]:
    """How far points are moved sideways, in points of type, to be seen beside those at the same x.

    Only those move whose marks or intervals would lie on each other's; hardly, where their x are
    not the same but close; and none among many, which would no longer be where they are.
    """
    wide, tall = size
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


def _note(chart: ScatterChart, plot: Plot, unnamed: int) -> str:
    parts = [chart.note]
    if any(plot.shifts):
        parts.append("Points at nearly the same x are drawn side by side.")
    if len(chart.points) > naming.ALL:
        bold = "those in bold and " if any(p.emphasised for p in chart.points) else ""
        parts.append(f"Of {len(chart.points)} points, {bold}those at the ends are named.")
    if unnamed:
        names = "1 name has" if unnamed == 1 else f"{unnamed} names have"
        parts.append(f"{names} no room.")
    return " ".join(part for part in parts if part)


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
    seeds = "one seed"
    if len(chart.points) > CROWD:
        bold = any(point.emphasised and point.replicates for point in chart.points)
        seeds = "one seed, of those in bold" if bold else ""
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


def _draw_points(axes: Axes, chart: ScatterChart, groups: Groups, plot: Plot) -> None:
    crowd = len(chart.points) > CROWD
    for point, shift in zip(chart.points, plot.shifts, strict=True):
        look = groups.look(point.group)
        small = crowd and not (point.emphasised or point.marked)
        if small:
            look = replace(look, size=4.2, bar=0.8)
        symbols.show(
            *(axes, point, point.x, look, plot.y),
            upright=True,
            star=point.marked,
            shift=shift,
            seeds=point.emphasised or not crowd,
            above=0.0 if small or not crowd else 1.0,
        )


def _mark_rows(chart: ScatterChart, x: Limits, room: float) -> list[list[tuple[float, str, float]]]:
    """The marks on the x axis in rows that have room for them: place, text and width in points.

    A place beyond the axis has an arrow to it.
    """
    rows: list[list[tuple[float, str, float]]] = []
    for at, label in sorted(chart.marks):
        text = " ".join(fit(label, room - 40, SMALL))
        text = f"← {text}" if at < x.low else f"{text} →" if at > x.high else text
        wide = width(text, SMALL) + 14
        for row in rows:
            if sum(other for *_, other in row) + wide <= room:
                row.append((at, text, wide))
                break
        else:
            rows.append([(at, text, wide)])
    return rows


def _draw_marks(
    sheet: Sheet,
    axes: Axes,
    rows: Sequence[Sequence[tuple[float, str, float]]],
    x: Limits,
    left: float,
    top: float,
) -> None:
    """Dotted lines at places on the x axis, and what is there above them."""
    wide = axes.bbox.width / sheet.figure.dpi
    inches = sheet.figure.dpi_scale_trans
    for row, marks in enumerate(rows):
        heres = [left + wide * x.share(x.clip(at)) for at, _, _ in marks]
        sizes = [size / 72 for *_, size in marks]
        places = labels.spread(heres, sizes, left, left + wide)
        bottom = top + 0.1 + MARK_ROW * row
        for (at, text, _), here, place in zip(marks, heres, places, strict=True):
            sheet.text(place, bottom + 0.03, [text], size=SMALL, ha="center", gid="mark")
            lead = Line2D([here, place], [top, bottom], color=GREY, lw=0.8, transform=inches)
            sheet.figure.add_artist(lead)
            if x.contains(at):
                axes.axvline(at, color=INK, lw=1.1, ls=(0, (1.2, 1.8)), zorder=1.5, gid="at")
