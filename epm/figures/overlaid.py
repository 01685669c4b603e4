"""Conditions over training, drawn over each other where there are too many for a panel each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from epm.figures import labels, panels, scales
from epm.figures.charts import Panel, PanelsChart
from epm.figures.panels import spoken
from epm.figures.scales import Limits
from epm.figures.sheet import EDGE, ROOM, Entry, Sheet
from epm.figures.style import GREY, INK, SMALL, TEXT, WIDTH, styled
from epm.figures.symbols import Groups, Look
from epm.figures.words import fit, height, width, wrap

FROM = 49
"""Conditions; fewer have a panel each."""
ENDS = 2
"""The highest and the lowest so many at the end of each panel are named."""
NAMES = 1.25
"""Inches to the right of a panel, for names."""


def draw(chart: PanelsChart) -> Figure:
    """Draw a panel for every group, with a line for every condition; names carry the gid "name"."""
    with styled():
        if all(map(spoken, chart.panels)):  # what is everywhere stands out nowhere
            chart = replace(chart, panels=[_plain(panel) for panel in chart.panels])
        groups = Groups([panel.group for panel in chart.panels])
        parts = groups.parts([panel.group for panel in chart.panels])
        columns = {1: 1, 2: 2, 4: 2}.get(len(parts), 3)
        rows = ceil(len(parts) / columns)
        tall = 3.8 if rows == 1 else 2.4
        x, y = panels.limits(chart)
        upright = scales.ticks(y, 7)
        left = EDGE + max(width(t, SMALL) for t in scales.write_ticks(upright, y.axis)) / 72 + 0.1
        wide = (WIDTH - EDGE - left) / columns - NAMES
        across = scales.across(x, *(72 * each for each in (wide, left - EDGE / 2, NAMES / 2)))
        value_label = wrap(scales.words(chart.y), ROOM * 72, TEXT)
        label = wrap(scales.words(chart.x), (WIDTH - left) * 72, TEXT)
        above = height(len(value_label), TEXT) + 0.08
        below = 0.28 + height(len(label), TEXT)
        title = 0.24 if len(parts) > 1 else 0.0
        body = above + rows * (tall + title) + 0.12 * (rows - 1) + below
        parted = [[chart.panels[i] for i in members] for _, _, members in parts]
        named = [_named(own, int(tall / (height(2, SMALL) + 0.06))) for own in parted]
        sheet = Sheet(
            *(chart.title, chart.subtitle, _note(chart, named)), body=body, entries=_entries(chart)
        )
        sheet.text(EDGE, sheet.top, value_label, size=TEXT, va="top", gid="axis")
        for at, (name, group, members) in enumerate(parts):
            row, column = divmod(at, columns)
            start = left + column * (wide + NAMES)
            top = sheet.top - above - title - row * (tall + title + 0.12)
            axes = sheet.axes(start, start + wide, top - tall, top)
            scales.apply(axes, x, across, upright=False)
            scales.apply(axes, y, upright, upright=True)
            lowest = at + columns >= len(parts)
            axes.tick_params(labelleft=column == 0, labelbottom=lowest)
            if title:
                heading = f"{name} ({len(members)})"
                sheet.text(start, top + 0.05, fit(heading, wide * 72, SMALL), size=SMALL)
            _overlay(axes, parted[at], groups.look(group))
            _name(sheet, axes, named[at], y, start + wide, top - tall, tall)
        last = len(parts) - (rows - 1) * columns
        middle = left + (last * (wide + NAMES) - NAMES) / 2
        panels.name_across(sheet, label, middle, sheet.bottom + below)
        return sheet.figure


def _plain(panel: Panel) -> Panel:
    points = [replace(point, emphasised=False) for point in panel.points]
    return replace(panel, points=points, emphasised=False)


def _overlay(axes: Axes, own: Sequence[Panel], look: Look) -> None:
    """Draw the conditions of a part, those that the text speaks of over the others."""
    for panel in own:
        x, values = [p.x for p in panel.points], [p.value for p in panel.points]
        if values and not spoken(panel):
            axes.plot(x, values, color=look.colour, lw=0.8, alpha=0.35, zorder=2, gid="trace")
    for panel in own:
        if spoken(panel):
            panels.trace(axes, panel.points, replace(look, colour=INK), size=4.0)


def _name(
    sheet: Sheet,
    axes: Axes,
    named: Sequence[Panel],
    y: Limits,
    right: float,
    bottom: float,
    tall: float,
) -> None:
    """Write names to the right of axes, with a thin line to where each condition ends."""
    weights = ["bold" if spoken(panel) else "normal" for panel in named]
    names = [
        fit(panel.name, (NAMES - 0.2) * 72, SMALL, weight, lines=2)
        for panel, weight in zip(named, weights, strict=True)
    ]
    ends = [bottom + tall * y.share(y.clip(panel.points[-1].value)) for panel in named]
    sizes = [height(len(name), SMALL) + (0.06 if len(name) > 1 else 0.01) for name in names]
    places = labels.spread(ends, sizes, bottom, bottom + tall)
    inches = sheet.figure.dpi_scale_trans
    for i, (panel, end, place) in enumerate(zip(named, ends, places, strict=True)):
        last = panel.points[-1].x
        begin = axes.transData.transform((last, 0))[0] / sheet.figure.dpi + 0.04
        line = Line2D([begin, right + 0.04], [end, place], color=GREY, lw=0.5, transform=inches)
        sheet.figure.add_artist(line)
        sheet.text(
            *(right + 0.07, place, names[i]),
            size=SMALL,
            weight=weights[i],
            va="center",
            gid="name",
        )


def _named(own: Sequence[Panel], room: int) -> list[Panel]:
    """What the text speaks of, then those that end highest and lowest."""
    drawn = [panel for panel in own if panel.points]
    order = sorted(range(len(drawn)), key=lambda i: -drawn[i].points[-1].value)
    wanted = [i for i in range(len(drawn)) if spoken(drawn[i])]
    wanted += [i for rank in range(ENDS) for i in (order[rank : rank + 1] + order[-1 - rank :][:1])]
    return [drawn[i] for i in list(dict.fromkeys(wanted))[:room]]


def _note(chart: PanelsChart, named: Sequence[Sequence[Panel]]) -> str:
    """The note, with what is named and what is not."""
    bold = sum(bool(panel.points) and spoken(panel) for panel in chart.panels)
    lost = bold - sum(spoken(panel) for own in named for panel in own)
    words = "those in bold and " if bold else ""
    own = f"Of {len(chart.panels)} conditions, {words}those that end highest and lowest are named."
    if lost:
        own = f"Of {len(chart.panels)} conditions, {lost} of those in bold have no name."
    return f"{own} {chart.note}".strip()


def _entries(chart: PanelsChart) -> list[Entry]:
    found = [Entry(Line2D([], [], color=GREY, lw=0.9, alpha=0.6), "one condition")]
    bold = [panel for panel in chart.panels if spoken(panel)]
    interval = chart.interval and f"{chart.interval}, of those in bold"
    return [*found, *panels.entries(bold, interval)]
