"""Rises and falls from one figure to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from epm_lint.reading.forms.amounts.pairs import Pair
from epm_lint.reading.ground import Ground
from epm_lint.reading.statements import (
    Direction,
    Statement,
)

_RISING = frozenset(
    """
        rise rises rose increase increases increased grow grows grew climb climbs climbed improve
        improves improved gains
    """.split()
)


_FALLING = frozenset(
    """
        fall falls fell drop drops dropped decrease decreases decreased decline declines declined
        shrink shrinks shrank
    """.split()
)


_VERB_REACH = 20


def directions(ground: Ground, found: Sequence[Pair]) -> Iterator[Statement]:
    """Rises and falls from one figure to another."""
    words = ground.words
    for pair in found:
        if pair.kind != "from":
            continue
        start, _ = ground.sentence(pair.start)
        for at in range(pair.start - 1, max(start, pair.start - _VERB_REACH) - 1, -1):
            word = words[at]
            if word in ("#", "¤", ";", ":", "while", "but", "and"):
                break
            if word in _RISING or word in _FALLING:
                yield Direction(
                    **ground.common(
                        at,
                        pair.end,
                        negated="not" in words[max(start, at - 3) : at],
                        hypothetical=ground.is_hypothetical(at),
                    ),
                    direction="up" if word in _RISING else "down",
                    before=pair.before.number.with_unit(pair.after.number.unit),
                    after=pair.after.number,
                )
                break
