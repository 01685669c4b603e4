"""Which rate is written for which count: 32% (31/100), 18/75 and 24/75 (24% and 32%)."""

from __future__ import annotations

from epm_lint.reading.forms.inference.companions import Taken
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import (
    FUNCTION_WORDS,
    Part,
)
from epm_lint.reading.number import Kind
from epm_lint.reading.operands import Operand

_PAIRING = frozenset(
    """
        , : ( [ = – - → or i.e e.g that is k/n k of which makes meaning ie namely ~ ≈ so a rate was
        were are ) ]
    """.split()
)
_OPENINGS = frozenset("([")
COMPARED = frozenset(
    """
        more less fewer higher lower larger smaller reduction increase drop rise relative points
        point above below faster slower better worse of than gain improvement
    """.split()
)
_MOST_WORDS = 10


class Pairing:
    """The counts and rates of a passage, and which belong together."""

    def __init__(self, ground: Ground, taken: Taken) -> None:
        self.ground, self.taken = ground, taken
        self.words = ground.words
        self.operands = ground.operands
        self.rate_of: dict[int, int] = {}
        """By the place of a count, that of its rate."""
        self.paired: set[int] = set()
        """The places of the rates that have a count."""
        self._pair()

    def _pair(self) -> None:
        """Find for each count the rate that is written for it."""
        operands = self.operands
        self._lists()
        for place, operand in enumerate(operands):
            if operand.role is not Part.COUNT or place in self.rate_of or operand in self.taken:
                continue
            before = place - 1 if place and self._is_free(place - 1) else -1
            after = place + 1 if place + 1 < len(operands) and self._is_free(place + 1) else -1
            if before >= 0 and self._precedes(before, place):
                self._join(place, before)
            elif after >= 0 and self._follows(place, after):
                self._join(place, after)

    def _join(self, count: int, rate: int) -> None:
        self.rate_of[count] = rate
        self.paired.add(rate)

    def _is_free(self, place: int) -> bool:
        operand = self.operands[place]
        if place in self.paired or operand in self.taken:
            return False
        return self.is_rate(operand)

    def is_rate(self, operand: Operand) -> bool:
        """Whether a number may be a rate: in percent, or a decimal between 0 and 1."""
        number = operand.number
        if operand.role not in (Part.PERCENT, Part.BARE, Part.NAMED) or operand.high:
            return False
        if number.kind is not Kind.PLAIN:
            return False
        if number.unit in ("%", "‰") or self.shares_unit(operand):
            return number.sign in ("", "-", "−") and not number.scientific
        return not number.unit and number.places > 0 and 0 <= number.amount <= 1 and not number.sign

    def shares_unit(self, operand: Operand) -> bool:
        """Whether the unit stands behind what follows: "31.0 ± 3.0%"."""
        at = operand.end
        number = self.ground.tokens.numbers[at + 1] if at + 1 < len(self.words) else None
        return self.words[at : at + 1] == ["±"] and number is not None and number.unit == "%"

    def _lists(self) -> None:
        """As many of both, in their order: "31% and 57% (31/100 and 57/100)"."""
        operands = self.operands
        place = 0
        while place < len(operands):
            if operands[place].role is not Part.COUNT:
                place += 1
                continue
            last = place
            while (
                last + 1 < len(operands)
                and operands[last + 1].role is Part.COUNT
                and (self._listed(operands[last].end, operands[last + 1].start))
            ):
                last += 1
            many = last - place + 1
            if many > 1 and self.words[operands[place].start - 1 : operands[place].start] == ["("]:
                self._list(place, many)
            elif many > 1:
                self._list_after(place, many)
            place = last + 1

    def _listed(self, start: int, end: int) -> bool:
        return {",", "and", "vs", ".", "or", "against", "/", "versus", "et"}.issuperset(
            self.words[start:end]
        )

    def _list(self, place: int, many: int) -> None:
        start, _ = self.ground.sentence(self.operands[place].token)
        rates = [
            at
            for at in range(place)
            if self.operands[at].token >= start
            and self.operands[at].role is Part.PERCENT
            and self.operands[at].number.kind is not Kind.LEVEL
        ][-many:]
        others = [o for o in self.operands[:place] if o.token >= start and o.role is Part.PERCENT]
        if len(rates) == many == len(others):
            for count, rate in zip(range(place, place + many), rates, strict=True):
                self._join(count, rate)
        elif len(others) > 1:
            self.paired.update(range(place))

    def _list_after(self, place: int, many: int) -> None:
        """As in "18/75 and 24/75 (24% and 32%)"."""
        after = range(place + many, place + 2 * many)
        opening = self.words[self.operands[place + many - 1].end :][:1]
        rates = [at for at in after if at < len(self.operands) and self._is_free(at)]
        if opening != ["("] or len(rates) != many:
            return
        if all(self.operands[at].role is Part.PERCENT for at in rates):
            for count, rate in zip(range(place, place + many), rates, strict=True):
                self._join(count, rate)

    def _precedes(self, rate: int, count: int) -> bool:
        """32% (31/100); 61.7 percent of the answers refuse (37/60); .617 (37 of 60)."""
        first, second = self.operands[rate], self.operands[count]
        between = self.words[first.end : second.start]
        if not self._may_pair(first) or ")" in between or "]" in between:
            return False
        opened = [at for at, word in enumerate(between) if word in _OPENINGS]
        words = between[: opened[0]] if opened else between
        tail = between[opened[0] + 1 :] if opened else []
        if not set(tail) <= _PAIRING | ({"."} if "i.e" in tail else set()) or len(opened) > 1:
            return False
        if opened:
            return self._are_words(words) and self._of_same_base(words, second)
        if self._are_items(first, second):
            return False
        spelled = [word for word in words if word != "."] if "i.e" in words else words
        return bool(between) and set(spelled) <= _PAIRING

    def _follows(self, count: int, rate: int) -> bool:
        """31/100 = 31%; 31 of 100 completions (41%); 37 of the 60 answers, 61.7%, carry."""
        first, second = self.operands[count], self.operands[rate]
        between = list(self.words[first.end : second.start])
        if not self._may_pair(second):
            return False
        opened = [at for at, word in enumerate(between) if word in _OPENINGS]
        if opened and set(between[: opened[0]]) & {")", "]", ";", "."}:
            return False
        words = between[: opened[0]] if opened else between
        tail = between[opened[0] + 1 :] if opened else []
        if opened:
            return set(tail) <= _PAIRING - {")", "]"} and self._are_words(words)
        while (
            words and words[0][0].isalpha() and words[0] not in FUNCTION_WORDS and (len(words) > 1)
        ):
            words.pop(0)
        glued = bool(words) and set(words) <= _PAIRING | {"i.e", "."} and len(words) <= 6
        if words == [","] and (self._goes_on(second) or self._are_items(first, second)):
            return False
        return glued

    def _goes_on(self, rate: Operand) -> bool:
        """Whether a rate behind a comma has a noun of its own: "3/10 runs, 40% of tokens"."""
        after = self.words[rate.end : rate.end + 1]
        return bool(after) and after[0][0].isalpha() and after[0] not in ("with", "and", "in")

    def _are_items(self, first: Operand, second: Operand) -> bool:
        """Whether two numbers with a comma between are items of a longer list."""
        words, numbers = self.words, self.ground.tokens.numbers
        if words[first.end : second.start] != [","]:
            return False
        if words[max(0, first.start - 1) : first.start] == [","]:
            return True
        after = second.end + 1
        return words[second.end : after] == [","] and after < len(words) and bool(numbers[after])

    def _are_words(self, words: list[str]) -> bool:
        plain = all(word[0].isalnum() or word in ("'", "’", "-", ",") for word in words)
        return plain and len(words) <= _MOST_WORDS and words.count(",") <= 1

    def _of_same_base(self, words: list[str], count: Operand) -> bool:
        """Whether there is one base only; "33% of the 94 (31/100)" speaks of two."""
        return not ("of" in words and any(word.isdigit() for word in words)) and bool(count)

    def _may_pair(self, rate: Operand) -> bool:
        """Whether a rate says nothing of another base, and is no comparison."""
        after = self.words[rate.end : rate.end + 4]
        if not after:
            return True
        if after[0] in COMPARED and after[0] != "of":
            return False
        if after[0] == "of" and len(after) > 1:
            others = {"them", "those", "these", "it", "which"}
            if after[1] in others or (after[1] == "the" and after[2:3] == ["#"]):
                return False
        before = self.words[max(0, rate.start - 2) : rate.start]
        return not {"by", "relative"} & set(before)
