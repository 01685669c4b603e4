"""The slips of a pen: how a wrong number still shows what it should have been.

A digit that is another, two that changed places, a point or a percent sign that moved, digits that
were cut off. A number that differs from the value its words name by such a slip is more surely
meant
to be it than one that differs in all.
"""

from __future__ import annotations

from fractions import Fraction

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range

_LEAST_DIGITS = 3
_SHIFTS = (100, Fraction(1, 100), 10, Fraction(1, 10), -1)


def like(number: Number, value: Fraction) -> str:
    """A value in a number's dress; where only its point moved, with the digits that it has."""
    if number.unit == "%" and number.places >= 2 and _meets(number, value, Fraction(1, 100)):
        body = f"{float(value * 100):.{number.places - 2}f}"
        return f"{body}%"
    return number.like(value)


def is_slip(number: Number, value: Fraction) -> bool:
    """Whether a number is a value that was mistyped, cut off, or written in the wrong unit."""
    if number.bound:
        return False
    right = number.like(value)
    mine, other = _digits(number.raw), _digits(right)
    if number.truncated is not None and value in number.truncated:
        return True
    if any(_meets(number, value, Fraction(shift)) for shift in _SHIFTS):
        return True
    digits = min(len(mine.lstrip("0")), len(other.lstrip("0")))
    if digits < _LEAST_DIGITS:  # of two digits, one in five numbers is another one's slip
        return digits == 2 and len(mine) == len(other) and sorted(mine) == sorted(other)
    return _is_one_edit(mine, other)


def _meets(number: Number, value: Fraction, shift: Fraction) -> bool:
    moved = value * shift
    noise = abs(moved) / 10**12
    return number.value != 0 and number.range.meets(Range(moved - noise, moved + noise))


def _digits(raw: str) -> str:
    return "".join(mark for mark in raw.partition("e")[0] if mark.isdigit())


def _is_one_edit(mine: str, other: str) -> bool:
    """One digit replaced, left out or put in, or two neighbours exchanged."""
    if len(mine) == len(other):
        places = [at for at, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b]
        if len(places) == 1:
            return True
        if len(places) == 2 and places[1] == places[0] + 1:
            first, second = places
            return mine[first] == other[second] and mine[second] == other[first]
        return False
    short, long = sorted((mine, other), key=len)
    if len(long) != len(short) + 1:
        return False
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
