"""What was measured in a run: tallied from its samples, or recorded in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from epm.definition import Definition
from epm.errors import ResultsError
from epm.evaluation.evaluated import Evaluated
from epm.files import read_json_lines
from epm.models.covariates import COVARIATES
from epm.models.steering import RECORD
from epm.pipeline.run_folder import RunFolder
from epm.results import (
    ConditionRecord,
    Measurements,
    MetricRecord,
    SteeringRecord,
    TaskRecord,
    TrainingRecord,
    check_names,
    replicate,
)
from epm.results.evaluated import EvaluationRecord
from epm.results.recorded import read
from epm.sampling.fluency import FLUENCY
from epm.sampling.likelihoods import LIKELIHOODS
from epm.sampling.samples import SAMPLES, read_samples
from epm.scoring.judges.answers import JUDGEMENTS, Judged, by_key
from epm.scoring.measuring import joint_metrics, measure, metric_records, task_records
from epm.values import Value


class Measured(Value):
    """The input of the analyses."""

    metrics: dict[str, MetricRecord]
    conditions: dict[str, ConditionRecord]
    tasks: dict[str, TaskRecord]
    measurements: Measurements
    evaluated: EvaluationRecord | None = None


def from_samples(
    definition: Definition,
    folder: RunFolder,
    failures: Mapping[str, str],
    evaluated: Evaluated | None = None,
) -> Measured:
    """Score what was sampled, and put it together with the covariates.

    Args:
        definition: what was run.
        folder: with the samples.
        failures: reason, by the name of a replicate that has no samples.
        evaluated: what Inspect's logs say, where it ran tasks.
    """
    kept = [each for each in definition.trained if each.name not in failures]
    training: dict[str, dict[str, TrainingRecord]] = {}
    for each in kept:
        text = (folder.of("train", each.name) / "training.json").read_text(encoding="utf-8")
        record = TrainingRecord.model_validate_json(text)
        training.setdefault(each.condition, {})[replicate(seed=each.seed)] = record
    missing: dict[str, dict[str, str]] = {}
    for each in definition.trained:
        if reason := failures.get(each.name):
            missing.setdefault(each.condition, {})[replicate(seed=each.seed)] = reason
    for each in definition.untrained:
        if reason := failures.get(each.name):
            missing.setdefault(each.condition, {})[replicate(seed=each.seed)] = reason
    names = [each.name for each in (*definition.untrained, *kept)]
    path = folder.of("covariates") / COVARIATES
    computed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    measurements = measure(
        definition, (*drawn(folder, names), *_beside(folder, names)), judgements(folder)
    )
    if evaluated:
        for condition, by_task in evaluated.measurements(joint_metrics(definition)).items():
            measurements.setdefault(condition, {}).update(by_task)
    return Measured(
        metrics=metric_records(definition.experiment.scorers)
        | (evaluated.metrics if evaluated else {}),
        conditions=_conditions(
            definition, computed, training, missing, _steering(definition, folder)
        ),
        tasks=task_records(definition) | (evaluated.tasks if evaluated else {}),
        measurements=measurements,
        evaluated=evaluated.record if evaluated else None,
    )


def judgements(folder: RunFolder) -> Judged:
    """What judges answered; nothing where none was asked."""
    path = folder.of("judge") / JUDGEMENTS
    return by_key(read_json_lines(path)) if path.exists() else {}


def drawn(folder: RunFolder, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """All samples of some replicates, those of checkpoints last."""
    for stage in ("sample", "trajectory"):
        for name in names:
            path = folder.of(stage, name) / SAMPLES
            if path.exists():
                yield from read_samples(path)


def _steering(definition: Definition, folder: RunFolder) -> dict[str, dict[str, SteeringRecord]]:
    """How each steered condition was steered, by replicate."""
    found: dict[str, dict[str, SteeringRecord]] = {}
    for each in definition.steered:
        path = folder.of("direction", each.name) / RECORD
        if path.exists():
            record = SteeringRecord.model_validate_json(path.read_text(encoding="utf-8"))
            found.setdefault(each.condition, {})[replicate(seed=each.seed)] = record
    return found


def _beside(folder: RunFolder, names: list[str]) -> Iterator[dict[str, Any]]:
    """What models were asked, beside being sampled."""
    for stage, file in (("weigh", LIKELIHOODS), ("fluency", FLUENCY)):
        for name in names:
            path = folder.of(stage, name) / file
            if path.exists():
                yield from read_json_lines(path)


def from_records(definition: Definition, path: Path) -> Measured:
    """Take the measurements and covariates of a file.

    Raises:
        ResultsError: the file cannot be read, breaks the form of recorded data, or has names that
            the definition does not have.
    """
    found = read(path)
    measured = Measured(
        metrics=metric_records(definition.experiment.scorers),
        conditions=_conditions(definition, found.covariates, {}, {}, {}),
        tasks=task_records(definition) | dict(found.tasks),
        measurements=found.measurements,
    )
    try:
        check_names(measured.conditions, measured.tasks, measured.metrics, measured.measurements)
    except ValueError as error:
        raise ResultsError(f"{path}: {error}", "mend it, or the definition") from None
    return measured


def _conditions(
    definition: Definition,
    computed: Mapping[str, Mapping[str, float]],
    training: Mapping[str, dict[str, TrainingRecord]],
    missing: Mapping[str, dict[str, str]],
    steering: Mapping[str, dict[str, SteeringRecord]],
) -> dict[str, ConditionRecord]:
    return {
        condition.name: ConditionRecord(
            role=condition.role,
            target=condition.target,
            factors=dict(condition.levels),
            covariates={**condition.covariates, **computed.get(condition.name, {})},
            training=training.get(condition.name, {}),
            steering=steering.get(condition.name, {}),
            missing=missing.get(condition.name, {}),
        )
        for condition in definition.experiment.conditions
    }
