"""Give every number of a text its part: p, df, n, the end of an interval, a count, a rate.

A number's part is read from what stands right before it (`t(28) =`, `p <`, `95% CI`), from its own
form (`31/100`, `12 pp`), or from the word behind it (`12 personas`). One that none of these tell is
bare, and belongs to no check that asks for more.
"""

from __future__ import annotations

from epm_lint.patterns import Pattern
from epm_lint.reading.lexicon import (
    BOUND_WORDS,
    FUNCTION_WORDS,
    GLUE,
    HEDGES,
    INTERVAL_ATTRIBUTES,
    INTERVAL_WORDS,
    LINKS,
    NAMES,
    OTHER_MEASURES,
    TWO_WORD_HEDGES,
    TWO_WORDS,
    Part,
)
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.text.tokens import Tokens

_RELATIONS = frozenset("=<>≤≥≈~:")
_OPENINGS, _CLOSINGS = frozenset("(["), frozenset(")]")
_CALLED = frozenset({Part.TEST, Part.CORRELATION})
_JOINS = frozenset({",", ";", "–", "-", "to", "through", "…", "bis", "and", "−", "|"})
_SUBSCRIPT = Pattern(r"(?P<name>t|F|χ²|χ2|z|r)_?(?P<df>[0-9]{1,6}|[₀-₉]{1,6})\Z")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LOGARITHMS = frozenset({"log10", "log₁₀", "−log10", "log"})
_FARTHEST = 9


class Operand:
    """A number with its part, or the two ends of an interval with theirs."""

    __slots__ = (
        "args",
        "attributes",
        "end",
        "high",
        "level",
        "n",
        "name",
        "named",
        "nouns",
        "number",
        "place",
        "role",
        "start",
        "token",
    )

    def __init__(self, role: Part, name: str, number: Number, start: int, token: int, end: int):
        self.role = role
        self.name = name
        """The symbol as it is called here; of a `NAMED` one, the word in small letters."""
        self.number = number
        """Of an interval, its lower end."""
        self.high: Number | None = None
        self.level: Number | None = None
        self.named = False
        """Whether an interval is called one."""
        self.args: tuple[Number, ...] = ()
        """The degrees of freedom in brackets: t(28), F(2, 57)."""
        self.n: Number | None = None
        """The N in the same brackets: χ²(1, N = 85)."""
        self.attributes: tuple[str, ...] = ()
        """The words between an interval's name, its level and its numbers."""
        self.nouns: tuple[str, ...] = ()
        """The words behind a number that say what is counted."""
        self.start = start
        """The first token that belongs to it, its name."""
        self.token = token
        """The token of its number."""
        self.end = end
        """The token after its last."""
        self.place = -1
        """Its place among the operands of its passage."""

    def __repr__(self) -> str:
        high = f"..{self.high.raw}" if self.high else ""
        return f"<{self.role.name} {self.name} {self.number.raw}{high}>"


def operands(tokens: Tokens) -> list[Operand]:
    """The operands of a text, in order."""
    return _OperandReader(tokens).read()


