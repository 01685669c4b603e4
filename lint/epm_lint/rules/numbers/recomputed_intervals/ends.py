"""The ends of any interval come in order, and it holds its own estimate."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Estimate,
    Mean,
    Proportion,
    Qualifier,
    Span,
    Statement,
)
from epm_lint.reading.tables.columns import column_of
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Outcome, match

UNLIKE = (Qualifier.RESAMPLED, Qualifier.CLUSTERED, Qualifier.MODELLED, Qualifier.UNKNOWN)


FIX = "take the recomputed interval, or say how it was made"


WRONG_ONE = "correct the one that is wrong"


MANY_TRIALS = 10**7


def key(span: Span) -> tuple[int, int, int]:
    return span.low.line, span.low.column or 0, span.low.start


def in_order(said: Statement, span: Span, tally: Tally, judged: set[tuple[int, int, int]]) -> bool:
    """Whether the ends come in order; said once of each interval."""
    low, high = span.ends
    if low.value <= high.value:
        return True
    if key(span) not in judged:
        judged.add(key(span))
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


def holds(value: Number, low: Number, high: Number) -> bool:
    """Whether a value can lie between two ends, all of them rounded."""
    reach = Range(low.value - low.step, high.value + high.step)
    return match(value, reach) is Outcome.CONSISTENT


def outside(
    said: Statement, value: Number, span: Span, tally: Tally, judged: set[tuple[int, int, int]]
) -> None:
    if key(span) in judged:
        return
    judged.add(key(span))
    message = f"{shown_interval(span)} does not hold its own {shown(value)}"
    tally.hold(
        span.low,
        Outcome.INCONSISTENT,
        message,
        WRONG_ONE,
        sure=True,
        binding=said.binding,
        uses=(value, span.high),
    )


def estimate(
    said: Estimate | Mean,
    value: Number,
    span: Span,
    tally: Tally,
    judged: set[tuple[int, int, int]],
) -> None:
    """Any estimate lies in its own interval."""
    if key(span) in judged or not in_order(said, span, tally, judged):
        return
    low, high = span.in_unit(value.unit)
    if value.unit == "pp":
        low, high = (
            end.with_unit("pp") if not end.unit or end.unit == "%" else end for end in (low, high)
        )
    alike = low.unit == value.unit or {low.unit, value.unit} <= {"%", "pp"}
    if not alike or value.bound or value.fraction:
        return
    if not holds(value, low, high):
        outside(said, value, span, tally, judged)
    else:
        tally.hold(span.low, Outcome.CONSISTENT, "", "", uses=(value, span.high))
        judged.add(key(span))


def level_of(said: Proportion | Correlation | Comparison) -> float:
    level = getattr(said, "level", None)
    if level is not None:
        return float(level.value)
    header = said.passage.spot.header if said.passage.spot else ""
    return column_of(header).level or 0.95
