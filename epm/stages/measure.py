"""What was measured, before any statistics: counts, cosines, prompt lengths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from epm.definition import Definition, Marker, Persona, Replicate
from epm.files import read_json_lines
from epm.results import (
    CompleteCondition,
    Condition,
    MissingCondition,
    Rate,
    SeedResult,
    TrainingRecord,
    TrajectoryPoint,
    Unavailable,
    Value,
    pooled_by_persona,
)
from epm.stages.sample import SAMPLES, count, count_rows


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
    trajectories: Mapping[str, Path],
    base_model: Path,
    cosines: Path,
    failures: Mapping[str, str],
) -> Measurements:
    """Count the kept samples and put them together with the cosines.

    A condition is complete with the seeds it has; it is missing when none is left.

    Args:
        definition: what was run.
        trained: folder of the adapter, by the replicate's name.
        sampled: folder of the samples, by the replicate's name.
        trajectories: folder of the samples at checkpoints, by the replicate's name; empty where
            none were asked for.
        base_model: folder of the control's samples.
        cosines: `cosines.json`.
        failures: reason, by the name of a replicate that has none of these.
    """
    marker = definition.experiment.marker
    control = count(base_model / SAMPLES, marker)
    kept: dict[str, list[SeedResult]] = {}
    lost: dict[str, dict[str, str]] = {}
    grown: dict[str, list[TrajectoryPoint]] = {}
    for replicate in definition.replicates:
        name, condition = replicate.name, replicate.condition
        if reason := failures.get(name):
            lost.setdefault(condition, {})[str(replicate.seed)] = reason
            continue
        found = _replicate(replicate, trained[name], sampled[name], marker)
        kept.setdefault(condition, []).append(found)
        if name in trajectories:
            points = _trajectory(found, trajectories[name] / SAMPLES, marker)
            grown.setdefault(condition, []).extend(points)
    geometry = json.loads(cosines.read_text(encoding="utf-8"))
    return Measurements(
        conditions={
            persona.name: _condition(
                definition,
                persona,
                kept.get(persona.name, []),
                lost.get(persona.name, {}),
                _from_the_start(definition, control[persona.name], grown.get(persona.name, [])),
            )
            for persona in definition.experiment.personas
        },
        base_model=Rate.pooled(list(control.values())),
        cosines=geometry["cosines"],
        prompt_tokens=geometry["prompt_tokens"],
    )


def _replicate(replicate: Replicate, trained: Path, sampled: Path, marker: Marker) -> SeedResult:
    rates = count(sampled / SAMPLES, marker)
    training = json.loads((trained / "training.json").read_text(encoding="utf-8"))
    return SeedResult(
        seed=replicate.seed,
        source=rates.pop(replicate.condition),
        bystanders=rates,
        training=TrainingRecord.model_validate(training),
    )


def _trajectory(found: SeedResult, samples: Path, marker: Marker) -> Iterator[TrajectoryPoint]:
    """The checkpoints of one training, and its end, of which the samples are kept elsewhere."""
    rows = sorted(read_json_lines(samples), key=lambda row: row["step"]) if samples.exists() else ()
    for step, drawn in groupby(rows, key=lambda row: int(row["step"])):
        (rate,) = count_rows(drawn, marker).values()
        yield TrajectoryPoint(step=step, seed=found.seed, rate=rate)
    yield TrajectoryPoint(step=found.training.steps, seed=found.seed, rate=found.source)


def _from_the_start(
    definition: Definition, untrained: Rate, grown: list[TrajectoryPoint]
) -> tuple[TrajectoryPoint, ...]:
    if not grown:
        return ()
    start = TrajectoryPoint(step=0, seed=definition.experiment.seed, rate=untrained)
    return (start, *sorted(grown, key=lambda point: point.step))


def _condition(
    definition: Definition,
    persona: Persona,
    replicates: Sequence[SeedResult],
    lost: dict[str, str],
    trajectory: tuple[TrajectoryPoint, ...],
) -> CompleteCondition | MissingCondition:
    new = persona.name in definition.experiment.new
    several = len(replicates) + len(lost) > 1
    if not replicates:
        reasons = [f"seed {seed}: {reason}" if several else reason for seed, reason in lost.items()]
        return MissingCondition(category=persona.category, new=new, reason="; ".join(reasons))
    return CompleteCondition(
        category=persona.category,
        new=new,
        negatives=definition.negatives(persona.name),
        source=Rate.pooled([each.source for each in replicates]),
        bystanders=pooled_by_persona([each.bystanders for each in replicates]),
        training=replicates[0].training,
        replicates=tuple(replicates) if several else (),
        missing_seeds=lost,
        trajectory=trajectory,
    )
