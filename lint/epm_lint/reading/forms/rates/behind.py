"""What stands behind a rate or a count: its interval, its error, its n, its p."""

from __future__ import annotations

from typing import Any

from epm_lint.reading.forms.inference.groups import HEADS, after_nouns, is_tight
from epm_lint.reading.forms.rates.pairing import Pairing
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import (
    GLUE,
    INTERVAL_ATTRIBUTES,
    INTERVAL_WORDS,
    METHODS,
    Part,
)
from epm_lint.reading.number import Kind, Number

_SE_WORDS = frozenset({"se", "stderr", "s.e", "sem", "standard"})
_INTERVAL_TALK = INTERVAL_WORDS | INTERVAL_ATTRIBUTES | _SE_WORDS | frozenset({"error", "errors"})
_SD_WORDS = frozenset({"sd", "std", "s.d", "deviation", "σ"})


class Behind:
    """The parts that follow a rate of a passage."""

    def __init__(self, ground: Ground, pairing: Pairing) -> None:
        self.ground, self.pairing = ground, pairing
        self.words = ground.words
        self.operands = ground.operands

    def parts(self, place: int) -> dict[str, Any]:
        """The interval, the ± and the n that stand behind a rate or a count."""
        operands = self.operands
        found: dict[str, Any] = {"end": operands[place].end}
        at = after_nouns(operands[place])
        _, end = self.ground.sentence(operands[place].token)
        method_words: list[str] = []
        last = place
        for next_place in range(place + 1, len(operands)):
            operand = operands[next_place]
            role = operand.role
            if operand.start >= end or role in HEADS or next_place in self.pairing.paired:
                break
            if not self._tight(at, operand.start, role) or role is Part.COUNT:
                break
            if role is Part.INTERVAL and "interval" not in found:
                if operand.name == "range":
                    break
                found["interval"] = span_of(operand)
                if operand.high is None:
                    found["interval"], found["side"] = None, operand.name.split()[0]
                    found["half"] = operand.number
                found["level"] = operand.level
                method_words += operand.attributes
            elif role is Part.HALF and "half" not in found:
                found["half"] = operand.number
            elif role is Part.SE and "se" not in found:
                found["se"] = operand.number
            elif role is Part.N and "n_number" not in found:
                found["n_number"] = operand.number
                found["n"] = operand.nouns[0] if operand.nouns else ""
                if operand.nouns[:1] and operand.nouns[0] in ("per",):
                    break
            elif role is Part.P and "p" not in found:
                found["p"] = operand.number
            else:
                break
            found["end"] = operand.end
            at = after_nouns(operand)
            last = next_place
        method_words += self._near(operands[place].start, found["end"])
        found["method"] = next((METHODS[word] for word in method_words if word in METHODS), "")
        said = set(method_words)
        if "half" in found and "side" not in found:
            found["half_kind"] = _half_kind(said, found)
            if "level" not in found:
                found["level"] = self._level(operands[place].end, found["end"])
        found["continuity"] = "continuity" in said
        found["comparisons"] = self._comparisons(last, said) if "interval" in found else 0
        self._errors(found, place)
        return found

    def _tight(self, start: int, end: int, role: Part) -> bool:
        """As for other statistics; the words of an interval or an error may stand there too."""
        words = self.words[start:end]
        if not any(word in _INTERVAL_TALK for word in words):
            return is_tight(self.ground, start, end, role)
        numbers = self.ground.tokens.numbers
        return all(
            word in _INTERVAL_TALK or word in GLUE or numbers[at] is not None
            for at, word in enumerate(words, start)
        )

    def _errors(self, found: dict[str, Any], place: int) -> None:
        """The interval of so many standard errors: "±1 SE interval [26.4%, 35.6%]"."""
        half = found.get("half")
        if half is None:
            return
        at = self.ground.tokens.at(half.end)
        if self.words[at : at + 1] == ["se"] and half.is_whole and "interval" in found:
            found["errors"], found["half"], found["half_kind"] = half.mantissa, None, ""
            return
        if self.words[at : at + 1] == ["se"] and half.is_whole:
            later = self.operands[place + 1 :]
            interval = next((o for o in later if o.role is Part.INTERVAL and o.high), None)
            if interval is not None and interval.start - at < 4:
                found["interval"], found["errors"] = span_of(interval), half.mantissa
                found["half"], found["half_kind"] = None, ""
                found["end"] = interval.end

    def _near(self, start: int, end: int) -> list[str]:
        """The words of a rate's group, to the end of its brackets."""
        words = self.words
        stop = end
        while stop < min(end + 8, len(words)) and words[stop] not in (".", ";", "#", "¤"):
            stop += 1
        return list(words[start:stop])

    def _level(self, start: int, end: int) -> Number | None:
        for at in range(start, min(end + 4, len(self.words))):
            number = self.ground.tokens.numbers[at]
            if number is not None and number.kind is Kind.LEVEL:
                return number
        return None

    def _comparisons(self, last: int, said: set[str]) -> int:
        """Bonferroni's intervals: for how many."""
        if not any("bonferroni" in word for word in said):
            return 0
        for operand in self.operands[last + 1 : last + 2]:
            if operand.role is Part.COUNTED and operand.number.is_whole:
                return operand.number.mantissa
        return -1


def _half_kind(said: set[str], found: dict[str, Any]) -> str:
    if said & _SE_WORDS:
        return "se"
    if said & _SD_WORDS:
        return "sd"
    named = said & {"ci", "wilson", "interval", "confidence", "approximation", "wald", "cis"}
    return "interval" if named or found.get("level") else ""
