"""A rate is its count divided by its trials, and only some rates are possible at a given n.

Recomputed are rates beside their counts (`23% (23/100)`, a column of each), and rates without a
count whose n is known: of n trials, k/n is all there can be (GRIM: Brown & Heathers 2017, Social
Psychological and Personality Science 8, 363-369). Halves may be rounded up or to even; digits that
were cut off are named. A count that is not its rate is an error, an impossible rate a doubt, for
some answers may have been left out of n. Means over rows, and rates of bystanders and controls
without an n of their own, are left alone.

Bad:

    The rate is 32% (31/100).

Good:

    The rate is 31% (31/100).
"""

from __future__ import annotations

from fractions import Fraction

from epm_lint.model import Page, Rule, Verdict
from epm_lint.numbers.reading import read
from epm_lint.recomputing import Tally, printed, shown
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.answers import match as agreement
from epm_lint.statistics.consistency import rate as possible
from epm_lint.statistics.granularity import can_tell
from epm_lint.statistics.ranges import Range
from epm_lint.trials import Sampled, in_prose, in_tables

_LEVELS = frozenset({"90", "95", "99", "99.9"})


def check(page: Page) -> Verdict:
    """Every rate is one that its count, or its n, can give."""
    tally = Tally("rate")
    reading = read(page.document, page.title)
    for sampled in in_tables(reading):
        _judge(sampled, tally)
    for sampled, _ in in_prose(reading):
        _judge(sampled, tally)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _judge(sampled: Sampled, tally: Tally) -> None:
    number, k, n = sampled.rate, sampled.k, sampled.n
    if number is None or not n or number.fraction:
        return
    if number.unit not in ("", "%") or (
        not number.unit and not sampled.rate_unit and number.decimals < 1
    ):
        return
    as_printed = printed(number, sampled.rate_unit)
    if as_printed is None or not 0 <= as_printed.value <= 1:
        return
    if k is not None:
        outcome = agreement(as_printed, Range.exactly(Fraction(k, n)))
        if outcome is not Outcome.CONSISTENT and number.raw.rstrip(" %") in _LEVELS:
            return
        right = as_printed.like(Fraction(k, n))
        truncated = outcome is Outcome.TRUNCATED
        message = f"says {shown(number)}; {k}/{n} is {right}"
        message += ", truncated and not rounded" * truncated
        tally.hold(number, outcome, message, "correct the rate or the count", sure=not truncated)
    elif can_tell(as_printed, n):
        answer = possible(as_printed, n)
        cut = f" ({answer.note}: should round to {answer.right})" if answer.note else ""
        nearest = "" if cut else f"; {answer.right} is"
        message = f"says {shown(number)}, which no count of {n} gives{cut}{nearest}"
        tally.hold(number, answer.outcome, message, "correct the rate, or say what its n is")


RULE = Rule("recomputed-rates", "Rates recomputed", check, doc=__doc__)
