"""Small sets of measurements, for the tests of every kind of analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from epm.analyses.context import Context
from epm.analyses.data.frame import Frame
from epm.results import (
    ConditionRecord,
    Count,
    Mean,
    Measurement,
    Measurements,
    MetricRecord,
    Reported,
    TaskRecord,
    replicate,
)

Cell = tuple[str, int | None, str, float, int]
"""Condition, seed, item, sum of the scores (k of a count), how many answers."""


def counted(
    cells: Sequence[Cell],
    *,
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    factors: Mapping[str, Mapping[str, str | float]] | None = None,
    clusters: Mapping[str, str] | None = None,
) -> Frame:
    """Counts of a metric `hit` on a task `asked`, by condition, seed and item."""
    by_place: dict[tuple[str, int | None], dict[str, tuple[int, int]]] = {}
    for condition, seed, item, k, n in cells:
        by_place.setdefault((condition, seed), {})[item] = (int(k), n)
    return _frame(
        {place: Count(items=items) for place, items in by_place.items()},
        "hit",
        covariates or {},
        factors or {},
        clusters or {},
    )


def totals(
    counts: Mapping[str, tuple[int, int]],
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    factors: Mapping[str, Mapping[str, str | float]] | None = None,
) -> Frame:
    """Totals of a metric `hit` by condition, their items unknown."""
    return _frame(
        {(name, None): Count(total=total) for name, total in counts.items()},
        "hit",
        covariates or {},
        factors or {},
        {},
    )


def reported(
    values: Mapping[str, tuple[float, int | None]],
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    factors: Mapping[str, Mapping[str, str | float]] | None = None,
    *,
    ends: tuple[float, float] | None = None,
) -> Frame:
    """A metric `level` of unknown origin by condition, with how many answers it is of."""
    return _frame(
        {(name, None): Reported(value=value, n=n) for name, (value, n) in values.items()},
        "level",
        covariates or {},
        factors or {},
        {},
        ends,
    )


def checkpoints(counts: Mapping[tuple[int, int], tuple[int, int]]) -> Frame:
    """Totals of a metric `hit` of one condition `adapter`, by seed and optimiser step."""
    by_replicate: dict[str, Measurement] = {
        replicate(seed=seed, step=step): Count(total=total)
        for (seed, step), total in counts.items()
    }
    return Frame(
        {"adapter": ConditionRecord()},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {"adapter": {"asked": {"hit": by_replicate}}},
    )


def scored(
    scores: Mapping[tuple[str, int | None, str], Sequence[float]],
    *,
    covariates: Mapping[str, Mapping[str, float]] | None = None,
    clusters: Mapping[str, str] | None = None,
) -> Frame:
    """Numeric scores of a metric `score` on a task `asked`, by condition, seed and item."""
    by_place: dict[tuple[str, int | None], dict[str, tuple[float, float, int]]] = {}
    for (condition, seed, item), values in scores.items():
        sums = (sum(values), sum(value**2 for value in values), len(values))
        by_place.setdefault((condition, seed), {})[item] = sums
    return _frame(
        {place: Mean(items=items) for place, items in by_place.items()},
        "score",
        covariates or {},
        {},
        clusters or {},
    )


def _frame(
    measured: Mapping[tuple[str, int | None], Measurement],
    metric: str,
    covariates: Mapping[str, Mapping[str, float]],
    factors: Mapping[str, Mapping[str, str | float]],
    clusters: Mapping[str, str],
    ends: tuple[float, float] | None = None,
) -> Frame:
    measurements: dict[str, dict[str, dict[str, dict[str, Measurement]]]] = {}
    for (condition, seed), value in measured.items():
        name = replicate() if seed is None else replicate(seed=seed)
        measurements.setdefault(condition, {"asked": {metric: {}}})["asked"][metric][name] = value
    return Frame(
        {
            name: ConditionRecord(
                covariates=dict(covariates.get(name, {})), factors=dict(factors.get(name, {}))
            )
            for name in measurements
        },
        {"asked": TaskRecord(clusters=dict(clusters))},
        {
            metric: MetricRecord(label=metric)
            if ends is None
            else MetricRecord(label=metric, lower=ends[0], upper=ends[1])
        },
        measurements,
    )


def recorded(name: str) -> Frame:
    """The measurements of `tests/data/analyses/NAME.json`."""
    path = Path(__file__).parent.parent / "data" / "analyses" / f"{name}.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    measurements = TypeAdapter(Measurements).validate_python(raw["measurements"])
    return Frame(
        {name: ConditionRecord() for name in measurements},
        {name: TaskRecord.model_validate(task) for name, task in raw["tasks"].items()},
        {name: MetricRecord.model_validate(metric) for name, metric in raw["metrics"].items()},
        measurements,
    )


def context(**given: object) -> Context:
    """A context with the usual level and seed."""
    return Context(**{"alpha": 0.05, "seed": 42, **given})  # type: ignore[arg-type]
