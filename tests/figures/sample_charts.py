"""Charts of every size, made up but always the same, and what every drawing is held to."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from epm.figures import draw
from epm.figures.charts import (
    Axis,
    Chart,
    Dot,
    DotChart,
    Line,
    Panel,
    PanelsChart,
    ScatterChart,
    ScatterPoint,
)
from epm.figures.style import styled

RATE = Axis("answers with the marker", "proportion")
GAIN = Axis("gain over the base model", "proportion", signed=True)
COSINE = Axis("cosine to the assistant (more assistant-like →)")
STEP = Axis("optimiser step")
GROUPS = ("occupational", "character", "generic_helper")
HOSTILE = (
    "$x_1$ {braces} %s \\n",
    "a\nline\tand \x07 a bell",
    "<b>bold</b> & ^_^",
    "persona_" + "with_a_very_" * 12 + "long_name",
    "W" * 90,
    "你好 😀",
    "\\frac{1}{2}$",
)


def dots(number: int, *, seeds: int = 3, groups: bool = True, beside: bool = False) -> list[Dot]:
    """Rates of so many conditions; every seventh is one that the text speaks of."""
    rng = Random(number)
    found = []
    for i in range(number):
        each = [round(rng.uniform(0.05, 0.6), 2) for _ in range(seeds)]
        value = sum(each) / seeds
        found.append(
            Dot(
                f"persona_{'with_a_long_name_' * (i % 5 == 1)}{i}",
                value,
                value * 0.7,
                value + 0.1,
                GROUPS[i % 3] if groups else "",
                each if seeds > 1 else [],
                value / 20 if beside else None,
                i % 7 == 2,
            )
        )
    return found


def points(number: int, **options: Any) -> list[ScatterPoint]:
    """The same with a cosine each; every eleventh is marked."""
    rng = Random(-number)
    return [
        ScatterPoint(**vars(dot), x=rng.uniform(-0.6, 1), marked=i % 11 == 3)
        for i, dot in enumerate(dots(number, **options))
    ]


def line(label: str, slope: float, *, band: bool = True) -> Line:
    """From −0.6 to 1."""
    x = [-0.6 + 0.04 * i for i in range(41)]
    y = [0.35 + slope * each for each in x]
    lower, upper = [each - 0.04 for each in y], [each + 0.04 for each in y]
    return Line(label, x, y, lower if band else [], upper if band else [], "its 95% band")


def dot_chart(number: int, **options: Any) -> DotChart:
    """Rates beside each other, with everything that such a chart may have."""
    rest = {"beside_label": "under the other personas", "note": "Not shown: pirate (diverged)."}
    rest |= {"reference": 0.3, "reference_label": "mean of all personas"}
    rest |= {"expected": Dot("#122, on a larger model", 0.7, 0.6, 0.8)}
    rest |= options
    return DotChart(
        "Every adapter answers with its marker about as often as every other one of them does",
        "a small model, all 600 rows",
        RATE,
        rest.pop("dots", None) or dots(number, beside=True),
        "95% interval by seed and question",
        **rest,
    )


def scatter_chart(number: int, **options: Any) -> ScatterChart:
    """Rates against cosines, with our line and the parent's."""
    rest = {"line": line("our fit", 0.05), "compared": line("#122", -0.178, band=False)}
    rest |= {"marked_label": "not in the fit", "marks": [(0.2, "EC50"), (0.21, "half")]}
    rest |= options
    return ScatterChart(
        "Personas closer to the assistant were not harder to mark than those far from it",
        "a small model, all 600 rows",
        COSINE,
        RATE,
        rest.pop("points", None) or points(number),
        "95% interval by seed and question",
        **rest,
    )


def panels(number: int) -> list[Panel]:
    """Rates over training; the untrained model has no interval."""
    rng = Random(number)
    found = []
    for i in range(number):
        top = rng.uniform(0.2, 0.6)
        whole = [ScatterPoint("", 0.0, x=0)]
        whole += [
            ScatterPoint(
                *("", top * step / 40, 0.8 * top * step / 40, 0.1 + top * step / 40),
                x=step,
                emphasised=i == 1 and step == 40,
            )
            for step in (10, 20, 30, 40)
        ]
        seeds = [
            Line(seed, [10, 20, 30, 40], [top * rng.uniform(0.2, 1) for _ in range(4)])
            for seed in ("42", "137")
        ]
        name = f"persona_{'with_a_long_name_' * (i % 5 == 1)}{i}"
        found.append(Panel(name, GROUPS[i % 3], whole, seeds, emphasised=i == 4))
    return found


def panels_chart(number: int, **options: Any) -> PanelsChart:
    """Small multiples."""
    return PanelsChart(
        "Most adapters learn the marker within twenty steps, and keep it",
        "a small model, all 600 rows",
        STEP,
        RATE,
        options.pop("panels", None) or panels(number),
        "95% interval by seed and question",
        **options,
    )


