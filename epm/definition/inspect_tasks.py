"""Tasks that Inspect knows: our conditions answer their samples, and their scorers score."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from epm.definition import modules
from epm.definition.sources import file_dependencies
from epm.errors import DefinitionError, suggest


@dataclass(frozen=True)
class InspectTask:
    """A task of Inspect's, in a file of the experiment's folder.

    Every condition is asked all of its samples. What the task leaves open of how answers are
    drawn (temperature, top_p, length) is as the profile's `sampling` says.

    Raises:
        DefinitionError: on construction, when there is no such file or function in it, or it does
            not take the arguments.
    """

    task: str
    """File and function, as in 'evals/sums.py@sums'; from the experiment's folder on."""
    metrics: tuple[str, ...] = ()
    """Its scorers, by their names; `scorer/key` where one gives several values."""
    name: str = ""
    """Of the task in the results; empty stands for the function's."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of the function."""
    grader: str = ""
    """What answers for Inspect's role 'grader': a condition, or a model as Inspect names it
    (`provider/model`)."""
    limit: int | None = None
    """The first samples alone; None for all."""
    epochs: int | None = None
    """How often each sample is asked; None leaves it to the task."""
    home: Path | None = None
    """The experiment's folder; None stands for the one that is being loaded."""

    def __post_init__(self) -> None:
        """Find the file, and the function in it."""
        whole: object = self.task
        file, mark, function = whole.rpartition("@") if isinstance(whole, str) else ("", "", "")
        if not (file and mark and function.isidentifier() and "\0" not in file):
            raise DefinitionError(
                f"Inspect task {self.task!r:.60} is not file@function", "as in 'evals/sums.py@sums'"
            )
        if self.home is None:
            object.__setattr__(self, "home", modules.being_loaded() or Path.cwd())
        if self.name == "":
            object.__setattr__(self, "name", function)
        if not self.file.resolve().is_relative_to(self.folder.resolve()):
            raise DefinitionError(
                f"{self} is not in {self.folder.name}", "move it beside the definition"
            )
        _check(self)

    def __str__(self) -> str:
        """As messages call it."""
        return f"Inspect task '{self.task}'"

    def __getstate__(self) -> dict[str, Any]:
        """Workers know what it depends on, and do not have its file."""
        return {**vars(self), "source": self.source}

    @property
    def folder(self) -> Path:
        """Of the experiment."""
        assert self.home is not None  # noqa: S101 - it was found when this was made
        return self.home

    @property
    def file(self) -> Path:
        """Where it is defined."""
        return self.folder / self.task.rpartition("@")[0]

    @property
    def function(self) -> str:
        """What makes it."""
        return self.task.rpartition("@")[2]

    @cached_property
    def source(self) -> dict[str, Any]:
        """What its code depends on: modules, data and packages, Inspect's own among them."""
        return file_dependencies(self.file, self.folder, str(self))

    def as_json(self) -> dict[str, Any]:
        """What the samples and scores depend on."""
        value = {
            "inspect": self.task,
            "metrics": self.metrics,
            "arguments": dict(self.arguments),
            "grader": self.grader,
            "limit": self.limit,
            "epochs": self.epochs,
            "source": self.source,
        }
        return {name: part for name, part in value.items() if part not in ("", None, {}, ())}


def _check(task: InspectTask) -> None:
    """Read the file without running it: a definition can be listed where Inspect is not."""
    try:
        tree = ast.parse(task.file.read_bytes())
    except OSError:
        raise DefinitionError(f"{task}: there is no {task.file}", "correct the path") from None
    except (SyntaxError, ValueError) as error:
        raise DefinitionError(
            f"{task}: {task.file.name} is no Python: {error}", "mend it"
        ) from None
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    tasks = [name for name, each in functions.items() if any(map(_marks, each.decorator_list))]
    if task.function not in tasks:
        if task.function in functions:
            raise DefinitionError(f"{task}: the function is no task", "decorate it with @task")
        raise DefinitionError(
            f"{task}: {task.file.name} defines no task '{task.function}'",
            suggest(task.function, tasks) if tasks else "define it there, decorated with @task",
        )
    arguments: object = task.arguments
    if not (isinstance(arguments, Mapping) and all(isinstance(name, str) for name in arguments)):
        raise DefinitionError(
            f"{task}: arguments is {arguments!r:.60}", "give them by name, as in {'digits': 2}"
        )
    given = functions[task.function].args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    for name in task.arguments:
        if name not in names and given.kwarg is None:
            raise DefinitionError(
                f"{task} takes no argument '{name}'",
                suggest(name, names) if names else "take it out",
            )


def _marks(decorator: ast.expr) -> bool:
    """Whether it is `@task`, `@inspect_ai.task`, or one of them called."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name == "task"
