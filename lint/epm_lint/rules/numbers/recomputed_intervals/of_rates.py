"""Intervals, standard errors and bounds of rates."""

from __future__ import annotations

from math import sqrt

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Binding,
    Proportion,
    Qualifier,
    Span,
)
from epm_lint.rules.numbers.recomputed_intervals.ends import (
    FIX,
    MANY_TRIALS,
    UNLIKE,
    WRONG_ONE,
    holds,
    in_order,
    key,
    level_of,
    outside,
)
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Answer, Outcome, match
from epm_lint.statistics.consistency import interval
from epm_lint.statistics.intervals import Method, clopper_pearson, from_z, wilson
from epm_lint.statistics.intervals import interval as interval_of
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


def proportion(said: Proportion, tally: Tally, judged: set[tuple[int, int, int]]) -> None:
    rate = said.rate
    if rate is not None and not rate.unit and rate.value > 1:
        rate = rate.with_unit("%")
    if said.interval is not None:
        _interval(said, rate, said.interval, tally, judged)
    if said.half is not None or said.se is not None:
        _half(said, rate, tally)


def _interval(
    said: Proportion,
    rate: Number | None,
    span: Span,
    tally: Tally,
    judged: set[tuple[int, int, int]],
) -> None:
    if not in_order(said, span, tally, judged):
        return
    unit = span.unit or (rate.unit if rate and rate.unit else "")
    low, high = span.in_unit(unit)
    if rate is not None and not span.unit and holds(rate, *span.ends):
        low, high = span.ends  # a rate in percent, its interval in parts of one
    if not low.unit and abs(high.value) > 1:
        if rate is not None and rate.unit != "%":
            return  # no rate lies in it: another measure
        low, high = low.with_unit("%"), high.with_unit("%")
    if rate and rate.unit in ("", "%") and not rate.bound and not holds(rate, low, high):
        outside(said, rate, span, tally, judged)
        return
    k: int | Number | None = said.k if said.k is not None else rate
    n = said.n
    if not n or k is None or n > MANY_TRIALS or not said.named:
        return
    if said.has(*UNLIKE) or said.method in ("bootstrap", "newcombe"):
        if not said.has(Qualifier.CLUSTERED):
            tally.leave("resampled or modelled intervals")
        return
    level = level_of(said)
    if (rate is not None and rate.bound) or not 0.5 < level < 1:
        return
    if said.comparisons:
        if said.comparisons < 0:
            return
        level = 1 - (1 - level) / said.comparisons
    judged.add(key(span))
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
    tally.hold(where, answer.outcome, says, FIX, binding=said.binding, uses=uses)


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
    if not n or n < 2 or not said.named or not said.own or n > MANY_TRIALS:
        return
    if said.has(*UNLIKE) or (said.rate is not None and said.rate.bound):
        return
    p = said.k / n if said.k is not None else float(rate.value) if rate else -1.0
    if not 0 <= p <= 1:
        return
    level = level_of(said)
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
    ways = [z * smaller, z * error, 1.96 * smaller]
    for method in (Method.WILSON, Method.AGRESTI_COULL):
        made = from_z(p * n, n, z, method)
        ways.append((made.high - made.low) / 2)
    exact = interval_of(p * n, n, level, Method.CLOPPER_PEARSON)
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
    tally.hold(half, outcome, message, WRONG_ONE, binding=said.binding, uses=uses)


def _bound(said: Proportion, bound: Number, n: int, level: float, tally: Tally) -> None:
    """One end alone: exact, or Wilson's; 3/n for none of n."""
    if said.k is None:
        return
    alpha = 1 - level
    ways = []
    for share in (alpha, alpha / 2):
        exact = clopper_pearson(said.k, n, 2 * share)
        z = Normal().upper_quantile(share)
        score = wilson(said.k, n, z)
        ways += [exact.high, score.high] if said.side == "upper" else [exact.low, score.low]
    if said.k == 0 and said.side == "upper":
        ways.append(3 / n)
    fits = any(match(bound, Range(way - 1e-9, way + 1e-9)) is Outcome.CONSISTENT for way in ways)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    message = f"says {shown(bound)}; the {said.side} bound of {said.k}/{n} is {bound.like(ways[0])}"
    tally.hold(bound, outcome, message, FIX, binding=said.binding, uses=(said.count,))
