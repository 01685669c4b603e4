"""What Inspect's tasks can get wrong, as far as it shows without Inspect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks.names import Problem, faulty_names, no_tuples, unknown
from epm.definition.checks.types import wrong_types
from epm.definition.inspect_tasks import InspectTask

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Tasks without a scorer, metrics that clash, graders and amounts that there are not."""
    for task in experiment.evaluated:
        yield from _task(experiment, task)
    if experiment.scorers and not experiment.prompted:
        yield (
            f"scorer '{experiment.scorers[0].name}' has nothing to score: Inspect's tasks have "
            "their own",
            "take it out, or add a Task",
        )


def _task(experiment: Experiment, task: InspectTask) -> Iterator[Problem]:
    where = f"task '{task.name}'"
    yield from wrong_types(where, task)
    yield from no_tuples(where, task, ("metrics",))
    if not task.metrics:
        yield (
            f"{where} names no scorer of Inspect's",
            'name those of the task, as in metrics=("choice",)',
        )
    parts = dict.fromkeys(part for name in task.metrics for part in str(name).split("/"))
    yield from faulty_names(f"a metric of {where},", list(parts))
    ours = {scorer.name for scorer in experiment.scorers}
    for name in task.metrics:
        if name in ours:
            yield (
                f"'{name}' is a scorer of the definition and one of {where}",
                "rename the definition's",
            )
    conditions = [each.name for each in experiment.conditions]
    if task.grader and "/" not in task.grader and task.grader not in conditions:
        yield unknown("condition", task.grader, conditions, f"the grader of {where}")
    for what, value in (("limit", task.limit), ("epochs", task.epochs)):
        if value is not None and not (type(value) is int and value > 0):
            yield f"{what} of {where} is {value!r}", "take a whole number, 1 or more"
    for name, value in task.arguments.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            yield f"{where}: argument '{name}' is {value!r:.60}", "give texts, numbers and lists"
