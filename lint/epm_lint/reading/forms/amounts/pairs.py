"""Two figures that stand beside each other: from A to B, A → B, A vs B."""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand

OTHER_SUBJECT = frozenset(
    "while but whereas and although though one two first second others".split()
)
"""Words after which a sentence speaks of something else."""

_COMPARING = frozenset({"vs", "versus", "against", "compared"})


_TO = frozenset({"to", "→"})


_BETWEEN_FIGURES = 6


class Pair:
    """A figure before and a figure after; compared ones have no order."""

    __slots__ = ("after", "before", "end", "kind", "start")

    def __init__(self, before: Operand, after: Operand, start: int, end: int, kind: str) -> None:
        self.before, self.after, self.start, self.end, self.kind = before, after, start, end, kind

    @property
    def ordered(self) -> bool:
        """Whether one is surely the earlier."""
        return self.kind in ("from", "arrow")


def pairs(ground: Ground, figures: Sequence[Operand]) -> list[Pair]:
    """The pairs of figures in a passage: from A to B, A → B, A vs B, B instead of A."""
    found: list[Pair] = []
    words = ground.words
    place = 0
    while place < len(figures):
        first = figures[place]
        if first.role is Part.INTERVAL:
            if pair := _range(ground, first):
                found.append(pair)
            place += 1
            continue
        if place + 1 == len(figures):
            break
        second = figures[place + 1]
        pair = None
        if second.role is not Part.INTERVAL and ground.sentence(first.token) == ground.sentence(
            second.token
        ):
            pair = _pair(words, first, second)
        if pair:
            found.append(pair)
        place += 2 if pair else 1
    return found


def _range(ground: Ground, operand: Operand) -> Pair | None:
    """A range as a pair: "(0.573 to 0.463)" behind a change is no interval."""
    words = ground.words
    is_to = operand.high is not None and words[operand.token + 1] == "to"
    if not is_to or operand.named or operand.level or operand.high is None:
        return None
    low = Operand(Part.BARE, "", operand.number, operand.token, operand.token, operand.token + 1)
    high = Operand(
        Part.BARE, "", operand.high, operand.token + 2, operand.token + 2, operand.token + 3
    )
    return Pair(low, high, operand.start, operand.end, "range")


def _pair(words: Sequence[str], first: Operand, second: Operand) -> Pair | None:
    between = words[first.end : second.start]
    if len(between) > _BETWEEN_FIGURES or not _alike(first.number, second.number):
        return None
    if "→" in between:
        return Pair(first, second, first.start, second.end, "arrow") if len(between) < 3 else None
    if _TO & set(between):
        origin = words[max(0, first.start - 3) : first.start]
        nouns = [word for word in between if word not in _TO]
        plain = len(nouns) <= 3 and all(word[0].isalpha() or word == "," for word in nouns)
        if "from" in origin and plain and not OTHER_SUBJECT & set(between):
            return Pair(
                first, second, first.start - 1 - origin[::-1].index("from"), second.end, "from"
            )
        return None
    if _COMPARING & set(between):
        if {";", ":", "(", ")"} & set(between):
            return None
        return Pair(second, first, first.start, second.end, "compared")
    if "instead" in between and "of" in between:
        return Pair(second, first, first.start, second.end, "compared")
    return None


def _alike(first: Number, second: Number) -> bool:
    if first.fraction or second.fraction:
        return False
    return first.unit == second.unit or (not first.unit and second.unit not in ("pp", "×"))


_FIGURES = frozenset(
    {Part.PERCENT, Part.BARE, Part.COUNTED, Part.NAMED, Part.INTERVAL, Part.MEAN, Part.ESTIMATE}
)


def figures(ground: Ground, rate_of: dict[int, int]) -> list[Operand]:
    """The figures that may be compared; a rate with its count in brackets is one."""
    found: list[Operand] = []
    operands, words = ground.operands, ground.words
    counts = {rate: count for count, rate in rate_of.items()}
    for place, operand in enumerate(operands):
        if place in counts:
            count = operands[counts[place]]
            start, end = min(operand.start, count.start), max(operand.end, count.end)
            end += words[end : end + 1] == [")"]
            found.append(
                Operand(operand.role, operand.name, operand.number, start, operand.token, end)
            )
        elif operand.role in _FIGURES:
            found.append(operand)
    return found
