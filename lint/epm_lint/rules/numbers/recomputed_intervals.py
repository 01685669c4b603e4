"""An interval of a rate follows from the count and n: seven of twelve on one page did not.

Recomputed is each interval beside a rate or a count whose n stands with it: Wilson's score
interval, (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927, JASA 22, 209-212), and
Clopper-Pearson's (1934), Wald's, Jeffreys', mid-p and t intervals, with a correction for continuity
or for several comparisons where that is named. One without a name must be one of them. Some count
that rounds to the rate has to give it; an end whose digits were cut off is said to be truncated. A
standard error or a ± beside a rate is held to √(p(1-p)/n). An n that the page gives once for all
cells is used where the method is named, and then only a doubt. The interval of a correlation is
Fisher's (1921), that of a difference of two counts Newcombe's (1998) or Wald's. Intervals clustered
by question, or by seed and question, are recomputed from the counts of a results file at hand:
Wilson's at the effective sample size (Korn and Graubard 1998, Survey Methodology 24, 193-201; two
ways: Cameron, Gelbach and Miller 2011, J. Bus. Econ. Stat. 29, 238-249). Bootstrap, prediction and
credible intervals and those of a model are not recomputed, but like all others their ends come in
order, and an interval holds its own estimate.

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

from math import sqrt

from epm_lint.binding.clustered import clustered_intervals
from epm_lint.formats import EVERY_FORMAT
from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Binding,
    Comparison,
    Correlation,
    Estimate,
    Inside,
    Mean,
    Prediction,
    Proportion,
    Qualifier,
    Span,
    Statement,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics import two_proportions as two
from epm_lint.statistics.answers import Answer, Outcome, match
from epm_lint.statistics.consistency import interval
from epm_lint.statistics.correlations import fisher_interval
from epm_lint.statistics.intervals import Method, clopper_pearson
from epm_lint.statistics.tails import Normal

_UNNAMED = (
    Method.WILSON,
    Method.CLOPPER_PEARSON,
    Method.WALD,
    Method.JEFFREYS,
    Method.AGRESTI_COULL,
    Method.CONTINUITY,
    Method.MID_P,
    Method.T,
)
_NAMED = {
    "wilson": Method.WILSON,
    "clopper-pearson": Method.CLOPPER_PEARSON,
    "wald": Method.WALD,
    "jeffreys": Method.JEFFREYS,
    "agresti-coull": Method.AGRESTI_COULL,
    "mid-p": Method.MID_P,
    "t": Method.T,
}
_UNLIKE = (Qualifier.RESAMPLED, Qualifier.CLUSTERED, Qualifier.MODELLED, Qualifier.UNKNOWN)
_FIX = "take the recomputed interval, or say how it was made"
_WRONG_ONE = "correct the one that is wrong"
_MANY_TRIALS = 10**7


def check(page: Page) -> Verdict:
    """Every interval is that of its rate and n."""
    tally = Tally("interval")
    reading = read(page.document, page.title)
    judged: set[tuple[int, int, int]] = set()
    for said in reading.statements:
        if not said.is_claimed and not isinstance(said, Inside):
            continue
        match said:
            case Proportion():
                _proportion(said, tally, judged)
            case Correlation() if said.interval is not None:
                _correlation(said, said.interval, tally, judged)
            case Comparison() if said.interval is not None:
                _comparison(said, said.interval, tally, judged)
            case Prediction():
                _prediction(said, tally)
    for said in reading.statements:
        match said:
            case Estimate() if said.interval is not None and said.is_claimed:
                _estimate(said, said.value, said.interval, tally, judged)
            case Mean() if said.interval is not None and said.is_claimed:
                _estimate(said, said.mean, said.interval, tally, judged)
            case Inside() if said.interval is not None and not said.quoted:
                _in_order(said, said.interval, tally, judged)
    left = _clustered(page, reading, tally)
    _predicted_rows(reading, tally)
    return tally.verdict(f"; {left} clustered not recomputed" if left else "")


def _clustered(page: Page, reading: Reading, tally: Tally) -> int:
    """Hold clustered intervals to the results; how many those say nothing of."""
    left = 0
    for held in clustered_intervals(page.results or {}, reading):
        if not held.right:
            left += 1
            continue
        says = shown_interval(held.span)
        message = f"says {says}; clustered, the counts of the results give {held.right}"
        tally.hold(held.span.low, held.outcome, message, _FIX, uses=(held.span.high,))
    return left


def _key(span: Span) -> tuple[int, int, int]:
    return span.low.line, span.low.column or 0, span.low.start


def _in_order(said: Statement, span: Span, tally: Tally, judged: set[tuple[int, int, int]]) -> bool:
    """Whether the ends come in order; said once of each interval."""
    low, high = span.ends
    if low.value <= high.value:
        return True
    if _key(span) not in judged:
        judged.add(_key(span))
        message = f"the ends of {shown_interval(span)} are not in order"
        tally.hold(
            span.low,
            Outcome.INCONSISTENT,
            message,
            "correct the ends",
            sure=True,
            binding=said.binding,
            uses=(span.high,),
        )
    return False


def _holds(value: Number, low: Number, high: Number) -> bool:
    """Whether a value can lie between two ends, all of them rounded."""
    reach = Range(low.value - low.step, high.value + high.step)
    return match(value, reach) is Outcome.CONSISTENT


def _outside(
    said: Statement, value: Number, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    if _key(span) in judged:
        return
    judged.add(_key(span))
    message = f"{shown_interval(span)} does not hold its own {shown(value)}"
    tally.hold(
        span.low,
        Outcome.INCONSISTENT,
        message,
        _WRONG_ONE,
        sure=True,
        binding=said.binding,
        uses=(value, span.high),
    )


def _estimate(
    said: Estimate | Mean,
    value: Number,
    span: Span,
    tally: Tally,
    judged: set[tuple[int, int, int]],
) -> None:
    """Any estimate lies in its own interval."""
    if _key(span) in judged or not _in_order(said, span, tally, judged):
        return
    low, high = span.in_unit(value.unit)
    if value.unit == "pp":
        low, high = (
            end.with_unit("pp") if not end.unit or end.unit == "%" else end for end in (low, high)
        )
    alike = low.unit == value.unit or {low.unit, value.unit} <= {"%", "pp"}
    if not alike or value.bound or value.fraction:
        return
    if not _holds(value, low, high):
        _outside(said, value, span, tally, judged)
    else:
        tally.hold(span.low, Outcome.CONSISTENT, "", "", uses=(value, span.high))
        judged.add(_key(span))


# ---------------------------------------------------------------------- rates


def _proportion(said: Proportion, tally: Tally, judged: set[tuple[int, int, int]]) -> None:
    rate = said.rate
    if rate is not None and not rate.unit and rate.value > 1:
        rate = rate.with_unit("%")
    if said.interval is not None:
        _interval(said, rate, said.interval, tally, judged)
    if said.half is not None or said.se is not None:
        _half(said, rate, tally)


def _level(said: Proportion | Correlation | Comparison) -> float:
    level = getattr(said, "level", None)
    if level is not None:
        return float(level.value)
    header = said.passage.spot.header if said.passage.spot else ""
    from epm_lint.reading.tables.columns import column_of

    return column_of(header).level or 0.95


def _interval(
    said: Proportion,
    rate: Number | None,
    span: Span,
    tally: Tally,
    judged: set[tuple[int, int, int]],
) -> None:
    if not _in_order(said, span, tally, judged):
        return
    unit = span.unit or (rate.unit if rate and rate.unit else "")
    low, high = span.in_unit(unit)
    if not low.unit and abs(high.value) > 1:
        if rate is not None and rate.unit != "%":
            return  # no rate lies in it: another measure
        low, high = low.with_unit("%"), high.with_unit("%")
    if rate and rate.unit in ("", "%") and not rate.bound and not _holds(rate, low, high):
        _outside(said, rate, span, tally, judged)
        return
    k: int | Number | None = said.k if said.k is not None else rate
    n = said.n
    if not n or k is None or n > _MANY_TRIALS or not said.named:
        return
    if said.has(*_UNLIKE) or said.method in ("bootstrap", "newcombe"):
        tally.leave("intervals are resampled, clustered or of a model")
        return
    level = _level(said)
    if (rate is not None and rate.bound) or not 0.5 < level < 1:
        return
    if said.comparisons:
        if said.comparisons < 0:
            return
        level = 1 - (1 - level) / said.comparisons
    judged.add(_key(span))
    named = Method.CONTINUITY if said.continuity else _NAMED.get(said.method)
    answer = (
        _answer(k, n, low, high, level, named)
        if not said.errors
        else (_of_errors(k, n, low, high, said.errors))
    )
    what = f"{said.k}/{n}" if said.k is not None else f"{shown(rate or low)} of {n}"
    name = named.value if named else "Wilson"
    alone = "" if named else ", and no other known interval fits"
    if answer.outcome is Outcome.TRUNCATED:
        says = f"{shown_interval(span)} is truncated: it should round to {answer.right}"
    else:
        says = f"says {shown_interval(span)}; {name}'s of {what} is {answer.right}{alone}"
    where = span.high if answer.note == "upper end" else span.low
    uses = (span.low, span.high, said.rate, said.count, said.n_number)
    tally.hold(where, answer.outcome, says, _FIX, binding=said.binding, uses=uses)


def _answer(
    k: int | Number, n: int, low: Number, high: Number, level: float, named: Method | None
) -> Answer:
    first: Answer | None = None
    for method in (named,) if named else _UNNAMED:
        answer = interval(k, n, low, high, level=level, method=method)
        if answer.is_right:
            return answer
        first = first or answer
    assert first is not None  # noqa: S101
    return first


def _of_errors(k: int | Number, n: int, low: Number, high: Number, errors: int) -> Answer:
    """The rate ± so many standard errors."""
    rate = k / n if isinstance(k, int) else float(k.value)
    half = errors * sqrt(rate * (1 - rate) / n)
    ends = (
        Range(rate - half - 1e-9, rate - half + 1e-9),
        Range(rate + half - 1e-9, rate + half + 1e-9),
    )
    outcomes = [match(end, allowed) for end, allowed in zip((low, high), ends, strict=True)]
    wrong = next((o for o in outcomes if o is not Outcome.CONSISTENT), Outcome.CONSISTENT)
    return Answer(wrong, f"[{low.like(rate - half)}, {high.like(rate + half)}]")


def _half(said: Proportion, rate: Number | None, tally: Tally) -> None:
    """A standard error, the half of an interval, or one bound."""
    n = said.n
    if not n or n < 2 or not said.named or not said.own or n > _MANY_TRIALS:
        return
    if said.has(*_UNLIKE) or (said.rate is not None and said.rate.bound):
        return
    p = said.k / n if said.k is not None else float(rate.value) if rate else -1.0
    if not 0 <= p <= 1:
        return
    level = _level(said)
    z = Normal().upper_quantile((1 - level) / 2)
    unit = rate.unit if rate is not None else "%"
    error, smaller = sqrt(p * (1 - p) / (n - 1)), sqrt(p * (1 - p) / n)
    uses = (said.rate, said.count, said.n_number)
    if said.side and said.half is not None:
        _bound(said, said.half.with_unit(unit), n, level, tally)
        return
    if said.se is not None:
        _held(said, said.se.with_unit(unit), [error, smaller], "standard error", rate, n, tally)
        return
    if said.half is None:
        return
    half = said.half.with_unit(unit)
    if half.value == 0 or (half.sign == "±" and not half.raw.strip("±")):
        return
    from epm_lint.statistics.intervals import from_z
    from epm_lint.statistics.intervals import interval as compute

    ways = [z * smaller, z * error, 1.96 * smaller]
    for method in (Method.WILSON, Method.AGRESTI_COULL):
        made = from_z(p * n, n, z, method)
        ways.append((made.high - made.low) / 2)
    exact = compute(p * n, n, level, Method.CLOPPER_PEARSON)
    ways += [(exact.high - exact.low) / 2, exact.high - p, p - exact.low]
    match said.half_kind:
        case "sd":
            return
        case "se":
            _held(said, half, [error, smaller], "standard error", rate, n, tally)
        case "interval":
            order = [ways[3], *ways] if said.method == "wilson" else ways
            _held(said, half, order, "half-width", rate, n, tally)
        case _:
            known = [error, smaller, *ways, sqrt(p * (1 - p))]
            explicit = said.binding is Binding.GROUP and said.k is not None
            if explicit:
                _held(said, half, known, "standard error", rate, n, tally)
            else:
                tally.used += [n_ for n_ in uses if n_ is not None]


def _held(
    said: Proportion,
    half: Number,
    ways: list[float],
    what: str,
    rate: Number | None,
    n: int,
    tally: Tally,
) -> None:
    reach = float(rate.step) / 2 if rate is not None and said.k is None else 0.0
    fits = any(
        half.range.meets(Range(way * (1 - 0.02) - reach / n, way * (1 + 0.02))) for way in ways
    )
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    of = f"{said.k}/{n}" if said.k is not None else f"{shown(said.rate or half)} of {n}"
    message = f"says ±{shown(half).lstrip('±')}; the {what} of {of} is {half.like(ways[0])}"
    uses = (said.rate, said.count, said.n_number)
    tally.hold(half, outcome, message, _WRONG_ONE, binding=said.binding, uses=uses)


def _bound(said: Proportion, bound: Number, n: int, level: float, tally: Tally) -> None:
    """One end alone: exact, or Wilson's; 3/n for none of n."""
    if said.k is None:
        return
    alpha = 1 - level
    ways = []
    for share in (alpha, alpha / 2):
        exact = clopper_pearson(said.k, n, 2 * share)
        z = Normal().upper_quantile(share)
        from epm_lint.statistics.intervals import wilson

        score = wilson(said.k, n, z)
        ways += [exact.high, score.high] if said.side == "upper" else [exact.low, score.low]
    if said.k == 0 and said.side == "upper":
        ways.append(3 / n)
    fits = any(match(bound, Range(way - 1e-9, way + 1e-9)) is Outcome.CONSISTENT for way in ways)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    message = f"says {shown(bound)}; the {said.side} bound of {said.k}/{n} is {bound.like(ways[0])}"
    tally.hold(bound, outcome, message, _FIX, binding=said.binding, uses=(said.count,))


