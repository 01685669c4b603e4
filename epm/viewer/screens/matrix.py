"""Conditions down, tasks across: what was measured, each cell a way to its completions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from epm.results import Count, Joint, Mean, Measurement, Reported, Results, Scalar, labels
from epm.results.measurements import TOGETHER
from epm.viewer import html
from epm.viewer.addresses import samples
from epm.viewer.data.run import Run
from epm.viewer.data.tally import Selection
from epm_lint.binding.formats import significant

SHADES = 10


@dataclass(frozen=True)
class Cell:
    """One condition on one task."""

    text: str
    title: str
    shade: int
    href: str
    target: bool
    lost: int
    seeds: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Sum:
    """Measurements of one place, brought together."""

    kind: str
    total: float
    n: int
    lost: int

    @property
    def text(self) -> str:
        """As a cell shows it."""
        if self.kind == "count":
            return f"{self.total:.0f}/{self.n}"
        if not self.n and self.kind == "mean":
            return "no score"
        value = significant(self.total / self.n if self.kind == "mean" else self.total)
        return f"{value} ({self.n})" if self.n else value

    @property
    def value(self) -> float | None:
        """By which it is shaded."""
        if self.kind in ("count", "mean"):
            return self.total / self.n if self.n else None
        return self.total


Place = tuple[str, str]
"""A condition and a task."""


@dataclass(frozen=True)
class Metric:
    """What was measured by one metric, and how its cells are shaded."""

    name: str
    label: str
    found: Mapping[Place, Sum]
    seeds: Mapping[Place, Mapping[str, Sum]]
    low: float
    high: float
    says: str

    def shade(self, whole: Sum) -> int:
        """Of a cell, 0 to `SHADES`."""
        if whole.value is None or self.high <= self.low:
            return 0
        return round((whole.value - self.low) / (self.high - self.low) * SHADES)


@dataclass(frozen=True)
class Column:
    """A task, or a metric where all are of one task."""

    heading: str
    about: str
    metric: Metric
    task: str


@dataclass(frozen=True)
class Table:
    """Conditions down."""

    heading: str
    says: tuple[str, ...]
    columns: list[Column]
    rows: list[tuple[str, list[Cell | None]]]

    @property
    def replicated(self) -> bool:
        """Whether there are seeds to show."""
        return any(cell and cell.seeds for _, cells in self.rows for cell in cells)

    @property
    def lossy(self) -> bool:
        """Whether answers got no score."""
        return any(cell and cell.lost for _, cells in self.rows for cell in cells)

    @property
    def unlinked(self) -> bool:
        """Whether a cell leads to no completions."""
        return any(cell and not cell.href for _, cells in self.rows for cell in cells)

    @property
    def targeted(self) -> bool:
        """Whether a cell is of the task that its condition was trained for."""
        return any(cell and cell.target for _, cells in self.rows for cell in cells)


def screen(run: Run, path: str) -> str:
    """The matrix of a run."""
    tables = _tables(run, run.results) if run.results else []
    return html.page("matrix", path, "Matrix", run, "matrix", tables=tables)


def _tables(run: Run, results: Results) -> list[Table]:
    """One a metric; where everything was measured on one task, one with a column a metric."""
    metrics = _metrics(results)
    tasks = {task for metric in metrics for _, task in metric.found}
    if len(tasks) == 1 and len(metrics) > 1:
        (task,) = tasks
        columns = [Column(metric.label, metric.name, metric, task) for metric in metrics]
        says = tuple(dict.fromkeys(metric.says for metric in metrics))
        return [_table(run, results, task, says, columns)]
    return [
        _table(
            run,
            results,
            metric.label,
            (metric.says,),
            [
                Column(task, "", metric, task)
                for task in results.tasks
                if any(task == each for _, each in metric.found)
            ],
        )
        for metric in metrics
    ]


def _table(
    run: Run, results: Results, heading: str, says: tuple[str, ...], columns: list[Column]
) -> Table:
    measured = {place for column in columns for place in column.metric.found}
    of_any = {condition for condition, _ in measured}
    conditions = [name for name in results.measurements if name in of_any]
    rows = [
        (name, [_cell(run, results, column, name) for column in columns]) for name in conditions
    ]
    return Table(heading, says, columns, rows)


def _metrics(results: Results) -> list[Metric]:
    measured: dict[str, dict[Place, Mapping[str, Measurement]]] = {}
    for condition, by_task in results.measurements.items():
        for task, by_metric in by_task.items():
            for metric, by_replicate in by_metric.items():
                if TOGETHER not in metric:
                    measured.setdefault(metric, {})[condition, task] = _ends(by_replicate)
    summed = {metric: _summed(found) for metric, found in measured.items()}
    rates = [
        whole.value
        for found in summed.values()
        for whole in found.values()
        if whole.kind == "count" and whole.value is not None
    ]
    return [
        _metric(results, name, found, measured[name], max(rates, default=0.0))
        for name, found in summed.items()
        if found
    ]


def _summed(found: Mapping[Place, Mapping[str, Measurement]]) -> dict[Place, Sum]:
    sums = {place: pooled(measured.values()) for place, measured in found.items() if measured}
    return {place: whole for place, whole in sums.items() if whole is not None}


def _metric(
    results: Results,
    name: str,
    found: Mapping[Place, Sum],
    measured: Mapping[Place, Mapping[str, Measurement]],
    highest: float,
) -> Metric:
    seeds: dict[Place, dict[str, Sum]] = {}
    for place in found:
        each = {seed: pooled([one]) for seed, one in measured[place].items()}
        seeds[place] = {seed: one for seed, one in each.items() if one is not None}
    kinds = {whole.kind for whole in found.values()}
    label = results.metrics[name].label
    if kinds == {"count"}:
        says = f"k of n, shaded from 0 to {highest:.0%}, the highest rate of this run"
        return Metric(name, label, found, seeds, 0.0, highest, says)
    values = [whole.value for whole in found.values() if whole.value is not None]
    says = (
        "a mean with its number of answers" if kinds == {"mean"} else "a value as it was reported"
    )
    says += ", shaded from the least to the largest of its kind"
    low, high = min(values, default=0.0), max(values, default=0.0)
    return Metric(name, label, found, seeds, low, high, says)


def _ends(by_replicate: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """Without the checkpoints of trainings."""
    return {name: each for name, each in by_replicate.items() if "step" not in labels(name)}


def _cell(run: Run, results: Results, column: Column, condition: str) -> Cell | None:
    metric, place = column.metric, (condition, column.task)
    if (whole := metric.found.get(place)) is None:
        return None
    seeds = metric.seeds[place]
    rate = f", {whole.value:.0%}" if whole.kind == "count" and whole.value is not None else ""
    return Cell(
        whole.text,
        f"{condition} on {column.task}, {metric.label}: {whole.text}{rate}",
        metric.shade(whole),
        _href(run, Selection(metric.name, (place,))),
        results.conditions[condition].target == column.task,
        whole.lost,
        [
            (name, one.text, _href(run, Selection(metric.name, (place,), (name,))))
            for name, one in (seeds.items() if len(seeds) > 1 else ())
        ],
    )


def _href(run: Run, selection: Selection) -> str:
    counted = run.tally.count(selection)
    return samples(selection) if counted.scored or counted.lost else ""


def pooled(measured: Any) -> Sum | None:
    """Counts and means are pooled; of values that stand for themselves the mean is shown."""
    each = list(measured)
    lost = sum(sum(one.excluded.values()) for one in each)
    if counts := [one for one in each if isinstance(one, Count)]:
        return Sum("count", sum(c.successes for c in counts), sum(c.trials for c in counts), lost)
    if means := [one for one in each if isinstance(one, Mean)]:
        sums = [s for one in means for s in ([one.total] if one.total else one.items.values())]
        return Sum("mean", sum(s[0] for s in sums), sum(s[2] for s in sums), lost)
    values = [one.value for one in each if isinstance(one, Reported | Scalar)]
    if values:
        return Sum("value", sum(values) / len(values), 0, lost)
    return None if all(isinstance(one, Joint) for one in each) else Sum("mean", 0, 0, lost)
