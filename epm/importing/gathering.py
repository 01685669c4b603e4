"""Measurements in the making: what rows of files or calls of a script say, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from epm.definition.checks.names import is_number
from epm.definition.conditions import Role
from epm.errors import EpmError
from epm.importing.found import Found
from epm.results import (
    ONLY,
    ConditionRecord,
    Count,
    CovariateRecord,
    Mean,
    Measurement,
    Measurements,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
    labels,
    replicate,
)
from epm.results.imported import ImportedModel
from epm.results.measurements import TOGETHER, sums

_FEW = 10
"""One score in so many, or fewer, is more likely a slip than a scale."""

_NAMES = ("seed", "epoch", "step")
"""What replicates are told apart by, in this order."""


def is_score(value: object) -> TypeGuard[bool | int | float]:
    """Whether it is a finite number, yes and no among them, that a float holds."""
    return isinstance(value, bool) or is_number(value)


@dataclass
class Cell:
    """What was gathered for one condition, task, metric and replicate.

    One of the four forms; an item '' stands for all where items are not known.
    """

    scores: dict[str, list[bool | float]] = field(default_factory=dict)
    """By item."""
    counts: list[tuple[str, int, int]] = field(default_factory=list)
    """Item, k and n."""
    sums: list[tuple[str, float, float, int]] = field(default_factory=list)
    """Item, sum of the scores, sum of their squares, how many."""
    values: list[Reported | Scalar] = field(default_factory=list)
    excluded: dict[str, int] = field(default_factory=dict)
    """Answers without a score, by reason."""

    @property
    def items(self) -> list[str]:
        """Those that are known."""
        named = (*self.scores, *(i for i, *_ in self.counts), *(i for i, *_ in self.sums))
        return [item for item in dict.fromkeys(named) if item]

    @property
    def scored(self) -> bool:
        """Whether it holds more than what was lost."""
        return bool(self.scores or self.counts or self.sums or self.values)

    def exclude(self, reason: str, answers: int = 1) -> None:
        """Count answers that have no score."""
        self.excluded[reason] = self.excluded.get(reason, 0) + answers


Place = tuple[str, str, str, str]
"""Condition, task, metric and replicate."""


class Gathering:
    """What there is so far; `found` makes measurements of it."""

    def __init__(self) -> None:
        """Nothing."""
        self.cells: dict[Place, Cell] = {}
        self._roles: dict[str, Role] = {}
        self._items: dict[str, dict[str, str]] = {}
        self._factors: dict[str, dict[str, str | float]] = {}
        self._covariates: dict[str, dict[str, float]] = {}

    def condition(self, name: str, role: Role = "treatment") -> None:
        """Add a condition; one without measurements is on the page as one that was not run."""
        self._roles[name] = role

    def item(self, task: str, item: str, cluster: str, where: str) -> None:
        """Add an item of a task, if it is new.

        Args:
            task: the task.
            item: the id; '' adds the task alone.
            cluster: what it belongs to; '' where that is itself.
            where: what says so, for a message.

        Raises:
            EpmError: the item was said to belong to something else.
        """
        items = self._items.setdefault(task, {})
        if item and items.setdefault(item, cluster) != cluster:
            raise EpmError(
                f"{where}: item {item} is of {cluster!r} here, and of {items[item]!r} above",
                "give each item one cluster",
            )

    def factor(self, condition: str, name: str, value: str | float, where: str) -> None:
        """Say what sets a condition apart.

        Raises:
            EpmError: it was said to be something else.
        """
        known = self._factors.setdefault(condition, {}).setdefault(name, value)
        _refuse_second("factor", condition, name, value, known, where)

    def covariate(self, condition: str, name: str, value: float, where: str) -> None:
        """Say a number of a condition.

        Raises:
            EpmError: it was said to be another.
        """
        known = self._covariates.setdefault(condition, {}).setdefault(name, value)
        _refuse_second("covariate", condition, name, value, known, where)

    def at(
        self, condition: str, task: str, metric: str, named: Mapping[str, str], where: str
    ) -> Cell:
        """The cell of one replicate.

        Args:
            condition: the condition.
            task: the task.
            metric: the metric.
            named: seed, epoch and step, where the replicate has them.
            where: what is read, for a message.

        Raises:
            EpmError: such a replicate cannot be, or a name that cannot stand in a result.
        """
        return self.cells.setdefault(self._place(condition, task, metric, named, where), Cell())

    def add(
        self,
        condition: str,
        task: str,
        metric: str,
        named: Mapping[str, str],
        cell: Cell,
        where: str,
    ) -> None:
        """The same for all that there is of one replicate.

        Raises:
            EpmError: as `at` does; it is there already.
        """
        place = self._place(condition, task, metric, named, where)
        if place in self.cells:
            raise EpmError(
                f"{where}: it was measured before" + (f", {place[3]}" if named else ""),
                "seed, epoch or step tell replicates apart",
            )
        self.cells[place] = cell

    def _place(
        self, condition: str, task: str, metric: str, named: Mapping[str, str], where: str
    ) -> Place:
        if TOGETHER in metric:
            raise EpmError(
                f"{where}: the name of the metric {metric!r} has '{TOGETHER}' in it, which stands "
                "between two metrics",
                "write 'and'",
            )
        for each, value in named.items():
            if "," in value:
                raise EpmError(f"{where}: the {each} {value!r} has a comma", "take another sign")
        name = replicate(**{each: named[each] for each in _NAMES if each in named})
        try:
            labels(name)
        except ValueError as error:
            raise EpmError(f"{where}: {error}", "steps are counted from 0") from None
        self._roles.setdefault(condition, "treatment")
        self._items.setdefault(task, {})
        return condition, task, metric, name

    @property
    def covariates(self) -> list[str]:
        """Names of the numbers that conditions have."""
        return list(dict.fromkeys(name for own in self._covariates.values() for name in own))

    def found(
        self,
        metrics: Mapping[str, MetricRecord],
        covariates: Mapping[str, CovariateRecord],
        inputs: Mapping[str, Path],
        models: Mapping[str, ImportedModel],
    ) -> Found:
        """All of it.

        Args:
            metrics: what is known of them.
            covariates: what is known of them.
            inputs: files that were read, by name.
            models: of the conditions, where they are known.

        Raises:
            EpmError: what stands in one place is of two forms, a score lies outside its scale, or
                two metrics have one label.
        """
        measurements: Measurements = {}
        kinds = _kinds(self.cells)
        _refuse_alike(metrics)
        notes = [note for metric in metrics for note in _odd(metric, self.cells)]
        for (condition, task, metric, name), cell in self.cells.items():
            where = f"{condition}, {task}, {metric}" + (f", {name}" if name != ONLY else "")
            if not (cell.scored or cell.excluded):
                notes.append(f"{where}: there was no answer.")
                continue
            made = _measurement(cell, kinds[metric], where)
            _refuse_outside(made, cell, metrics[metric], where)
            by_metric = measurements.setdefault(condition, {}).setdefault(task, {})
            by_metric.setdefault(metric, {})[name] = made
        return Found(
            conditions={
                name: ConditionRecord(
                    role=role,
                    factors=self._factors.get(name, {}),
                    covariates=self._covariates.get(name, {}),
                    missing={} if name in measurements else {ONLY: "it has no measurement"},
                )
                for name, role in self._roles.items()
            },
            tasks={
                task: TaskRecord(
                    items=tuple(items),
                    clusters={item: cluster for item, cluster in items.items() if cluster},
                )
                for task, items in self._items.items()
            },
            metrics=dict(metrics),
            measurements=measurements,
            inputs=inputs,
            covariates=dict(covariates),
            notes=tuple(notes),
            models=dict(models),
        )


def _refuse_second(
    what: str, condition: str, name: str, value: str | float, known: str | float, where: str
) -> None:
    if value != known:
        raise EpmError(
            f"{where}: the {what} {name} of {condition} is {value} here and {known} above",
            "a condition has one of each: put it into `condition`, or take it out",
        )


def _refuse_alike(metrics: Mapping[str, MetricRecord]) -> None:
    """Metrics that a reader could not tell apart."""
    by_label: dict[str, str] = {}
    for name, record in metrics.items():
        other = by_label.setdefault(record.label.casefold(), name)
        if other != name:
            raise EpmError(
                f"the metrics {other!r} and {name!r} are both called {record.label!r}",
                "give one of them another label",
            )


def _refuse_outside(made: Measurement, cell: Cell, record: MetricRecord, where: str) -> None:
    """Scores beyond an end of their scale: one of the two is wrong."""
    scores = [score for own in cell.scores.values() for score in own]
    values = [each.value for each in cell.values]
    means = [total / n for _, total, _, n in cell.sums]
    lower, upper = record.lower, record.upper
    for score in () if isinstance(made, Count) else (*scores, *values, *means):
        beyond = abs(score) * 1e-9  # means are computed
        if (lower is not None and score < lower - beyond) or (
            upper is not None and score > upper + beyond
        ):
            scale = f"from {lower:g}" if upper is None else f"to {upper:g}"
            scale = f"from {lower:g} to {upper:g}" if None not in (lower, upper) else scale
            raise EpmError(
                f"{where}: {score:g} is outside the scale, {scale}", "mend one of the two"
            )


def _odd(metric: str, cells: Mapping[Place, Cell]) -> Iterator[str]:
    """What a yes-or-no metric would be but for a few other numbers."""
    scores = [
        score
        for place, cell in cells.items()
        if place[2] == metric
        for own in cell.scores.values()
        for score in own
    ]
    other = [score for score in scores if score not in (0, 1)]
    if other and len(other) * _FEW <= len(scores):
        yield (
            f"{metric}: {len(other)} of {len(scores)} scores are neither 0 nor 1 (such as "
            f"{other[0]:g}), so that scores are averaged and not counted."
        )


def _kinds(cells: Mapping[Place, Cell]) -> dict[str, type]:
    """Whether all scores of a metric are yes or no, in any condition."""
    kinds: dict[str, type] = {}
    for (_, _, metric, _), cell in cells.items():
        kinds.setdefault(metric, bool)
        if (
            cell.values
            or cell.sums
            or any(s not in (0, 1) for scores in cell.scores.values() for s in scores)
        ):
            kinds[metric] = float
    return kinds


def _measurement(cell: Cell, kind: type, where: str) -> Measurement:
    excluded = cell.excluded
    forms = {
        "scores": bool(cell.scores),
        "counts": bool(cell.counts),
        "means": bool(cell.sums),
        "a value": bool(cell.values),
    }
    if sum(forms.values()) > 1:
        raise EpmError(
            f"{where} has {' and '.join(form for form, there in forms.items() if there)}",
            "give one of them, or two metrics",
        )
    if cell.values:
        if len(cell.values) > 1:
            raise _several(where)
        return cell.values[0].model_copy(update={"excluded": excluded})
    if cell.counts:
        _refuse_twice([item for item, _, _ in cell.counts], where)
        return _count({item: (k, n) for item, k, n in cell.counts}, excluded, where)
    if cell.sums:
        _refuse_twice([item for item, *_ in cell.sums], where)
        return _mean({item: (s, squares, n) for item, s, squares, n in cell.sums}, excluded, where)
    if kind is bool:
        counted = {i: (sum(map(int, own)), len(own)) for i, own in cell.scores.items()}
        return _count(counted, excluded, where)
    return _mean({item: sums(own, where) for item, own in cell.scores.items()}, excluded, where)


def _count(
    tallies: Mapping[str, tuple[int, int]], excluded: dict[str, int], where: str
) -> Measurement:
    if _only_total(tallies, where):
        return Count(total=tallies[""], excluded=excluded)
    return Count(items=dict(tallies), excluded=excluded)


def _mean(
    tallies: Mapping[str, tuple[float, float, int]], excluded: dict[str, int], where: str
) -> Measurement:
    if _only_total(tallies, where):
        return Mean(total=tallies[""], excluded=excluded)
    return Mean(items=dict(tallies), excluded=excluded)


def _only_total(tallies: Mapping[str, object], where: str) -> bool:
    """Whether no item is known.

    Raises:
        EpmError: of a part they are.
    """
    if "" in tallies and len(tallies) > 1:
        raise EpmError(
            f"{where} has answers with an item and answers without", "name the item of all, or none"
        )
    return "" in tallies


def _refuse_twice(items: Sequence[str], where: str) -> None:
    if len(set(items)) < len(items):
        raise _several(where)


def _several(where: str) -> EpmError:
    return EpmError(
        f"several rows for {where}",
        "name the column that tells them apart: item, seed, epoch, or a part of the condition",
    )
