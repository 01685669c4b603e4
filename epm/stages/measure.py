"""What was measured, before any statistics: counts, cosines, prompt lengths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from epm.results import (
    CompleteCondition,
    Condition,
    MissingCondition,
    Rate,
    TrainingRecord,
    Unavailable,
    Value,
)
from epm.spec import Definition
from epm.stages.sample import SAMPLES, count


class Measurements(Value):
    """The input of the statistics."""

    conditions: dict[str, Condition]
    base_model: Rate | Unavailable
    cosines: dict[str, dict[str, float]]
    prompt_tokens: dict[str, int]


def measurements(
    definition: Definition,
    *,
    trained: Mapping[str, Path],
    sampled: Mapping[str, Path],
    base_model: Path,
    cosines: Path,
    failures: Mapping[str, str],
) -> Measurements:
    """Count the kept samples and put them together with the cosines.

    Args:
        definition: what was run.
        trained: folder of the adapter, by condition.
        sampled: folder of the samples, by condition.
        base_model: folder of the control's samples.
        cosines: `cosines.json`.
        failures: reason, by condition that has none of these.
    """
    experiment = definition.experiment
    conditions: dict[str, CompleteCondition | MissingCondition] = {}
    for persona in experiment.personas:
        name, new = persona.name, persona.name in experiment.new
        if reason := failures.get(name):
            conditions[name] = MissingCondition(category=persona.category, new=new, reason=reason)
            continue
        rates = count(sampled[name] / SAMPLES, experiment.marker)
        training = json.loads((trained[name] / "training.json").read_text(encoding="utf-8"))
        conditions[name] = CompleteCondition(
            category=persona.category,
            new=new,
            negatives=definition.negatives(name),
            source=rates.pop(name),
            bystanders=rates,
            training=TrainingRecord.model_validate(training),
        )
    control = count(base_model / SAMPLES, experiment.marker)
    geometry = json.loads(cosines.read_text(encoding="utf-8"))
    return Measurements(
        conditions=conditions,
        base_model=Rate.pooled(list(control.values())),
        cosines=geometry["cosines"],
        prompt_tokens=geometry["prompt_tokens"],
    )
