"""Elements of SVG, and scales from values to places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

Link = Callable[[Mapping[str, Any], str], str]
"""From what is drawn, and the panel that it stands in, to where it leads; '' for nowhere."""

GROUPS = 6
"""Colours that there are; a group's shape and name tell it too."""


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element; `_` in a name stands for `-`, numbers have two decimals at most."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>"


def _attribute(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value))


def text(words: str, **attributes: object) -> str:
    """A text element."""
    return tag("text", escape(words), **attributes)


def whole(width: float, height: float, title: str, *children: str) -> str:
    """The drawing, as wide as its place."""
    size = f"0 0 {width:g} {height:g}"
    return tag("svg", *children, viewBox=size, role="group", aria_label=title, class_="drawn")


def number(value: Any) -> float:
    """A finite number. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"the sidecar has {value!r} where a number should be")
    return float(value)


def numbers(values: Iterable[Any]) -> list[float]:
    """Those that are there, None left out."""
    return [number(value) for value in values if value is not None]


@dataclass(frozen=True)
class Scale:
    """From values of an axis to places."""

    low: float
    high: float
    start: float
    end: float
    log: bool
    axis: Mapping[str, Any]

    @classmethod
    def of(
        cls, axis: Mapping[str, Any], values: Sequence[float], start: float, end: float
    ) -> Scale:
        """One that holds all values, with some room on both sides; a rate's from 0 on."""
        log = bool(axis.get("log"))
        kept = [value for value in values if value > 0] if log else list(values)
        low, high = min(kept, default=0.1), max(kept, default=1.0)
        rate = axis.get("scale") == "proportion" and not axis.get("signed")
        if log:
            return cls(low / 1.2, high * 1.2, start, end, True, axis)
        room = (high - low or abs(high) or 1.0) * 0.06
        low, high = low - room, high + room
        if rate:
            low, high = min(0.0, low + room), min(max(high, 0.1), max(1.0, high - room))
        return cls(low, high, start, end, False, axis)

    def at(self, value: float) -> float:
        """The place of a value."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = (math.log10(max(v, 1e-300)) for v in (value, low, high))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Round values, with what stands beside them."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            powers = [10.0**power for power in range(first, last + 1)]
            return [(v, f"{v:g}") for v in powers if self.low <= v <= self.high]
        step = _round((self.high - self.low) / 7)
        first = math.ceil(self.low / step - 1e-9)
        found = []
        while first * step <= self.high + step * 1e-9:
            found.append((first * step, self._written(first * step, step)))
            first += 1
        return found

    def _written(self, value: float, step: float) -> str:
        share = self.axis.get("scale") == "proportion"
        factor = 100 if share else 1
        decimals = max(0, -math.floor(math.log10(step * factor) + 1e-9))
        sign = "+" if self.axis.get("signed") and value > step / 1e6 else ""
        unit = "" if not share else " pp" if self.axis.get("signed") else "%"
        written = f"{value * factor:.{decimals}f}"
        return f"{sign}{written.removeprefix('-') if float(written) == 0 else written}{unit}"


def _round(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below a step."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def shape(x: float, y: float, group: int, *, marked: bool = False) -> str:
    """A group's mark; a star's place is taken by a diamond with a rim."""
    name = f"mark g{group % GROUPS}{' marked' if marked else ''}"
    kind = group % 3
    if marked or kind == 2:
        path = f"M{x:.2f} {y - 6:.2f}L{x + 6:.2f} {y:.2f}L{x:.2f} {y + 6:.2f}L{x - 6:.2f} {y:.2f}Z"
        return tag("path", d=path, class_=name)
    if kind == 1:
        return tag("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, class_=name)
    return tag("circle", cx=x, cy=y, r=5.0, class_=name)


def linked(href: str, *children: str) -> str:
    """What leads somewhere, where it does."""
    inside = "".join(children)
    return tag("a", inside, href=href) if href else tag("g", inside)


def group_numbers(marks: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """A number for each group, by its name: the same in every figure of a run."""
    names = sorted({str(mark.get("group") or "") for mark in marks})
    return {name: at for at, name in enumerate(names)}


def legend(groups: Mapping[str, int], x: float, y: float) -> tuple[str, float]:
    """The groups by shape, colour and name, and how high that is."""
    named = [(name, at) for name, at in groups.items() if name]
    rows = [
        shape(x + 6, y + 8 + 18 * place, at)
        + text(name, x=x + 18, y=y + 12 + 18 * place, class_="start")
        for place, (name, at) in enumerate(named)
    ]
    return "".join(rows), 18.0 * len(named)
