"""Know an analysis again by its numbers, where a page gives those under no name.

A number of a page is an analysis' own where it is what one of that analysis' numbers rounds to, in
percent, in points or as it is, and what no other analysis' does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_NUMBER = Pattern(r"(?<![\w.])[+\-−]?(\d[\d,]*(?:\.\d+)?)(%?)(?![\w/])")
_FEWEST = 2
"""Numbers of its own in one passage, by which an analysis is known."""
_ASIDE = frozenset({"alpha", "level", "n", "df"})
"""Numbers that are no results."""
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A number as a page gives it."""

    value: float
    half: float
    """Of the unit of its last digit."""
    percent: bool


def numbers_in(text: str) -> Iterator[Written]:
    """The numbers of a text that tell something: with two digits, and decimals or a per cent."""
    for match in _NUMBER.finditer(text):
        digits, percent = match.group(1).replace(",", ""), bool(match.group(2))
        if ("." in digits or percent) and len(digits.replace(".", "").lstrip("0")) > 1:
            decimals = len(digits.partition(".")[2])
            yield Written(float(digits), 0.5000001 * 10**-decimals, percent)


class Numbers:
    """All numbers of a part of the results, by size."""

    def __init__(self, values: Any) -> None:
        self._sizes = sorted(_sizes(values, 0))

    def have(self, written: Written) -> bool:
        """Whether one of them rounds to it."""
        value, half = written.value, written.half
        if not written.percent and self._within(value - half, value + half):
            return True
        return self._within((value - half) / 100, (value + half) / 100)

    def _within(self, low: float, high: float) -> bool:
        at = bisect_left(self._sizes, low)
        return at < len(self._sizes) and self._sizes[at] <= high


def is_own(text: str, name: str, analyses: Mapping[str, Numbers]) -> bool:
    """Whether a text has numbers of that analysis and of no other."""
    own = {
        written.value
        for written in numbers_in(text)
        if analyses[name].have(written)
        and not any(known.have(written) for other, known in analyses.items() if other != name)
    }
    return len(own) >= _FEWEST


def _sizes(node: Any, depth: int) -> Iterator[float]:
    if isinstance(node, bool) or depth > _DEEPEST:
        return
    if isinstance(node, int | float):
        yield abs(float(node))
    elif isinstance(node, Mapping):
        for name, below in node.items():
            if name not in _ASIDE:
                yield from _sizes(below, depth + 1)
    elif isinstance(node, list):
        for below in node:
            yield from _sizes(below, depth + 1)
