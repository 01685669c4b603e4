"""Do a piece of work once: a task is finished exactly when its manifest exists.

The manifest is written last, atomically, and holds the hashes of what went in and what came out,
and one over itself.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.errors import EpmError, resources
from epm.files import dump_json, file_sha256, write_atomically
from epm.results import Environment, StageTiming

MANIFEST = "manifest.json"

GUARD = "sha256"
"""In a manifest: over all the rest of it."""


class TaskFailed(EpmError):
    """The work came to a result that cannot be used, and would again: recorded, not retried."""


@dataclass(frozen=True)
class Task:
    """One stage, of one replicate where it has any."""

    stage: str
    subject: str
    """Name of the replicate or of the control; '' where the stage has none."""
    inputs: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Path of its folder inside the run folder."""
        return f"{self.stage}/{self.subject}" if self.subject else self.stage


Outcome = int | TaskFailed
"""The tokens that a task processed, or why it has no usable result."""

Work = Callable[[Mapping[Task, Path]], Iterator[Mapping[Task, Outcome]]]
"""Is given the tasks to do and an empty folder for each; yields what is finished when it is."""


@dataclass(frozen=True)
class Manifest:
    """The record of a finished task."""

    inputs: dict[str, str]
    outputs: dict[str, str]
    seconds: float
    tokens: int
    failure: str
    """Reason, where the work came to no usable result; else ''."""
    environment: Environment


class RunFolder:
    """The tasks of one run, on disk."""

    def __init__(
        self,
        path: Path,
        environment: Environment,
        on_damage: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open a folder; nothing need be in it yet.

        Args:
            path: the run folder.
            environment: what tasks that are executed now are recorded with.
            on_damage: told of each file of a finished task that is not as it was written.
        """
        self.path = path
        self.on_damage = on_damage
        self._environment = environment

    def of(self, stage: str, subject: str = "") -> Path:
        """A task's folder."""
        return self.path / stage / subject if subject else self.path / stage

    def manifest(self, task: Task) -> Manifest | None:
        """The task's record, if it is finished with these very inputs and its outputs are whole."""
        folder = self.of(task.stage, task.subject)
        if not (folder / MANIFEST).exists():
            return None
        if (record := _read(folder / MANIFEST)) is None:
            self.on_damage(f"{task.name}/{MANIFEST}")
            return None
        for name, digest in record.outputs.items():
            if _sha256(folder / name) != digest:
                self.on_damage(f"{task.name}/{name}")
                return None
        inputs = {self._relative(path): _sha256(path) for path in task.inputs}
        return record if record.inputs == inputs else None

    def execute(self, tasks: Sequence[Task], work: Work) -> Iterator[tuple[Task, Manifest]]:
        """Do the work in empty folders; yield each task as soon as its manifest is written.

        Tasks that finish at the same moment share the time since the last ones did, by their
        tokens.

        Raises:
            EpmError: the disk or the memory is full, or the work says so; the folders of what is
                not finished are emptied.
        """
        inputs = {task: self._hashes(task.inputs) for task in tasks}
        unfinished = {task: self.of(task.stage, task.subject) for task in tasks}
        doing = ", ".join(task.name for task in tasks[:3]) + ("…" if len(tasks) > 3 else "")
        with _cleared(unfinished), resources(doing, self.path):
            started = time.monotonic()
            for outcomes in work(dict(unfinished)):
                seconds, started = time.monotonic() - started, time.monotonic()
                records = {
                    task: self._record(unfinished[task], inputs[task], outcome, seconds * share)
                    for (task, outcome), share in zip(
                        outcomes.items(), _shares(outcomes), strict=True
                    )
                }
                # at one moment, as nearly as can be: adapters that were trained together come out
                # with other rounding when some of them are trained again
                for task, record in records.items():
                    self._write(unfinished.pop(task), record)
                yield from records.items()

    def _record(
        self, folder: Path, inputs: dict[str, str], outcome: Outcome, seconds: float
    ) -> Manifest:
        """The manifest of what lies in a folder now."""
        return Manifest(
            inputs=inputs,
            outputs={
                path.relative_to(folder).as_posix(): file_sha256(path)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            },
            seconds=round(seconds, 3),
            tokens=outcome if isinstance(outcome, int) else 0,
            failure=outcome.what if isinstance(outcome, TaskFailed) else "",
            environment=self._environment,
        )

    @staticmethod
    def _write(folder: Path, record: Manifest) -> None:
        value: dict[str, Any] = {**vars(record), "environment": record.environment.model_dump()}
        write_atomically(folder / MANIFEST, dump_json(guarded(value)))

    def _hashes(self, paths: tuple[Path, ...]) -> dict[str, str]:
        return {self._relative(path): file_sha256(path) for path in paths}

    def _relative(self, path: Path) -> str:
        inside = path.is_relative_to(self.path)
        return path.relative_to(self.path).as_posix() if inside else path.name


def guarded(value: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's content with a hash over it."""
    rest = {name: part for name, part in value.items() if name != GUARD}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=True)
    return {**rest, GUARD: hashlib.sha256(text.encode()).hexdigest()}


def _read(path: Path) -> Manifest | None:
    """A manifest that is as it was written, else None."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if guarded(value) != value:
            return None
        del value[GUARD]
        environment = Environment.model_validate(value["environment"])
        return Manifest(**{**value, "environment": environment})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(path: Path) -> str:
    """'' where there is no such file."""
    try:
        return file_sha256(path)
    except OSError:
        return ""


def timing(task: Task, record: Manifest) -> StageTiming:
    """A finished task's row in the results."""
    return StageTiming(
        stage=task.stage, condition=task.subject, seconds=record.seconds, tokens=record.tokens
    )


def _shares(outcomes: Mapping[Task, Outcome]) -> list[float]:
    """The part of the time that each task took; equal parts where none counts tokens."""
    tokens = [outcome if isinstance(outcome, int) else 0 for outcome in outcomes.values()]
    total = sum(tokens)
    return [n / total if total else 1 / len(tokens) for n in tokens]


@contextmanager
def _cleared(folders: Mapping[Task, Path]) -> Iterator[None]:
    """Empty folders; those that are still in the mapping when the work breaks off are removed."""
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        for folder in folders.values():
            folder.mkdir(parents=True)
        yield
    except BaseException:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        raise
