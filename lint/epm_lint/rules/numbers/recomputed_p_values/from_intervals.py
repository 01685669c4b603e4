"""The p of an estimate against its interval: both are made of one standard error."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Estimate, Qualifier, Span
from epm_lint.rules.numbers.recomputed_p_values.left_alone import FIX
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Outcome, match
from epm_lint.statistics.p_values import claims_significance, of_interval

_OTHERWISE_MADE = (
    *(Qualifier.RESAMPLED, Qualifier.EXACT, Qualifier.UNKNOWN),
    *(Qualifier.CORRECTED, Qualifier.ONE_SIDED),
)
"""A model's or a robust standard error is in both alike."""

_STEPS = 10
"""How finely a p has to be printed to tell that one end has it, and not by chance."""


def of_its_interval(said: Estimate, p: Number, df: Number, span: Span, tally: Tally) -> None:
    """Three of estimate, ends, p and df tell which one is wrong; where none does, it is silent."""
    value, level = said.value, float(said.level.value) if said.level else 0.0
    low, high = span.in_unit(value.unit)
    if value.unit == "pp":
        low, high = (end.with_unit("pp") if not end.unit else end for end in (low, high))
    if said.ratio or said.has(*_OTHERWISE_MADE) or value.bound or value.fraction:
        return
    if {low.unit, high.unit} != {value.unit} or not low.value < value.value < high.value:
        return
    below, above = (of_interval(value, end, level, df) for end in (low, high))
    if not below or not above:
        return
    fits = [any(p.range.meets(allowed) for _, allowed in side) for side in (below, above)]
    uses = (value, df, low, high)
    if all(fits):
        tally.hold(p, Outcome.CONSISTENT, "", "", binding=said.binding, uses=uses)
    elif _is_middle(value, low, high):
        right = [number for number, _ in (*below, *above)]
        claims = claims_significance(p, 0.05)
        turned = claims is not None and all((way > 0.05) is claims for way in right)
        outcome = Outcome.DECISION_ERROR if turned else Outcome.INCONSISTENT
        message = (
            f"says {shown(p)}; {shown(value)} in {shown_interval(span)} with df={shown(df)} "
            f"has p={p.like(below[0][0])}"
        )
        tally.hold(p, outcome, message, FIX, binding=said.binding, uses=uses)
    elif any(fits) and p.value >= _STEPS * p.step and not _is_bounded(value, low, high):
        wrong, good = (high, low) if fits[0] else (low, high)
        right_end = wrong.like(2 * value.value - good.value)
        message = (
            f"says {shown_interval(span)}; {shown(value)} is its middle, and with {shown(good)} "
            f"has p={shown(p)} (df={shown(df)}), so the other end is {right_end}"
        )
        tally.hold(
            wrong, Outcome.INCONSISTENT, message, FIX, binding=said.binding, uses=(good, value, p)
        )


def _is_bounded(value: Number, *ends: Number) -> bool:
    """Whether it may be a rate or a correlation, whose intervals need not be even."""
    return value.unit == "%" or (not value.unit and all(abs(end.value) <= 1 for end in ends))


def _is_middle(value: Number, low: Number, high: Number) -> bool:
    ends = low.range.plus(high.range)
    return match(value, Range(ends.low / 2, ends.high / 2)) is Outcome.CONSISTENT
