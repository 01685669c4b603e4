"""Counts written as k/n or "k of n" are one number."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from epm_lint.numbers.values import Kind, Number

_SLASH = re.compile(r"[ \u00a0\u2009\u202f]?[/⁄∕][ \u00a0\u2009\u202f]?\Z")
_OF = re.compile(r"\s(?:out )?of\s(?:the |all |all the |its |our )?\Z")
_LONGEST = 24
_LARGEST = 10**15


def join_fractions(text: str, numbers: list[Number]) -> list[Number]:
    """The numbers with each "23/100" and "23 of 100" put together."""
    joined: list[Number] = []
    position = 0
    while position < len(numbers):
        first = numbers[position]
        second = numbers[position + 1] if position + 1 < len(numbers) else None
        third = numbers[position + 2] if position + 2 < len(numbers) else None
        if second and _is_fraction(text, first, second) and not _goes_on(text, second, third):
            joined.append(_fraction(text, first, second))
            position += 2
        else:
            joined.append(first)
            position += 1
    return joined


def _is_fraction(text: str, first: Number, second: Number) -> bool:
    if second.start - first.end > _LONGEST or not (_counts(first) and _counts(second)):
        return False
    if first.end and text[first.start - 1 : first.start] in ("/", "⁄", "∕"):
        return False
    between = text[first.end : second.start]
    if not 0 < second.value < _LARGEST or first.value > _LARGEST:
        return False
    if _SLASH.match(between):
        return True
    return bool(_OF.match(between)) and first.value <= second.value


def _counts(number: Number) -> bool:
    return (
        number.kind is Kind.PLAIN
        and number.decimals == 0
        and not number.unit
        and not number.sign
        and number.raw[0].isdigit()
    )


def _goes_on(text: str, second: Number, third: Number | None) -> bool:
    """Whether a third number follows the slash: 4/5/6 is no fraction."""
    return third is not None and bool(_SLASH.match(text[second.end : third.start][:8]))


def _fraction(text: str, first: Number, second: Number) -> Number:
    k, n = int(first.value), int(second.value)
    return replace(
        first,
        raw=text[first.start : second.end],
        value=Decimal(k) / Decimal(n),
        end=second.end,
        kind=Kind.FRACTION,
        fraction=(k, n),
    )
