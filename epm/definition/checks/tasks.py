"""What tasks can get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks.names import Problem, no_tuples, plain
from epm.definition.conditions import MarkerRows
from epm.definition.scorers import plain_text
from epm.definition.tasks import Item, Task
from epm.definition.training_rows import TrainingRows
from epm.errors import suggest

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Items without a wording or an id of their own, data sets that are not one, leaks."""
    for task in experiment.prompted:
        yield from _items(task)
    yield from _datasets(experiment)
    yield from _leaks(experiment)


def _items(task: Task) -> Iterator[Problem]:
    where = f"task '{task.name}'"
    yield from no_tuples(where, task, ("items",))
    if not task.items:
        yield f"{where} has no items", "give it items"
    ids: set[str] = set()
    prompts: dict[str, str] = {}
    for item in task.items:
        if not item.id.strip() or item.id in ids:
            yield (
                f"{where}: item id '{item.id}' is empty or appears twice",
                "give every item an id of its own",
            )
        if not item.id.isprintable():
            yield f"{where}: item id {item.id!r} cannot be printed", "take letters and digits"
        ids.add(item.id)
        if not item.prompt.strip():
            yield f"{where}: item '{item.id}' has an empty prompt", "write it or take it out"
        yield from _choices(f"{where}: item '{item.id}'", item)
        wording = plain(item.prompt) or item.prompt
        if wording in prompts:
            yield (
                f"{where}: item '{item.id}' asks what '{prompts[wording]}' asks",
                "take one out, or ask it more often instead",
            )
        prompts[wording] = item.id


def _choices(where: str, item: Item) -> Iterator[Problem]:
    if not item.choices:
        return
    if not isinstance(item.choices, tuple) or not all(isinstance(c, str) for c in item.choices):
        yield f"{where}: its choices are no tuple of texts", 'write `choices=("yes", "no")`'
        return
    if not all(plain_text(choice) for choice in item.choices):
        yield f"{where} has an empty choice", "take it out"
    if len({plain_text(choice) for choice in item.choices}) < max(2, len(item.choices)):
        yield f"{where} has one choice, or one twice", "give it two or more that differ"
    if item.answer not in item.choices:
        yield (
            f"{where}: its answer {item.answer!r} is none of its choices",
            suggest(str(item.answer), item.choices),
        )


def _datasets(experiment: Experiment) -> Iterator[Problem]:
    for task in experiment.prompted:
        twin = next(each for each in experiment.prompted if each.dataset == task.dataset)
        if task.dataset and twin.items != task.items:
            yield (
                f"tasks '{twin.name}' and '{task.name}' are of data set '{task.dataset}', but have "
                "other items",
                "give them the same items, or another data set",
            )
        if task.dataset != task.name and task.dataset in {t.name for t in experiment.prompted}:
            yield f"a data set and a task are both called '{task.dataset}'", "rename one"


def _leaks(experiment: Experiment) -> Iterator[Problem]:
    trained = {
        plain(question): "the training questions"
        for condition in experiment.conditions
        if isinstance(condition.training, MarkerRows)
        for question in condition.training.questions
    } | {
        plain(question): f"the training rows of condition '{condition.name}' (line {row.line})"
        for condition in experiment.conditions
        if isinstance(condition.training, TrainingRows) and not condition.training.may_overlap
        for row in condition.training.conversations
        for question in row.questions
    }
    for task in experiment.prompted:
        for item in task.items:
            if (found := trained.get(plain(item.prompt))) is not None:
                own = "; or say may_overlap=True" if "rows" in found else ""
                yield (
                    f"item '{item.id}' of task '{task.name}' is among {found}",
                    f"take it out of one of the two{own}",
                )
