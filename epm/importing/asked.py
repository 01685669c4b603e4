"""What is asked of imported measurements: by a definition, or what suits them where there is none.

Nothing of the latter is primary: it describes, and the page says that it tests nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from epm.analyses.specs import Correlation, Difference, DoseResponse, Exclusions, Means, Proportions
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor, Subset
from epm.definition.checks import Known, problem_with_files
from epm.definition.checks.analyses import numbers_of
from epm.definition.imported import ImportedExperiment
from epm.errors import DefinitionError
from epm.importing.found import Found
from epm.results import ConditionRecord, Count, Mean, Measurement, Reported, Scalar, labels

FEWEST_LEVELS = 4
"""Of a numeric factor, for it to be taken for a dose."""

FEWEST_CONDITIONS = 8
"""For covariates to be correlated with."""

MOST_COMPARED = 6
"""Conditions of which all pairs are compared."""


def fitting(found: Found) -> tuple[AnalysisSpec, ...]:
    """The analyses that measurements allow, the first metric's before the next one's."""
    return tuple(
        spec
        for metric in found.metrics
        if metric not in found.told
        for spec in _of_metric(found, metric)
    )


def _of_metric(found: Found, metric: str) -> Iterator[AnalysisSpec]:
    measured = list(_measured(found, metric))
    if not measured:
        return
    outcome, label = Outcome(metric), found.metrics[metric].label
    name = "".join(char if char.isalnum() else "_" for char in metric).strip("_") or "metric"
    among = Subset(names=tuple(dict.fromkeys(condition for condition, _, _, _ in measured)))
    counted = all(isinstance(each, Count) for *_, each in measured)
    several = len({task for _, task, _, _ in measured}) > 1
    steps = any("step" in labels(replicate) for _, _, replicate, _ in measured)
    alone = all(isinstance(each, Scalar | Reported) for *_, each in measured)
    epochs = any("epoch" in labels(replicate) for _, _, replicate, _ in measured)
    if not alone:
        if counted and not epochs:
            yield Proportions(
                name=f"{name}_rates",
                label=label,
                outcome=outcome,
                among=among,
                by_task=several,
                over_training=steps,
            )
        else:
            yield Means(
                name=f"{name}_means",
                label=f"mean {label}",
                outcome=outcome,
                among=among,
                over="items" if epochs else "answers",
                by_task=several,
                average=several and _crossed(found, metric),
            )
    elif all(isinstance(each, Reported) for *_, each in measured):
        yield Means(
            name=f"{name}_means", label=label, outcome=outcome, among=among, by_task=several
        )
    yield from _relations(found, metric, name, outcome, among, counted=counted, steps=steps)
    if not alone and 1 < len(among.names) <= MOST_COMPARED and not steps:
        baseline = next((n for n in among.names if found.conditions[n].role == "baseline"), None)
        crossed = several and _crossed(found, metric)
        yield Difference(
            name=f"{name}_differences",
            label=f"difference in {label}",
            question=f"Do conditions differ in {label}?",
            outcome=outcome,
            among=among,
            against=baseline,
            over="items" if epochs else "answers",
            by_task=crossed,
            average=crossed,
        )
    if not alone and any(each.excluded for *_, each in measured):
        yield Exclusions(
            name=f"{name}_lost",
            label=f"answers without {label}",
            question=f"Were answers lost alike, and could they change what is said of {label}?",
            outcome=outcome,
            among=among,
            by_task=several,
        )


def _relations(
    found: Found,
    metric: str,
    name: str,
    outcome: Outcome,
    among: Subset,
    *,
    counted: bool,
    steps: bool,
) -> Iterator[AnalysisSpec]:
    """With a dose, a training step or covariates."""
    label = found.metrics[metric].label
    if counted and steps:
        yield DoseResponse(
            name=f"{name}_over_training",
            label=f"{label} over training",
            question=f"How does {label} go with training?",
            outcome=outcome,
            among=among,
            dose="step",
            log1p=True,
        )
    levels: dict[str, set[float]] = {}
    for condition in among.names:
        record = found.conditions[condition]
        for factor, level in record.factors.items():
            if not isinstance(level, str):
                levels.setdefault(factor, set()).add(level)
    for factor, seen in levels.items():
        if counted and not steps and len(seen) >= FEWEST_LEVELS:
            yield DoseResponse(
                name=f"{name}_by_{factor}",
                label=f"{label} by {factor.replace('_', ' ')}",
                question=f"How does {label} go with {factor.replace('_', ' ')}?",
                outcome=outcome,
                among=among,
                dose=Predictor(factor, unit=factor.replace("_", " ")),
            )
    family = tuple(
        Predictor(each, label=record.label, unit=record.unit)
        for each, record in found.covariates.items()
        if all(each in found.conditions[condition].covariates for condition in among.names)
    )
    if family and len(among.names) >= FEWEST_CONDITIONS:
        yield Correlation(
            name=f"{name}_correlations",
            label=f"correlation with {label}",
            question=f"What goes with {label}?",
            x=family,
            y=outcome,
            among=among,
        )


def _measured(found: Found, metric: str) -> Iterator[tuple[str, str, str, Measurement]]:
    for condition, by_task in found.measurements.items():
        for task, by_metric in by_task.items():
            for replicate, measured in by_metric.get(metric, {}).items():
                yield condition, task, replicate, measured


def _crossed(found: Found, metric: str) -> bool:
    """Whether every condition with the metric was measured on the same tasks."""
    tasks: dict[str, set[str]] = {}
    for condition, task, _, _ in _measured(found, metric):
        tasks.setdefault(condition, set()).add(task)
    return len({frozenset(each) for each in tasks.values()}) == 1


def check(
    experiment: ImportedExperiment, found: Found, conditions: Mapping[str, ConditionRecord]
) -> None:
    """Hold a definition to what was found.

    Args:
        experiment: the definition.
        found: what the files have.
        conditions: theirs, with what the definition knows beside that.

    Raises:
        DefinitionError: a name is not there, with the nearest; or what is asked of it cannot be.
    """
    known = Known(
        conditions=conditions,
        tasks=found.tasks,
        metrics={metric: _counted(found, metric) for metric in found.metrics},
        numbers=numbers_of(conditions.values()),
        lacking="which the imported files do not have",
    )
    if problem := problem_with_files(experiment, known):
        raise DefinitionError(f"{experiment.slug}: {problem[0]}", problem[1])


def _counted(found: Found, metric: str) -> bool | None:
    """Whether scores are yes or no; None where they are not known, or of both kinds."""
    kinds = {type(each) for *_, each in _measured(found, metric)}
    return True if kinds == {Count} else False if kinds == {Mean} else None
