"""Logs of Inspect, as its own library reads them.

A condition is a model, a task a task, a metric a scorer (or `scorer/key`, where one gives several
values), a replicate an epoch. Scores are taken from the logs' summaries, so that of a large log
neither conversations nor events are held in memory; completions are read when they are written on,
1,000 at a time. What inspect_ai makes of the summaries is the most that is held: 0.8 GB for a log
of 100,000 samples. A log in JSON is one text, and inspect_ai holds all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from epm.evaluation.logs import completions, headline, provenance, reported
from epm.evaluation.logs.logs import Log, Panel, find, panel
from epm.evaluation.logs.measured import measurement, metric_records, yes_or_no
from epm.evaluation.logs.scores import Scores, read_scores
from epm.evaluation.logs.tasks import agreed, check_scorers, check_settings
from epm.importing.found import Found
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
    notes = [*provenance.mocks(found.logs), *found.notes]
    notes += [*check_scorers(scores), *check_settings(scores)]
    tasks, task_notes = agreed(scores)
    notes += task_notes
    for log, each in scores.items():
        notes += each.notes(log)
    counted = yes_or_no(scores)
    metrics = metric_records(scores, counted)
    bounded = frozenset(name for name, each in metrics.items() if each.upper == 1)
    headlines = headline.by_task(scores, bounded)
    measurements = _measurements(scores, counted)
    if headlines:
        metrics = {
            headline.NAME: MetricRecord(label=headline.LABEL, lower=0.0, upper=1.0)
        } | metrics
        _add_headline(measurements, headlines)
        notes.append(headline.note(headlines))
    return Found(
        conditions=_conditions(found),
        tasks=tasks,
        metrics=metrics,
        measurements=measurements,
        told=headline.alone(scores, headlines),
        inputs=files,
        models={log.condition: provenance.model(log) for log in found.logs},
        evaluations=tuple(provenance.task(log, each) for log, each in scores.items()),
        reported=tuple(
            number for log, each in scores.items() for number in reported.numbers(log, each)
        ),
        packages=provenance.packages(found.logs),
        notes=tuple(notes),
        samples=partial(completions.rows, dict(scores), counted),
    )


def _conditions(found: Panel) -> dict[str, ConditionRecord]:
    conditions = {log.condition: ConditionRecord() for log in found.logs}
    for condition, reason in found.not_run.items():
        conditions.setdefault(condition, ConditionRecord(missing={ONLY: reason}))
    return conditions


def _measurements(scores: Mapping[Log, Scores], counted: frozenset[str]) -> Measurements:
    repeated = {log.task for log in scores if log.epochs > 1}
    measured: Measurements = {}
    for log, each in scores.items():
        by_metric = measured.setdefault(log.condition, {}).setdefault(log.task, {})
        for metric in each.metrics:
            where = f"{log.cell}, {metric}"
            by_metric[metric] = {
                replicate(epoch=epoch) if log.task in repeated else ONLY: found
                for epoch in each.epochs
                if (found := measurement(each, metric, (epoch,), metric in counted, where))
            }
    return measured


def _add_headline(measurements: Measurements, headlines: Mapping[str, str]) -> None:
    """The headline of every task again, under one name; as numbers where one is not yes or no."""
    cells = [
        (by_metric, by_metric[headlines[task]])
        for by_task in measurements.values()
        for task, by_metric in by_task.items()
    ]
    counted = all(isinstance(each, Count) for _, cell in cells for each in cell.values())
    for by_metric, cell in cells:
        by_metric[headline.NAME] = {
            name: each if counted else _averaged(each) for name, each in cell.items()
        }


def _averaged(measured: Measurement) -> Measurement:
    """Yes-or-no scores as the numbers 1 and 0."""
    if not isinstance(measured, Count):
        return measured
    sums = {item: (float(k), float(k), n) for item, (k, n) in measured.items.items()}
    return Mean(items=sums, excluded=measured.excluded)
