"""From rows with named columns to measurements, by a map."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from epm.errors import EpmError, suggest
from epm.importing.found import Found
from epm.importing.gathering import Cell, Gathering, is_score
from epm.importing.mapping import FIELD, Comparison, Map, Measure, comparisons
from epm.linting.parsing import WrittenFloat, WrittenInt
from epm.results import CovariateRecord, MetricRecord, Reported, Scalar
from epm.results.imported import ImportedModel
from epm_lint.quoting import clip, quote

Row = Mapping[str, Any]
"""Values by column; a column of a nested row is a path, as in 'refused/k'."""

RowsOf = Callable[[Measure], Iterable[tuple[str, Row]]]
"""The rows that a measure is about, each with where it stands: 'row 7', '/steering/plus'."""

_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_LARGEST_COUNT = 2**53
"""Beyond it a float does not tell a number from the next."""
_LONGEST_NAME = 17
"""Of a number; 0.30000000000000004 is 0.3, with an error of rounding."""
_WORDS = {"yes": True, "no": False, "true": True, "false": False}


def found(given: Map, rows_of: RowsOf, inputs: Mapping[str, Path], task: str) -> Found:
    """What a map makes of rows.

    Args:
        given: the map.
        rows_of: the rows of a measure.
        inputs: the files, by name.
        task: name of the task where the map names none.

    Raises:
        EpmError: a column is not there, or a value is not what the map says.
    """
    reading = _Reading(given, task)
    for measure in given.measure:
        seen = False
        for where, row in rows_of(measure):
            seen = True
            reading.take(measure, where, row)
        if not seen:
            place = f" at {measure.at}" if measure.at else ""
            raise EpmError(f"no rows for {measure.metric}{place}", "mend `at` or the file")
    return reading.found(inputs)


class _Reading:
    def __init__(self, given: Map, task: str) -> None:
        self._map = given
        self._task = task
        self._gathering = Gathering()

    def take(self, measure: Measure, where: str, row: Row) -> None:
        """Add one row."""
        if measure.where and not _holds(comparisons(measure.where), row, where):
            return
        condition = _text(measure.condition, row, where)
        task = _text(measure.task, row, where) if measure.task != "answers" else self._task
        item = _text(measure.item, row, where) if measure.item else ""
        self._describe(measure, condition, row, where)
        cluster = _text(measure.cluster, row, where) if measure.cluster else ""
        self._gathering.item(task, item, cluster, where)
        named = {
            name: _text(template, row, where)
            for name in ("seed", "epoch", "step")
            if (template := getattr(measure, name))
        }
        cell = self._gathering.at(condition, task, measure.metric, named, where)
        _score(measure, cell, item, where, row)

    def _describe(self, measure: Measure, condition: str, row: Row, where: str) -> None:
        for name in measure.factors:
            value = _value(row, name, where)
            if value is not None:
                level = value if isinstance(value, str) else _number(value, name, where)
                self._gathering.factor(condition, name, level, where)
        for name in measure.covariates:
            value = _value(row, name, where)
            if value is not None:
                number = _number(value, name, where)
                self._gathering.covariate(condition, name, number, where)

    def _refuse_unscored(self) -> None:
        """A metric that no row has a score of: most likely `scored` has another word for it."""
        for measure in self._map.measure:
            cells = [
                cell for place, cell in self._gathering.cells.items() if place[2] == measure.metric
            ]
            if any(cell.scored for cell in cells):
                continue
            reasons = dict.fromkeys(reason for cell in cells for reason in cell.excluded)
            raise EpmError(
                f"no row has a score of {measure.metric}: {measure.excluded or 'its column'} says "
                f"{', '.join(reasons) or 'nothing'}",
                f"`scored` lists what a scored row says there, now {', '.join(measure.scored)}",
            )

    def found(self, inputs: Mapping[str, Path]) -> Found:
        """All of it."""
        self._refuse_unscored()
        conditions = dict.fromkeys(place[0] for place in self._gathering.cells)
        baseline = self._map.baseline
        if baseline and baseline not in conditions:
            raise EpmError(
                f"the baseline {baseline!r} is no condition", suggest(baseline, conditions)
            )
        if baseline:
            self._gathering.condition(baseline, "baseline")
        return self._gathering.found(
            metrics={
                each.metric: MetricRecord(
                    label=each.label or each.metric.replace("_", " "),
                    unit=each.unit,
                    lower=each.lower,
                    upper=each.upper,
                )
                for each in self._map.measure
            },
            covariates={
                name: CovariateRecord(label=self._map.labels.get(name, name.replace("_", " ")))
                for name in dict.fromkeys(
                    name for each in self._map.measure for name in each.covariates
                )
            },
            inputs=inputs,
            models={name: ImportedModel(name=self._map.model) for name in conditions}
            if self._map.model
            else {},
        )


def _score(measure: Measure, cell: Cell, item: str, where: str, row: Row) -> None:
    """Add what a row says of its answer, or why it says nothing."""
    if measure.excluded:
        reason = _value(row, measure.excluded, where)
        if reason not in (None, "") and str(reason) not in measure.scored:
            cell.exclude(str(reason))
            return
    if measure.successes:
        k, n = (_whole(row, name, where) for name in (measure.successes, measure.trials))
        if k > n:
            raise EpmError(f"{where}: {k} successes of {n}", "swap the columns, or mend them")
        if n:
            cell.counts.append((item, k, n))
    elif measure.value:
        cell.values.append(_reported(measure, row, where))
    else:
        score = _scored(measure, row, where)
        if score is None:
            cell.exclude("no score")
        else:
            cell.scores.setdefault(item, []).append(score)


# ------------------------------------------------------------------ values


def _value(row: Row, column: str, where: str) -> Any:
    """A cell; one of a nested row by its path.

    Raises:
        EpmError: there is no such column.
    """
    if column in row:
        return row[column]
    value: Any = row
    for step in column.split("/"):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal():
            if int(step) >= len(value):
                break
            value = value[int(step)]
        else:
            break
    else:
        return value
    raise EpmError(
        f"{where} has no column {column!r}", suggest(column, [str(name) for name in row])
    )


def _text(template: str, row: Row, where: str) -> str:
    """A template with its columns filled in."""

    def filled(name: str) -> str:
        value = _value(row, name, where)
        if value is None or isinstance(value, dict | list):
            raise EpmError(f"{where}: column {name!r} has no value", "mend the row, or the map")
        return _name(value)

    text = FIELD.sub(lambda match: filled(match[1]), template).strip()
    if not text or not text.isprintable():
        raise EpmError(f"{where}: {template!r} gives no name", "mend the row, or the map")
    return text


def _name(value: Any) -> str:
    """What a value is called: as a table has it, a whole number without its '.0'."""
    if isinstance(value, WrittenInt):
        return value.text
    if not isinstance(value, float):
        return str(value)
    exact = f"{value:.{sys.float_info.dig}g}"
    text = value.text if isinstance(value, WrittenFloat) else exact
    return (text if len(text) <= _LONGEST_NAME else exact).removesuffix(".0")


def _number(value: Any, column: str, where: str) -> float:
    if is_score(value):
        return float(value)
    shown = quote(value) if isinstance(value, str) else clip(repr(value))
    raise EpmError(f"{where}: {column} is {shown}, which is no number", "mend the row, or the map")


def _whole(row: Row, column: str, where: str) -> int:
    number = _number(_value(row, column, where), column, where)
    if not 0 <= number <= _LARGEST_COUNT or number != int(number):
        raise EpmError(f"{where}: {column} is {number:g}, which is no count", "mend the row")
    return int(number)


def _reported(measure: Measure, row: Row, where: str) -> Reported | Scalar:
    value = _number(_value(row, measure.value, where), measure.value, where)
    if not (measure.stderr or measure.n):
        return Scalar(value=value)
    error = _value(row, measure.stderr, where) if measure.stderr else None
    return Reported(
        value=value,
        stderr=None if error is None else _number(error, measure.stderr, where),
        n=_whole(row, measure.n, where) if measure.n else None,
    )


def _scored(measure: Measure, row: Row, where: str) -> bool | float | None:
    if measure.success:
        return _holds(comparisons(measure.success), row, where)
    value = _value(row, measure.score, where)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _WORDS.get(value.casefold(), value)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if isinstance(value, bool) else _number(value, measure.score, where)


def _holds(asked: Iterable[Comparison], row: Row, where: str) -> bool:
    for column, sign, wanted in asked:
        value = _value(row, column, where)
        value = str(value) if isinstance(wanted, str) else _number(value, column, where)
        if not _SIGNS[sign](value, wanted):
            return False
    return True


def at(value: Any, pointer: str) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """The places of a JSON value that a pointer with stars means.

    Yields:
        Where it stands, what stands there, and what each star stands for.
    """
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]

    def within(value: Any, rest: list[str], path: str, stars: tuple[str, ...]) -> Iterator[Any]:
        if not rest:
            yield path or "/", value, stars
            return
        step, *after = rest
        if isinstance(value, Mapping):
            members = value.items() if step == "*" else [(step, value[step])] * (step in value)
        elif isinstance(value, list):
            numbered = [(str(number), part) for number, part in enumerate(value)]
            members = [each for each in numbered if step in ("*", each[0])]
        else:
            members = []
        for name, part in members:
            yield from within(
                part, after, f"{path}/{name}", (*stars, name) if step == "*" else stars
            )

    yield from within(value, steps, "", ())
