"""A rate is its count divided by its trials, and only some rates are possible at a given n.

Recomputed are rates beside their counts (`23% (23/100)`, `12 (30%) of the 40`, a column of each),
and rates without a count whose n counts trials: of n trials, k/n is all there can be (GRIM: Brown &
Heathers 2017, Social Psychological and Personality Science 8, 363-369). Halves may be rounded up or
to even; digits that were cut off are named. A count that is not its rate is an error, an impossible
rate a doubt, for some answers may have been left out of n. What is a mean, weighted, of partial
credit, or of seeds or judges is no k of n, and neither is a measure that is not called a rate.

Bad:

    The rate is 32% (31/100).

Good:

    The rate is 31% (31/100).
"""

from __future__ import annotations

from fractions import Fraction

from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Proportion, Qualifier
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Outcome, match
from epm_lint.statistics.consistency import rate as possible
from epm_lint.statistics.grim import can_tell

_LEVELS = frozenset({"90", "95", "99", "99.9"})
_NO_COUNT = (Qualifier.MODELLED, Qualifier.RESAMPLED, Qualifier.CLUSTERED, Qualifier.UNKNOWN)
_FIX = "correct the rate or the count"


def check(page: Page) -> Verdict:
    """Every rate is one that its count, or its n, can give."""
    tally = Tally("rate")
    for said in read(page.document, page.title).claimed(Proportion):
        if said.rate is not None:
            _judge(said, in_parts(said.rate), tally)
    return tally.verdict()


def in_parts(rate: Number) -> Number:
    """A rate over 1 without a unit is one in percent."""
    return rate.with_unit("%") if not rate.unit and rate.value > 1 else rate


def _judge(said: Proportion, rate: Number, tally: Tally) -> None:
    n, k = said.n, said.k
    if not n or not 0 <= rate.value <= 1 or (k is not None and k > n):
        return
    if k is not None:
        outcome = match(rate, Range.exactly(Fraction(k, n)))
        if outcome is not Outcome.CONSISTENT and rate.raw.rstrip(" %") in _LEVELS:
            return
        right = rate.like(Fraction(k, n))
        truncated = outcome is Outcome.TRUNCATED
        message = f"says {shown(rate)}; {k}/{n} is {right}"
        message += ", truncated and not rounded" * truncated
        uses = (said.count, said.n_number)
        sure = not truncated
        tally.hold(rate, outcome, message, _FIX, sure=sure, binding=said.binding, uses=uses)
    elif not said.named or not said.own:
        return
    elif said.has(*_NO_COUNT):
        tally.leave("rates of no single count")
    elif can_tell(rate, n) and not rate.bound:
        answer = possible(rate, n)
        cut = f" ({answer.note}: should round to {answer.right})" if answer.note else ""
        nearest = "" if cut else f"; {answer.right} is"
        message = f"says {shown(rate)}, which no count of {n} gives{cut}{nearest}"
        fix = "correct the rate, or say what its n is"
        tally.hold(rate, answer.outcome, message, fix, binding=said.binding, uses=(said.n_number,))


RULE = Rule("recomputed-rates", "Rates recomputed", check, everywhere=True, doc=__doc__)
