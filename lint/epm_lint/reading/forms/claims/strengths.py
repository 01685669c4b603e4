"""Strengthens and weakens, with the two figures where they are given."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import NEGATIONS, Part
from epm_lint.reading.number import Number
from epm_lint.reading.statements import (
    Direction,
    Statement,
)

_STRONGER = frozenset({"strengthen", "strengthens", "strengthened", "strengthening"})
_WEAKER = frozenset({"weaken", "weakens", "weakened", "weakening", "attenuates"})


_DENY_VERBS = NEGATIONS - {"without"}
_BECOMES = frozenset(["gets", "becomes", "grows", "get", "become", "grow"])


def strengths(ground: Ground) -> Iterator[Statement]:
    """Strengthens and weakens, with the two figures where they are given."""
    words = ground.words
    for at, word in enumerate(words):
        stronger = word in _STRONGER or (
            word == "stronger" and words[at - 1 : at] and words[at - 1] in _BECOMES
        )
        weaker = word in _WEAKER or (
            word == "weaker" and words[at - 1 : at] and words[at - 1] in _BECOMES
        )
        if not (stronger or weaker):
            continue
        _, end = ground.sentence(at)
        before, after, of_p = _two_figures(ground, at, end)
        yield Direction(
            **ground.common(
                at,
                at + 1,
                negated=ground.is_denied(at, ground.clause(at), by=_DENY_VERBS),
                hypothetical=ground.is_hypothetical(at),
            ),
            direction="stronger" if stronger else "weaker",
            before=before,
            after=after,
            of_p=of_p,
        )


def _two_figures(ground: Ground, at: int, end: int) -> tuple[Number | None, Number | None, bool]:
    """The figures of "from r=−0.42 (…) to r=−0.62", or of two coefficients behind "from"."""
    words = ground.words
    origin = ground.tokens.find("from", at, min(end, at + 20))
    if origin < 0:
        return None, None, False
    behind = ground.inside(origin + 1, end)
    ends = [t for t in range(origin, end) if words[t] in ("to", "→")]
    if not ends:
        return None, None, False
    first = [o for o in behind if o.token < ends[0]]
    last = [o for o in behind if o.token > ends[0]]
    roles = {Part.CORRELATION, Part.P, Part.BARE, Part.PERCENT}
    before = next((o for o in first if o.role in roles), None)
    after = next((o for o in last if before and o.role is before.role), None)
    if before is None or after is None:
        return None, None, False
    return before.number, after.number, before.role is Part.P
