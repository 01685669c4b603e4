"""The trajectory's panels, drawn from `Traced` alone, without pyplot."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from epm.figures.style import COLOURS, DPI, GREY, PALE, SIZE, styled
from epm.figures.traced import Panel, Traced

COLUMNS = 4
TOP, ROW, BOTTOM = 0.62, 1.55, 1.3
"""Inches: above the panels, one row of them with its title, and below for axis and legend."""


def draw(data: Traced) -> Figure:
    """Draw all panels on shared axes; their titles carry the gid "title"."""
    columns = min(COLUMNS, len(data.panels))
    rows = ceil(len(data.panels) / columns)
    height = TOP + rows * ROW + BOTTOM
    with styled():
        figure = Figure(figsize=(SIZE[0], height), dpi=DPI)
        FigureCanvasAgg(figure)
        subtitle = textwrap.fill(data.subtitle, 150, max_lines=1, placeholder=" …")
        figure.text(0.012, 1 - 0.12 / height, subtitle, va="top", color=GREY)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        figure.subplots_adjust(
            left=0.085,
            right=0.985,
            top=1 - TOP / height,
            bottom=BOTTOM / height,
            wspace=0.09,
            hspace=0.36,
        )
        panels: list[Axes] = list(grid.flat)
        for axes, panel in zip(panels, data.panels, strict=False):
            _panel(axes, panel, data)
        for axes in panels[len(data.panels) :]:
            axes.set_visible(False)
        for axes in panels[max(0, len(data.panels) - columns) : len(data.panels)]:
            axes.tick_params(labelbottom=True)
        _shared(panels[0], data)
        middle = (BOTTOM + (height - TOP)) / 2 / height
        pooled = "pooled " if data.replicates else ""
        figure.text(0.012, middle, f"{pooled}source rate", rotation=90, va="center", size=10.5)
        below = (BOTTOM - 0.3) / height
        figure.text(0.535, below, "optimiser step", ha="center", va="top", size=10.5)
        _legend(figure, data, (BOTTOM - 0.56) / height)
        if data.missing:
            note = f"Not shown, for want of data: {', '.join(data.missing)}."
            note = textwrap.fill(note, 165, max_lines=1, placeholder=" …")
            figure.text(0.012, 0.08 / height, note, va="bottom", color=GREY, size=8.5)
    return figure


def _colour(data: Traced, category: str) -> str:
    return COLOURS[data.categories.index(category) % len(COLOURS)]


def _panel(axes: Axes, panel: Panel, data: Traced) -> None:
    ink = _colour(data, panel.category)
    name = textwrap.shorten(panel.persona, 30, placeholder="…")
    axes.set_title(name, size=9.5, weight="normal", pad=3, gid="title")
    axes.yaxis.grid(True, color=PALE, lw=1)
    axes.set_axisbelow(True)
    points = [point for point in data.points if point.persona == panel.persona]
    # the untrained model may be asked far less: a wedge from its interval would hide the rest
    trained = [point for point in points if point.step]
    axes.fill_between(
        [point.step for point in trained],
        [point.lower for point in trained],
        [point.upper for point in trained],
        color=ink,
        alpha=0.16,
        lw=0,
    )
    for seed in panel.seeds:
        own = [e for e in data.replicates if (e.persona, e.seed) == (panel.persona, seed)]
        axes.plot([e.step for e in own], [e.rate for e in own], color=ink, lw=0.8, alpha=0.45)
    for shown, style, face in ((points[:2], ":", "white"), (trained, "-", ink)):
        axes.plot(
            [point.step for point in shown],
            [point.rate for point in shown],
            *(style,),
            color=ink,
            lw=1.8 if style == "-" else 1.2,
            marker="o",
            markersize=3.6,
            markerfacecolor=face,
            clip_on=False,
        )


def _shared(axes: Axes, data: Traced) -> None:
    """The axes that all panels have: what they show and a little more."""
    top = max(0.05, *(p.upper if p.step else p.rate for p in data.points), *_rates(data))
    axes.set_ylim(0, min(1.0, top * 1.06))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    last = max(point.step for point in data.points)
    axes.set_xlim(-0.03 * last, 1.03 * last)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))


def _rates(data: Traced) -> Sequence[float]:
    return [0.0, *(each.rate for each in data.replicates)]


def _legend(figure: Figure, data: Traced, top: float) -> None:
    handles: list[Line2D | Patch] = []
    if data.replicates:
        seeds = sorted({seed for panel in data.panels for seed in panel.seeds})
        named = ", ".join(map(str, seeds)) if len(seeds) < 6 else f"{len(seeds)} of them"
        handles.append(Line2D([], [], color=GREY, lw=0.8, alpha=0.6, label=f"one seed ({named})"))
    untrained = Line2D([], [], color=GREY, lw=1.2, linestyle=":", marker="o", markersize=3.6)
    untrained.set(markerfacecolor="white", label="from the untrained model")
    handles.append(untrained)
    handles.append(Patch(color=GREY, alpha=0.16, lw=0, label=data.interval))
    shown = {panel.category for panel in data.panels}
    for category in data.categories:
        if category in shown:
            label, ink = category.replace("_", " "), _colour(data, category)
            handles.append(Line2D([], [], color=ink, lw=1.8, label=label))
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.075, top),
        ncols=4,
        borderaxespad=0,
        fontsize=9,
    )
