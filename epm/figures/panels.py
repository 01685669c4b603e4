"""Small multiples: a panel for every condition, all on the same axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from epm.figures import naming, scales, symbols
from epm.figures.charts import Line, Panel, PanelsChart, ScatterPoint
from epm.figures.naming import Plot, Words
from epm.figures.scales import Limits
from epm.figures.sheet import EDGE, ROOM, Entry, Sheet, nothing
from epm.figures.style import DPI, GREY, SMALL, TEXT, WIDTH, styled
from epm.figures.symbols import Groups, Look
from epm.figures.words import fit, height, width, wrap

SHAPES = ((1, 1, 3.3), (2, 2, 2.4), (3, 3, 2.0), (12, 4, 1.25), (20, 5, 1.1), (48, 6, 1.0))
"""Up to so many panels, so many columns at most, each panel so many inches high."""
BETWEEN = 0.22
"""Between columns, in inches; as much between rows, below the tick labels where there are some."""


def draw(chart: PanelsChart) -> Figure:
    """Draw all panels on shared axes; their titles carry the gid "name"."""
    with styled():
        if not chart.panels:
            return nothing(chart.title, chart.subtitle, chart.note, "No panel to show.")
        columns, tall = _shape(len(chart.panels))
        rows = ceil(len(chart.panels) / columns)
        x, y = limits(chart)
        upright = scales.ticks(y, 8 if rows == 1 else 5)
        left = EDGE + max(width(t, SMALL) for t in scales.write_ticks(upright, y.axis)) / 72 + 0.1
        wide = (WIDTH - EDGE - 0.06 - left - BETWEEN * (columns - 1)) / columns
        across = scales.across(x, *(72 * each for each in (wide, BETWEEN / 2, BETWEEN / 2)))
        names = [
            fit(panel.name, wide * 72, SMALL, "bold" if spoken(panel) else "normal", lines=2)
            for panel in chart.panels
        ]
        groups = Groups([panel.group for panel in chart.panels])

        heading = [max(map(len, names[row * columns :][:columns])) for row in range(rows)]
        titles = [height(lines, SMALL) + 0.05 * bool(lines) for lines in heading]
        value_label = wrap(scales.words(chart.y), ROOM * 72, TEXT)
        label = wrap(scales.words(chart.x), (WIDTH - left) * 72, TEXT)
        above = height(len(value_label), TEXT) + 0.08
        below = 0.28 + height(len(label), TEXT)
        body = above + sum(titles) + tall * rows + BETWEEN * (rows - 1) + below
        sheet = Sheet(
            *(chart.title, chart.subtitle, chart.note),
            body=body,
            entries=_entries(chart, groups),
        )
        sheet.text(EDGE, sheet.top, value_label, size=TEXT, va="top", gid="axis")
        top = sheet.top - above
        for row in range(rows):
            top -= titles[row]
            for column, i in enumerate(range(row * columns, min(len(names), (row + 1) * columns))):
                start = left + column * (wide + BETWEEN)
                axes = sheet.axes(start, start + wide, top - tall, top)
                scales.apply(axes, x, across, upright=False)
                scales.apply(axes, y, upright, upright=True)
                lowest = i + columns >= len(names)
                axes.tick_params(labelleft=column == 0, labelbottom=lowest, length=2.5)
                panel = chart.panels[i]
                weight = "bold" if spoken(panel) else "normal"
                sheet.text(
                    *(start, top + 0.04, names[i]),
                    size=SMALL,
                    weight=weight,
                    gid="name",
                    va="bottom",
                )
                _panel(axes, panel, groups.look(panel.group), x, y)
            top -= tall + BETWEEN
        last = len(names) - (rows - 1) * columns
        middle = left + (last * (wide + BETWEEN) - BETWEEN) / 2
        name_across(sheet, label, middle, sheet.bottom + below)
        return sheet.figure


def _shape(panels: int) -> tuple[int, float]:
    """Columns, one fewer where that leaves fewer places empty, and the height of a panel."""
    columns, tall = next((columns, tall) for most, columns, tall in SHAPES if panels <= most)
    if panels > columns and -panels % (columns - 1) < -panels % columns:
        columns -= 1
    return columns, tall


def name_across(sheet: Sheet, label: Sequence[str], middle: float, bottom: float) -> None:
    """Write what the x axis means below its ticks, around a place in inches and on the page."""
    half = max(width(line, TEXT) for line in label) / 144 if label else 0.0
    at = max(middle, EDGE + half)
    sheet.text(at, bottom - 0.26, label, size=TEXT, ha="center", va="top", gid="axis")


def spoken(panel: Panel) -> bool:
    """Whether the text speaks of a panel, or of a point in it."""
    return panel.emphasised or any(point.emphasised for point in panel.points)


def limits(chart: PanelsChart) -> tuple[Limits, Limits]:
    """Of the axes that all panels share."""
    points = [point for panel in chart.panels for point in panel.points]
    seeds = [seed for panel in chart.panels for seed in panel.seeds]
    across = [*(point.x for point in points), *(value for seed in seeds for value in seed.x)]
    values = [point.value for point in points]
    values += [value for seed in seeds for value in seed.y]
    bounds = [bound for point in points for bound in point.bounds]
    return (
        scales.limits(chart.x, across),
        scales.limits(chart.y, values, bounds, margin=0.06),
    )


def entries(of: Sequence[Panel], interval: str) -> list[Entry]:
    """The legend's part on estimates over x."""
    found = []
    if interval and any(point.bounds for panel in of for point in panel.points):
        found.append(Entry(symbols.band(), interval))
    if any(_without(panel.points) for panel in of):
        sign = Line2D([], [], color=GREY, lw=1.2, ls=":", marker="o", markersize=4)
        sign.set_markerfacecolor("white")
        found.append(Entry(sign, "without an interval"))
    return found


