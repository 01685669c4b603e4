"""Intervals of correlations, and of the difference of two counts."""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Qualifier,
    Span,
)
from epm_lint.rules.numbers.recomputed_intervals.ends import (
    FIX,
    MANY_TRIALS,
    UNLIKE,
    holds,
    in_order,
    key,
    level_of,
    outside,
)
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics import two_proportions as two
from epm_lint.statistics.answers import Outcome, match
from epm_lint.statistics.correlations import fisher_interval, rank_intervals
from epm_lint.statistics.intervals import Interval
from epm_lint.statistics.tails import Normal

_FEWEST_ALIKE = 3
"""How many intervals one formula has to give before it is taken for the page's."""


def correlation(
    said: Correlation, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    if not in_order(said, span, tally, judged):
        return
    value = said.coefficient
    low, high = span.ends
    if not holds(value, low, high):
        outside(said, value, span, tally, judged)
        return
    judged.add(key(span))
    n = _points(said)
    plain = said.method in ("pearson", "") and not said.has(*UNLIKE, Qualifier.EXACT)
    if n < 4 or not plain or n > MANY_TRIALS or (said.level is None and not said.n):
        tally.hold(span.low, Outcome.CONSISTENT, "", "", uses=(value, span.high))
        return
    level = level_of(said)
    sizes = value.range.within(-1, 1)
    ends = [fisher_interval(float(r), n, level) for r in (sizes.low, sizes.high)] if sizes else []
    right = fisher_interval(float(value.value), n, level)
    if not ends or any(end is None for end in ends) or right is None or not 0.5 < level < 1:
        return
    first, last = ends[0], ends[-1]
    assert first  # noqa: S101
    assert last  # noqa: S101
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
    tally.hold(span.low, wrong, message, FIX, binding=said.binding, uses=(span.high, value, said.n))


def _points(said: Correlation) -> int:
    """N, less the covariates of a partial one; 0 where that is not told."""
    if said.df is not None:
        return said.df.mantissa + 2 if said.df.is_whole else 0
    return said.n.mantissa if said.n and said.n.is_whole and not said.partial else 0


def rank_correlations(found: Sequence[Correlation], tally: Tally) -> None:
    """Intervals of ρ, of which there are several formulas: that of most on the page is the page's.

    Where no formula gives most of them they are left alone.
    """
    known: list[tuple[Correlation, Span, dict[str, list[bool]], dict[str, Interval]]] = []
    for said in found:
        span, n = said.interval, _points(said)
        if (
            span is None
            or said.method != "spearman"
            or said.partial
            or said.has(*UNLIKE, Qualifier.EXACT)
            or not 4 <= n <= MANY_TRIALS
        ):
            continue
        sizes = said.coefficient.range.within(-1, 1)
        ends = (
            [rank_intervals(float(r), n, level_of(said)) for r in (sizes.low, sizes.high)]
            if (sizes)
            else []
        )
        if ends and all(ends):
            fits = {name: _fit(span, ends[0][name], ends[1][name]) for name in ends[0]}
            right = rank_intervals(float(said.coefficient.value), n, level_of(said))
            known.append((said, span, fits, right))
    names = list(known[0][2]) if known else []
    most = max(names, key=lambda name: sum(all(fits[name]) for _, _, fits, _ in known), default="")
    agreeing = sum(all(fits[most]) for _, _, fits, _ in known) if most else 0
    if agreeing < _FEWEST_ALIKE or 3 * agreeing < 2 * len(known):
        return
    for said, span, fits, right in known:
        low, high = span.ends
        wrong = Outcome.CONSISTENT if all(fits[most]) else Outcome.INCONSISTENT
        message = (
            f"says {shown_interval(span)}; {most} of {shown(said.coefficient)} with "
            f"N={_points(said)} is [{low.like(right[most].low)}, {high.like(right[most].high)}], "
            f"as {agreeing} others on the page are"
        )
        uses = (span.high, said.coefficient, said.n)
        tally.hold(span.low, wrong, message, FIX, binding=said.binding, uses=uses)


def _fit(span: Span, first: Interval, last: Interval) -> list[bool]:
    low, high = span.ends
    return [
        low.range.meets(Range(first.low, last.low)),
        high.range.meets(Range(first.high, last.high)),
    ]


def comparison(
    said: Comparison, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    """The interval of a difference of two counts."""
    if (
        not in_order(said, span, tally, judged)
        or not said.first.fraction
        or not said.second.fraction
    ):
        return
    (a, n), (b, m) = said.first.fraction, said.second.fraction
    if (said.has(*UNLIKE, Qualifier.PAIRED) and said.method != "newcombe") or not (
        n and m and a <= n and b <= m
    ):
        return
    if said.ratio is not None:
        return
    low, high = span.in_unit("pp")
    low = low.with_unit("pp") if low.unit == "%" else low
    level = level_of(said)
    z = Normal().upper_quantile((1 - level) / 2)
    ways = [two.newcombe(a, n, b, m, z)]
    if said.method != "newcombe":
        ways += [two.wald_difference(a, n, b, m, z), two.agresti_caffo(a, n, b, m, z)]
    ways += [type(way)(-way.high, -way.low) for way in ways]
    judged.add(key(span))
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
    message = (
        f"says {shown_interval(span)}; Newcombe's of {shown(said.first)} and "
        f"{shown(said.second)} is {right}"
    )
    uses = (span.high, said.first, said.second)
    tally.hold(span.low, outcome, message, FIX, binding=said.binding, uses=uses)
