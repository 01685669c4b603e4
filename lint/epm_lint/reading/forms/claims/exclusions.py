"""Intervals that are said to hold zero, or one, or not to."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import (
    Binding,
    Excludes,
    Statement,
)

_HOLDS = frozenset(
    """
        includes include including contains contain containing holds hold covers cover crosses
        cross spans span straddles straddle
    """.split()
)


_EXCLUDES = frozenset(["excludes", "exclude", "excluding"])


_NOTHING = {"zero": 0, "0": 0, "nil": 0, "one": 1, "1": 1, "unity": 1, "null": 0}


def exclusions(ground: Ground) -> Iterator[Statement]:
    """An interval that is said to hold zero, or one, or not to."""
    words = ground.words
    for at, word in enumerate(words):
        holds = word in _HOLDS
        excludes = word in _EXCLUDES
        if (word == "clear" and words[at + 1 : at + 2] == ["of"]) or (
            word == "rules" and words[at + 1 : at + 2] == ["out"]
        ):
            excludes, holds = True, False
        elif not (holds or excludes):
            continue
        start, end = ground.sentence(at)
        target = next(
            (w for w in words[at + 1 : min(end, at + 4)] if w not in ("of", "out", "the", "value")),
            "",
        )
        place = at + 1 + (words[at + 1 : at + 2] in (["of"], ["out"]))
        number = ground.tokens.numbers[place] if place < end else None
        if number is not None and number.is_whole and number.mantissa in (0, 1):
            target = str(number.mantissa)
        if target not in _NOTHING:
            continue
        interval = _subject(ground, at, start)
        if interval is None:
            continue
        denied = bool({"not", "never", "n't"} & set(words[max(start, at - 3) : at])) or any(
            w.endswith(("n't", "n’t")) for w in words[max(start, at - 2) : at]
        )
        span = span_of(interval)
        if span is not None:
            yield Excludes(
                **ground.common(
                    at,
                    min(end, place + 1),
                    hypothetical=ground.is_hypothetical(at),
                    binding=Binding.CLAUSE,
                ),
                interval=span,
                value=_NOTHING[target],
                holds=holds is not denied,
            )


def _subject(ground: Ground, at: int, start: int) -> Operand | None:
    """The interval that holds or excludes: the last in its sentence, or the passage's only one."""
    intervals = [o for o in ground.operands if o.role is Part.INTERVAL and o.high and o.named]
    here = [o for o in intervals if start <= o.token < at]
    if here:
        between = ground.words[here[-1].end : at]
        return None if {";"} & set(between) and "interval" not in between else here[-1]
    earlier = [o for o in intervals if o.token < start]
    said = ground.words[start:at]
    speaks = "interval" in said or "ci" in said
    return earlier[0] if speaks and len(intervals) == len(earlier) == 1 else None
