"""An outcome against a predictor, on one pair of axes or on several small ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

from epm.viewer.drawing.dots import said
from epm.viewer.drawing.svg import (
    Link,
    Scale,
    group_numbers,
    legend,
    linked,
    number,
    numbers,
    shape,
    tag,
    text,
    whole,
)

_WIDTH, _HEIGHT = 760.0, 440.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 70.0, 14.0, 24.0, 56.0
_COLUMNS = 3
_SMALL_HEIGHT = 190.0

Marks = Sequence[Mapping[str, Any]]


class Names:
    """Names beside points, as far as there is room; the table and the titles have all of them."""

    _LETTER, _HIGH = 6.6, 13.0

    def __init__(self, start: float, end: float) -> None:
        self._start, self._end = start, end
        self._taken: list[tuple[float, float, float, float]] = []

    def beside(self, name: str, x: float, y: float) -> list[str]:
        """The name where nothing else is written, or nothing."""
        width = self._LETTER * len(name)
        for right, up in product((True, False), (-7, 15, -21, 29)):
            left = x + 9 if right else x - 9 - width
            box = (left, y + up - self._HIGH, left + width, y + up)
            inside = self._start <= box[0] and box[2] <= self._end + 20
            if inside and not any(_overlap(box, other) for other in self._taken):
                self._taken.append(box)
                side = "tick start" if right else "name"
                return [text(name, x=x + 9 if right else x - 9, y=y + up, class_=side)]
        return []


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def scatter(data: Mapping[str, Any], link: Link) -> str:
    """A `ScatterChart`."""
    lines = [line for line in (data.get("line"), data.get("compared")) if line]
    x, y = _scales(data, data["points"], lines, (_LEFT, _TOP, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM))
    groups = group_numbers(data["points"])
    drawn = _axes(data, x, y)
    for place, line in enumerate(lines):
        drawn += _line(line, x, y, "fit" if place == 0 and data.get("line") else "compared")
    for at, label in data.get("marks", ()):
        place_x = x.at(number(at))
        drawn.append(tag("line", x1=place_x, x2=place_x, y1=y.end, y2=y.start, class_="reference"))
        drawn.append(text(str(label), x=place_x + 4, y=y.end + 12, class_="tick start"))
    named = Names(x.start, x.end)
    for point in data["points"]:
        drawn.append(_point(point, x, y, groups, link, named))
    key, height = legend(groups, _LEFT, _HEIGHT + 4)
    return whole(_WIDTH, _HEIGHT + 10 + height, str(data.get("title", "")), *drawn, key)


def panels(data: Mapping[str, Any], link: Link) -> str:
    """A `PanelsChart`."""
    every = [point for panel in data["panels"] for point in panel["points"]]
    width = _WIDTH / _COLUMNS
    drawn = []
    for place, panel in enumerate(data["panels"]):
        left, top = width * (place % _COLUMNS), _SMALL_HEIGHT * (place // _COLUMNS)
        lines = [line for each in data["panels"] for line in each.get("seeds", ())]
        box = (left + 48, top + 26, left + width - 10, top + _SMALL_HEIGHT - 34)
        x, y = _scales(data, every, lines, box)
        inside = [text(str(panel["name"]), x=left + 48, y=top + 18, class_="panel-name")]
        inside += _grid(x, y)
        for line in panel.get("seeds", ()):
            inside += _line(line, x, y, "seed")
        points = [(x.at(number(p["x"])), y.at(number(p["value"]))) for p in panel["points"]]
        inside.append(tag("polyline", points=_path(points), class_="fit"))
        for point in panel["points"]:
            inside.append(_point(point, x, y, None, link, None, str(panel["name"])))
        drawn.append(tag("g", *inside))
    rows = -(-len(data["panels"]) // _COLUMNS)
    height = _SMALL_HEIGHT * rows + 22
    label = f"{data['y'].get('label', '')} against {data['x'].get('label', '')}"
    drawn.append(text(label, x=_WIDTH / 2, y=height - 6, class_="axis"))
    return whole(_WIDTH, height, str(data.get("title", "")), *drawn)


def _scales(
    data: Mapping[str, Any],
    points: Marks,
    lines: Marks,
    box: tuple[float, float, float, float],
) -> tuple[Scale, Scale]:
    left, top, right, bottom = box
    xs = numbers([p["x"] for p in points] + [v for line in lines for v in line["x"]])
    ys = numbers(
        value
        for p in points
        for value in (
            p["value"],
            p.get("lower"),
            p.get("upper"),
            p.get("beside"),
            *p.get("replicates", ()),
        )
    )
    ys += numbers(
        v for line in lines for name in ("y", "lower", "upper") for v in line.get(name, ())
    )
    return Scale.of(data["x"], xs, left, right), Scale.of(data["y"], ys, bottom, top)


def _grid(x: Scale, y: Scale) -> list[str]:
    drawn = []
    for value, label in y.ticks:
        at = y.at(value)
        drawn.append(tag("line", x1=x.start, x2=x.end, y1=at, y2=at, class_="grid"))
        drawn.append(text(label, x=x.start - 8, y=at + 4, class_="name"))
    for value, label in x.ticks:
        at = x.at(value)
        drawn.append(tag("line", x1=at, x2=at, y1=y.start, y2=y.start + 5, class_="grid"))
        drawn.append(text(label, x=at, y=y.start + 19, class_="tick"))
    drawn.append(tag("line", x1=x.start, x2=x.end, y1=y.start, y2=y.start, class_="rule"))
    return drawn


def _axes(data: Mapping[str, Any], x: Scale, y: Scale) -> list[str]:
    middle = (x.start + x.end) / 2
    below = text(str(data["x"].get("label", "")), x=middle, y=_HEIGHT - 12, class_="axis")
    height = (y.start + y.end) / 2
    turned = f"rotate(-90 16 {height:.0f})"
    beside = text(
        str(data["y"].get("label", "")), x=16.0, y=height, class_="axis", transform=turned
    )
    return [*_grid(x, y), below, beside]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _line(line: Mapping[str, Any], x: Scale, y: Scale, name: str) -> list[str]:
    xs = [x.at(number(value)) for value in line["x"]]
    drawn = []
    if line.get("lower") and line.get("upper"):
        up = list(zip(xs, [y.at(number(v)) for v in line["upper"]], strict=False))
        down = list(zip(xs, [y.at(number(v)) for v in line["lower"]], strict=False))
        drawn.append(tag("polygon", points=_path([*up, *reversed(down)]), class_=f"band {name}"))
    points = list(zip(xs, [y.at(number(v)) for v in line["y"]], strict=False))
    named = tag("title", escape(str(line.get("label") or name)))
    drawn.append(tag("polyline", named, points=_path(points), class_=name))
    return drawn


def _point(
    point: Mapping[str, Any],
    x: Scale,
    y: Scale,
    groups: Mapping[str, int] | None,
    link: Link,
    named: Names | None,
    panel: str = "",
) -> str:
    at, value = x.at(number(point["x"])), y.at(number(point["value"]))
    drawn = [tag("title", escape(said(point)))]
    ends = [point.get("lower"), point.get("upper")]
    if None not in ends:
        a, b = (y.at(number(end)) for end in ends)
        drawn.append(tag("line", x1=at, x2=at, y1=a, y2=b, class_="interval"))
    if point.get("beside") is not None:
        other = y.at(number(point["beside"]))
        drawn.append(tag("circle", cx=at, cy=other, r=4.0, class_="beside"))
    for each in numbers(point.get("replicates", ())):
        place = y.at(each)
        drawn.append(tag("line", x1=at - 6, x2=at + 6, y1=place, y2=place, class_="replicate"))
    group = groups[str(point.get("group") or "")] if groups else 0
    drawn.append(shape(at, value, group, marked=bool(point.get("marked"))))
    if point.get("name") and named:
        drawn += named.beside(str(point["name"]), at, value)
    return linked(link(point, panel), *drawn)
