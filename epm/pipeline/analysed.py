"""The analyses of a run, its gates, and the parent that its findings are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from epm.analyses.computing import compute, gate
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.exclusions.judged import of_judges
from epm.analyses.registry import AnalysisBlock
from epm.definition import Definition
from epm.definition import Parent as ParentSpec
from epm.pipeline.measured import Measured
from epm.results import ConditionRecord, GateRecord, ParentRecord, TaskRecord
from epm.results.parent import RecipeDifference
from epm.results.recorded import RecordedMeasurements, read
from epm.values import Unavailable, Value


class Analysed(Value):
    """What follows from the measurements."""

    analyses: dict[str, AnalysisBlock | Unavailable] = Field({})
    gates: dict[str, GateRecord] = Field({})
    parent: ParentRecord | None = None


def analyse(
    definition: Definition,
    measured: Measured,
    home: Path | None,
    settings: Mapping[str, Any] | None = None,
) -> Analysed:
    """Compute what the definition asks of the measurements.

    Args:
        definition: with the analyses, gates and parent.
        measured: the measurements.
        home: the experiment's folder, with the parent's data in it.
        settings: of the profile that was run, as the results have them, where that is not the
            definition's as it is now.

    Raises:
        ResultsError: the parent's data cannot be read.
    """
    experiment = definition.experiment
    spec = experiment.parent
    record = parent = None
    if spec is not None and home is not None and spec.data != definition.profile.model:
        found = read(home / spec.data.file)
        record = _parent_record(definition, spec, found, settings)
        tasks = measured.tasks | {
            task: TaskRecord() for by_task in record.measurements.values() for task in by_task
        }
        frame = Frame(record.conditions, tasks, measured.metrics, record.measurements)
        parent = Parent(spec.label, frame, dict(definition.profile.parent_names))
    blocks = compute(
        (*definition.analyses, *of_judges(definition)),
        Frame(measured.conditions, measured.tasks, measured.metrics, measured.measurements),
        alpha=experiment.alpha,
        seed=experiment.seed,
        parent=parent,
    )
    return Analysed(
        analyses=blocks,
        gates={each.name: gate(each, blocks) for each in definition.gates},
        parent=record,
    )


def _parent_record(
    definition: Definition,
    spec: ParentSpec,
    found: RecordedMeasurements,
    settings: Mapping[str, Any] | None,
) -> ParentRecord:
    ours = {condition.name: condition for condition in definition.experiment.conditions}
    names = [name for name in found.measurements if name in ours]
    return ParentRecord(
        label=spec.label,
        issue=spec.issue,
        file=spec.data.file,
        sha256=spec.data.sha256,
        conditions={
            name: ConditionRecord(
                role=ours[name].role,
                target=ours[name].target,
                factors=dict(ours[name].levels),
                covariates=found.covariates.get(name, {}),
            )
            for name in names
        },
        measurements={name: found.measurements[name] for name in names},
        recipe=tuple(_differences(definition, spec.recipe, settings)) if spec.recipe else (),
        recipe_known=spec.recipe is not None,
    )


def _differences(
    definition: Definition, recipe: str, settings: Mapping[str, Any] | None
) -> list[RecipeDifference]:
    """Settings of the profile that are not those of the parent's."""
    here = _settings(settings or definition.as_json()["profile"])
    theirs = _settings(definition.experiment.resolve(recipe).as_json()["profile"])
    return [
        RecipeDifference(setting=name, here=here.get(name), parent=theirs.get(name))
        for name in dict.fromkeys((*theirs, *here))
        if here.get(name) != theirs.get(name)
        and name.partition("/")[0] in ("model_name", "training", "rows", "answers", "sampling")
        and name not in _HOW_IT_IS_BATCHED
    ]


_HOW_IT_IS_BATCHED = frozenset(
    ("training/batch_size", "training/accumulation", "sampling/batch_size", "rows/name")
)
"""What the hardware decides, and names."""


def _settings(value: Any, at: str = "") -> dict[str, Any]:
    """The leaves of nested settings, by their path."""
    if not isinstance(value, Mapping):
        return {at: value}
    found: dict[str, Any] = {}
    for name, part in value.items():
        found |= _settings(part, f"{at}/{name}" if at else name)
    return found
