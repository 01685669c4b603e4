"""Partial correlations, and what is held constant in them."""

from __future__ import annotations

from epm_lint.reading.ground import Ground
from epm_lint.reading.operands import Operand

_REACH = 16
_CONTROLS = (
    ("controlling", "for"),
    ("controlled", "for"),
    ("adjusted", "for"),
    ("adjusting", "for"),
)
_STOPS = frozenset(",;.:()")


def partial_of(ground: Ground, head: Operand) -> tuple[bool, tuple[str, ...]]:
    """Whether a coefficient is partial, and the names of its covariates as far as they are told."""
    words = ground.words
    start = max(ground.sentence(head.token)[0], head.start - _REACH)
    stop = max((at + 1 for at in range(start, head.start) if words[at] == ";"), default=start)
    before = words[stop : head.start]
    lead = ground.lead.casefold().replace("(", " ( ").replace(")", " ) ").split()
    for said in (before, lead):
        if found := _partial(said):
            return True, found[0]
    return False, ()


def _partial(words: list[str]) -> tuple[tuple[str, ...]] | None:
    prefixed = [w for w in words if w.endswith(("-partial", "-controlled", "-adjusted"))]
    is_partial = bool(prefixed) or any(w.startswith("partial") for w in words)
    listed = _bar(words) or _controlled(words) or _taken_out(words)
    if listed:
        return (listed,)
    if not is_partial:
        return None
    if prefixed:
        return ((prefixed[-1].rpartition("-")[0],),)
    given = _after(words, "given")
    return (given,)


def _bar(words: list[str]) -> tuple[str, ...]:
    """(cosine | log_length)"""
    if "|" not in words:
        return ()
    at = len(words) - 1 - words[::-1].index("|")
    near = [word for word in words[max(0, at - 6) : at] if word in ("(", ")")]
    closing = next((i for i in range(at, len(words)) if words[i] == ")"), -1)
    return _names(words[at + 1 : closing]) if near[-1:] == ["("] and closing > 0 else ()


def _controlled(words: list[str]) -> tuple[str, ...]:
    for at in range(len(words) - 2, -1, -1):
        if tuple(words[at : at + 2]) in _CONTROLS:
            return _until_stop(words, at + 2)
    return ()


def _taken_out(words: list[str]) -> tuple[str, ...]:
    for at in range(len(words) - 1):
        if words[at] == "taken" and words[at + 1] == "out":
            start = max((i + 1 for i in range(at) if words[i] in ("with", *_STOPS)), default=0)
            return _names(words[start:at])
    return ()


def _after(words: list[str], word: str) -> tuple[str, ...]:
    return _until_stop(words, words.index(word) + 1) if word in words else ()


def _until_stop(words: list[str], start: int) -> tuple[str, ...]:
    end = start
    while (end < len(words) and words[end] not in _STOPS) or (
        words[end : end + 1] == [","] and (_goes_on(words, end))
    ):
        end += 1
    return _names(words[start:end])


def _goes_on(words: list[str], comma: int) -> bool:
    """Whether a list goes on after a comma: "length, loss and depth"."""
    rest = words[comma + 1 : comma + 5]
    return "and" in rest and not any(word in ("partial", "r", "ρ", "the") for word in rest)


def _names(words: list[str]) -> tuple[str, ...]:
    """What stands between commas and "and"."""
    names: list[str] = []
    current: list[str] = []
    for word in [*words, "and"]:
        if word in ("and", ",", "&", "+"):
            if current:
                names.append(" ".join(current))
            current = []
        elif word[0].isalnum():
            current.append(word)
    return tuple(names)
