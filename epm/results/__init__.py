"""What a result is: the schema of `results.json`, version 2.

Everything is keyed by names, so that a pointer reads like a sentence and survives insertions:
`/measurements/villain/villain/marker/seed=42/items/q3`. Counts and sums are kept by item; what can
be derived from them is an analysis. A number that could not be computed is an `Unavailable` with
its reason, never null. Everything that changes between two identical runs lies under
`provenance.timing`, so that the rest can be compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from epm.analyses.registry import AnalysisBlock
from epm.files import dump_json
from epm.results.conditions import (
    ConditionRecord,
    CovariateRecord,
    MetricRecord,
    SteeringRecord,
    TaskRecord,
    TrainingRecord,
)
from epm.results.judges import JudgeRecord
from epm.results.measurements import (
    ONLY,
    TOGETHER,
    Count,
    Joint,
    Mean,
    Measurement,
    Measurements,
    Reported,
    Scalar,
    joint,
    labels,
    replicate,
)
from epm.results.parent import ParentRecord
from epm.results.provenance import (
    EngineRecord,
    Environment,
    GitState,
    Hardware,
    Identity,
    ModelRecord,
    Provenance,
    ShardRecord,
    StageTiming,
    Timing,
    Tracking,
)
from epm.values import Interval, Unavailable, Value

if TYPE_CHECKING:
    from epm.importing.building import ResultsBuilder

__all__ = [
    "ONLY",
    "SCHEMA_VERSION",
    "ConditionRecord",
    "Count",
    "CovariateRecord",
    "EngineRecord",
    "Environment",
    "GateRecord",
    "GitState",
    "Hardware",
    "Identity",
    "Interval",
    "Joint",
    "JudgeRecord",
    "Mean",
    "Measurement",
    "Measurements",
    "MetricRecord",
    "ModelRecord",
    "ParentRecord",
    "Provenance",
    "Reported",
    "Results",
    "ResultsBuilder",
    "Scalar",
    "ShardRecord",
    "StageTiming",
    "SteeringRecord",
    "TaskRecord",
    "Timing",
    "Tracking",
    "TrainingRecord",
    "Unavailable",
    "Value",
    "check_names",
    "joint",
    "labels",
    "replicate",
]

SCHEMA_VERSION = 2


def __getattr__(name: str) -> Any:
    """The builder, which analyses and draws as well: what reads results need not load that."""
    if name == "ResultsBuilder":
        return import_module("epm.importing.building").ResultsBuilder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class GateRecord(Value):
    """What became of a criterion that was fixed before the run."""

    analysis: str
    number: str
    value: float | bool | Unavailable
    at_most: float | None = None
    at_least: float | None = None
    passed: bool | None
    """None where the number does not exist."""


class Results(Value):
    """The whole of `results.json`."""

    schema_version: Literal[2] = 2
    identity: Identity
    definition: dict[str, JsonValue] | None = None
    """The resolved definition, as `epm show` prints it; None for results that were imported."""
    metrics: dict[str, MetricRecord]
    covariates: dict[str, CovariateRecord] = Field({})
    conditions: Annotated[dict[str, ConditionRecord], Field(min_length=1)]
    tasks: dict[str, TaskRecord]
    measurements: Measurements
    analyses: dict[str, AnalysisBlock | Unavailable] = Field({})
    gates: dict[str, GateRecord] = Field({})
    parent: ParentRecord | None = None
    provenance: Provenance
    tracking: Tracking

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        """Every name that is used is one of those that are described."""
        check_names(self.conditions, self.tasks, self.metrics, self.measurements)
        for name, condition in self.conditions.items():
            if condition.target is not None:
                _known(f"the target of condition {name!r}", condition.target, "task", self.tasks)
        for name, gate in self.gates.items():
            _known(f"gate {name!r}", gate.analysis, "analysis", self.analyses)
        return self

    @property
    def seeds(self) -> list[int]:
        """Of the trainings, in their order; of all that was measured where no training is known.

        Empty where no replicate is named by a seed.
        """
        trained = {name for name, c in self.conditions.items() if c.training or c.missing}
        named = (
            labels(name).get("seed")
            for condition, by_task in self.measurements.items()
            if not trained or condition in trained
            for by_metric in by_task.values()
            for by_replicate in by_metric.values()
            for name in by_replicate
        )
        return list(dict.fromkeys(int(seed) for seed in named if seed and seed.isdecimal()))

    def dumps(self) -> str:
        """The file's text."""
        return dump_json(self.model_dump(mode="json"))

    def dumps_repeatable(self) -> str:
        """The text without what two identical runs do not share."""
        return dump_json(self.model_dump(mode="json", exclude={"provenance": {"timing"}}))


def check_names(
    conditions: Container[str],
    tasks: Mapping[str, TaskRecord],
    metrics: Container[str],
    measurements: Measurements,
) -> None:
    """Hold the names that measurements use to those that are described.

    Raises:
        ValueError: a condition, task, metric or item is not among them.
    """
    for condition, by_task in measurements.items():
        _known("a measurement", condition, "condition", conditions)
        for task, by_metric in by_task.items():
            _known("a measurement", task, "task", tasks)
            items = frozenset(tasks[task].items)
            for metric, by_replicate in by_metric.items():
                for part in metric.split(TOGETHER):
                    _known("a measurement", part, "metric", metrics)
                for measured in by_replicate.values():
                    for item in getattr(measured, "items", ()) if items else ():
                        _known(f"a measurement of task {task!r}", item, "item", items)


def _known(where: str, name: str, what: str, names: Container[str]) -> None:
    if name not in names:
        raise ValueError(f"{where} names the {what} {name!r}, which is not described")