# ---------------------------------------------------------------------- correlations, differences


def _correlation(
    said: Correlation, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    if not _in_order(said, span, tally, judged):
        return
    value = said.coefficient
    low, high = span.ends
    if not _holds(value, low, high):
        _outside(said, value, span, tally, judged)
        return
    judged.add(_key(span))
    n = said.n.mantissa if said.n and said.n.is_whole else said.df.mantissa + 2 if said.df else 0
    plain = (
        said.method in ("pearson", "")
        and not said.partial
        and not said.has(*_UNLIKE, Qualifier.EXACT)
    )
    if n < 4 or not plain or n > _MANY_TRIALS or (said.level is None and not said.n):
        tally.hold(span.low, Outcome.CONSISTENT, "", "", uses=(value, span.high))
        return
    level = _level(said)
    sizes = value.range.within(-1, 1)
    ends = [fisher_interval(float(r), n, level) for r in (sizes.low, sizes.high)] if sizes else []
    right = fisher_interval(float(value.value), n, level)
    if not ends or any(end is None for end in ends) or right is None or not 0.5 < level < 1:
        return
    first, last = ends[0], ends[-1]
    assert first and last  # noqa: S101
    outcomes = [
        match(low, Range(first.low - 0.006, last.low + 0.006)),
        match(high, Range(first.high - 0.006, last.high + 0.006)),
    ]
    wrong = next((o for o in outcomes if o is not Outcome.CONSISTENT), Outcome.CONSISTENT)
    if wrong is Outcome.TRUNCATED:
        wrong = Outcome.CONSISTENT
    message = (
        f"says {shown_interval(span)}; Fisher's of {shown(value)} with N={n} is "
        f"[{low.like(right.low)}, {high.like(right.high)}]"
    )
    tally.hold(
        span.low, wrong, message, _FIX, binding=said.binding, uses=(span.high, value, said.n)
    )


def _comparison(
    said: Comparison, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    """The interval of a difference of two counts."""
    if (
        not _in_order(said, span, tally, judged)
        or not said.first.fraction
        or not said.second.fraction
    ):
        return
    (a, n), (b, m) = said.first.fraction, said.second.fraction
    if (said.has(*_UNLIKE, Qualifier.PAIRED) and said.method != "newcombe") or not (
        n and m and a <= n and b <= m
    ):
        return
    if said.ratio is not None:
        return
    low, high = span.in_unit("pp")
    low = low.with_unit("pp") if low.unit == "%" else low
    level = _level(said)
    z = Normal().upper_quantile((1 - level) / 2)
    ways = [two.newcombe(a, n, b, m, z)]
    if said.method != "newcombe":
        ways += [two.wald_difference(a, n, b, m, z), two.agresti_caffo(a, n, b, m, z)]
    ways += [type(way)(-way.high, -way.low) for way in ways]
    judged.add(_key(span))
    reach = 2 * float(low.step)
    if said.method == "newcombe":
        reach = float(low.step)
    fits = any(
        abs(float(low.value) - way.low) <= reach and abs(float(high.value) - way.high) <= reach
        for way in ways
    )
    if not fits and said.method != "newcombe":
        wide = float(high.value - low.value) / (ways[0].high - ways[0].low)
        fits = 0.9 < wide < 1.15 and abs(float(low.value) - ways[0].low) < 0.05
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    right = f"[{low.like(ways[0].low)}, {high.like(ways[0].high)}]"
    message = f"says {shown_interval(span)}; Newcombe's of {shown(said.first)} and {shown(said.second)} is {right}"
    uses = (span.high, said.first, said.second)
    tally.hold(span.low, outcome, message, _FIX, binding=said.binding, uses=uses)


# ---------------------------------------------------------------------- predictions


def _prediction(said: Prediction, tally: Tally) -> None:
    if said.interval is not None:
        _symmetric(said.interval, said.predicted, said.half, tally)


def _predicted_rows(reading: Reading, tally: Tally) -> None:
    for table in reading.tables:
        for record in table.records:
            found = record.get(Role.INTERVAL)
            if found is None or found.span is None or found.passage.quoted:
                continue
            is_prediction = {"prediction", "pi", "pis", "predicted"} & set(found.column.words)
            predicted = record.get(Role.PREDICTED) if is_prediction else None
            half = record.get(Role.HALF_WIDTH)
            _symmetric(
                found.span,
                predicted.number if predicted else None,
                half.number if half else None,
                tally,
            )


def _symmetric(span: Span, predicted: Number | None, half: Number | None, tally: Tally) -> None:
    """A prediction of a linear fit is the middle of its interval, unless that was cut."""
    low, high = span.ends
    if low.value > high.value or low.value == 0 or high.value == 1:
        return
    for number, sign, what in ((predicted, 1, "middle"), (half, -1, "half-width")):
        if number is None or bool(number.unit) != bool(low.unit):
            continue
        ends = high.range.plus(low.range if sign > 0 else low.range.negated)
        allowed = Range(ends.low / 2, ends.high / 2)
        right = number.like((high.value + sign * low.value) / 2)
        message = f"says {shown(number)}; the {what} of {shown_interval(span)} is {right}"
        tally.hold(number, match(number, allowed), message, _WRONG_ONE, uses=(span.low, span.high))


RULE = Rule(
    "recomputed-intervals", "Intervals recomputed", check, formats=EVERY_FORMAT, doc=__doc__
)
