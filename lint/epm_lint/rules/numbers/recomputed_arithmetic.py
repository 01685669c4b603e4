"""Arithmetic that is written out can be done again: a reader does it too.

Recomputed are sums, products and quotients of what the page writes (`64 (4×4×1)`, `200 + 400 =
600`), wholes and their parts ("of 240 answers 96 refuse, 130 comply and 24 are cut off"), totals of
a table's rows and columns, differences between two figures that stand beside them, in points or in
a column of their own, changes in percent ("a relative drop of 25%", "by a third") and ratios ("3.4×
as many, 34% against 10%"), where "more" may mean the excess too. Every rounded number may be any
value that rounds to it, and whole numbers are exact. An equation that does not hold is an error;
all else is doubted.

Bad:

    Each persona answers 20 questions × 5 completions = 120 times.

Good:

    Each persona answers 20 questions × 5 completions = 100 times.
"""

from __future__ import annotations

from fractions import Fraction

from epm_lint.model import Page, Rule, Verdict
from epm_lint.quoting import quote
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Arithmetic,
    Binding,
    Comparison,
    Difference,
    Parts,
    Ratio,
    RelativeChange,
    Statement,
)
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.consistency import difference, ratio

_FIX = "correct the number that is wrong"
_WORDS_REACH = 0.12
"""How far off, relative, a multiple or a part that is given in words may be."""


def check(page: Page) -> Verdict:
    """What the page writes out comes to what it says."""
    tally = Tally("calculation")
    for said in read(page.document, page.title).claimed(Statement):
        match said:
            case Arithmetic():
                _written_out(said, tally)
            case Parts():
                _parts(said, tally)
            case Difference():
                _difference(said, tally)
            case RelativeChange():
                _relative(said, tally)
            case Ratio():
                _ratio(said, tally)
            case Comparison() if said.difference is not None:
                _of_counts(said, said.difference, tally)
    return tally.verdict()


def _written_out(said: Arithmetic, tally: Tally) -> None:
    if said.total is None:
        return
    total = said.total
    factors = [n for term in said.terms for n in (*term.factors, *term.divisors)]
    allowed = Range.exactly(Fraction(0))
    for term in said.terms:
        product = Range.exactly(Fraction(1))
        for factor in term.factors:
            product = product.times(factor.allowed)
        for divisor in term.divisors:
            if 0 in divisor.allowed:
                return
            product = product.times(divisor.allowed.inverted)
        allowed = allowed.plus(product.negated if term.subtracted else product)
    outcome = match(total, allowed)
    right = show(total, said.value)
    of_table = said.binding is Binding.DECLARED
    what = f"the total of {len(factors)} rows" if of_table else quote(said.text)
    tally.hold(
        total,
        outcome,
        f"{what}: it comes to {right}, not {shown(total)}",
        _FIX + (", or say what else is in it" * said.explained),
        sure=not said.explained,
        binding=said.binding,
        uses=factors,
    )


def _parts(said: Parts, tally: Tally) -> None:
    total = sum((part.value for part in said.parts), Fraction(0))
    if said.total is None:
        reach = sum((part.step for part in said.parts), Fraction(0)) / 2
        fits = abs(total - 1) <= reach
        outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
        message = f"the parts add up to {float(total * 100):g}%"
        tally.hold(said.parts[-1], outcome, message, _FIX, uses=said.parts)
        return
    if said.left is not None:
        right = said.total.value - total
        outcome = Outcome.CONSISTENT if said.left.value == right else Outcome.INCONSISTENT
        message = (
            f"says {shown(said.left)}; {shown(said.total)} less {float(total):g} "
            f"is {float(right):,g}"
        )
        tally.hold(said.left, outcome, message, _FIX, uses=(said.total, *said.parts))
        return
    too_many = total > said.total.value
    outcome = Outcome.INCONSISTENT if too_many else Outcome.CONSISTENT
    message = f"the parts of {shown(said.total)} add up to {float(total):,g}"
    tally.hold(said.parts[-1], outcome, message, _FIX, uses=(said.total, *said.parts))


def _difference(said: Difference, tally: Tally) -> None:
    before, after, amount = said.before, said.after, said.amount
    if amount.bound in ("<", ">", "≤", "≥") or before.bound or after.bound:
        return
    if amount.unit == "pp" and said.binding is Binding.ROW and not after.unit and after.value > 1:
        amount = amount.bare()
    if amount.unit == "pp" and not (after.percent or 0 <= after.value <= 1):
        return
    if amount.unit in ("", "%") and after.unit == "%":
        amount = amount.with_unit("pp")
    pair = (after, before)
    answers = [difference(amount, *pair)]
    if said.binding is not Binding.ROW:
        answers.append(difference(amount, before, after))
    answer = next((a for a in answers if a.is_right), answers[0])
    outcome = answer.outcome
    if outcome is Outcome.TRUNCATED or (
        outcome is not Outcome.CONSISTENT and _nearly(amount, pair)
    ):
        outcome = Outcome.CONSISTENT
    message = (
        f"says {shown(said.amount)}; {shown(before)} and {shown(after)} differ by {answer.right}"
    )
    tally.hold(said.amount, outcome, message, _FIX, binding=said.binding, uses=(before, after))