class _OperandReader:
    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.words = tokens.words
        self.numbers = tokens.numbers
        self.found: list[Operand] = []

    def read(self) -> list[Operand]:
        words, raws = self.words, self.tokens.raws
        at, last = 0, len(words)
        while at < last:
            word = words[at]
            if word == "#":
                at = self._number(at)
            elif word == "¤":
                at = self._count(at)
            elif at + 1 < last and words[at + 1] in _OPENINGS and raws[at] in NAMES:
                at = self._call(at)
            elif self.numbers[at] is not None and _SUBSCRIPT.match(raws[at]):
                at = self._subscripted(at)
            else:
                at += 1
        return self.found

    def _word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def _add(self, role: Part, name: str, number: Number, start: int, token: int) -> Operand:
        operand = Operand(role, name, number, start, token, token + 1)
        operand.place = len(self.found)
        self.found.append(operand)
        return operand

    # ------------------------------------------------------------------ t(28) = 2.20

    def _call(self, at: int) -> int:
        """A statistic with its degrees of freedom in brackets."""
        role, name = NAMES[self.tokens.raws[at]]
        if role not in _CALLED:
            return at + 1
        args: list[Number] = []
        n: Number | None = None
        place = at + 2
        while place < at + _FARTHEST and self._word(place) not in _CLOSINGS:
            number = self.numbers[place] if place < len(self.words) else None
            if number is not None:
                if self._word(place - 2) in ("n",) and self._word(place - 1) == "=":
                    n = number
                else:
                    args.append(number)
            elif self._word(place) not in (",", "n", "=", "df", ";", "_"):
                return at + 1
            place += 1
        value = place + 2
        relation = self._word(place + 1)
        if self._word(place) not in _CLOSINGS or relation not in _RELATIONS | LINKS:
            return at + 1
        if self._word(value) != "#" or not (args or n) or len(args) > 2:
            return at + 1
        number = self.numbers[value]
        assert number  # noqa: S101
        operand = self._add(role, name, number, at, value)
        operand.args, operand.n = tuple(args), n
        return value + 1

    def _subscripted(self, at: int) -> int:
        """F₁,₃₈ = 1.2 and t₂₈ = 1.2, as they are read without their subscripts."""
        found = _SUBSCRIPT.match(self.tokens.raws[at])
        assert found  # noqa: S101
        digits = found["df"].translate(_LOWERED)
        first = Number(digits, int(digits), 0, self.tokens.starts[at], self.tokens.ends[at])
        args, place = [first], at + 1
        if self._word(place) == "," and self._word(place + 1) == "#":
            second = self.numbers[place + 1]
            args, place = [first, *([second] if second else [])], place + 2
        if self._word(place) not in _RELATIONS or self._word(place + 1) != "#":
            return at + 1
        role, name = NAMES[found["name"]]
        number = self.numbers[place + 1]
        if number is None or (len(args) == 2) is not (name == "F"):
            return at + 1
        self._add(role, name, number, at, place + 1).args = tuple(args)
        return place + 2

    # ------------------------------------------------------------------ other numbers

    def _count(self, at: int) -> int:
        number = self.numbers[at]
        assert number  # noqa: S101
        _, hedge = self._hedged(at - 1)
        if not hedge and not self._is_end_of_estimate(at):
            self._add(Part.COUNT, "", number, at, at).nouns = self._nouns(at + 1)
        return at + 1

    def _is_end_of_estimate(self, at: int) -> bool:
        """Whether a k/n is one of the two of "between 1/4 and 1/3", which nobody counted."""
        first = at - 2 if self.words[max(0, at - 2) : at] == ["¤", "and"] else at
        if self._word(first - 1) != "between" or self.words[first + 1 : first + 3] != ["and", "¤"]:
            return False
        return self._word(first - 2) not in OTHER_MEASURES

    def _number(self, at: int) -> int:
        number = self.numbers[at]
        assert number  # noqa: S101
        if number.kind is Kind.LEVEL:
            return self._bound(at, number)
        if end := self._interval(at, number):
            return end
        if number.sign == "±" or self._word(at - 1) == "±":
            self._add(Part.HALF, "", number, at - (self._word(at - 1) == "±"), at)
            return at + 1
        end = self._past_slashes(at)
        if end > at + 1 and number.is_whole:
            return end
        role, name, start = self._named(at, number)
        if number.unit == "pp":
            role = Part.POINTS
        elif number.unit == "×":
            role = Part.TIMES
        elif number.unit in ("%", "‰"):
            role = role if role in _OF_PERCENT else Part.PERCENT
        operand = self._add(role, name, number, start, at)
        operand.end = end
        if number.unit in ("", "%"):
            operand.nouns = self._nouns(operand.end)
        headed = role is Part.NAMED and self._word(at - 1) == ":"
        if operand.nouns and (role is Part.BARE or headed) and number.is_whole and not number.sign:
            operand.role = Part.COUNTED
            operand.start = at if headed else start
        return operand.end

    def _past_slashes(self, at: int) -> int:
        """The token after a number and what it is over: the 5 of 3.1/5 is no figure of its own."""
        end = at + 1
        while self._word(end) == "/" and self._word(end + 1) == "#":
            before, after = self.numbers[end - 1], self.numbers[end + 1]
            assert before  # noqa: S101
            assert after  # noqa: S101
            is_score = before.places and after.is_whole and not before.unit
            if after.start - before.end > 1 and not is_score:
                break
            end += 2
        return end

    def _nouns(self, at: int) -> tuple[str, ...]:
        """The words right behind a number, up to one that says nothing."""
        found: list[str] = []
        while len(found) < 4 and (word := self._word(at)) and word[0].isalpha():
            if word in FUNCTION_WORDS or self.numbers[at] is not None:
                break
            found.append(word)
            at += 1
        return tuple(found)

    def _named(self, at: int, number: Number) -> tuple[Part, str, int]:
        """What the words right before a number say that it is, and where they start."""
        place = at - 1
        joint = self._word(place)
        if joint in _RELATIONS or joint == "±":
            place -= 1
        else:
            place, hedge = self._hedged(place)
            if hedge and not number.relation and (number.unit == "%" or number.places):
                number.relation = hedge
            joint = self._word(place) if self._word(place) in LINKS else ""
            place -= bool(joint)
        word = self._word(place)
        if not word or place < 0:
            return Part.BARE, "", at
        if word == ")" and joint:
            return self._with_brackets(place, joint, at)
        if word in ("p", "p-value") and self._word(place - 1) in _LOGARITHMS:
            return Part.P, "log p", place - 1 - (self._word(place - 2) in ("−", "-", "–"))
        raw = self.tokens.raws[place]
        two = TWO_WORDS.get((self._word(place - 1), word))
        if two:
            return *two, place - 1
        told = NAMES.get(raw)
        if told is None and "_" in raw and joint:
            told = _subscript(raw)
        if told:
            symbol = len(raw) == 1 or told[0] in (Part.P, Part.TEST)
            if joint or not symbol:
                return *told, place
        if joint in ("=", ":", "≈", "<", ">", "≤", "≥", "~") and word[0].isalpha():
            return Part.NAMED, word, place
        if word[0].isalpha() and (joint or word not in FUNCTION_WORDS):
            return Part.BARE, word, at
        return Part.BARE, "", at

    def _with_brackets(self, place: int, joint: str, at: int) -> tuple[Part, str, int]:
        """A name with brackets behind it: p(FDR) = .07, −log10(p) = 5."""
        opening = max((self.tokens.find("(", max(0, place - 5), place)), 0)
        inside = self.words[opening + 1 : place]
        name = self._word(opening - 1)
        if name in _LOGARITHMS and inside == ["p"]:
            return Part.P, "log p", opening - 1 - (self._word(opening - 2) in ("−", "-", "–"))
        told = NAMES.get(self.tokens.raws[opening - 1]) if opening else None
        if told and told[0] in (Part.P, Part.CORRELATION, Part.TEST):
            return told[0], f"{told[1]}_{' '.join(inside)}", opening - 1
        named = bool(name) and name[0].isalpha() and joint not in LINKS
        return (Part.NAMED, name, opening - 1) if named else (Part.BARE, name, at)

    def _hedged(self, place: int) -> tuple[int, str]:
        """Past "about", "at least" and their like."""
        word = self._word(place)
        if two := TWO_WORD_HEDGES.get((self._word(place - 1), word)):
            return place - 2, two
        if one := HEDGES.get(word):
            return place - 1, one
        return place, ""

    # ------------------------------------------------------------------ intervals

    def _interval(self, at: int, low: Number) -> int:
        """Read two numbers as the ends of an interval or a range; the token after them, or 0."""
        join = self._word(at + 1)
        if join not in _JOINS or self._word(at + 2) != "#":
            return 0
        high = self.numbers[at + 2]
        assert high  # noqa: S101
        if not (_is_end(low) and _is_end(high)) or high.kind is Kind.LEVEL:
            return 0
        before, after = self._word(at - 1), self._word(at + 3)
        opened = before in _OPENINGS
        closed = opened and after in _CLOSINGS
        start, words, level = self._interval_name(at - 1 - opened)
        named = bool(words & INTERVAL_WORDS)
        if join in (",", ";", "|") and not (closed or named):
            return 0
        if join == "and" and not (named or before == "between"):
            return 0
        if join == "to" and not (named or closed or (before == "between")):
            return 0
        if closed and not named:
            if self._word(at - 2) in ("∈", "in", "=") and before == "(":
                return 0
            if before == "(" and not (low.places or high.places or high.unit == "%"):
                return 0
            if before == "(" and self.tokens.raws[at - 2 : at - 1] in (["F"], ["χ²"]):
                return 0
        if join in ("–", "-", "−") and not (closed or named) and not _alike(low, high):
            return 0
        is_one = named or (closed and (join != "to" or before == "["))
        if is_one and not named and not self._level_behind(at + 4):
            is_one = self._is_around_estimate(at - 1, low, high)
            if join in (",", ";", "|") and not is_one:
                return 0
        begins = start if named else at - opened
        if join == "and" and not named and self.tokens.raws[at - 2] in ("p", "P"):
            operand = self._add(Part.P, "p", low, at - 2, at)
            operand.high, operand.end = high, at + 3
            return operand.end
        operand = self._add(Part.INTERVAL, "range", low, begins, at)
        operand.high, operand.named, operand.level = high, named, level
        operand.attributes = tuple(words)
        if is_one and words & INTERVAL_WORDS != {"range"}:
            operand.name = ""
        operand.end = at + 3 + closed
        if not level:
            operand.level = self._level_behind(operand.end)
        return operand.end

    def _is_around_estimate(self, opening: int, low: Number, high: Number) -> bool:
        """Whether two numbers in brackets without a name can be the interval of what they follow.

        "73.4% (+12.2 pp, +20%)" tells two changes, and "73.4% (61.2%, 71.0%)" two other rates.
        """
        if low.unit not in ("", high.unit):
            return False
        if self.words[opening] == "[":
            return True
        estimate = self._estimate_before(opening)
        if estimate is None:
            return True
        if low.sign == "+" and estimate.sign != "+":
            return False
        unit = high.unit or (estimate.unit if estimate.unit in ("%", "pp") else "")
        ends = low.with_unit(unit).range, high.with_unit(unit).range
        lowest, highest = min(end.low for end in ends), max(end.high for end in ends)
        return estimate.range.low <= highest and lowest <= estimate.range.high

    def _estimate_before(self, opening: int) -> Number | None:
        """The last number of a sentence before a bracket that an interval can be of."""
        start, _ = self.tokens.sentence(opening)
        for operand in reversed(self.found):
            if operand.token < start:
                break
            if operand.role not in _BESIDE_ESTIMATES:
                return operand.number
        return None

    def _interval_name(self, place: int) -> tuple[int, set[str], Number | None]:
        """Back over "Wilson 95% CI:", "with a 95% confidence interval from"."""
        words: set[str] = set()
        level: Number | None = None
        start = place + 1
        for at in range(place, max(-1, place - _FARTHEST), -1):
            word = self.words[at]
            number = self.numbers[at]
            if number is not None and number.kind is Kind.LEVEL and level is None:
                level, start = number, at
            elif word in INTERVAL_WORDS or word in BOUND_WORDS:
                words.add(word)
                start = at
            elif word in INTERVAL_ATTRIBUTES:
                words.add(word)
                if word[0].isalpha() and word not in GLUE:
                    start = at
            else:
                break
        return start, words, level

    def _level_behind(self, at: int) -> Number | None:
        """The level of "[22.8%, 40.6%] (95% CI)"."""
        if self._word(at) not in ("(", ","):
            return None
        number = self.numbers[at + 1] if at + 1 < len(self.numbers) else None
        return number if number and number.kind is Kind.LEVEL else None

    def _bound(self, at: int, level: Number) -> int:
        """An interval with one end, "95% upper bound 5.8%"; else the level of something."""
        place, words = at + 1, []
        while self._word(place) in INTERVAL_ATTRIBUTES | BOUND_WORDS | LINKS:
            words.append(self._word(place))
            place += 1
        side = {"upper", "lower"} & set(words)
        if not side or not BOUND_WORDS & set(words) or self._word(place) != "#":
            return at + 1
        number = self.numbers[place]
        assert number  # noqa: S101
        operand = self._add(Part.INTERVAL, f"{side.pop()} bound", number, at, place)
        operand.level, operand.named, operand.attributes = level, True, tuple(words)
        return place + 1


_BESIDE_ESTIMATES = frozenset(
    {
        *(Part.P, Part.TEST, Part.N, Part.K, Part.DF, Part.COUNTED),
        *(Part.SD, Part.SE, Part.HALF, Part.INTERVAL),
    }
)
"""What may stand between an estimate and its interval."""
_OF_PERCENT = frozenset({Part.SE, Part.SD, Part.MEAN, Part.HALF})


def _subscript(raw: str) -> tuple[Part, str] | None:
    """A symbol with a subscript that is not known: p_holm, r_partial; it is not the plain one."""
    symbol, _, subscript = raw.partition("_")
    told = NAMES.get(symbol)
    if told and told[0] in (Part.P, Part.TEST, Part.CORRELATION, Part.N):
        return told[0], f"{told[1]}_{subscript.casefold()}"
    return None


def _is_end(number: Number) -> bool:
    return number.kind in (Kind.PLAIN, Kind.SETTING, Kind.MEASURE) and number.sign != "±"


def _alike(low: Number, high: Number) -> bool:
    return low.unit in ("", high.unit) and not low.bound and not high.bound and not high.sign
