"""A prediction of a linear fit is the middle of its interval."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import (
    Prediction,
    Span,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry
from epm_lint.rules.numbers.recomputed_intervals.ends import WRONG_ONE
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import match


def prediction(said: Prediction, tally: Tally) -> None:
    if said.interval is not None:
        _symmetric(said.interval, said.predicted, said.half, tally)


def predicted_rows(reading: Reading, tally: Tally) -> None:
    for table in reading.tables:
        for record in table.records:
            found = record.get(Role.INTERVAL)
            if found is None or found.span is None or found.passage.quoted:
                continue
            is_prediction = found.column.is_of_prediction
            predicted = record.get(Role.PREDICTED) if is_prediction else None
            half = record.get(Role.HALF_WIDTH)
            _symmetric(
                found.span,
                predicted.number if predicted else None,
                _half_width(half, found.span) if half else None,
                tally,
            )


def _half_width(entry: Entry, span: Span) -> Number | None:
    """Beside an interval in percent, "41.1 points" are of the same scale."""
    number = entry.number
    points = number is not None and "points" in entry.ground.words
    return number.with_unit(span.unit) if number and points else number


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
        tally.hold(number, match(number, allowed), message, WRONG_ONE, uses=(span.low, span.high))
