"""How an estimate looks: its mark and interval, its seeds, what it is compared with, its group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation, Transform

from epm.figures.charts import Dot
from epm.figures.scales import Limits
from epm.figures.sheet import Entry
from epm.figures.style import COLOURS, GREY, INK, MARKERS, RULE

D = TypeVar("D", bound=Dot)


@dataclass(frozen=True)
class Look:
    """Colour and shape of an estimate, and how large it is drawn."""

    colour: str
    marker: str
    size: float = 7.0
    """Of the mark, in points."""
    bar: float = 1.5
    """Width of its interval."""
    hollow: bool = False
    """Drawn as an outline, with a dashed interval: not one of ours."""

    @property
    def face(self) -> str:
        """What the mark is filled with."""
        return "white" if self.hollow else self.colour

    @property
    def edge(self) -> str:
        """What it is outlined with."""
        return self.colour if self.hollow else "white"


def told_apart(dots: Sequence[D]) -> list[D]:
    """The same without emphasis where all have it: what is everywhere stands out nowhere."""
    if all(dot.emphasised for dot in dots):
        return [replace(dot, emphasised=False) for dot in dots]
    return list(dots)


class Groups:
    """Which colour and shape each group has.

    Groups are told apart where there are at least two and they gather something: where every
    estimate is a group of its own, its name says as much. Past seven groups the smallest share the
    last look.
    """

    def __init__(self, of: Sequence[str]) -> None:
        """Take the group of every estimate."""
        # by name, so that a group looks alike in all figures of a page
        sizes = Counter(sorted(group for group in of if group))
        self.told = 2 <= len(set(of)) < len(of) and bool(sizes)
        self._first = list(sizes)
        if len(sizes) > len(COLOURS):
            kept = {name for name, _ in sizes.most_common(len(COLOURS) - 1)}
            self._first = [name for name in sizes if name in kept]
        self._others = [name for name in sizes if name not in self._first]

    def look(self, group: str) -> Look:
        """How an estimate of this group is drawn."""
        if not self.told:
            return Look(COLOURS[0], MARKERS[0])
        if not group:
            return Look(GREY, MARKERS[0])
        at = self._first.index(group) if group in self._first else len(self._first)
        return Look(COLOURS[at], MARKERS[at])

    def parts(self, of: Sequence[str]) -> list[tuple[str, str, list[int]]]:
        """Name, a group and the members of every part that has a look of its own."""
        if not self.told:
            return [("", "", list(range(len(of))))]
        found: dict[str, tuple[str, list[int]]] = {}
        for i, group in enumerate(of):
            name = group.replace("_", " ") or "others"
            if group in self._others:
                name = f"{len(self._others)} other groups"
            found.setdefault(name, (group, []))[1].append(i)
        return [(name, group, members) for name, (group, members) in found.items()]

    def entries(self) -> list[Entry]:
        """The legend's part on groups; empty where they are not told apart."""
        if not self.told:
            return []
        named = [(group, group.replace("_", " ")) for group in self._first]
        if self._others:
            named.append((self._others[0], f"{len(self._others)} other groups"))
        return [Entry(mark(self.look(group)), label) for group, label in named]


def mark(look: Look, *, star: bool = False) -> Line2D:
    """The mark alone, for a legend."""
    return Line2D(
        *([], []),
        linestyle="",
        marker="*" if star else look.marker,
        markersize=look.size * (1.7 if star else 1),
        markerfacecolor=look.face,
        markeredgecolor=look.edge,
        markeredgewidth=1.1 if look.hollow else 0.7 if look.size > 5 else 0.0,
    )


