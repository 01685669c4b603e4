"""Find the pairs of numbers that bound something: intervals and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from epm_lint.numbers.values import Kind, Number, Span

_JOIN = re.compile(r"\s?(?:[–—‒-]|to|through|\.\.\.?|…)\s?\Z")
_COMMA = re.compile(r"\s?[,;|]\s?\Z")
_CUE = re.compile(
    r"\b(?:CIs?|PIs?|intervals?|range|bounds?|HDI|CrI)\b[\s:=,of]{0,6}\Z", re.IGNORECASE
)
_BETWEEN = re.compile(r"\b(?:between|from)\s\Z", re.IGNORECASE)
_AND = re.compile(r"\s(?:and)\s\Z")
_FROM = re.compile(r"\bfrom\s\Z", re.IGNORECASE)
_CLOSING = {"[": "])", "(": ")]", "]": "[]"}
_LONGEST_GAP = 8


def spans(text: str, numbers: Sequence[Number]) -> Iterator[Span]:
    """Every interval and range of a text; no number belongs to two."""
    position = 0
    while position + 1 < len(numbers):
        span = _span(text, numbers[position], numbers[position + 1])
        if span:
            yield span
        position += 2 if span else 1


def _span(text: str, low: Number, high: Number) -> Span | None:
    if not (_bounds(low) and _bounds(high)) or not 0 < high.start - low.end <= _LONGEST_GAP:
        return None
    between = text[low.end : high.start]
    opening, closing = text[low.start - 1 : low.start], text[high.end : high.end + 1]
    bracket = opening if opening and closing and closing in _CLOSING.get(opening, "") else ""
    before = text[max(0, low.start - 24) : low.start].rstrip("[(")
    if bracket and (_COMMA.match(between) or _JOIN.match(between)):
        if bracket == "[" or _is_interval(low, high, before):
            return Span(low, high, low.start - 1, high.end + 1, bracket)
        return None
    if not high.sign and _JOIN.match(between) and _alike(low, high):
        return None if _FROM.search(before) else Span(low, high, low.start, high.end)
    if _BETWEEN.search(before) and _AND.match(between) and _alike(low, high):
        return Span(low, high, low.start, high.end)
    if _CUE.search(before) and (_COMMA.match(between) or _JOIN.match(between)):
        return Span(low, high, low.start, high.end)
    return None


def _is_interval(low: Number, high: Number, before: str) -> bool:
    """Whether a pair in round brackets is one, and no argument list: F(1, 8), (5, 11)."""
    if before[-1:].isalnum() and before[-1:] not in "IS":
        return False
    decimal = low.decimals > 0 or high.decimals > 0 or high.unit == "%"
    return decimal or bool(_CUE.search(before))


def _alike(low: Number, high: Number) -> bool:
    return low.unit in ("", high.unit) and low.relation not in ("<", ">") and not high.relation


def _bounds(number: Number) -> bool:
    return number.kind in (Kind.PLAIN, Kind.SETTING, Kind.MEASURE)
