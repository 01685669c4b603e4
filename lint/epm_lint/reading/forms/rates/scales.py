"""The scale that answers are given on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import NUMBER_WORDS, Part

_SCALE_WORDS = frozenset(
    ["scale", "point", "points", "rated", "rates", "rating", "ratings", "score", "scores", "from"]
)


_WHOLE_POINTS = (
    ("whole", "points"),
    ("integer", "scale"),
    ("whole", "numbers"),
    ("whole", "point"),
)


_TELLING = frozenset(["half", "whole", "integer", "whole-number"])
SCALE_STEMS = ("-point", "half", "whole", "integer")
"""One of these stands wherever a scale is stated."""


_SCALED = frozenset(["scale", "rated", "scores", "score", "scored", "rating", "ratings"])


class Scale:
    """The values that an answer may have: 1 to 7 in whole points."""

    __slots__ = ("grain", "highest", "lowest")

    def __init__(self, lowest: Fraction, highest: Fraction, grain: Fraction) -> None:
        self.lowest, self.highest, self.grain = lowest, highest, grain


def may_state_scale(words: Sequence[str]) -> bool:
    """Whether a word stands among some that is part of every statement of a scale."""
    return not _TELLING.isdisjoint(words) or any(word.endswith("-point") for word in words)


def scale_of(ground: Ground, start: int = 0, end: int | None = None) -> Scale | None:
    """The scale that a passage, or a sentence of it, states."""
    words = ground.words
    end = len(words) if end is None else end
    said = words[start:end]
    if not may_state_scale(said):
        return None
    halves = any(pair == ("half", "points") for pair in itertools.pairwise(said))
    whole = any(pair in _WHOLE_POINTS for pair in itertools.pairwise(said))
    whole = whole or "whole-number" in said or "integer" in said
    for place, word in enumerate(said):
        if word.endswith("-point") and (top := NUMBER_WORDS.get(word[:-6])):
            return Scale(Fraction(1), Fraction(top), Fraction(1))
        if word == "#" and said[place + 1 : place + 2] == ["-point"]:
            return None
    for operand in ground.inside(start, end):
        if operand.role is not Part.INTERVAL:
            continue
        low, high = operand.number, operand.high
        if high is None or not (low.is_whole and high.is_whole) or operand.named:
            continue
        if _SCALE_WORDS.isdisjoint(said) or not 0 <= low.mantissa <= 1 < high.mantissa <= 100:
            continue
        if halves or whole:
            return Scale(low.value, high.value, Fraction(1, 2) if halves else Fraction(1))
    pair = _from_to(ground, start, end)
    if pair and (halves or whole):
        return Scale(pair[0], pair[1], Fraction(1, 2) if halves else Fraction(1))
    if whole and "whole-number" in said:
        return Scale(Fraction(-(10**9)), Fraction(10**9), Fraction(1))
    return None


def _from_to(ground: Ground, start: int, end: int) -> tuple[Fraction, Fraction] | None:
    """The ends of "from 1 to 7", "on a scale from 1 to 5"."""
    words, numbers = ground.words, ground.tokens.numbers
    for at in range(start, end - 3):
        if words[at] in ("from", "between") and words[at + 1] == "#":
            place = at + 2
            while place < min(at + 8, end) and words[place] not in ("to", "and"):
                place += 1
            if words[place : place + 1] in (["to"], ["and"]) and words[place + 1 : place + 2] == [
                "#"
            ]:
                low, high = numbers[at + 1], numbers[place + 1]
                whole = low and high and low.is_whole and high.is_whole
                if low and high and whole and 0 <= low.mantissa <= 1 < high.mantissa <= 100:
                    return low.value, high.value
    return None


def outer_scale(ground: Ground) -> tuple[Fraction, Fraction] | None:
    """The ends of a scale, whatever its steps: "On a scale from 1 to 5"."""
    for start, end in ground.sentences:
        if _SCALED & set(ground.words[start:end]):
            if scale := scale_of(ground, start, end):
                return scale.lowest, scale.highest
            if pair := _from_to(ground, start, end):
                return pair
    return None