def entries(
    dots: Sequence[Dot],
    interval: str,
    beside_label: str,
    *,
    upright: bool,
    seeds: str = "one seed",
) -> list[Entry]:
    """The legend's part on what is drawn of every estimate.

    `seeds` is what the replicates are called, empty where none are drawn.
    """
    found: list[Entry] = []
    if interval and any(dot.bounds for dot in dots):
        bar = Line2D([], [], color=INK, lw=1.5)
        if upright:
            bar.set(linestyle="", marker="|", markersize=12, markeredgewidth=1.5)
        found.append(Entry(bar, interval))
    if seeds and any(dot.replicates for dot in dots):
        found.append(Entry(Line2D([], [], linestyle="", **_small(GREY)), seeds))
    if beside_label and any(dot.beside is not None for dot in dots):
        joined = Line2D([], [], color=GREY, lw=0.9, **_open(GREY))
        found.append(Entry(joined, beside_label))
    return found


def show(
    axes: Axes,
    dot: Dot,
    at: float,
    look: Look,
    along: Limits,
    *,
    upright: bool,
    star: bool = False,
    shift: float = 0.0,
    seeds: bool = True,
    above: float = 0.0,
) -> None:
    """Draw an estimate.

    What is drawn carries a gid: 'value', 'interval', 'replicate', 'beside', 'joined', 'cut'.

    Args:
        axes: with their limits.
        dot: what is drawn.
        at: its place on the other axis.
        look: how.
        along: the limits of the axis of values; an interval that leaves them ends in an arrow.
        upright: whether that axis is the vertical one.
        star: whether the mark is a star.
        shift: how far it is moved on the other axis, in points.
        seeds: whether the replicates are drawn.
        above: added to the order in which things are drawn.
    """
    where: Transform = axes.transData
    if shift:
        inches = (shift / 72, 0.0) if upright else (0.0, shift / 72)
        where += ScaledTranslation(*inches, axes.figure.dpi_scale_trans)

    def plot(values: Sequence[float], gid: str, order: float, **style: Any) -> None:
        if values:
            places = [at] * len(values)
            x, y = (places, values) if upright else (values, places)
            style = {"linestyle": "", "clip_on": False, **style}
            axes.plot(x, y, transform=where, gid=gid, zorder=order + above, **style)

    large = look.size > 5
    if dot.beside is not None:
        thread = {"color": GREY, "lw": 0.9} if large else {"color": RULE, "lw": 0.5}
        plot([dot.value, dot.beside], "joined", 2.2, linestyle="-", clip_on=True, **thread)
        plot([dot.beside], "beside", 3.6, **_open(GREY, min(1.0, look.size / 5)))
    if dot.bounds:
        low, high = min([dot.value, *dot.bounds]), max([dot.value, *dot.bounds])
        style = {"color": look.colour, "lw": look.bar, "alpha": 1.0 if large else 0.6}
        dashes = (0, (2.2, 1.4)) if look.hollow else "-"
        style |= {"linestyle": dashes, "clip_on": True, "solid_capstyle": "butt"}
        plot([low, high], "interval", 3, **style)
        style = {"markersize": 5, "color": look.colour}
        if low < along.low:
            plot([along.low], "cut", 3.1, marker="v" if upright else "<", **style)
        if high > along.high:
            plot([along.high], "cut", 3.1, marker="^" if upright else ">", **style)
    if seeds:
        plot(dot.replicates, "replicate", 3.4, **_small(look.colour))
    sign = mark(look, star=star)
    kept = ("marker", "markersize", "markerfacecolor", "markeredgecolor", "markeredgewidth")
    plot([dot.value], "value", 4, **{name: getattr(sign, f"get_{name}")() for name in kept})


def band(colour: str = GREY) -> Patch:
    """A band, for a legend."""
    return Patch(facecolor=colour, alpha=0.18, lw=0)


def _small(colour: str) -> dict[str, Any]:
    return {
        "marker": "o",
        "markersize": 3.4,
        "markerfacecolor": "white",
        "markeredgecolor": colour,
        "markeredgewidth": 0.8,
    }


def _open(colour: str, scale: float = 1.0) -> dict[str, Any]:
    return {
        "marker": "s",
        "markersize": 4.6 * scale,
        "markerfacecolor": "white",
        "markeredgecolor": colour,
        "markeredgewidth": 1.1 * scale,
    }
