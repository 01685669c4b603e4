"""Estimates side by side, a row each: name, mark and interval, and the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epm.figures import scales, symbols
from epm.figures.charts import Dot, DotChart
from epm.figures.scales import Limits
from epm.figures.sheet import EDGE, Sheet, nothing
from epm.figures.style import GREY, INK, RULE, SMALL, TEXT, WIDTH, styled
from epm.figures.symbols import Groups, Look
from epm.figures.words import fit, height, width

NAMES = 0.34
"""Of the figure's width that names may take."""
GAP = 0.1
"""Between names, axes and numbers, in inches; also between our rows and what was expected."""
TALL = 25
"""From so many rows on the ticks stand above them as well."""
EXPECTED = Look(INK, "o", hollow=True)
"""How what was expected is drawn."""


def draw(chart: DotChart) -> Figure:
    """Draw a row for every estimate, as high as their names need.

    Names carry the gid "name", the estimates written beside their marks "number".
    """
    with styled():
        if not chart.every:
            return nothing(chart.title, chart.subtitle, chart.note, "No estimate to show.")
        chart = replace(chart, dots=symbols.told_apart(chart.dots))
        dots = chart.every
        groups = Groups([dot.group for dot in chart.dots])
        at = limits(chart)
        weights = ["bold" if dot.emphasised else "normal" for dot in dots]
        most = 3 if len(dots) <= 12 else 2
        names = [
            fit(dot.name, NAMES * WIDTH * 72, SMALL, weight, lines=most)
            for dot, weight in zip(dots, weights, strict=True)
        ]
        written = numbers(dots, at)
        left = EDGE + GAP + widest(line for name in names for line in name)
        middle = WIDTH - EDGE - widest(interval for _, interval in written) - 0.6 * GAP
        right = middle - widest(number for number, _ in written) - GAP

        least = 0.3 if len(dots) <= 12 else 0.25 if len(dots) <= 30 else 0.2
        tall = [max(least, height(len(name), SMALL) + 0.08) for name in names]
        ends = list(accumulate(tall))
        places = [-(end - each / 2) for end, each in zip(ends, tall, strict=True)]
        apart = bool(chart.expected and chart.dots)
        if apart:
            places[-1] -= GAP
        frame = Frame(chart, groups, at, ends[-1] + GAP * apart, left, right)
        for dot, place in zip(chart.dots, places, strict=False):
            frame.show(dot, place, groups.look(dot.group))
        if chart.expected:
            frame.expect(chart.expected, places[-1], places[-1] + (tall[-1] + GAP) / 2)
        for place in places:
            frame.axes.axhline(place, color=RULE, lw=0.6, zorder=1)
        for dot, place, name, weight, (number, interval) in zip(
            *(dots, places, names, weights, written), strict=True
        ):
            style = "italic" if dot is chart.expected else "normal"
            frame.write(left - GAP, place, "\n".join(name), "name", "right", weight, style)
            frame.write(middle, place, number, "number", "right", weight, style)
            frame.write(middle + 0.6 * GAP, place, interval, "number", "left", "normal", style)
        return frame.sheet.figure


def limits(chart: DotChart) -> Limits:
    """The axis of values, with everything that is shown along it."""
    reference = [] if chart.reference is None else [chart.reference]
    return scales.limits(
        chart.axis,
        [*(value for dot in chart.every for value in dot.estimates), *reference],
        [bound for dot in chart.every for bound in dot.bounds],
    )


