"""Conditions down, tasks across: what was measured, each cell a way to its completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def screen(run: Run, path: str) -> str:
    """The matrix of a run."""
    tables = list(_tables(run, run.results)) if run.results else []
    return html.page("matrix", path, "Matrix", run, "matrix", tables=tables)


def _tables(run: Run, results: Results) -> Iterator[dict[str, Any]]:
    metrics = dict.fromkeys(
        metric
        for by_task in results.measurements.values()
        for by_metric in by_task.values()
        for metric in by_metric
        if TOGETHER not in metric
    )
    for metric in metrics:
        conditions = [
            name
            for name, by_task in results.measurements.items()
            if any(metric in by_metric for by_metric in by_task.values())
        ]
        tasks = [
            task
            for task in results.tasks
            if any(metric in results.measurements[name].get(task, {}) for name in conditions)
        ]
        found = {
            (name, task): results.measurements[name][task][metric]
            for name in conditions
            for task in tasks
            if metric in results.measurements[name].get(task, {})
        }
        record = results.metrics[metric]
        yield {
            "metric": metric,
            "label": record.label,
            "says": _says(found),
            "replicated": any(len(_ends(each)) > 1 for each in found.values()),
            "tasks": tasks,
            "rows": [
                (name, [_cell(run, results, metric, name, task, found) for task in tasks])
                for name in conditions
            ],
        }


def _says(found: Mapping[Any, Mapping[str, Measurement]]) -> str:
    kinds = {type(each) for by in found.values() for each in by.values()}
    if kinds == {Count}:
        return "k of n, shaded by their ratio from 0 to 1"
    if kinds == {Mean}:
        return "mean (number of answers), shaded from the least to the largest"
    return "values as they were reported or computed, shaded from the least to the largest"


def _ends(by_replicate: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """Without the checkpoints of trainings."""
    return {name: each for name, each in by_replicate.items() if "step" not in labels(name)}


def _cell(
    run: Run,
    results: Results,
    metric: str,
    condition: str,
    task: str,
    found: Mapping[tuple[str, str], Mapping[str, Measurement]],
) -> Cell | None:
    measured = _ends(found.get((condition, task), {}))
    if not measured or (whole := pooled(measured.values())) is None:
        return None
    selection = Selection(metric, ((condition, task),))
    seeds = []
    if len(measured) > 1:
        for name, each in measured.items():
            if (one := pooled([each])) is not None:
                of_one = Selection(metric, ((condition, task),), (name,))
                seeds.append((name, one.text, _href(run, of_one)))
    return Cell(
        whole.text,
        f"{condition} on {task}: {whole.text}",
        _shade(whole, found),
        _href(run, selection),
        results.conditions[condition].target == task,
        whole.lost,
        seeds,
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


def _shade(whole: Sum, found: Mapping[Any, Mapping[str, Measurement]]) -> int:
    value = whole.value
    if value is None:
        return 0
    if whole.kind == "count":
        return round(value * SHADES)
    every = [s.value for by in found.values() if (s := pooled(_ends(by).values()))]
    known = [each for each in every if each is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return round((value - low) / (high - low) * SHADES) if high > low else 0
