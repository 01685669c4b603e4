"""Arithmetic that is written out can be done again: a reader does it too.

Recomputed are sums and products of what the page writes (`64 (4×4×1)`, `200 + 400 = 600`),
percentage points between two rates that stand beside them, and ratios ("3.4× as many, 34% against
10%"), where "more" may mean the excess too. Every rounded number may be any value that rounds to
it, and whole numbers are exact. An equation that does not hold is an error; factors in brackets may
leave something out, and are doubted, as differences and ratios are.

Bad:

    Each persona answers 20 questions × 5 completions = 120 times.

Good:

    Each persona answers 20 questions × 5 completions = 100 times.
"""

from __future__ import annotations

import re
from fractions import Fraction

from epm_lint.model import Page, Rule, Verdict
from epm_lint.numbers.forms import Arithmetic, Difference, Ratio
from epm_lint.numbers.reading import read
from epm_lint.numbers.values import Number
from epm_lint.quoting import quote
from epm_lint.recomputing import Tally, is_claimed, printed, shown
from epm_lint.statistics.answers import Outcome, show
from epm_lint.statistics.answers import match as agreement
from epm_lint.statistics.consistency import difference, ratio
from epm_lint.statistics.ranges import Range
from epm_lint.statistics.rounding import Printed, range_of

_NEAR = 12
_BEFORE = re.compile(r"[-−+×*/^~≈±·%]\s?\Z")
_AFTER = re.compile(r"\s?[-−+×*/^±·]\s?\d")
_MORE = re.compile(r"\s?(?:more|higher|greater|larger)\b", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """What the page writes out comes to what it says."""
    tally = Tally("calculation")
    for passage, said in read(page.document, page.title).statements:
        if not is_claimed(passage, said):
            continue
        match said:
            case Arithmetic() if not _goes_on(passage.text, said):
                _written_out(said, tally)
            case Difference() | Ratio() if not passage.text[said.end :].startswith("/"):
                _compared(said, passage.text[said.end : said.end + _NEAR], tally)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _goes_on(text: str, said: Arithmetic) -> bool:
    """Whether an operation that is not understood stands before it or after."""
    before, after = text[max(0, said.start - 3) : said.start], text[said.end : said.end + 5]
    return bool(_BEFORE.search(before) or _AFTER.match(after))


def _written_out(said: Arithmetic, tally: Tally) -> None:
    if said.total is None:
        return
    numbers = [said.total, *(factor for term in said.terms for factor in term.factors)]
    units = {"" if number.raw.endswith(" times") else number.unit for number in numbers}
    if any(number.code or number.fraction for number in numbers) or units != {""}:
        return
    as_printed = {number: printed(number) for number in numbers}
    total = Printed.read(said.total.raw.removesuffix(" times"))
    allowed = Range.exactly(Fraction(0))
    for term in said.terms:
        product = Range.exactly(Fraction(1))
        for factor in term.factors:
            known = as_printed[factor]
            if known is None:
                return
            product = product.times(range_of(known))
        allowed = allowed.plus(product.negated if term.subtracted else product)
    if total is None:
        return
    right = show(total, Fraction(said.value))
    bracketed = "=" not in said.text
    outcome = agreement(total, allowed)
    if bracketed and outcome is not Outcome.CONSISTENT and not _is_explained(said, said.total):
        return
    tally.hold(
        said.total,
        outcome,
        f"{quote(said.text)}: it comes to {right}, not {shown(said.total)}",
        "correct the number that is wrong" + (", or say what else is in it" * bracketed),
        sure=not bracketed,
    )


def _is_explained(said: Arithmetic, total: Number) -> bool:
    """Whether what follows a number must be it: "64 (4×4×1)", but not "12 personas (20 × 5)"."""
    between = said.text[total.end - said.start : said.terms[0].factors[0].start - said.start]
    return between.strip() == "(" or len(said.terms) > 1


def _compared(said: Difference | Ratio, following: str, tally: Tally) -> None:
    amount = printed(said.amount)
    before, after = (number and printed(number) for number in (said.before, said.after))
    if not (amount and before and after and said.before and said.after):
        return
    rates = f"{shown(said.before)} and {shown(said.after)}"
    if isinstance(said, Difference):
        if not (before.percent and after.percent):
            return
        answer = difference(
            amount, *((before, after) if said.direction == "down" else (after, before))
        )
        message = f"says {shown(said.amount)}; {rates} differ by {answer.right}"
    else:
        more = bool(_MORE.match(following))
        low, high = sorted((before, after), key=lambda rate: rate.value)
        divided = (high, low) if amount.value >= 1 else (low, high)
        answer = ratio(amount, *divided, more=more)
        message = f"says {shown(said.amount)}; the ratio of {rates} is {answer.right}"
    tally.hold(said.amount, answer.outcome, message, "correct the number that is wrong")


RULE = Rule("recomputed-arithmetic", "Arithmetic recomputed", check, doc=__doc__)
