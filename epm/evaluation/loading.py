"""Load Inspect's tasks, and hold them to what the definition says of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, InspectTask
from epm.definition.modules import import_beside
from epm.errors import EpmError, suggest
from epm.evaluation.logs.logs import require

if TYPE_CHECKING:
    from inspect_ai import Task

SELF_GRADED = frozenset({"model_graded_qa", "model_graded_fact"})
"""Scorers of Inspect's that ask the very model that is evaluated, unless they are told another."""


def check(definition: Definition) -> None:
    """Load every task of Inspect's that a run will evaluate, before anything is trained.

    Raises:
        EpmError: inspect_ai is not installed, a task cannot be made, or it has no scorer or not
            those that the definition names.
    """
    for spec in definition.experiment.evaluated:
        load(spec, {each.name for each in definition.experiment.scorers})


def load(spec: InspectTask, ours: set[str]) -> Task:
    """Make the task, in its folder.

    Args:
        spec: which.
        ours: metrics of the definition's own scorers.

    Raises:
        EpmError: as `check` does.
    """
    require()
    from inspect_ai import Task
    from inspect_ai.util import registry_info

    try:
        with _at_home(spec):
            made = getattr(import_beside(spec.folder, spec.file), spec.function)(**spec.arguments)
    except EpmError:
        raise
    except (Exception, SystemExit) as error:
        raise EpmError(
            f"{spec} cannot be made: {type(error).__name__}: {error}",
            f"see it whole with `inspect eval {spec.task} --limit 1`",
        ) from error
    if not isinstance(made, Task):
        raise EpmError(f"{spec} gives {type(made).__name__}, not a Task", "return a Task")
    if made.model is not None:
        raise EpmError(
            f"{spec} names a model of its own, {made.model}, which would answer for all conditions",
            "leave `model` out of the Task",
        )
    if not len(made.dataset):
        raise EpmError(f"{spec} has no samples", "give its data set some")
    scorers = [registry_info(each) for each in made.scorer or ()]
    names = [each.name.rpartition("/")[2] for each in scorers]
    if not names:
        raise EpmError(f"{spec} has no scorer", "give it one: Task(…, scorer=match())")
    for metric in spec.metrics:
        if metric.partition("/")[0] not in names:
            raise EpmError(
                f"{spec} has no scorer '{metric}', which its metrics name", suggest(metric, names)
            )
    if clash := [name for name in names if name in ours]:
        raise EpmError(
            f"'{clash[0]}' is a scorer of the definition and one of {spec}",
            "rename the definition's",
        )
    if not (spec.grader or "grader" in (made.model_roles or {})):
        for scorer, name in zip(made.scorer or (), names, strict=True):
            if name in SELF_GRADED and not _has_model(scorer):
                raise EpmError(
                    f"{spec} has its answers graded by the model that gave them, each condition's "
                    "by its own",
                    "name what grades all of them: InspectTask(…, grader='base_model')",
                )
    return made


def _has_model(scorer: Any) -> bool:
    from inspect_ai._util.registry import registry_params

    return registry_params(scorer).get("model") is not None


@contextmanager
def _at_home(spec: InspectTask) -> Iterator[None]:
    """Where Inspect makes a task: in its file's folder, whose modules have bare names."""
    before, path = Path.cwd(), list(sys.path)
    os.chdir(spec.file.parent)
    sys.path.append(str(spec.file.parent))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