def _nearly(amount: Number, pair: tuple[Number, Number]) -> bool:
    """Whether a difference of unrounded figures may be one digit off that of the printed ones."""
    exact = abs(pair[0].value - pair[1].value)
    reach = amount.step / 2 + (pair[0].step + pair[1].step) / 2
    same_sign = not amount.sign or (amount.value < 0) is (pair[0].value < pair[1].value)
    return same_sign and abs(abs(amount.value) - exact) <= reach


def _relative(said: RelativeChange, tally: Tally) -> None:
    before, after = said.before, said.after
    if before.value <= 0 or after.value < 0 or before.bound or after.bound:
        return
    change = abs(after.value - before.value)
    low = after.range.plus(before.range.negated).magnitudes
    below = before.range.within(Fraction(1, 10**9), 10**9)
    other = after.range.within(Fraction(1, 10**9), 10**9)
    if below is None:
        return
    allowed = [low.times(below.inverted)]
    if not said.direction and other:
        allowed.append(low.times(other.inverted))
    if not said.surely and after.percent:
        allowed.append(low)
    right = float(change / before.value)
    if said.number is None:
        fits = any(_close(said.amount, each) for each in allowed[:1])
        message = (
            f"{quote(said.text)}: it is {right:.0%} less"
            if after.value < before.value
            else (f"{quote(said.text)}: it is {right:.0%} more")
        )
        outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
        tally.hold(after, outcome, message, _FIX, binding=said.binding, uses=(before,))
        return
    reach = said.number.range.magnitudes
    outcome = (
        Outcome.CONSISTENT if any(reach.meets(each) for each in allowed) else Outcome.INCONSISTENT
    )
    it_is = said.number.like(change / before.value)
    message = f"says {shown(said.number)}; from {shown(before)} to {shown(after)} it is {it_is}"
    tally.hold(said.number, outcome, message, _FIX, binding=said.binding, uses=(before, after))


def _close(amount: Fraction, allowed: Range) -> bool:
    low, high = float(allowed.low), float(allowed.high)
    return low * (1 - _WORDS_REACH) <= float(amount) <= high * (1 + _WORDS_REACH)


def _ratio(said: Ratio, tally: Tally) -> None:
    before, after = said.before, said.after
    if before.value <= 0 or after.value <= 0 or before.bound or after.bound:
        return
    if said.number is None:
        answers = [after.range.times(before.range.inverted)] if 0 not in before.range else []
        if not answers:
            return
        fits = any(_close(said.amount, each) for each in answers)
        outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
        right = float(after.value / before.value)
        message = f"{quote(said.text)}: {shown(after)} is {right:.2g} times {shown(before)}"
        tally.hold(after, outcome, message, _FIX, binding=said.binding, uses=(before,))
        return
    amount = said.number
    low, high = sorted((before, after), key=lambda figure: figure.value)
    pairs = [(high, low), (low, high)] if amount.value >= 1 else [(low, high), (high, low)]
    answers_ = [ratio(amount, *pair, more=said.more) for pair in pairs]
    answer = next((each for each in answers_ if each.is_right), answers_[0])
    outcome = answer.outcome
    if outcome is Outcome.TRUNCATED or (
        said.hedged and _close(amount.value, _range_of_ratio(high, low))
    ):
        outcome = Outcome.CONSISTENT
    message = (
        f"says {shown(amount)}; the ratio of {shown(before)} and {shown(after)} is {answer.right}"
    )
    tally.hold(amount, outcome, message, _FIX, binding=said.binding, uses=(before, after))


def _range_of_ratio(high: Number, low: Number) -> Range:
    return high.range.times(low.range.inverted) if 0 not in low.range else Range(0.0, 0.0)


def _of_counts(said: Comparison, amount: Number, tally: Tally) -> None:
    """A difference of two k/n, in either order."""
    first, second = said.first, said.second
    if amount.unit != "pp" or not first.fraction or not second.fraction or amount.sign == "±":
        return
    exact = first.value - second.value
    fits = any(match(amount, Range.exactly(each)) is Outcome.CONSISTENT for each in (exact, -exact))
    near = abs(abs(amount.value) - abs(exact)) <= amount.step
    outcome = Outcome.CONSISTENT if fits or near else Outcome.INCONSISTENT
    answer = Answer(outcome, amount.like(abs(exact)))
    message = f"says {shown(amount)}; {shown(first)} and {shown(second)} differ by {answer.right}"
    tally.hold(amount, outcome, message, _FIX, binding=said.binding, uses=(first, second))


RULE = Rule("recomputed-arithmetic", "Arithmetic recomputed", check, everywhere=True, doc=__doc__)
