"""Written-out sums, products and quotients with their result."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction

from epm_lint.reading.ground import Ground, is_card
from epm_lint.reading.lexicon import FUNCTION_WORDS, NUMBER_WORDS, TRIALS
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.statements import Arithmetic, Statement, Term

_TIMES = frozenset({"×", "x", "·", "*"})


_OPERATORS = _TIMES | {"+", "−", "-", "/", "÷"}


_LONGEST_PHRASE = 8


_IN_A_PHRASE = frozenset(
    "of a an the for each per every in with without all at and from to by under under".split()
)


_LEAD = frozenset({"=", ":", "("})


_COLLECTIVE = TRIALS | frozenset(
    """
        runs run cells combinations configurations conditions models points evaluations completions
        generations tokens comparisons settings experiments calls steps batch size sequences
        judgements judgments ratings episodes trajectories hours
    """.split()
)


_STEPS = frozenset({"step", "steps", "updates", "update"})


_ROWS = frozenset({"rows", "row", "examples", "epochs", "epoch", "samples", "pairs", "dialogues"})


_RAISED = frozenset({"^", "{", "_"})
"""What makes a number a part of a formula that is not read: an exponent, an index."""


_MOST_FACTORS = 10


class _Factor:
    __slots__ = ("end", "nouns", "number", "start", "sum")

    def __init__(self, number: Number, start: int, end: int, nouns: tuple[str, ...]) -> None:
        self.number, self.start, self.end, self.nouns = number, start, end, nouns
        self.sum: tuple[Term, ...] = ()


def arithmetic(ground: Ground) -> Iterator[Statement]:
    """64 (4×4×1), 200 + 400 = 600, 20 questions × 5 completions."""
    words = ground.words
    if _OPERATORS.isdisjoint(words):
        return
    reader = _Expressions(ground)
    at = 0
    while at < len(words):
        if words[at] in ("#", "¤") or _is_word_factor(words, at):
            end = yield from reader.read(at)
            at = max(at + 1, end)
        else:
            at += 1


def _is_word_factor(words: list[str], at: int) -> bool:
    """Whether a number in words begins a product: "Six doses × 150 prompts"."""
    if words[at] not in NUMBER_WORDS:
        return False
    ahead = words[at + 1 : at + 5]
    return (
        any(word in _TIMES and place < 3 for place, word in enumerate(ahead))
        and "#" in words[at + 2 : at + 6]
    )


class _Expressions:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.words = ground.words
        self.numbers = ground.tokens.numbers

    def read(self, at: int) -> Generator[Statement, None, int]:
        """The expression that starts at a number, with its result; the token after both."""
        factors, operators, end = self._expression(at)
        if not operators:
            return at + 1
        yield from self._explained_factors(factors)
        if self._goes_on(at, end):
            return end
        total, explained, stop = self._total(at, end)
        if total is None and len(factors) < 2:
            return end
        quotient_alone = operators == ["/"]
        if quotient_alone and total is None:
            return end
        terms = _terms(factors, operators)
        start = (
            at
            if total is None or total.start > factors[0].number.start
            else self.ground.tokens.at(total.start)
        )
        numbers = [factor.number for factor in factors] + ([total] if total else [])
        if not self._fits(numbers, operators, total):
            return end
        alternatives = terms
        if total is not None and len(terms) > 1 and self._is_shared(at, end):
            alternatives = _distributed(factors, operators, total) or terms
        if self._counts_steps(factors, total, stop):
            return end
        yield Arithmetic(
            **self.ground.common(start, max(stop, end)),
            terms=alternatives,
            total=total,
            explained=explained,
            nouns=tuple(noun for factor in factors for noun in factor.nouns[:1]),
        )
        return max(stop, end)

    # ------------------------------------------------------------------ the expression

    def _expression(self, at: int) -> tuple[list[_Factor], list[str], int]:
        factors: list[_Factor] = []
        operators: list[str] = []
        place = at
        while len(factors) < _MOST_FACTORS:
            factor = self._factor(place)
            if factor is None:
                if operators:
                    operators.pop()
                break
            factors.append(factor)
            operator = self._word(factor.end)
            follows = self._word(factor.end + 1)
            if operator not in _OPERATORS or follows not in ("#", "¤"):
                break
            if operator == "-" and not self._is_spaced(factor.end):
                break
            operators.append(operator)
            place = factor.end + 1
        return factors, operators, factors[-1].end if factors else at + 1

    def _factor(self, at: int) -> _Factor | None:
        number = self.numbers[at] if at < len(self.words) else None
        if number is None and _is_word_factor(self.words, at) if at < len(self.words) else False:
            tokens = self.ground.tokens
            value = NUMBER_WORDS[self.words[at]]
            number = Number(tokens.raws[at], value, 0, tokens.starts[at], tokens.ends[at])
            number.passage = self.ground.passage
        elif number is None or self._word(at) not in ("#", "¤"):
            return None
        end, nouns = self._phrase(at + 1)
        factor = _Factor(number, at, end, nouns)
        if self._word(end) == "(" and self._word(end + 1) == "#":
            inner, operators, stop = self._expression(end + 1)
            if operators and self._word(stop) == ")":
                factor.sum = _terms(inner, operators)
                factor.end, more = self._phrase(stop + 1)
                factor.nouns = nouns or more
        elif self._word(end) == "(":
            closing = self.ground.tokens.find(")", end, end + 8)
            inside = self.words[end + 1 : closing] if closing > 0 else ["#"]
            follows = self._word(closing + 1) if closing > 0 else ""
            if "#" not in inside and "=" not in inside and follows in _OPERATORS | {"="}:
                factor.end = closing + 1
        return factor

    def _phrase(self, at: int) -> tuple[int, tuple[str, ...]]:
        """Past the words behind a factor, if an operator, `=` or a bracket follows them."""
        place = at
        nouns: list[str] = []
        while place < min(at + _LONGEST_PHRASE, len(self.words)):
            word = self.words[place]
            if word in _OPERATORS and self._word(place + 1) in ("#", "¤"):
                break
            if word in ("[", "]", "'", "’", ",") and self._word(place + 1).isalpha():
                if word == "," and self._word(place + 2) not in ("+", "×", "=", ","):
                    break
                place += 1
                continue
            if word == "," and self._word(place + 1) == "+":
                place += 1
                break
            if not word[0].isalpha() or word in ("and", "or", "vs", "is", "are", "but", "which"):
                break
            if word not in _IN_A_PHRASE:
                nouns.append(word)
            place += 1
        return place, tuple(nouns)

    def _word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def _is_spaced(self, at: int) -> bool:
        tokens = self.ground.tokens
        return tokens.starts[at] > tokens.ends[at - 1] and tokens.starts[at + 1] > tokens.ends[at]

    def _goes_on(self, start: int, end: int) -> bool:
        """Whether an operation that is not understood stands before it or after."""
        before, after = self._word(start - 1), self._word(end)
        odd = frozenset("−-+×*/^~≈±·%÷x")
        if before[-1:] in _RAISED or after in _RAISED:
            return True
        return before in odd or (after in odd and self._word(end + 1)[:1].isdigit())

    def _explained_factors(self, factors: list[_Factor]) -> Iterator[Statement]:
        for factor in factors:
            if factor.sum:
                yield Arithmetic(
                    **self.ground.common(factor.start, factor.end),
                    terms=factor.sum,
                    total=factor.number,
                    explained=True,
                )

    # ------------------------------------------------------------------ its result

    def _total(self, start: int, end: int) -> tuple[Number | None, bool, int]:
        """The result: behind `=`, else before `=`, a colon or a bracket."""
        if self._word(end) == "=" and self._word(end + 1) == "#":
            if self._is_named(end):
                return None, False, end
            chained = self._word(end + 2) in _OPERATORS
            return (None if chained else self.numbers[end + 1]), False, end + 2
        lead = self._word(start - 1)
        if lead not in _LEAD:
            return None, False, end
        if lead == "(" and self._word(end) not in (")", ",", ";"):
            return None, False, end
        place = start - 2
        limit = max(self.ground.sentence(start)[0], start - _LONGEST_PHRASE)
        nouns: list[str] = []
        while place >= limit and self.words[place][0].isalpha() and (self.numbers[place] is None):
            word = self.words[place]
            if word in FUNCTION_WORDS and word not in _IN_A_PHRASE:
                return None, False, end
            nouns.insert(0, word)
            place -= 1
        if place < limit or self.words[place] != "#" or self._word(place - 1)[-1:] in _RAISED:
            return None, False, end
        total = self.numbers[place]
        if lead in ("(", ":") and nouns and not self._is_collective(nouns, total, start):
            return None, False, end
        return total, lead == "(", end + (lead == "(" and self._word(end) == ")")

    def _is_named(self, at: int) -> bool:
        """Whether the number behind an equals sign is that of a symbol: "at T=1.0, n=120"."""
        number = self.numbers[at + 1]
        word = self._word(at - 1)
        if number is None or (word.isalpha() and len(word) == 1):
            return True
        if number.kind is Kind.SETTING and is_card(self.ground.passage):
            # all of a card are settings: "20 questions × 5 completions = 100" is a sum of them
            return word[:1].isalpha() and not (word.endswith("s") and self._is_spaced(at))
        return number.kind is not Kind.PLAIN

    def _is_collective(self, nouns: list[str], total: Number | None, start: int) -> bool:
        """Whether what is counted before a bracket is what the bracket's product counts."""
        factors, operators, _ = self._expression(start)
        value = sum((term.value for term in _terms(factors, operators)), Fraction(0))
        if set(operators) <= {"+"}:
            return len(factors) > 1
        near = total is not None and value > 0 and 0.2 < float(total.value / value) < 5
        return bool(_COLLECTIVE & set(nouns)) and near

    def _fits(self, numbers: list[Number], operators: list[str], total: Number | None) -> bool:
        units = {number.unit for number in numbers}
        if units - {"", "×"} and len(units) > 1 and not units <= {"", *_MEASURES}:
            return False
        if any(number.fraction for number in numbers):
            first = numbers[0].fraction
            whole = first is not None and not first[0] < first[1]
            return bool(total) and total is not None and not total.unit and whole
        if any(number.code and number.kind is Kind.IDENTIFIER for number in numbers):
            return False
        signs = [number for number in numbers if number.sign not in ("", "-", "−", "+")]
        return not signs and not any(number.bound in ("<", ">", "≤", "≥") for number in numbers)

    def _is_shared(self, start: int, end: int) -> bool:
        """Whether a product may be of a sum: "20 prompts × 1 marked + 10 plain for each"."""
        return bool({"each", "per", "every"} & set(self.words[start:end]))

    def _counts_steps(self, factors: list[_Factor], total: Number | None, stop: int) -> bool:
        """Rows times epochs are no steps: the size of a batch is missing."""
        said = set(self.words[stop : stop + 3]) if total else set()
        nouns = {noun for factor in factors for noun in factor.nouns}
        return (
            bool(said & _STEPS)
            and bool(nouns & _ROWS)
            and not nouns & (_STEPS | {"batch"})
            and (len(factors) == 2)
        )


_MEASURES = frozenset({"min", "minutes", "minute", "h", "hours", "hour", "s", "GB", "MB", "ms"})


def _terms(factors: list[_Factor], operators: list[str]) -> tuple[Term, ...]:
    if not factors:
        return ()
    terms: list[Term] = []
    above, below = [factors[0].number], list[Number]()
    subtracted = False
    for factor, operator in zip(factors[1:], operators, strict=False):
        if operator in ("+", "−", "-"):
            terms.append(Term(tuple(above), subtracted, tuple(below)))
            above, below, subtracted = [factor.number], [], operator != "+"
        elif operator in ("/", "÷"):
            below.append(factor.number)
        else:
            above.append(factor.number)
    return (*terms, Term(tuple(above), subtracted, tuple(below)))


def _distributed(factors: list[_Factor], operators: list[str], total: Number) -> tuple[Term, ...]:
    """a × b + c as a × (b + c), where that gives the total."""
    if len(factors) != 3 or operators[0] not in _TIMES or operators[1] != "+":
        return ()
    first, second, third = (factor.number for factor in factors)
    spread = (Term((first, second)), Term((first, third)))
    return spread if sum(term.value for term in spread) == total.value else ()
