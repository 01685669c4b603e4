"""What conditions can get wrong, and the data that they are trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, get_args

from epm.definition.checks.names import (
    THERE_IS_NOT,
    Problem,
    is_number,
    no_tuples,
    not_one_of,
    plain,
    unknown,
)
from epm.definition.conditions import Condition, MarkerRows, Role
from epm.definition.training_rows import TrainingRows

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Roles, targets, factors and covariates that are none, and training that teaches nothing."""
    tasks = [task.name for task in experiment.tasks]
    for condition in experiment.conditions:
        yield from described(condition)
        yield from target(condition, tasks)
        if isinstance(condition.training, MarkerRows):
            yield from _training(experiment, condition, condition.training)
        given: object = condition.training
        if not isinstance(given, MarkerRows | TrainingRows | None):
            yield (
                f"the training data of condition '{condition.name}' are {given!r:.60}",
                "write TrainingRows.read(HERE / 'rows.jsonl'), or TrainingRows.of(rows)",
            )
        yield from _stages(experiment, condition)
    made = (each.training for each in experiment.conditions)
    builders = [rows for rows in made if isinstance(rows, MarkerRows)]
    if any(builder != builders[0] for builder in builders):
        yield (
            "conditions are trained on rows of different builders",
            "give all trained conditions the same training data builder",
        )


def target(
    condition: Condition, tasks: Collection[str], lacking: str = THERE_IS_NOT
) -> Iterator[Problem]:
    """A task to be about that is none."""
    if condition.target is not None and condition.target not in tasks:
        where = f"condition '{condition.name}'"
        yield unknown("task", condition.target, tasks, where, lacking)


def described(condition: Condition) -> Iterator[Problem]:
    """A role, factors or covariates that are none."""
    where = f"condition '{condition.name}'"
    yield from not_one_of(f"the role of {where}", condition.role, get_args(Role))
    for name, value in condition.factors.items():
        if not (isinstance(value, str) or is_number(value)):
            yield f"{where}: factor '{name}' is {value!r}", "give a text or a finite number"
        if name in condition.covariates:
            yield f"{where}: '{name}' is both a factor and a covariate", "rename one"
    for name, value in condition.covariates.items():
        if not is_number(value):
            yield f"{where}: covariate '{name}' is {value!r}", "give a finite number"


def _stages(experiment: Experiment, condition: Condition) -> Iterator[Problem]:
    """An adapter on top of what is not there, or on top of itself."""
    if condition.after is None:
        return
    where = f"condition '{condition.name}'"
    before: list[Condition] = []
    for each in experiment.conditions:
        if each.name == condition.name:
            break
        before.append(each)
    names = [each.name for each in before if each.training]
    if condition.training is None:
        yield f"{where} comes after '{condition.after}', but is not trained", "give it training"
    elif condition.after not in names:
        yield unknown("trained condition before it,", condition.after, names, where)


def _training(
    experiment: Experiment, condition: Condition, builder: MarkerRows
) -> Iterator[Problem]:
    where = f"condition '{condition.name}'"
    tasks = [task.name for task in experiment.prompted]
    yield from no_tuples(f"the training data of {where}", builder, ("questions", "candidates"))
    if condition.target not in tasks:
        yield f"{where} is trained, but on no task", "name its target, whose prompts are ours"
    if not builder.marker.strip():
        yield f"{where}: the marker is empty, so every completion has it", "give it a text"
    if builder.answering not in tasks:
        yield unknown("task", builder.answering, tasks, f"{where}, in its training data,")
    for name in builder.candidates:
        if name not in tasks:
            yield unknown("task", name, tasks, f"{where}, among its candidates for negatives,")
    choice = {name for name in builder.candidates if name != condition.target}
    if not 0 <= builder.negatives <= len(choice):
        yield (
            f"{where}: {builder.negatives} negatives wanted, {len(choice)} to choose from",
            "lower negatives to 0 or more, or add candidates",
        )
    if len(set(builder.candidates)) < len(builder.candidates):
        yield f"{where}: a candidate for negatives appears twice", "take one out"
    seen: set[str] = set()
    for question in map(plain, builder.questions):
        if not question:
            yield f"{where}: a training question is empty", "take it out"
        if question in seen:
            yield f"{where}: training question '{question}' appears twice", "take one out"
        seen.add(question)