class Frame:
    """The axes of values across, with what stands around them; rows go down in inches."""

    def __init__(
        self,
        chart: DotChart,
        groups: Groups,
        at: Limits,
        tall: float,
        left: float,
        right: float,
        *,
        seeds: str = "one seed",
    ) -> None:
        """Lay out axes of this height between these places, in inches."""
        self.chart = chart
        self.limits = at
        marks = scales.across(at, *(72 * each for each in (right - left, left, WIDTH - right)))
        label = fit(scales.words(chart.axis), (right - left) * 72, TEXT, lines=3)
        below = 0.28 + height(len(label), TEXT)
        twice = len(chart.dots) >= TALL
        above = 0.22 * twice + 0.22 * bool(chart.reference_label and chart.reference is not None)
        entries = symbols.entries(
            *(chart.every, chart.interval, chart.beside_label), upright=False, seeds=seeds
        )
        self.sheet = Sheet(
            *(chart.title, chart.subtitle, chart.note),
            body=above + tall + below,
            entries=[*entries, *groups.entries()],
        )
        bottom = self.sheet.bottom + below
        self.left, self.top = left, bottom + tall
        self.axes: Axes = self.sheet.axes(left, right, bottom, self.top)
        scales.apply(self.axes, at, marks, upright=False)
        self.axes.set_ylim(-tall, 0)
        self.axes.set_yticks([])
        self.axes.spines["left"].set_visible(False)
        self.axes.tick_params(labeltop=twice, top=twice)
        middle = (left + right) / 2
        self.sheet.text(middle, bottom - 0.25, label, size=TEXT, ha="center", va="top", gid="axis")
        if chart.reference is not None:
            self.axes.axvline(chart.reference, color=GREY, lw=1.2, zorder=1.5, gid="reference")
            if chart.reference_label:
                self._refer(chart.reference, chart.reference_label, self.top + 0.22 * twice)

    def _refer(self, value: float, label: str, bottom: float) -> None:
        text = fit(label, (WIDTH - 2 * EDGE) * 72, SMALL) or [""]
        half = width(text[0], SMALL) / 144
        at = self.left + self.limits.share(value) * self.axes.bbox.width / self.sheet.figure.dpi
        at = min(max(at, EDGE + half), WIDTH - EDGE - half)
        self.sheet.text(at, bottom + 0.04, text, size=SMALL, color=GREY, ha="center", gid="refer")

    def show(self, dot: Dot, place: float, look: Look, **how: Any) -> None:
        """Draw an estimate at a row."""
        symbols.show(self.axes, dot, place, look, self.limits, upright=False, **how)

    def expect(self, dot: Dot, place: float, rule: float) -> None:
        """Draw what was expected, under a rule, with a dashed line from it through our rows."""
        self.show(dot, place, EXPECTED)
        if self.chart.dots:
            up = [dot.value] * 2, [place, 0]
            self.axes.plot(*up, color=INK, lw=0.9, dashes=(4, 3), zorder=1.6, gid="compared")
            self.axes.axhline(rule, color=GREY, lw=0.8, zorder=1)

    def write(
        self, x: float, place: float, text: str, gid: str, side: str, weight: str, style: str
    ) -> None:
        """Write text at a row, at x in inches."""
        self.sheet.text(
            *(x, self.top + place, [text] if text else []),
            size=SMALL,
            gid=gid,
            ha=side,
            va="center_baseline" if "\n" not in text else "center",
            weight=weight,
            style=style,
            color=INK if gid == "name" or side == "right" else GREY,
        )


def numbers(dots: Sequence[Dot], at: Limits) -> list[tuple[str, str]]:
    """Every estimate, and its interval if it has one, as they are written beside it."""
    wanted = [value for dot in dots for value in (dot.value, *dot.bounds)]
    written = iter(scales.numerals(wanted, at))
    found = []
    for dot in dots:
        value, bounds = next(written), [next(written) for _ in dot.bounds]
        interval = f"[{', '.join(bounds)}]" if len(bounds) == 2 else ""
        if len(bounds) == 1:
            interval = f"{'≤' if dot.lower is None else '≥'} {bounds[0]}"
        found.append((value, interval))
    return found


def widest(texts: Iterable[str]) -> float:
    """How wide the widest is where it is bold, in inches."""
    return max((width(text, SMALL, "bold") for text in texts), default=0.0) / 72
