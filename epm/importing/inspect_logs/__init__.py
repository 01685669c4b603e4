"""Logs of Inspect, as its own library reads them.

A condition is a model, a task a task, a metric a scorer (or `scorer/key`, where one gives several
values), a replicate an epoch. Scores are taken from the logs' summaries, so that of a large log
neither conversations nor events are held in memory; completions are read when they are written on,
1,000 at a time. What inspect_ai makes of the summaries is the most that is held: 0.8 GB for a log
of 100,000 samples. A log in JSON is one text, and inspect_ai holds all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from epm.importing.found import Found
from epm.importing.gathering import sums
from epm.importing.inspect_logs import completions, provenance, reported
from epm.importing.inspect_logs.logs import Log, Panel, find, panel
from epm.importing.inspect_logs.scores import Scores, read_scores
from epm.importing.inspect_logs.tasks import agreed, check_scorers, check_settings
from epm.results import (
    ONLY,
    ConditionRecord,
    Count,
    Mean,
    Measurement,
    Measurements,
    MetricRecord,
    replicate,
)


def read(paths: Sequence[Path]) -> Found:
    """What logs and folders of logs hold.

    Args:
        paths: `.eval` and `.json` files, and folders that are searched for them.

    Raises:
        EpmError: inspect_ai is not installed, a log cannot be read or has no samples, or the logs
            contradict each other.
    """
    files = find(paths)
    found = panel(files)
    scores = {log: read_scores(log) for log in found.logs}
    notes = [*found.notes, *check_scorers(scores), *check_settings(scores)]
    tasks, task_notes = agreed(scores)
    notes += task_notes
    for log, each in scores.items():
        notes += each.notes(log)
    yes_or_no = _yes_or_no(scores)
    return Found(
        conditions=_conditions(found),
        tasks=tasks,
        metrics=_metrics(scores, yes_or_no),
        measurements=_measurements(scores, yes_or_no),
        inputs=files,
        models={log.condition: provenance.model(log) for log in found.logs},
        evaluations=tuple(provenance.task(log, each) for log, each in scores.items()),
        reported=tuple(
            number for log, each in scores.items() for number in reported.numbers(log, each)
        ),
        packages=provenance.packages(found.logs),
        notes=tuple(notes),
        samples=partial(completions.rows, dict(scores), yes_or_no),
    )


def _conditions(found: Panel) -> dict[str, ConditionRecord]:
    conditions = {log.condition: ConditionRecord() for log in found.logs}
    for condition, reason in found.not_run.items():
        conditions.setdefault(condition, ConditionRecord(missing={ONLY: reason}))
    return conditions


def _yes_or_no(scores: Mapping[Log, Scores]) -> frozenset[str]:
    """Metrics whose every value is 0 or 1, wherever it stands: one metric is of one kind."""
    levels: dict[str, set[float]] = {}
    for each in scores.values():
        for metric, values in each.levels().items():
            levels.setdefault(metric, set()).update(values)
    return frozenset(metric for metric, values in levels.items() if values <= {0.0, 1.0})


def _metrics(scores: Mapping[Log, Scores], yes_or_no: frozenset[str]) -> dict[str, MetricRecord]:
    """Headlines of the logs first: the first of all is what analyses by default are about."""
    headlines = [each.metrics[0] for each in scores.values() if each.metrics]
    # the headline of most logs first; those of equally many in the logs' order
    most = sorted(dict.fromkeys(headlines), key=lambda name: -Counter(headlines)[name])
    names = dict.fromkeys([*most, *(name for each in scores.values() for name in each.metrics)])
    bounded = {name for each in scores.values() for name in each.on_unit_scale}
    unbounded = {
        name
        for each in scores.values()
        for name, values in each.levels().items()
        if any(not 0 <= value <= 1 for value in values)
    }
    return {
        name: MetricRecord(label=name, lower=0.0, upper=1.0)
        if name in yes_or_no or (name in bounded and name not in unbounded)
        else MetricRecord(label=name)
        for name in names
    }


def _measurements(scores: Mapping[Log, Scores], yes_or_no: frozenset[str]) -> Measurements:
    repeated = {log.task for log in scores if log.epochs > 1}
    measured: Measurements = {}
    for log, each in scores.items():
        by_metric = measured.setdefault(log.condition, {}).setdefault(log.task, {})
        for metric in each.metrics:
            by_metric[metric] = {
                replicate(epoch=epoch) if log.task in repeated else ONLY: measurement
                for epoch in each.epochs
                if (
                    measurement := _measurement(
                        each, metric, epoch, metric in yes_or_no, f"{log.cell}, {metric}"
                    )
                )
            }
    return measured


def _measurement(
    each: Scores, metric: str, epoch: int, yes_or_no: bool, where: str
) -> Measurement | None:
    values = each.values[metric].get(epoch, {})
    excluded = dict(sorted(each.excluded[metric].get(epoch, Counter()).items()))
    if not (values or excluded):
        return None
    if yes_or_no:
        counts = {item: (int(value), 1) for item, value in values.items()}
        return Count(items=counts, excluded=excluded)
    return Mean(
        items={item: sums([value], where) for item, value in values.items()}, excluded=excluded
    )
