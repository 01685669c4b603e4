"""What is called independent, and the page's own confidence."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.statements import (
    Confidence,
    Independence,
    Statement,
)
from epm_lint.reading.text.passages import Place

_WITHIN_SAMPLES = frozenset(
    """
        completion completions sample samples answer answers generation generations draw draws
        response responses repeat repeats repetition repetitions rollout rollouts trial trials
    """.split()
)
_LEVELS = frozenset({"high", "moderate", "low"})


def independences(ground: Ground) -> Iterator[Statement]:
    """What is called independent."""
    words = ground.words
    verbs = {"are", "is", "were", "was", "be", "being", "as"}
    for at, word in enumerate(words):
        if word not in ("independent", "independently", "non-independent"):
            continue
        start, end = ground.sentence(at)
        follows = ground.word(at + 1)
        before = words[max(start, at - 4) : at]
        of = ""
        if follows in ("of", "from"):
            stop = next((t for t in range(at + 2, end) if not words[t][0].isalpha()), end)
            of = " ".join(words[at + 2 : min(stop, at + 8)])
        elif not (follows in _WITHIN_SAMPLES or follows == "questions"):
            predicate = verbs & set(before) and (not follows or not follows[0].isalpha())
            if word == "independently" or not predicate:
                continue
        first = at - (ground.word(at - 1) in verbs and not of)
        around = {*words[max(start, at - 8) : at], *words[at : at + 4]}
        yield Independence(
            **ground.common(
                first,
                min(end, at + 2) if follows and follows[0].isalpha() else at + 1,
                negated=word.startswith("non") or ground.is_denied(at, ground.clause(at)),
                hypothetical=ground.is_hypothetical(at),
            ),
            of=of,
            of_samples=bool(_WITHIN_SAMPLES & around),
        )


def confidences(ground: Ground) -> Iterator[Statement]:
    """The page's own confidence."""
    words = ground.words
    leading = words[0] if words else ""
    for at, word in enumerate(words):
        if word != "confidence":
            continue
        place = at + 1 + (ground.word(at + 1) == "level")
        level = ""
        stop = at + 1
        if ground.word(place) in (":", "is", "=", "–") and ground.word(place + 1) in _LEVELS:
            level, stop = words[place + 1], place + 2
        elif ground.word(at - 1) in _LEVELS:
            level = words[at - 1]
        if level:
            own = ground.passage.place is Place.TITLE or leading == "confidence"
            yield Confidence(
                **ground.common(at if stop > at + 1 else at - 1, stop), level=level.upper(), own=own
            )