def _entries(chart: PanelsChart, groups: Groups) -> list[Entry]:
    found = entries(chart.panels, chart.interval)
    if any(panel.seeds for panel in chart.panels):
        found.append(Entry(Line2D([], [], color=GREY, lw=0.8, alpha=0.6), "one seed"))
    return [*found, *groups.entries()]


def _without(points: Sequence[ScatterPoint]) -> set[int]:
    """The points that lack the interval that others have."""
    lacking = {i for i, point in enumerate(points) if len(point.bounds) < 2}
    return lacking if len(lacking) < len(points) else set()


def _panel(axes: Axes, panel: Panel, look: Look, x: Limits, y: Limits) -> None:
    for seed in panel.seeds:
        axes.plot(seed.x, seed.y, color=look.colour, lw=0.8, alpha=0.5, zorder=2, gid="seed")
    trace(axes, panel.points, look, size=4.4)
    if not (panel.points or panel.seeds):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color=GREY)
    points = panel.points
    values = scales.numerals([point.value for point in points], y)
    own = Line("", [point.x for point in points], [point.value for point in points])
    size = axes.bbox.width * 72 / DPI, axes.bbox.height * 72 / DPI
    plot = Plot(points, [own, *panel.seeds], x, y, size, [0.0] * len(points))
    spoken_of = [i for i, point in enumerate(points) if point.emphasised]
    placed = naming.place(plot, [Words(i, [values[i]], "bold") for i in spoken_of])
    naming.write(axes, plot, placed, "number")


def trace(axes: Axes, points: Sequence[ScatterPoint], look: Look, *, size: float) -> None:
    """Draw estimates over x as a line with its band; dotted where an interval is lacking."""
    for run in _runs(points):
        x = [point.x for point in run]
        low, high = [point.lower or 0.0 for point in run], [point.upper or 0.0 for point in run]
        if len(run) > 1:
            axes.fill_between(
                *(x, low, high), color=look.colour, alpha=0.18, lw=0, zorder=1.5, gid="band"
            )
        else:
            axes.vlines(x, low, high, color=look.colour, lw=1.2, zorder=2, gid="interval")
    open_ones = _without(points)
    for i in range(len(points) - 1):
        pair = points[i : i + 2]
        dotted = bool({i, i + 1} & open_ones)
        axes.plot(
            *([point.x for point in pair], [point.value for point in pair]),
            color=look.colour,
            lw=1.2 if dotted else 1.8,
            ls=":" if dotted else "-",
            zorder=3,
            gid="trace",
        )
    for hollow in (True, False):
        own = [point for i, point in enumerate(points) if (i in open_ones) is hollow]
        if not own:
            continue
        axes.plot(
            *([point.x for point in own], [point.value for point in own]),
            ls="",
            marker=look.marker,
            markersize=size,
            markerfacecolor="white" if hollow else look.colour,
            markeredgecolor=look.colour if hollow else "white",
            markeredgewidth=1.0 if hollow else 0.5,
            clip_on=False,
            zorder=4,
            gid="value",
        )


def _runs(points: Sequence[ScatterPoint]) -> Iterator[list[ScatterPoint]]:
    """Neighbours that all have an interval."""
    run: list[ScatterPoint] = []
    for point in points:
        if len(point.bounds) == 2:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