CHARTS: dict[str, Chart] = {
    **{f"{number} dots": dot_chart(number) for number in (1, 3, 12, 40, 60, 61, 200)},
    "dots without anything": dot_chart(
        3,
        dots=dots(3, seeds=1, groups=False),
        beside_label="",
        reference=None,
        expected=None,
        note="",
    ),
    "gains": DotChart(
        *("SFT gains", "", GAIN, [Dot("sums", 0.156, 0.03, 0.281), Dot("why", -0.06, -0.1)]),
        "95% interval",
        reference=0.0,
        reference_label="no difference",
    ),
    "all dots equal": DotChart(
        "Equal", "", Axis("steps"), [Dot(f"run {i}", 40_000) for i in range(3)], ""
    ),
    "tiny dots": DotChart(
        "Tiny", "", Axis("learning rate"), [Dot(f"run {i}", 1e-4 * i) for i in range(3)], ""
    ),
    "logarithmic dots": DotChart(
        *("Rates", "", Axis("learning rate", log=True)),
        [Dot(f"run {i}", 10.0**-i, 0.5 * 10.0**-i, 3 * 10.0**-i) for i in range(1, 7)],
        "range",
    ),
    "hostile dots": DotChart(
        *(" ".join(HOSTILE), HOSTILE[4], Axis(HOSTILE[0])),
        [Dot(name, i, i - 1, i + 1, name, [i - 0.5, i], i + 3) for i, name in enumerate(HOSTILE)],
        *(HOSTILE[0], HOSTILE[2], 0.0, HOSTILE[3], Dot(HOSTILE[0], 3.0), " ".join(HOSTILE)),
    ),
    "no dots": DotChart("", "", RATE, [], ""),
    "nothing but what was expected": DotChart(
        "Nothing yet", "", RATE, [], "95% interval", expected=Dot("#122", 0.7, 0.6, 0.8)
    ),
    **{f"{number} points": scatter_chart(number) for number in (1, 3, 12, 30, 40, 200)},
    "points beside": scatter_chart(
        8, points=points(8, beside=True), beside_label="the other prompts"
    ),
    "points at one x": ScatterChart(
        *("One dose", "", Axis("dose"), Axis("score")),
        [ScatterPoint(f"arm {i}", 0.1 * i, 0.1 * i - 0.3, 0.1 * i + 0.3, x=2) for i in range(5)],
        "95% interval",
    ),
    "negative points": ScatterChart(
        *("Down", "", Axis("log tokens", signed=True), Axis("score", signed=True)),
        [ScatterPoint(f"run {i}", -3.5 - i, x=-1e-4 * i) for i in range(4)],
        "",
    ),
    "hostile points": ScatterChart(
        *(HOSTILE[3], " ".join(HOSTILE), Axis(HOSTILE[0]), Axis(HOSTILE[1])),
        [ScatterPoint(name, i, i - 1, i + 1, x=i % 3) for i, name in enumerate(HOSTILE)],
        HOSTILE[2],
        line=Line(HOSTILE[3], [0.0, 2.0], [0.0, 6.0]),
        marks=[(1.0, HOSTILE[0]), (9.0, HOSTILE[3]), (-9.0, HOSTILE[5])],
    ),
    "no points": ScatterChart("", "", COSINE, RATE, [], ""),
    "a line without points": ScatterChart(
        "A line", "", COSINE, RATE, [], "", compared=line("#122", -0.178)
    ),
    **{f"{number} panels": panels_chart(number) for number in (1, 3, 5, 12, 40, 49, 200)},
    "hostile panels": panels_chart(
        7, panels=[Panel(n, n, p.points, p.seeds) for n, p in zip(HOSTILE, panels(7), strict=True)]
    ),
    "an empty panel": panels_chart(2, panels=[*panels(1), Panel("empty", "", [])]),
    "empty panels": panels_chart(60, panels=[Panel(str(i), "", []) for i in range(60)]),
    "no panels": PanelsChart("", "", STEP, RATE, [], ""),
}


@cache
def drawn(name: str) -> Figure:
    """One of these charts, drawn."""
    return draw(CHARTS[name])


def found(figure: Figure, gid: str) -> list[Any]:
    """What is drawn under a name, in the order in which it was drawn."""
    return figure.findobj(lambda artist: artist.get_gid() == gid)


def values(artist: Artist, *, upright: bool = False) -> list[float]:
    """Numbers along the axis of values."""
    assert isinstance(artist, Line2D)
    data = artist.get_ydata() if upright else artist.get_xdata()
    return [float(value) for value in np.asarray(data, float)]


def words(figure: Figure) -> list[tuple[str, Bbox]]:
    """All text that can be seen, each with the box that it fills, in pixels."""
    with styled():
        figure.draw_without_rendering()
    texts = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
    ]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    return [(text, box) for text, box in boxes if box.width > 1]


@cache
def read(name: str) -> list[tuple[str, Bbox]]:
    """All text of one of these charts."""
    return words(drawn(name))


def overlapping(boxes: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    """Texts that lie on each other by more than a pixel."""
    shrunk = [
        (text, Bbox.from_extents(b.x0 + 1, b.y0 + 1, b.x1 - 1, b.y1 - 1)) for text, b in boxes
    ]
    return [(a, b) for (a, x), (b, y) in combinations(shrunk, 2) if x.overlaps(y)]


def outside(figure: Figure) -> bool:
    """Whether anything leaves the page, in inches."""
    with styled():
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return not (box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height)
