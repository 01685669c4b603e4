"""Estimates side by side, one a row."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

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

_WIDTH, _ROW = 760.0, 26.0
_RIGHT = 30.0


def dots(data: Mapping[str, Any], link: Link) -> str:
    """A `DotChart`."""
    rows = [*data["dots"], *([data["expected"]] if data.get("expected") else [])]
    longest = max((len(str(row["name"])) for row in rows), default=0)
    left = min(330.0, 24 + 7.2 * longest)
    reference = data.get("reference")
    values = numbers(
        value
        for row in rows
        for value in (
            row["value"],
            row.get("lower"),
            row.get("upper"),
            row.get("beside"),
            *row.get("replicates", ()),
        )
    )
    values += numbers([reference])
    scale = Scale.of(data["axis"], values, left, _WIDTH - _RIGHT)
    groups = group_numbers(rows)
    bottom = 14 + _ROW * len(rows)
    drawn = [*_grid(scale, bottom), *_reference(data, scale, bottom)]
    for place, row in enumerate(rows):
        drawn.append(_row(row, 14 + _ROW * (place + 0.5), scale, left, groups, link))
    axis = str(data["axis"].get("label", ""))
    drawn.append(text(axis, x=(left + _WIDTH - _RIGHT) / 2, y=bottom + 40, class_="axis"))
    key, height = legend(groups, left, bottom + 54)
    return whole(_WIDTH, bottom + 60 + height, str(data.get("title", "")), *drawn, key)


def _grid(scale: Scale, bottom: float) -> list[str]:
    drawn = []
    for value, label in scale.ticks:
        x = scale.at(value)
        drawn.append(tag("line", x1=x, x2=x, y1=10, y2=bottom, class_="grid"))
        drawn.append(text(label, x=x, y=bottom + 18, class_="tick"))
    return drawn


def _reference(data: Mapping[str, Any], scale: Scale, bottom: float) -> list[str]:
    if data.get("reference") is None:
        return []
    x = scale.at(number(data["reference"]))
    named = tag("title", escape(str(data.get("reference_label") or "reference")))
    return [tag("line", named, x1=x, x2=x, y1=6, y2=bottom, class_="reference")]


def _row(
    row: Mapping[str, Any],
    y: float,
    scale: Scale,
    left: float,
    groups: Mapping[str, int],
    link: Link,
) -> str:
    name = str(row["name"])
    x = scale.at(number(row["value"]))
    drawn = [tag("title", escape(said(row)))]
    drawn.append(text(name, x=left - 12, y=y + 4, class_="name"))
    ends = [row.get("lower"), row.get("upper")]
    if None not in ends:
        a, b = (scale.at(number(end)) for end in ends)
        drawn.append(tag("line", x1=a, x2=b, y1=y, y2=y, class_="interval"))
    if row.get("beside") is not None:
        other = scale.at(number(row["beside"]))
        drawn.append(tag("line", x1=x, x2=other, y1=y, y2=y, class_="beside"))
        drawn.append(tag("circle", cx=other, cy=y, r=4.0, class_="beside"))
    for value in numbers(row.get("replicates", ())):
        at = scale.at(value)
        drawn.append(tag("line", x1=at, x2=at, y1=y - 7, y2=y + 7, class_="replicate"))
    drawn.append(shape(x, y, groups[str(row.get("group") or "")]))
    return linked(link(row, ""), *drawn)


def said(mark: Mapping[str, Any]) -> str:
    """A mark in words."""
    words = f"{mark['name'] or 'a point'}: {number(mark['value']):.4g}"
    if mark.get("lower") is not None and mark.get("upper") is not None:
        words += f" [{number(mark['lower']):.4g}, {number(mark['upper']):.4g}]"
    if "x" in mark:
        words += f" at {number(mark['x']):.4g}"
    return words
