"""What a rate is of, where its count or its n stand apart from it: 12 (35%) of the 40."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from epm_lint.reading.forms.inference.companions import Taken
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import (
    FUNCTION_WORDS,
    TRIALS,
    Part,
)
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand


class Bases:
    """The counts and sizes that stand around the rates of a passage."""

    def __init__(self, ground: Ground, taken: Taken) -> None:
        self.ground, self.taken = ground, taken
        self.words = ground.words
        self.operands = ground.operands

    def of_rate(self, place: int) -> Number | None:
        """The 40 of "72.3% of 40 problems"."""
        rate = self.operands[place]
        if place + 1 >= len(self.operands):
            return None
        base = self.operands[place + 1]
        between = self.words[rate.end : base.start]
        if base.role is not Part.COUNTED or not {"of", "the", "all", "our"}.issuperset(between):
            return None
        if "of" not in between or base.nouns[0] not in TRIALS:
            return None
        return base.number

    def count_apart(self, place: int, given: dict[str, Any]) -> tuple[int | None, Operand | None]:
        """k beside a rate: "12 (35%) of the 40", "32% of 100 prompts (31)", "(k = 31, n = 100)"."""
        operands, words = self.operands, self.words
        rate = operands[place]
        before = operands[place - 1] if place else None
        if before is not None and before.role is Part.COUNTED and place > 1:
            k = operands[place - 2]
            lead = words[max(0, before.start - 1) : before.start]
            near = before.start - k.end <= 4 and lead in (["in"], ["among"], ["of"], ["from"])
            bracketed = words[rate.token - 1 : rate.token] == ["("] and self._closes(rate)
            counted = words[before.end + len(before.nouns) : rate.token] == ["("]
            whole = _is_whole(k) and _is_whole(before) and k not in self.taken
            if near and bracketed and counted and whole and k.number.value <= before.number.value:
                given["n_number"] = before.number
                return k.number.mantissa, k
        if before is not None and _is_whole(before) and before.end <= rate.start:
            between = words[before.end : rate.token]
            noun = list(between[:-1])
            plain = all(word[0].isalpha() and word not in FUNCTION_WORDS for word in noun)
            if (
                between[-1:] in (["("], ["["])
                and plain
                and len(noun) <= 3
                and (before not in self.taken)
            ) and self._closes(rate):
                return before.number.mantissa, before
        for operand in operands[place + 1 : place + 4]:
            if operand.role is Part.K and operand.number.is_whole:
                tail = operands[operand.place + 1 :][:1]
                if "n_number" not in given and tail and tail[0].role is Part.N:
                    given["n_number"] = tail[0].number
                    given["end"] = max(given["end"], tail[0].end)
                return operand.number.mantissa, operand
            base = self.of_rate(place)
            if base is not None and operand.number is not base and _is_whole(operand):
                bracketed = words[operand.token - 1 : operand.token] == ["("]
                if bracketed and words[operand.end : operand.end + 1] == [")"]:
                    given["n_number"] = base
                    return operand.number.mantissa, operand
        return None, None

    def _closes(self, rate: Operand) -> bool:
        """Whether a rate's brackets say nothing of another base behind it."""
        return self.words[rate.end : rate.end + 1] in ([")"], ["]"], [","], [";"])

    def of_count(self, count: Operand | None) -> Number | None:
        """The n of a count that stands apart: of the 40, of those, the n before in the sentence."""
        if count is None:
            return None
        operands = self.operands
        place = count.place
        start, end = self.ground.sentence(count.token)
        for operand in operands[place + 1 : place + 3]:
            between = self.words[operand.start - 2 : operand.start]
            if (
                operand.role is Part.COUNTED
                and operand.token < end
                and (between == ["of", "the"] or between[-1:] == ["of"])
            ):
                return operand.number
        before = list(self.words[max(start, count.start - 4) : count.start])
        of_those = ("of", "these"), ("of", "those"), ("of", "them"), ("of", "which")
        behind = tuple(self.words[count.end : count.end + 2])
        if behind in of_those or any(pair in of_those for pair in pairwise(before)):
            return self._last_count(place)
        for operand in reversed(operands[:place]):
            if operand.token < start:
                break
            lead = self.words[max(start, operand.start - 2) : operand.start]
            introduced = {"of", "among", "from", "out"} & set(lead)
            if operand.role in (Part.COUNTED, Part.N) and introduced:
                return operand.number if _is_whole(operand) or operand.role is Part.N else None
        return None

    def only_size(self, place: int) -> Number | None:
        """The one n that the sentence of a rate gives before it."""
        start, end = self.ground.sentence(self.operands[place].token)
        inside = self.ground.inside(start, end)
        sizes = [o for o in inside if o.role is Part.N]
        counts = [o for o in inside if o.role is Part.COUNT]
        return sizes[0].number if len(sizes) == 1 and not counts else None

    def _last_count(self, place: int) -> Number | None:
        """The count that "of those" points back to: k of the last k/n, or the last whole number."""
        for operand in reversed(self.operands[:place]):
            if operand.role is Part.COUNT and operand.number.fraction:
                k = operand.number.fraction[0]
                raw = operand.number.raw.partition("/")[0].partition(" ")[0]
                number = operand.number
                twin = Number(raw, k, 0, number.start, number.start + len(raw))
                twin.passage = number.passage
                return twin
            if _is_whole(operand):
                return operand.number
        return None


def _is_whole(operand: Operand) -> bool:
    fits = operand.role in (Part.BARE, Part.COUNTED, Part.K)
    return fits and operand.number.is_whole and not operand.number.sign
