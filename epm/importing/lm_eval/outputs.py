"""Results files, and which of them stands for a model on a task."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from epm.definition.checks.names import is_number
from epm.errors import EpmError
from epm.privacy import public
from epm.results.imported import in_a_word

BESIDE = ("name", "alias", "sample_len", "sample_count", "samples", " ")
"""What stands among the metrics of a task and is none."""


class Key(NamedTuple):
    """Of a number: 'acc,none' is the metric acc through the filter none."""

    metric: str
    filter: str


class Number(NamedTuple):
    """As the tool reports it."""

    value: float
    stderr: float | None


@dataclass(frozen=True, eq=False)
class Output:
    """A results file."""

    name: str
    """On the page."""
    path: Path
    content: Mapping[str, Any]
    condition: str

    @property
    def date(self) -> float:
        """When it was made, in seconds since 1970; 0 where it does not say."""
        date = self.content.get("date")
        return float(date) if is_number(date) else 0.0

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Groups, and the tasks in them."""
        below = self.part("group_subtasks")
        named = {*self.part("groups"), *(name for name, inside in below.items() if inside)}
        known = self.part("n-samples")
        named |= {
            name
            for name, numbers in self.part("results").items()
            if isinstance(numbers, Mapping) and "sample_count" in numbers and name not in known
        }
        return {name: tuple(_leaves(name, below)) for name in sorted(named)}

    def part(self, name: str) -> Mapping[str, Any]:
        """A mapping of the file; empty where it has none of the name."""
        found = self.content.get(name)
        return found if isinstance(found, Mapping) else {}

    def numbers(self, task: str) -> dict[Key, Number]:
        """What the file says of a task or a group."""
        given = self.part("results").get(task)
        given = given if isinstance(given, Mapping) else {}
        found: dict[Key, Number] = {}
        for name, value in given.items():
            metric, _, through = name.partition(",")
            if metric in BESIDE or metric.endswith("_stderr") or not is_number(value):
                continue
            error = given.get(f"{metric}_stderr,{through}" if through else f"{metric}_stderr")
            stderr = float(error) if is_number(error) and error >= 0 else None
            found[Key(metric, through or "none")] = Number(float(value), stderr)
        return found


@dataclass(frozen=True, eq=False)
class Cell:
    """A model on a task."""

    output: Output
    task: str

    @property
    def condition(self) -> str:
        """The model's name."""
        return self.output.condition

    @property
    def numbers(self) -> dict[Key, Number]:
        """What the tool reports."""
        return self.output.numbers(self.task)

    @property
    def config(self) -> Mapping[str, Any]:
        """The task's settings."""
        found = self.output.part("configs").get(self.task)
        return found if isinstance(found, Mapping) else {}

    @property
    def effective(self) -> int:
        """Documents that were run; 0 where the file does not say."""
        given = self._samples.get("effective")
        if not isinstance(given, int):
            numbers = self.output.part("results").get(self.task)
            given = numbers.get("sample_len") if isinstance(numbers, Mapping) else None
        return given if isinstance(given, int) and given > 0 else 0

    @property
    def original(self) -> int:
        """Documents of the split; 0 where the file does not say."""
        given = self._samples.get("original")
        return given if isinstance(given, int) and given > 0 else 0

    @property
    def _samples(self) -> Mapping[str, Any]:
        found = self.output.part("n-samples").get(self.task)
        return found if isinstance(found, Mapping) else {}

    @property
    def documents(self) -> Path | None:
        """The file of its documents, where they were logged."""
        path = self.output.path
        stamp = path.stem.partition("_")[2]
        end = f"_{stamp}.jsonl" if stamp else ".jsonl"
        for task in (self.task, re.sub(r"\W", "_", self.task)):
            found = path.with_name(f"samples_{task}{end}")
            if found.is_file():
                return found
        return None


def _leaves(name: str, below: Mapping[str, Any]) -> Iterator[str]:
    """Tasks in a group, those of the groups in it included; a group in itself adds nothing."""
    waiting, seen = [name], {name}
    while waiting:
        for inside in below.get(waiting.pop()) or ():
            if inside in seen:
                continue
            seen.add(inside)
            if below.get(inside):
                waiting.append(inside)
            else:
                yield inside


