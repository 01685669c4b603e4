"""Know a result again by its numbers, where a page gives those under no name.

An analysis is known by an estimate with its interval, as far as the page writes them out: no other
analysis has all three. A condition, whose name stands beside it, is known by one number.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_NUMBER = Pattern(r"(?<![\w.])([+\-−]?)(\d[\d,]*(?:\.\d+)?)(%?)(?![\w/])")
_ESTIMATES = ("estimate", "coefficient", "predicted", "ratio")
_NEAR = 3
"""Numbers after an estimate among which its interval begins; of the three, two have two digits."""
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A number as a page gives it."""

    value: float
    half: float
    """Of the unit of its last digit."""
    percent: bool
    digits: int
    """Those that tell something: without the zeros that only place the others."""

    def is_of(self, value: float) -> bool:
        """Whether a value rounds to it: in percent, in points or as it is."""
        if not self.percent and abs(value - self.value) <= self.half:
            return True
        return abs(100 * value - self.value) <= self.half


def numbers_in(text: str) -> list[Written]:
    """The numbers of a text, in their order."""
    found = []
    for sign, digits, percent in _NUMBER.compiled.findall(text):
        bare = digits.replace(",", "")
        decimals = len(bare.partition(".")[2])
        value = float(bare) * (-1 if sign in ("-", "−") else 1)
        telling = len(bare.replace(".", "").lstrip("0")) if percent or decimals else 0
        found.append(Written(value, 0.5000001 * 10**-decimals, bool(percent), telling))
    return found


class Estimates:
    """The estimates of an analysis that have an interval, by size."""

    def __init__(self, block: Any) -> None:
        self._found = sorted(_triples(block, (), 0))
        self._values = [value for value, _, _ in self._found]

    def are_in(self, numbers: Sequence[Written]) -> set[tuple[int, int]]:
        """Where a text gives one of them with its interval: the places of both."""
        found = set()
        for at, number in enumerate(numbers):
            for lower, upper in self._of(number):
                for place in range(at + 1, min(at + 1 + _NEAR, len(numbers) - 1)):
                    ends = numbers[place], numbers[place + 1]
                    telling = sum(each.digits > 1 for each in (number, *ends))
                    if telling > 1 and ends[0].is_of(lower) and ends[1].is_of(upper):
                        found.add((at, place))
        return found

    def _of(self, number: Written) -> Iterator[tuple[float, float]]:
        for scale in (100,) if number.percent else (1, 100):
            low, high = (number.value - number.half) / scale, (number.value + number.half) / scale
            first, last = bisect_left(self._values, low), bisect_right(self._values, high)
            yield from ((lower, upper) for _, lower, upper in self._found[first:last])


def is_own(text: str, name: str, analyses: Mapping[str, Estimates]) -> bool:
    """Whether a text has an estimate of that analysis that no other analysis has."""
    numbers = numbers_in(text)
    found = analyses[name].are_in(numbers) if len(numbers) > 2 else set()
    for other, known in analyses.items():
        if found and other != name:
            found -= known.are_in(numbers)
    return bool(found)


def has_one_of(text: str, values: Any) -> bool:
    """Whether a text gives a number of a part of the results, with two digits."""
    telling = [number for number in numbers_in(text) if number.digits > 1]
    return any(number.is_of(value) for value in _leaves(values, 0) for number in telling)


def _triples(
    node: Any, above: tuple[float, ...], depth: int
) -> Iterator[tuple[float, float, float]]:
    """Each estimate with the ends of an interval that lies under it, at any depth."""
    if depth > _DEEPEST or not isinstance(node, Mapping):
        return
    above = tuple(float(node[key]) for key in _ESTIMATES if _is_number(node.get(key))) or above
    if _is_number(node.get("lower")) and _is_number(node.get("upper")):
        yield from ((value, float(node["lower"]), float(node["upper"])) for value in above)
    for below in node.values():
        yield from _triples(below, above, depth + 1)


def _leaves(node: Any, depth: int) -> Iterator[float]:
    if depth > _DEEPEST:
        return
    if _is_number(node):
        yield float(node)
    for below in node.values() if isinstance(node, Mapping) else node if _is_list(node) else ():
        yield from _leaves(below, depth + 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
