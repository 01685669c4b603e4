"""What a result is: the schema of `results.json`.

Counts are kept as k and n with the question as cluster id, never as a rate alone. A number that
could not be computed is an `Unavailable` with its reason, never null. Everything that changes
between two identical runs lives under `provenance.timing`, so that the rest can be compared byte
by byte.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue, PositiveInt, ValidationError

from epm.errors import ResultsError
from epm.results.conditions import (
    CompleteCondition,
    Condition,
    MissingCondition,
    SeedResult,
    TrainingRecord,
    TrajectoryPoint,
)
from epm.results.counts import (
    ClusterCount,
    Rate,
    pooled_by_persona,
)
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
from epm.results.statistics import (
    Adjusted,
    ClusteredInterval,
    Correlation,
    Coverage,
    Fit,
    Influence,
    InfluenceAnalysis,
    Interval,
    LayerStatistics,
    LeaveOneOut,
    LengthPartial,
    PermutationTest,
    PersonaProportions,
    Prediction,
    PrimaryStatistics,
    Proportion,
    SeedProportions,
    Statistics,
    StepProportion,
    SubsetCorrelations,
    TwoLevelInterval,
)
from epm.results.values import (
    Coefficient,
    Probability,
    Unavailable,
    Value,
)

__all__ = [
    "SCHEMA_VERSION",
    "Adjusted",
    "ClusterCount",
    "ClusteredInterval",
    "Coefficient",
    "CompleteCondition",
    "Condition",
    "Correlation",
    "Coverage",
    "EngineRecord",
    "Environment",
    "Fit",
    "GitState",
    "Hardware",
    "Identity",
    "Influence",
    "InfluenceAnalysis",
    "Interval",
    "LayerStatistics",
    "LeaveOneOut",
    "LengthPartial",
    "MissingCondition",
    "ModelRecord",
    "PermutationTest",
    "PersonaProportions",
    "Prediction",
    "PrimaryStatistics",
    "Probability",
    "Proportion",
    "Provenance",
    "Rate",
    "Results",
    "SeedProportions",
    "SeedResult",
    "ShardRecord",
    "StageTiming",
    "Statistics",
    "StepProportion",
    "SubsetCorrelations",
    "Timing",
    "Tracking",
    "TrainingRecord",
    "TrajectoryPoint",
    "TwoLevelInterval",
    "Unavailable",
    "Value",
    "json_schema",
    "load",
    "pooled_by_persona",
]

SCHEMA_VERSION = 1


class Results(Value):
    """The whole of `results.json`."""

    schema_version: Literal[1] = 1
    identity: Identity
    definition: dict[str, JsonValue]
    """The resolved definition, as `epm show` prints it."""
    conditions: dict[str, Condition]
    base_model: Rate | Unavailable
    """The marker in the untrained model's answers, under all personas: the control."""
    prompt_tokens: dict[str, PositiveInt]
    """System prompt lengths in tokens."""
    cosines: dict[str, dict[str, Coefficient]]
    """Layer -> persona -> centred cosine to the reference persona."""
    statistics: Statistics
    provenance: Provenance
    tracking: Tracking

    @property
    def seeds(self) -> list[int]:
        """Of the replicates, in their order: those chosen, or else the experiment's own."""
        chosen: Any = self.definition.get("seeds")
        return chosen or [self.provenance.seeds["experiment"]]

    def dumps(self) -> str:
        """The file's text."""
        return self.model_dump_json(indent=1) + "\n"

    def dumps_repeatable(self) -> str:
        """The text without what two identical runs do not share."""
        return self.model_dump_json(indent=1, exclude={"provenance": {"timing"}})


def load(path: Path) -> Results:
    """Read a results file.

    Raises:
        ResultsError: the file is missing, no JSON, of an unknown version, or breaks the schema.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"no results file at {path}", "finish the run with `epm run`") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path} is not readable JSON: {error}", "run `epm run` again") from None
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}; this epm reads up to {SCHEMA_VERSION}",
            "upgrade epm (`pip install -U epm-bot`)",
        )
    try:
        return Results.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/" + "/".join(str(part) for part in first["loc"])
        raise ResultsError(
            f"{path} breaks the results schema at {where}: {first['msg']}",
            "it was edited by hand or written by another tool; run `epm run` again",
        ) from None


def json_schema() -> str:
    """The schema as a JSON Schema document."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Results.model_json_schema(),
        "title": f"epm results, schema version {SCHEMA_VERSION}",
    }
    return json.dumps(schema, indent=1) + "\n"