def find(paths: Sequence[Path]) -> list[Output]:
    """Read all results files, the oldest first.

    Raises:
        EpmError: there is none, or one cannot be read.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("results*.json"))
            if not inside:
                raise EpmError(
                    f"{path} holds no results_*.json of lm-evaluation-harness",
                    "name the folder that was given as --output_path",
                )
            files |= dict.fromkeys(inside)
        elif not path.exists():
            raise EpmError(f"there is no {path}", "name a results file, or a folder of output")
        elif path.suffix == ".jsonl":
            raise EpmError(f"{path} holds documents", "name the results_*.json beside it")
        else:
            files[path] = None
    names = [path.name for path in files]
    read = []
    for path in files:
        name = path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
        read.append(_read(path, name))
    if len({output.name for output in read}) < len(read):
        raise EpmError("two results files have one name", "import their folders one by one")
    return sorted(read, key=lambda output: (output.date, output.name))


def _read(path: Path, name: str) -> Output:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise EpmError(f"{path} cannot be read: {error.strerror}", "mend that") from None
    except (ValueError, RecursionError) as error:
        raise EpmError(f"{name} is no JSON: {error}", "it is damaged or cut short") from None
    results = content.get("results") if isinstance(content, Mapping) else None
    if not isinstance(results, Mapping) or not results or "config" not in content:
        raise EpmError(
            f"{name} is no results file of lm-evaluation-harness",
            "its tasks stand under `results`, its settings under `config`; `epm import json` reads "
            "others",
        )
    return Output(name, path, content, _model(content, path))


def _model(content: Mapping[str, Any], path: Path) -> str:
    """`model_name`, or in older files what was loaded; `config.model` is only the class."""
    name = content.get("model_name")
    if not (isinstance(name, str) and name):
        given = arguments(content)
        kinds = ("peft", "delta", "pretrained", "model", "path", "engine")
        name = next((given[kind] for kind in kinds if given.get(kind)), "")
    if not name:
        name = path.parent.name.replace("__", "/")
    shown = public(name)
    return Path(name).name if shown != name else name


def arguments(content: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of the model, a text 'a=1,b=2' or a mapping."""
    config = content.get("config")
    given = config.get("model_args") if isinstance(config, Mapping) else None
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    if not isinstance(given, str):
        return {}
    parts = (part.partition("=") for part in given.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in parts}


def panel(outputs: Sequence[Output]) -> tuple[list[Cell], list[str]]:
    """The newest results of each model on each task.

    Raises:
        EpmError: two results of one cell were asked otherwise, or no task is there.
    """
    cells: dict[tuple[str, str], Cell] = {}
    notes: list[str] = []
    for output in outputs:
        groups = output.groups
        for task in output.part("results"):
            cell = Cell(output, task)
            if task in groups or not cell.numbers:
                continue
            before = cells.get((cell.condition, task))
            if before is not None:
                _check_settings(before, cell)
                notes.append(
                    f"{before.output.name} ({cell.condition} on {task}) is left out: {output.name} "
                    "is a later run of the same."
                )
            cells[cell.condition, task] = cell
    if not cells:
        raise EpmError(f"{outputs[0].name} has no task with a number", "nothing can be imported")
    conditions = dict.fromkeys(output.condition for output in outputs)
    tasks = dict.fromkeys(task for _, task in cells)
    for task in tasks:
        for condition in conditions:
            if (condition, task) not in cells:
                notes.append(f"There are no results of {condition} on {task}.")
    ordered = [cells[c, t] for c in conditions for t in tasks if (c, t) in cells]
    return ordered, notes


def _check_settings(first: Cell, second: Cell) -> None:
    for name, before, after in (
        *((f"model argument {n}", v, w) for n, v, w in _both(first, second)),
        ("few-shot examples", shots(first), shots(second)),
        ("task version", version(first), version(second)),
        (
            "generation settings",
            first.output.part("config").get("gen_kwargs"),
            second.output.part("config").get("gen_kwargs"),
        ),
        (
            "chat template",
            first.output.content.get("chat_template_sha"),
            second.output.content.get("chat_template_sha"),
        ),
    ):
        if before != after:
            raise EpmError(
                f"{first.output.name} and {second.output.name} are both of {first.condition} on "
                f"{first.task}, but differ in {name} ({in_a_word(before)} and {in_a_word(after)})",
                "import them one by one: of a model on a task one run is read",
            )


def _both(first: Cell, second: Cell) -> Iterator[tuple[str, str | None, str | None]]:
    before, after = arguments(first.output.content), arguments(second.output.content)
    for name in dict.fromkeys([*before, *after]):
        yield name, before.get(name), after.get(name)


def shots(cell: Cell) -> str:
    """How many examples stand before a question."""
    given = cell.output.part("n-shot").get(cell.task, cell.config.get("num_fewshot"))
    return "" if given is None else str(given)


def version(cell: Cell) -> str:
    """Of the task; a number in some places, a text in others."""
    given = cell.output.part("versions").get(cell.task)
    return "" if given is None or given == "Yaml" else str(given)
