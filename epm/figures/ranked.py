"""Estimates by their rank, where there are too many to name them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import floor

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from epm.figures import labels, symbols
from epm.figures.charts import Dot, DotChart
from epm.figures.dots import GAP, Frame, limits, numbers, widest
from epm.figures.sheet import EDGE
from epm.figures.style import GREY, RULE, SMALL, WIDTH, styled
from epm.figures.symbols import Groups
from epm.figures.words import fit, height

FROM = 61
"""Estimates; fewer have a row each."""
HEIGHT, PITCH = 6.4, 0.1
"""Of all rows together at most, and of one, in inches."""
EXTREMES = 5
"""The highest and the lowest so many are named."""
NAMES = 0.26
"""Of the figure's width that names may take."""
GUTTER = 0.32
"""Between names and axes, where lines lead from the one to the other; in inches."""
LAST = 0.3
"""Height of the row of what was expected, in inches."""


def draw(chart: DotChart) -> Figure:
    """Draw all estimates in the order of their values; names carry the gid "name"."""
    with styled():
        dots = sorted(symbols.told_apart(chart.dots), key=lambda dot: -dot.value)
        pitch = min(PITCH, HEIGHT / len(dots))
        tall = pitch * len(dots)
        places = [-pitch * (rank + 0.5) for rank in range(len(dots))]
        apart = -tall - GAP - LAST / 2
        named, ends = _named(dots, floor(tall / (height(1, SMALL) + 0.02)))
        told = [*(dots[i] for i in named), *([chart.expected] if chart.expected else [])]
        at = limits(chart)
        weights = ["bold" if dot.emphasised else "normal" for dot in told]
        names = [
            " ".join(fit(dot.name, NAMES * WIDTH * 72, SMALL, weight))
            for dot, weight in zip(told, weights, strict=True)
        ]
        values = [value for value, _ in numbers(told, at)]
        middle = EDGE + widest(names)
        end = middle + GAP + widest(values)
        left = end + GUTTER

        groups = Groups([dot.group for dot in chart.dots])
        bold = any(dot.emphasised and dot.replicates for dot in dots)
        frame = Frame(
            replace(chart, dots=dots, note=_note(chart, dots, named, ends)),
            groups,
            at,
            tall + GAP + LAST if chart.expected else tall,
            left,
            WIDTH - EDGE - GAP,
            seeds="one seed, of those in bold" if bold else "",
        )
        for dot, place in zip(dots, places, strict=True):
            look = groups.look(dot.group)
            if dot.emphasised:
                frame.show(dot, place, replace(look, size=6.5), above=1.0)
            else:
                frame.show(dot, place, replace(look, size=3.0, bar=0.8), seeds=False)
        if chart.expected:
            frame.expect(chart.expected, apart, -tall - GAP / 2)

        sizes = [height(1, SMALL) + 0.01] * len(named)
        written = labels.spread([places[i] for i in named], sizes, -tall, 0.0)
        for dot, name, value, weight, place in zip(
            *(told, names, values, weights, [*written, apart]), strict=False
        ):
            style = "italic" if dot is chart.expected else "normal"
            frame.write(middle, place, name, "name", "right", weight, style)
            frame.write(end, place, value, "number", "right", weight, style)
        for i, place in zip(named, written, strict=True):
            _lead(frame, place, places[i], min([*dots[i].estimates, *dots[i].bounds]), left)
        return frame.sheet.figure


def _named(dots: Sequence[Dot], room: int) -> tuple[list[int], int]:
    """Which of the ranked dots are named, and how many of them at either end for their rank.

    What the text speaks of comes first.
    """
    spoken = [i for i, dot in enumerate(dots) if dot.emphasised]
    for ends in range(EXTREMES, 0, -1):
        wanted = {*spoken, *range(ends), *range(len(dots) - ends, len(dots))}
        if len(wanted) <= room:
            return sorted(wanted), ends
    return spoken[:room], 0


def _note(chart: DotChart, dots: Sequence[Dot], named: Sequence[int], ends: int) -> str:
    """The note, with what is named and what is not."""
    spoken = sum(dot.emphasised for dot in dots)
    parts = ["those in bold"] if spoken else []
    if ends:
        parts.append(f"the {ends} highest and lowest" if ends > 1 else "the highest and the lowest")
    own = f"{len(dots)} estimates, ranked; {' and '.join(parts)} are named."
    if spoken > len(named):
        own = f"{len(dots)} estimates, ranked; {spoken - len(named)} of those in bold have no name."
    return f"{own} {chart.note}".strip()


def _lead(frame: Frame, written: float, place: float, begins: float, left: float) -> None:
    """A line from a name to its row."""
    inches = frame.sheet.figure.dpi_scale_trans
    x, y = [left - GUTTER + 0.05, left - 0.04], [frame.top + written, frame.top + place]
    frame.sheet.figure.add_artist(Line2D(x, y, color=GREY, lw=0.5, transform=inches))
    ends = [frame.limits.low, frame.limits.clip(begins)]
    frame.axes.plot(ends, [place] * 2, color=RULE, lw=0.6, zorder=1, gid="lead")
