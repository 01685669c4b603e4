"""N=12, n=100 per cell, 100 completions per persona."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from epm_lint.reading.forms.inference.companions import Taken
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import (
    Part,
)
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import SampleSize, Statement

_EACH = frozenset(["per", "each", "every"])


def sample_sizes(ground: Ground, taken: Taken) -> Iterator[Statement]:
    """N=12, n=100 per cell, 100 completions per persona."""
    for operand in ground.operands:
        if operand in taken or operand.number.unit or not operand.number.is_whole:
            continue
        if operand.role not in (Part.N, Part.COUNTED):
            continue
        per, end = _per(ground, operand)
        if operand.role is Part.COUNTED and not per:
            continue
        symbol = ground.tokens.raws[operand.start] if operand.role is Part.N else ""
        yield SampleSize(
            **ground.common(operand.start, end),
            n=operand.number,
            per=per,
            noun=" ".join(operand.nouns[:1]),
            symbol=symbol if symbol in ("n", "N") else "",
            of_others=_of_others(ground, operand),
        )


def _of_others(ground: Ground, operand: Operand) -> bool:
    start, end = ground.sentence(operand.token)
    said = ground.words[start:end]
    base = any(pair == ("base", "model") for pair in itertools.pairwise(said))
    return base or any(word.startswith(_OTHERS) for word in said)


_OTHERS = (
    "bystander",
    "untrained",
    "control",
    "baseline",
    "pilot",
    "held-out",
    "previous",
    "earlier",
)


def _per(ground: Ground, operand: Operand) -> tuple[str, int]:
    """What each is one of, and the token after it: "per persona", "/arm", "in each cell"."""
    words = ground.words
    if operand.nouns[:1] == ("rows",):
        after = words[operand.end + 1 : operand.end + 3]
        if after[:1] == ["total"] or after == ["in", "total"]:
            return "total", operand.end + 1 + (1 if after[0] == "total" else 2)
    at = operand.end
    while at < min(operand.end + 5, len(words)) and words[at] not in _EACH:
        if not words[at][0].isalpha() or (words[at] == "a" and operand.role is Part.N):
            break
        at += 1
    if at >= len(words):
        return "", operand.end
    if words[at].startswith("/") and len(words[at]) > 2:
        return words[at][1:], at + 1
    each = words[at] in _EACH or (words[at] == "a" and operand.role is Part.N)
    spread = words[at] == "each" and words[at - 1] not in ("in", "for", "under")
    if not each or spread or at + 1 >= len(words) or not words[at + 1][0].isalpha():
        return "", operand.end
    if words[at + 1] in ("source", "new") and words[at + 2 : at + 3] and words[at + 2].isalpha():
        return f"{words[at + 1]} {words[at + 2]}", at + 3
    return words[at + 1], at + 2
