"""The two panels, drawn from `Plotted` alone, without pyplot."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from epm.figures.labels import name_points
from epm.figures.plotted import Plotted
from epm.figures.style import COLOURS, DPI, GREY, INK, MARKERS, PALE, SIZE, styled

SERIES = {"pearson": ("Pearson r", "o", "#222222"), "spearman": ("Spearman ρ", "D", "#CC79A7")}
"""Name, marker and colour of each kind of correlation."""


def draw(data: Plotted) -> Figure:
    """Draw both panels; persona labels carry the gid "label"."""
    with styled():
        figure = Figure(figsize=SIZE, dpi=DPI)
        FigureCanvasAgg(figure)
        subtitle = textwrap.fill(data.subtitle, 150, max_lines=2, placeholder=" …")
        figure.text(0.012, 0.98, subtitle, va="top", color=GREY)
        left = figure.add_axes((0.07, 0.235, 0.585, 0.64))
        _rates(left, data)
        _layers(figure.add_axes((0.735, 0.235, 0.255, 0.64)), data)
        if data.missing:
            note = f"Not shown, for want of data: {', '.join(data.missing)}."
            note = textwrap.fill(note, 165, max_lines=2, placeholder=" …")
            figure.text(0.012, 0.012, note, va="bottom", color=GREY, size=8.5)
        name_points(left, data)
    return figure


def _rates(axes: Axes, data: Plotted) -> None:
    colour = {c: COLOURS[i % len(COLOURS)] for i, c in enumerate(data.categories)}
    marker = {c: MARKERS[i % len(MARKERS)] for i, c in enumerate(data.categories)}
    axes.set_title(f"Source rate against cosine, layer {data.primary_layer}")
    axes.set_title(data.no_fit, loc="right", size=9.5, weight="normal", color=GREY)
    axes.set_xlabel(f"centred cosine to {data.reference}")
    pooled = "pooled " if data.replicates else ""
    axes.set_ylabel(f"{pooled}source rate, {data.interval}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    heights = [0.0, 0.25]
    handles: list[Line2D | Patch] = []
    if data.band:
        line = axes.plot(data.band.cosine, data.band.predicted, color=GREY, lw=1.4, zorder=2)
        axes.fill_between(
            data.band.cosine, data.band.lower, data.band.upper, color=GREY, alpha=0.16, lw=0
        )
        heights += [max(-0.25, min(data.band.lower)), min(1.25, max(data.band.upper))]
        handles = [*line, Patch(color=GREY, alpha=0.16, lw=0)]
        handles[0].set_label("fit of the named personas")
        handles[1].set_label("its 95% prediction interval")
    for point in data.points:
        ink = colour[point.category]
        axes.plot([point.cosine] * 2, [point.lower, point.upper], color=ink, lw=1.3, zorder=3)
        axes.plot(
            *(point.cosine, point.rate),
            marker="*" if point.new else marker[point.category],
            markersize=15 if point.new else 7,
            markeredgecolor="white",
            markeredgewidth=0.8,
            color=ink,
            zorder=4,
            clip_on=False,
        )
        heights += [point.lower, point.upper]
    inks = {point.persona: colour[point.category] for point in data.points}
    for each in data.replicates:
        axes.plot(
            *(each.cosine, each.rate),
            marker="o",
            markersize=3.6,
            markerfacecolor="white",
            markeredgecolor=inks[each.persona],
            markeredgewidth=0.9,
            alpha=0.6,
            zorder=3.5,
            clip_on=False,
        )
        heights.append(each.rate)
    low, high = min(heights), max(heights)
    axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    axes.set_yticks([t for t in axes.get_yticks() if -1e-9 <= t <= 1 + 1e-9 and t <= high])
    for impossible in ((-9, 0), (1, 9)):
        axes.axhspan(*impossible, color=PALE, lw=0, zorder=0)
    if data.points:
        x = [point.cosine for point in data.points]
        margin = 0.06 * (max(x) - min(x)) or 0.1
        axes.set_xlim(min(x) - margin, max(x) + margin)
    else:
        axes.set_xlim(-1, 1)
    for category in data.categories:
        members = [point.new for point in data.points if point.category == category]
        shape = "*" if members and all(members) else marker[category]
        handles.append(_key(category.replace("_", " "), shape, colour[category]))
    if any(point.new for point in data.points):
        handles.append(_key("new persona", "*", "white", edge=INK))
    if data.replicates:
        seeds = sorted({each.seed for each in data.replicates})
        of_one = Line2D([], [], linestyle="", marker="o", markersize=3.6, markerfacecolor="white")
        of_one.set(markeredgecolor=GREY, markeredgewidth=0.9, label=f"one seed ({_list(seeds)})")
        handles.append(of_one)
    _legend(axes, handles, columns=3)


def _layers(axes: Axes, data: Plotted) -> None:
    axes.set_title("Correlation by layer")
    axes.set_xlabel("layer (shaded: the primary one)")
    axes.set_ylabel("coefficient, 95% interval", labelpad=2)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−0.5", "0", "0.5", "1"])
    note = textwrap.fill(data.no_correlation, 34)
    axes.text(0.5, 0.97, note, transform=axes.transAxes, ha="center", va="top", color=GREY)
    axes.axhline(0, color=GREY, lw=1)
    axes.set_xticks(range(len(data.layers)), labels=data.layers)
    axes.set_xlim(-0.6, max(len(data.layers), 1) - 0.4)
    if data.primary_layer in data.layers:
        at = data.layers.index(data.primary_layer)
        axes.axvspan(at - 0.45, at + 0.45, color=PALE, lw=0, zorder=0)
        axes.get_xticklabels()[at].set_fontweight("bold")
    handles = []
    for shift, (kind, (name, marker, ink)) in zip((-0.14, 0.14), SERIES.items(), strict=True):
        for whisker in (w for w in data.whiskers if w.kind == kind):
            x = data.layers.index(whisker.layer) + shift
            axes.plot([x, x], [whisker.lower, whisker.upper], color=ink, lw=1.6)
            axes.plot(x, whisker.coefficient, marker=marker, color=ink, markersize=6.5)
        handles.append(Line2D([], [], color=ink, marker=marker, lw=1.6, label=name))
    _legend(axes, handles, columns=2)


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds)) if len(seeds) < 6 else f"{len(seeds)} of them"


def _key(label: str, marker: str, color: str, *, edge: str = "white") -> Line2D:
    size = 12 if marker == "*" else 7
    return Line2D(
        *([], []),
        linestyle="",
        marker=marker,
        markersize=size,
        markeredgecolor=edge,
        markeredgewidth=0.8,
        color=color,
        label=label,
    )


def _legend(axes: Axes, handles: Sequence[Line2D | Patch], *, columns: int) -> None:
    axes.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(-0.03, -0.15),
        ncols=columns,
        borderaxespad=0,
    )
