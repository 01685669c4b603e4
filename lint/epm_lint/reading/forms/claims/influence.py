"""Who is said to pull at a fit, and by what diagnostic."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.statements import (
    Diagnostic,
    Influence,
    Statement,
)

_BOUND_WORDS = frozenset(
    ["over", "above", "below", "under", "threshold", "cut-off", "cutoff", "cut", ">", "<", "≥", "≤"]
)


_ONLY = frozenset(["only", "single", "sole"])
_CASES = frozenset(["outlier", "outliers", "point", "points", "persona", "personas", "case"])
_REACH = 14


def influences(ground: Ground) -> Iterator[Statement]:
    """Who is said to pull at the fit."""
    words = ground.words
    for at in range(len(words)):
        claim, last = _influence(words, at)
        if not claim:
            continue
        start = ground.clause(at)
        first, stop = at, at + last
        before = words[max(start, at - _REACH) : at]
        only = not _ONLY.isdisjoint(before[-2:])
        while first > start and only and words[first - 1] in _ONLY | {"the"}:
            first -= 1
        while stop < at + _REACH and ground.word(stop) in _CASES:
            stop += 1
        about = (max(start, at - _REACH), at)
        colon = stop
        if ground.word(colon) == "(":
            closing = ground.tokens.find(")", colon, colon + _REACH)
            colon = closing + 1 if closing > 0 else colon
        if ground.word(colon) == ":":
            _, end = ground.sentence(at)
            stop = next((t for t in range(colon + 1, end) if words[t] in (";", ".")), end)
            about = (colon + 1, stop)
        yield Influence(
            **ground.common(
                first,
                stop,
                negated=ground.is_denied(at, start, 6),
                hypothetical=ground.is_hypothetical(at),
            ),
            claim=claim,
            subjects=ground.named_in(*about),
            only=only,
        )


def _influence(words: list[str], at: int) -> tuple[str, int]:
    word = words[at]
    if word == "high-leverage" or (word == "high" and words[at + 1 : at + 2] == ["leverage"]):
        return "high leverage", 1 + (word == "high")
    if word == "influential":
        return "influential", 1
    if word in ("outlier", "outliers") and words[at - 1 : at] != ["high-leverage"]:
        return "outlier", 1
    return "", 0


def diagnostics(ground: Ground) -> Iterator[Statement]:
    """Cook's distances, leverages and VIFs, and the bounds they are held against."""
    words = ground.words
    for at in range(len(words)):
        measure, last = _measure(words, at)
        if not measure:
            continue
        start, end = ground.sentence(at)
        place = at + last
        if ground.word(place) == "(":
            closing = ground.tokens.find(")", place, place + 10)
            if closing > 0 and "#" not in words[place:closing]:
                place = closing + 1
        between = place
        while (
            place < min(end, between + 6)
            and words[place] != "#"
            and (
                words[place] in _BOUND_WORDS
                or words[place] in (",", ":", "=", "(", "of", "is", "was", "at", "a", "the")
            )
        ):
            place += 1
        if ground.word(place) != "#":
            continue
        value = ground.tokens.numbers[place]
        if value is None or value.unit:
            continue
        clause = max(start, *(t + 1 for t in range(start, at) if words[t] == ";"), start)
        bounded = bool(_BOUND_WORDS & set(words[between:place])) or value.bound in ("<", ">")
        common = ground.common(at, place + 1)
        subjects = ground.named_in(clause, at)
        yield Diagnostic(
            **common, measure=measure, value=value, threshold=bounded, subjects=subjects
        )
        over = place + 1
        if ground.word(over) in ("vs", "against", "over", "above", ">", "<"):
            over += 1
            while ground.word(over) in ("a", "the", "threshold", "of", "."):
                over += 1
            bound = ground.tokens.numbers[over] if over < len(words) else None
            if bound is not None and words[over] == "#":
                yield Diagnostic(**common, measure=measure, value=bound, threshold=True)


def _measure(words: list[str], at: int) -> tuple[str, int]:
    word = words[at]
    if word in ("cook's", "cook’s", "cook"):
        follows = words[at + 1 : at + 2]
        return ("cook", 2) if follows in (["d"], ["distance"], ["distances"]) else ("", 0)
    if word in ("leverage", "leverages"):
        return ("leverage", 1) if words[at - 1 : at] != ["high"] else ("", 0)
    return ("vif", 1) if word in ("vif", "vifs") else ("", 0)
