"""Rates with the counts, the trials and the intervals that stand with them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from epm_lint.reading.forms.statistics.groups import HEADS, after_nouns, is_tight
from epm_lint.reading.forms.statistics.parts import Taken
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import (
    AGGREGATES,
    FUNCTION_WORDS,
    GLUE,
    INTERVAL_ATTRIBUTES,
    INTERVAL_WORDS,
    METHODS,
    NO_TRIALS,
    OTHER_MEASURES,
    RATE_NOUNS,
    TRIALS,
    Role,
)
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified, count_of
from epm_lint.reading.statements import Binding, Proportion, Qualifier, Statement

_PAIRING = frozenset(
    """
        , : ( [ = – - → or i.e e.g that is k/n k of which makes meaning ie namely ~ ≈ so a rate was
        were are ) ]
    """.split()
)


_OPENINGS = frozenset("([")


_OF_ANOTHER_BASE = frozenset(["of"])


_TIME = frozenset({"time", "cases"})


_COMPARED = frozenset(
    """
        more less fewer higher lower larger smaller reduction increase drop rise relative points
        point above below faster slower better worse of than gain improvement
    """.split()
)


_MOST_WORDS = 10


_OF_PROPORTIONS = frozenset(["wilson", "clopper-pearson", "clopper–pearson", "clopper", "jeffreys"])


_REPEATED = frozenset(["seed", "seeds", "fold", "folds", "replicates", "repeats", "repetitions"])


_SE_WORDS = frozenset({"se", "stderr", "s.e", "sem", "standard"})


_INTERVAL_TALK = INTERVAL_WORDS | INTERVAL_ATTRIBUTES | _SE_WORDS | frozenset({"error", "errors"})


_SD_WORDS = frozenset({"sd", "std", "s.d", "deviation", "σ"})


_OTHER_SCALES = frozenset(["credit", "half", "ties", "tie", "judge", "judges", "score", "scores"])


class _Rates:
    def __init__(self, ground: Ground, qualified: Qualified, taken: Taken) -> None:
        self.ground, self.qualified, self.taken = ground, qualified, taken
        self.words = ground.words
        self.operands = ground.operands
        self.rate_of: dict[int, int] = {}
        """By the place of a count, that of its rate."""
        self.paired: set[int] = set()

    # ------------------------------------------------------------------ counts and rates

    def pair(self) -> None:
        """Find for each count the rate that is written for it."""
        operands = self.operands
        self._lists()
        for place, operand in enumerate(operands):
            if operand.role is not Role.COUNT or place in self.rate_of or operand in self.taken:
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
        if operand.role not in (Role.PERCENT, Role.BARE, Role.NAMED) or operand.high:
            return False
        if number.unit in ("%", "‰") or self._shares_unit(operand):
            return number.sign in ("", "-", "−") and not number.scientific
        return not number.unit and number.places > 0 and 0 <= number.amount <= 1 and not number.sign

    def _shares_unit(self, operand: Operand) -> bool:
        """Whether the unit stands behind what follows: "31.0 ± 3.0%"."""
        at = operand.end
        number = self.ground.tokens.numbers[at + 1] if at + 1 < len(self.words) else None
        return self.words[at : at + 1] == ["±"] and number is not None and number.unit == "%"

    def _lists(self) -> None:
        """ "31% and 57% (31/100 and 57/100)": as many of both, in their order."""
        operands = self.operands
        place = 0
        while place < len(operands):
            if operands[place].role is not Role.COUNT:
                place += 1
                continue
            last = place
            while (
                last + 1 < len(operands)
                and operands[last + 1].role is Role.COUNT
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
            and self.operands[at].role is Role.PERCENT
            and self.operands[at].number.kind is not Kind.LEVEL
        ][-many:]
        others = [o for o in self.operands[:place] if o.token >= start and o.role is Role.PERCENT]
        if len(rates) == many == len(others):
            for count, rate in zip(range(place, place + many), rates, strict=True):
                self._join(count, rate)
        elif len(others) > 1:
            self.paired.update(range(place))

    def _list_after(self, place: int, many: int) -> None:
        """ "18/75 and 24/75 (24% and 32%)"."""
        after = range(place + many, place + 2 * many)
        opening = self.words[self.operands[place + many - 1].end :][:1]
        rates = [at for at in after if at < len(self.operands) and self._is_free(at)]
        if opening != ["("] or len(rates) != many:
            return
        if all(self.operands[at].role is Role.PERCENT for at in rates):
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
        if not glued or (words == [","] and self._goes_on(second)):
            return False
        return True

    def _goes_on(self, rate: Operand) -> bool:
        """Whether a rate behind a comma has a noun of its own: "3/10 runs, 40% of tokens"."""
        after = self.words[rate.end : rate.end + 1]
        return bool(after) and after[0][0].isalpha() and after[0] not in ("with", "and", "in")

    def _are_words(self, words: list[str]) -> bool:
        plain = all(word[0].isalnum() or word in ("'", "’", "-", ",") for word in words)
        return plain and len(words) <= _MOST_WORDS and words.count(",") <= 1

    def _of_same_base(self, words: list[str], count: Operand) -> bool:
        """ "33% of the 94 (31/100)" speaks of two bases."""
        return not ("of" in words and any(word.isdigit() for word in words)) and bool(count)

    def _may_pair(self, rate: Operand) -> bool:
        """Whether a rate says nothing of another base, and is no comparison."""
        after = self.words[rate.end : rate.end + 4]
        if not after:
            return True
        if after[0] in _COMPARED and after[0] != "of":
            return False
        if after[0] == "of" and len(after) > 1:
            others = {"them", "those", "these", "it", "which"}
            if after[1] in others or (after[1] == "the" and after[2:3] == ["#"]):
                return False
        before = self.words[max(0, rate.start - 2) : rate.start]
        return not {"by", "relative"} & set(before)

    # ------------------------------------------------------------------ statements

    def read(self) -> Iterator[Statement]:
        """Every count and rate, with what stands with it."""
        self.pair()
        done: set[int] = set()
        for place, operand in enumerate(self.operands):
            if operand in self.taken or place in done:
                continue
            if operand.role is Role.COUNT:
                rate = self.rate_of.get(place)
                done.add(place)
                yield self._counted(place, rate)
            elif place not in self.paired and self.is_rate(operand):
                if made := self._bare(place):
                    yield made

    def _counted(self, place: int, rate: int | None) -> Proportion:
        count = self.operands[place]
        k, n = count.number.fraction or (0, 0)
        last = max(place, rate if rate is not None else place)
        given = self._parts(last)
        first = min(place, rate if rate is not None else place)
        start, end = self.operands[first].start, max(given.pop("end"), self.operands[last].end)
        given.pop("n_number", None)
        given.pop("n", None)
        rated = self.operands[rate] if rate is not None else None
        if rated is not None:
            start = min(rated.token if rated.role is Role.PERCENT else rated.start, count.start)
        self.taken.add(count, rated)
        return Proportion(
            **self.ground.common(start, end, qualifiers=self._qualifiers(start, end)),
            rate=rated.number if rated else None,
            count=count.number,
            k=k,
            n=n,
            **given,
        )

    def _bare(self, place: int) -> Proportion | None:
        """A rate with an n, an interval, or a count that is written apart from it."""
        rate = self.operands[place]
        given = self._parts(place)
        k, count = self._count_apart(place, given)
        n_number = given.pop("n_number", None) or self._base(place)
        noun = given.pop("n", None)
        n = count_of(n_number)
        if k is not None and n is None:
            n_number = self._base_of_count(count)
            n = count_of(n_number)
        interval, half = given.get("interval"), given.get("half")
        if n is None and interval is not None and (n_number := self._only_size(place)):
            n = count_of(n_number)
        if n is None and interval is None and half is None:
            return None
        named = (self._is_named(place) and k is None) or k is not None
        end = max(given.pop("end"), rate.end)
        start = rate.token
        if count is not None:
            start = min(start, count.token)
            end = max(end, count.end)
        self.taken.add(rate, count)
        qualifiers = self._qualifiers(rate.start, end)
        if (isinstance(noun, str) and noun in NO_TRIALS) or self._is_aggregate(place):
            qualifiers |= {Qualifier.MODELLED}
        binding = Binding.GROUP if count is None or n is None else Binding.CLAUSE
        number = rate.number.with_unit("%") if self._shares_unit(rate) else rate.number
        return Proportion(
            **self.ground.common(start, end, qualifiers=qualifiers, binding=binding),
            rate=number,
            count=count.number if count else None,
            k=k if n else None,
            n=n,
            n_number=n_number,
            named=named,
            **given,
        )

    def _parts(self, place: int) -> dict[str, Any]:
        """The interval, the ± and the n that stand behind a rate or a count."""
        operands, words = self.operands, self.words
        found: dict[str, Any] = {"end": operands[place].end}
        at = after_nouns(operands[place])
        _, end = self.ground.sentence(operands[place].token)
        method_words: list[str] = []
        last = place
        for next_place in range(place + 1, len(operands)):
            operand = operands[next_place]
            role = operand.role
            if operand.start >= end or role in HEADS or next_place in self.paired:
                break
            if not self._tight(at, operand.start, role) or role is Role.COUNT:
                break
            if role is Role.INTERVAL and "interval" not in found:
                if operand.name == "range":
                    break
                found["interval"] = span_of(operand)
                if operand.high is None:
                    found["interval"], found["side"] = None, operand.name.split()[0]
                    found["half"] = operand.number
                found["level"] = operand.level
                method_words += operand.attributes
            elif role is Role.HALF and "half" not in found:
                found["half"] = operand.number
            elif role is Role.SE and "se" not in found:
                found["se"] = operand.number
            elif role is Role.N and "n_number" not in found:
                found["n_number"] = operand.number
                found["n"] = operand.nouns[0] if operand.nouns else ""
                if operand.nouns[:1] and operand.nouns[0] in ("per",):
                    break
            elif role is Role.P and "p" not in found:
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
        del words
        return found

    def _tight(self, start: int, end: int, role: Role) -> bool:
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
        """ "±1 SE interval [26.4%, 35.6%]" """
        half = found.get("half")
        if half is None:
            return
        at = self.ground.tokens.at(half.end)
        if self.words[at : at + 1] == ["se"] and half.is_whole and "interval" in found:
            found["errors"], found["half"], found["half_kind"] = half.mantissa, None, ""
            return
        if self.words[at : at + 1] == ["se"] and half.is_whole:
            later = self.operands[place + 1 :]
            interval = next((o for o in later if o.role is Role.INTERVAL and o.high), None)
            if interval is not None and interval.start - at < 4:
                found["interval"], found["errors"] = span_of(interval), half.mantissa
                found["half"], found["half_kind"] = None, ""
                found["end"] = interval.end

    def _near(self, start: int, end: int) -> list[str]:
        """The words of a rate's group, to the end of its brackets."""
        words = self.words
        stop = end
        while stop < min(end + 8, len(words)) and words[stop] not in (".", ";"):
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
            if operand.role is Role.COUNTED and operand.number.is_whole:
                return operand.number.mantissa
        return -1

    def _qualifiers(self, start: int, end: int) -> frozenset[Qualifier]:
        said = self.qualified.of(start)
        named = any(word in METHODS for word in self.words[start : end + 3])
        return said if named else said | self.ground.declared_intervals

    # ------------------------------------------------------------------ names and bases

    def _is_named(self, place: int) -> bool:
        """Whether a number without a count is called a rate, or stands there without a name."""
        rate = self.operands[place]
        start = max(self.ground.clause(rate.start), rate.start - 12)
        if self.words[start - 1 : start] == [":"] or start == rate.start:
            start = max(self.ground.sentence(rate.start)[0], rate.start - 12)
        before = [w for w in self.words[start : rate.token] if w[0].isalpha()]
        after = self.words[rate.end : rate.end + 4]
        if after[:1] and after[0] in OTHER_MEASURES | _COMPARED - {"of"}:
            return False
        if any(w in OTHER_MEASURES or w.startswith("log-") for w in before):
            return False
        named = next((w for w in reversed(before) if w in RATE_NOUNS), "")
        if named or any(w in ("acc", "acc_norm", "exact_match") for w in before):
            return True
        if rate.number.unit != "%" and not self._shares_unit(rate):
            return False
        first, last = self.ground.sentence(rate.token)
        if not _OF_PROPORTIONS.isdisjoint(self.words[first:last]):
            return True
        of_counted = (
            after[:1] == ["of"]
            and place + 1 < len(self.operands)
            and (
                self.operands[place + 1].role is Role.COUNTED
                and self.operands[place + 1].start - rate.end <= 3
            )
        )
        return of_counted or not before or before == ["them"]

    def _is_aggregate(self, place: int) -> bool:
        """Whether its sentence says that it is a mean, weighted, or of partial credit."""
        start, end = self.ground.sentence(self.operands[place].token)
        said = self.words[start:end]
        return not (AGGREGATES.isdisjoint(said) and _REPEATED.isdisjoint(said))

    def _base(self, place: int) -> Number | None:
        """ "72.3% of 40 problems"."""
        rate = self.operands[place]
        if place + 1 >= len(self.operands):
            return None
        base = self.operands[place + 1]
        between = self.words[rate.end : base.start]
        if base.role is not Role.COUNTED or not {"of", "the", "all", "our"}.issuperset(between):
            return None
        if "of" not in between or base.nouns[0] not in TRIALS:
            return None
        return base.number

    def _count_apart(self, place: int, given: dict[str, Any]) -> tuple[int | None, Operand | None]:
        """k beside a rate: "12 (35%) of the 40", "32% of 100 prompts (31)", "(k = 31, n = 100)"."""
        operands, words = self.operands, self.words
        rate = operands[place]
        before = operands[place - 1] if place else None
        if before is not None and before.role is Role.COUNTED and place > 1:
            k = operands[place - 2]
            lead = words[max(0, before.start - 1) : before.start]
            near = before.start - k.end <= 4 and lead in (["in"], ["among"], ["of"], ["from"])
            bracketed = words[rate.token - 1 : rate.token] == ["("] and self._closes(rate)
            counted = words[before.end + len(before.nouns) : rate.token] == ["("]
            if near and bracketed and counted and _is_whole(k) and _is_whole(before):
                if k not in self.taken and k.number.mantissa <= before.number.mantissa:
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
            ):
                if self._closes(rate):
                    return before.number.mantissa, before
        for operand in operands[place + 1 : place + 4]:
            if operand.role is Role.K and operand.number.is_whole:
                tail = operands[operand.place + 1 :][:1]
                if "n_number" not in given and tail and tail[0].role is Role.N:
                    given["n_number"] = tail[0].number
                    given["end"] = max(given["end"], tail[0].end)
                return operand.number.mantissa, operand
            base = self._base(place)
            if base is not None and operand.number is not base and _is_whole(operand):
                bracketed = words[operand.token - 1 : operand.token] == ["("]
                if bracketed and words[operand.end : operand.end + 1] == [")"]:
                    given["n_number"] = base
                    return operand.number.mantissa, operand
        return None, None

    def _closes(self, rate: Operand) -> bool:
        """Whether a rate's brackets say nothing of another base behind it."""
        return self.words[rate.end : rate.end + 1] in ([")"], ["]"], [","], [";"])

    def _base_of_count(self, count: Operand | None) -> Number | None:
        """The n of a count that stands apart: of the 40, of those, the n before in the sentence."""
        if count is None:
            return None
        operands = self.operands
        place = count.place
        start, end = self.ground.sentence(count.token)
        for operand in operands[place + 1 : place + 3]:
            between = self.words[operand.start - 2 : operand.start]
            if (
                operand.role is Role.COUNTED
                and operand.token < end
                and (between == ["of", "the"] or between[-1:] == ["of"])
            ):
                return operand.number
        before = list(self.words[max(start, count.start - 4) : count.start])
        of_those = ("of", "these"), ("of", "those"), ("of", "them"), ("of", "which")
        behind = tuple(self.words[count.end : count.end + 2])
        if behind in of_those or any(pair in of_those for pair in itertools.pairwise(before)):
            return self._last_count(place)
        for operand in reversed(operands[:place]):
            if operand.token < start:
                break
            lead = self.words[max(start, operand.start - 2) : operand.start]
            introduced = {"of", "among", "from", "out"} & set(lead)
            if operand.role in (Role.COUNTED, Role.N) and introduced:
                return operand.number if _is_whole(operand) or operand.role is Role.N else None
        return None

    def _only_size(self, place: int) -> Number | None:
        """The one n that the sentence of a rate gives before it."""
        start, end = self.ground.sentence(self.operands[place].token)
        inside = self.ground.inside(start, end)
        sizes = [o for o in inside if o.role is Role.N]
        counts = [o for o in inside if o.role is Role.COUNT]
        return sizes[0].number if len(sizes) == 1 and not counts else None

    def _last_count(self, place: int) -> Number | None:
        """The count that "of those" points back to: k of the last k/n, or the last whole number."""
        for operand in reversed(self.operands[:place]):
            if operand.role is Role.COUNT and operand.number.fraction:
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
    fits = operand.role in (Role.BARE, Role.COUNTED, Role.K)
    return fits and operand.number.is_whole and not operand.number.sign


def _half_kind(said: set[str], found: dict[str, Any]) -> str:
    if said & _SE_WORDS:
        return "se"
    if said & _SD_WORDS:
        return "sd"
    named = said & {"ci", "wilson", "interval", "confidence", "approximation", "wald", "cis"}
    return "interval" if named or found.get("level") else ""


def rates_of(
    ground: Ground, qualified: Qualified, taken: Taken
) -> tuple[list[Statement], dict[int, int]]:
    """Every k/n and every rate that can be held to something; and which rate is of which count."""
    reader = _Rates(ground, qualified, taken)
    return list(reader.read()), reader.rate_of
