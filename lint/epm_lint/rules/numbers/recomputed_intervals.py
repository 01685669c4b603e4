"""An interval of a rate follows from the count and n: seven of twelve on one page did not.

Recomputed is each interval beside a rate or a count whose n is known, from its own count, its
table, or "n=100 per persona": Wilson's score interval, (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) /
(1 + z²/n) (Wilson 1927, JASA 22, 209-212), and Clopper-Pearson's (1934), Wald's and Jeffreys' where
they are named. One without a name must be one of them, if count or n stand beside it. Some count
that rounds to the rate has to give it; an end whose digits were cut off is said to be truncated.
The half-width and the predicted value of a prediction interval are its half and its middle.
Intervals clustered by question, or by seed and question, are recomputed from the counts of a
results file at hand: Wilson's at the effective sample size (Korn and Graubard 1998, Survey
Methodology 24, 193-201; two ways: Cameron, Gelbach and Miller 2011, J. Bus. Econ. Stat. 29,
238-249). Bootstrap, prediction and credible intervals are not recomputed, but like all others their
ends come in order, and a confidence interval holds its rate.

Bad:

    | Persona | k/n | Rate | Wilson 95% CI |
    |---|---|---|---|
    | villain | 57/100 | 57% | [66.3%, 47.2%] |

Good:

    | Persona | k/n | Rate | Wilson 95% CI |
    |---|---|---|---|
    | villain | 57/100 | 57% | [47.2%, 66.3%] |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from epm_lint.clustered import hold_clustered
from epm_lint.model import Page, Rule, Verdict
from epm_lint.numbers.forms import Correlation, Inside, Prediction, Rate
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.tables import Role
from epm_lint.numbers.values import Number, Span
from epm_lint.recomputing import Tally, is_claimed, printed, shown, shown_interval
from epm_lint.statistics.answers import Answer, Outcome
from epm_lint.statistics.answers import match as agreement
from epm_lint.statistics.consistency import interval
from epm_lint.statistics.intervals import Method
from epm_lint.statistics.ranges import Range
from epm_lint.statistics.rounding import Printed
from epm_lint.trials import Sampled, in_prose, in_tables

_OTHER_KINDS = re.compile(
    r"cluster|bootstrap|predict|\bPIs?\b|credible|HDI|posterior|bayes|\bBCa\b|percentile|effective"
    r"|adjusted|difference|newcombe|simultaneous|profile|agresti|tolerance",
    re.IGNORECASE,
)
_CONFIDENCE = re.compile(r"wilson|\bCIs?\b|confidence", re.IGNORECASE)
_PREDICTION = re.compile(r"predict|\bPIs?\b", re.IGNORECASE)
_LEVEL = re.compile(r"(?<![\d.])(\d{2}(?:\.\d{1,2})?)\s?%")
_UNNAMED = (
    Method.WILSON,
    Method.CLOPPER_PEARSON,
    Method.WALD,
    Method.JEFFREYS,
    Method.AGRESTI_COULL,
)
_NAMED = {
    "wilson": Method.WILSON,
    "clopper-pearson": Method.CLOPPER_PEARSON,
    "wald": Method.WALD,
    "jeffreys": Method.JEFFREYS,
}
_BOUND = re.compile(r"gate|limit|threshold|\bthan\b|at most|\bover\b|\bunder\b", re.IGNORECASE)
_NEAR = 60


def check(page: Page) -> Verdict:
    """Every interval is that of its rate and n."""
    tally = Tally("interval")
    reading = read(page.document, page.title)
    judged: set[int] = set()
    for sampled in in_tables(reading):
        for entry in sampled.intervals:
            header = entry.passage.spot.header if entry.passage.spot else ""
            words = f"{header} {entry.passage.spot.row_label if entry.passage.spot else ''}"
            judged.add(id(entry.passage))
            _judge(sampled, entry.spans[0], words, entry.method, _level(header), tally)
    for sampled, said in in_prose(reading):
        if said.interval and id(sampled.passage) not in judged:
            near = sampled.passage.text[max(0, said.start - _NEAR) : said.end + _NEAR // 3]
            level = float(said.level.value) / 100 if said.level else 0.95
            _judge(sampled, said.interval, near, said.method, level, tally)
    left = hold_clustered(page.results or {}, reading, tally, _level)
    _others(reading, judged, tally)
    _predictions(reading, tally)
    detail = f"{tally.detail}{f'; {left} clustered not recomputed' if left else ''}"
    if tally.wrong:
        return Verdict.failed(detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(detail, tally.findings)
    return Verdict.passed(detail) if tally.count else Verdict.skipped(detail)


def _level(header: str) -> float:
    found = _LEVEL.search(header)
    return float(found[1]) / 100 if found else 0.95


def _judge(
    sampled: Sampled, span: Span, words: str, method: str, level: float, tally: Tally
) -> None:
    if not _in_order(span, tally):
        return
    rate = printed(sampled.rate, sampled.rate_unit) if sampled.rate else None
    unit = span.unit or (rate.unit if rate and abs(span.high.value) > 1 else "")
    low, high = printed(span.low, unit), printed(span.high, unit)
    if low is None or high is None:
        return
    other = _OTHER_KINDS.search(words) is not None
    if rate and not _PREDICTION.search(words) and not _holds(rate, low, high):
        message = (
            f"{shown_interval(span)} does not hold its own rate, {shown(sampled.rate or span.low)}"
        )
        tally.hold(
            span.low, Outcome.INCONSISTENT, message, "correct the one that is wrong", sure=True
        )
        return
    n = sampled.n
    k: int | Printed | None = rate
    if sampled.k is not None:
        k = sampled.k
    if other or method == "bootstrap" or not n or k is None or not 0.5 < level < 1:
        return
    if not method and not sampled.own:
        return
    named = _NAMED.get(method)
    if rate and rate.relation:
        return
    answer = _answer(k, n, low, high, level, named)
    what = (
        f"{sampled.k}/{n}" if sampled.k is not None else f"{shown(sampled.rate or span.low)} of {n}"
    )
    name = named.value if named else "Wilson"
    alone = "" if named else ", and no other known interval fits"
    if answer.outcome is Outcome.TRUNCATED:
        says = f"{shown_interval(span)} is truncated: it should round to {answer.right}"
    else:
        says = f"says {shown_interval(span)}; {name}'s of {what} is {answer.right}{alone}"
    where = span.high if answer.note == "upper end" else span.low
    tally.hold(where, answer.outcome, says, "take the recomputed interval, or say how it was made")


def _answer(
    k: int | Printed, n: int, low: Printed, high: Printed, level: float, named: Method | None
) -> Answer:
    answers = [
        interval(k, n, low, high, level=level, method=method)
        for method in ((named,) if named else _UNNAMED)
    ]
    return next((answer for answer in answers if answer.is_right), answers[0])


def _in_order(span: Span, tally: Tally) -> bool:
    if span.low.value <= span.high.value or span.low.unit not in ("", span.high.unit):
        return True
    message = f"the ends of {shown_interval(span)} are not in order"
    tally.hold(span.low, Outcome.INCONSISTENT, message, "correct the ends", sure=True)
    return False


def _holds(rate: Printed, low: Printed, high: Printed) -> bool:
    """Whether a rate can lie between two ends, all of them rounded."""
    return (
        agreement(rate, Range(low.value - low.step, high.value + high.step)) is Outcome.CONSISTENT
    )


def _others(reading: Reading, judged: set[int], tally: Tally) -> None:
    """Intervals of correlations, and those that something is said to lie in."""
    for passage, said in reading.statements:
        if isinstance(said, Rate) or id(passage) in judged or not is_claimed(passage, said):
            continue
        span = said.interval if isinstance(said, Correlation | Inside) else None
        if span is None or not _in_order(span, tally):
            continue
        if isinstance(said, Correlation):
            ends = printed(span.low), printed(span.high)
            value = printed(said.coefficient)
            if value and ends[0] and ends[1]:
                inside = _holds(value, ends[0], ends[1])
                message = f"{shown_interval(span)} does not hold its own {shown(said.coefficient)}"
                outcome = Outcome.CONSISTENT if inside else Outcome.INCONSISTENT
                fix = "correct the one that is wrong"
                tally.hold(span.low, outcome, message, fix, sure=True)


def _predictions(reading: Reading, tally: Tally) -> None:
    for table in reading.tables:
        for record in table.records:
            found = record.get(Role.INTERVAL)
            if found is None or not found.spans or found.passage.quoted:
                continue
            header = found.passage.spot.header if found.passage.spot else ""
            predicted = record.get(Role.PREDICTED) if _PREDICTION.search(header) else None
            half = record.get(Role.HALF_WIDTH)
            _symmetric(
                found.spans[0],
                predicted.number if predicted else None,
                half.number if half else None,
                tally,
            )
    for each in reading.said:
        passage, numbers = each.passage, each.numbers
        if passage.quoted or "predicted" not in passage.text:
            continue
        said = [s for s in each.statements if is_claimed(passage, s)]
        for first, second in pairwise(s for s in said if isinstance(s, Prediction | Inside)):
            if not (isinstance(first, Prediction) and isinstance(second, Inside)):
                continue
            between = passage.text[first.end : second.end]
            if second.interval and not _CONFIDENCE.search(between):
                half_width = _half_width(passage.text, second.interval, numbers)
                _symmetric(second.interval, first.predicted, half_width, tally)


def _half_width(text: str, span: Span, numbers: Sequence[Number]) -> Number | None:
    """The first "±41 pp" after an interval, unless it is a bound."""
    for number in numbers:
        if number.start > span.end and number.sign == "±":
            around = text[span.end : number.start] + text[number.end : number.end + 10]
            return None if _BOUND.search(around) else number
    return None


def _symmetric(span: Span, predicted: Number | None, half: Number | None, tally: Tally) -> None:
    """A prediction of a linear fit is the middle of its interval, unless that was cut."""
    low, high = printed(span.low, span.unit), printed(span.high, span.unit)
    if low is None or high is None or low.value > high.value or low.value == 0 or high.value == 1:
        return
    for number, sign, what in ((predicted, 1, "middle"), (half, -1, "half-width")):
        value = printed(number) if number else None
        if number is None or value is None or bool(value.unit) != bool(low.unit):
            continue
        ends = high.range.plus(low.range if sign > 0 else low.range.negated)
        allowed = Range(ends.low / 2, ends.high / 2)
        right = value.like((high.value + sign * low.value) / 2)
        message = f"says {shown(number)}; the {what} of {shown_interval(span)} is {right}"
        tally.hold(number, agreement(value, allowed), message, "correct the one that is wrong")


RULE = Rule("recomputed-intervals", "Intervals recomputed", check, doc=__doc__)
