"""What a reader found in files that were made elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.results import (
    ConditionRecord,
    Count,
    CovariateRecord,
    Measurements,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
    check_names,
)
from epm.results.imported import ImportedModel, ImportedTask, ReportedNumber


@dataclass(frozen=True)
class Found:
    """Measurements of conditions on tasks, and what is known of how they came to be."""

    conditions: Mapping[str, ConditionRecord]
    tasks: Mapping[str, TaskRecord]
    metrics: Mapping[str, MetricRecord]
    """The first of them is the one that analyses by default are about."""
    measurements: Measurements
    inputs: Mapping[str, Path]
    """Every file that was read, under the name that it has on the page."""
    covariates: Mapping[str, CovariateRecord] = field(default_factory=dict)
    models: Mapping[str, ImportedModel] = field(default_factory=dict)
    """By condition."""
    told: frozenset[str] = frozenset()
    """Metrics of which another, listed before them, tells all: no analysis is theirs by default."""
    evaluations: tuple[ImportedTask, ...] = ()
    """One for each condition and task, where more is known than the measurements."""
    reported: tuple[ReportedNumber, ...] = ()
    """What the tool that made the files says of them itself."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Versions that it ran with."""
    notes: tuple[str, ...] = ()
    """What was left out, or read in one of several ways; sentences for page and terminal."""
    samples: Callable[[], Iterator[dict[str, Any]]] | None = None
    """Rows of `samples.jsonl.gz`: condition, task, item, index, seed, prompt, completion, and a
    score or the reason of its exclusion by metric; None where there are no completions."""

    def __post_init__(self) -> None:
        """Hold the measurements to the names that are described.

        Raises:
            ValueError: a reader's fault.
        """
        check_names(self.conditions, self.tasks, self.metrics, self.measurements)

    def check_scales(self) -> None:
        """Hold rates that were reported to be such where others of their metric are counted.

        Raises:
            EpmError: one is not from 0 to 1, as a percentage would be.
        """
        for metric in self.metrics:
            places = [
                (f"{condition} on {task}", measured)
                for condition, by_task in self.measurements.items()
                for task, by_metric in by_task.items()
                for measured in by_metric.get(metric, {}).values()
            ]
            if not any(isinstance(each, Count) for _, each in places):
                continue
            for place, each in places:
                if isinstance(each, Reported | Scalar) and not 0 <= each.value <= 1:
                    raise EpmError(
                        f"{metric} is counted, but {each.value:g} for {place}",
                        "give it as a share, from 0 to 1, or as another metric",
                    )

    @property
    def title(self) -> str:
        """Of a page that nobody gave one: what was compared."""

        def some(number: int, what: str) -> str:
            return f"{number} {what}{'s' if number != 1 else ''}"

        metrics = ", ".join(record.label for record in list(self.metrics.values())[:2])
        return (
            f"{metrics} of {some(len(self.conditions), 'condition')} on "
            f"{some(len(self.tasks), 'task')}"
        )
