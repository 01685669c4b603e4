"""Do a piece of work once: a task is finished exactly when its manifest exists.

The manifest is written last, atomically, and holds the hashes of what went in and what came out.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.errors import EpmError, resources
from epm.files import dump_json, file_sha256, write_atomically
from epm.results import Environment, StageTiming

MANIFEST = "manifest.json"


class TaskFailed(EpmError):
    """The work came to a result that cannot be used, and would again: recorded, not retried."""


@dataclass(frozen=True)
class Task:
    """One stage, of one condition where it has any."""

    stage: str
    condition: str
    inputs: tuple[Path, ...]
    work: Callable[[Path], int]
    """Writes its outputs into the folder it is given; returns the tokens it processed."""

    @property
    def name(self) -> str:
        """Path of its folder inside the run folder."""
        return f"{self.stage}/{self.condition}" if self.condition else self.stage


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

    def __init__(self, path: Path, environment: Environment) -> None:
        """`environment` is what tasks that are executed now are recorded with."""
        self.path = path
        self._environment = environment

    def of(self, stage: str, condition: str = "") -> Path:
        """A task's folder."""
        return self.path / stage / condition if condition else self.path / stage

    def manifest(self, task: Task) -> Manifest | None:
        """The task's record, if it is finished with these very inputs and its outputs are whole."""
        folder = self.of(task.stage, task.condition)
        try:
            raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            record = Manifest(
                **{**raw, "environment": Environment.model_validate(raw["environment"])}
            )
            whole = record.inputs == self._hashes(task.inputs) and all(
                file_sha256(folder / name) == digest for name, digest in record.outputs.items()
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if whole else None

    def execute(self, task: Task) -> Manifest:
        """Do the work in an empty folder and write its manifest.

        Raises:
            EpmError: the disk or the memory is full, or the work says so; the folder is emptied.
        """
        folder = self.of(task.stage, task.condition)
        inputs = self._hashes(task.inputs)
        failure, tokens = "", 0
        started = time.monotonic()
        with _cleared(folder), resources(task.name, folder):
            try:
                tokens = task.work(folder)
            except TaskFailed as error:
                failure = error.what
            outputs = {
                path.relative_to(folder).as_posix(): file_sha256(path)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            record = Manifest(
                inputs=inputs,
                outputs=outputs,
                seconds=round(time.monotonic() - started, 3),
                tokens=tokens,
                failure=failure,
                environment=self._environment,
            )
            value: dict[str, Any] = {
                **vars(record),
                "environment": record.environment.model_dump(),
            }
            write_atomically(folder / MANIFEST, dump_json(value))
        return record

    def _hashes(self, paths: tuple[Path, ...]) -> dict[str, str]:
        return {self._relative(path): file_sha256(path) for path in paths}

    def _relative(self, path: Path) -> str:
        inside = path.is_relative_to(self.path)
        return path.relative_to(self.path).as_posix() if inside else path.name


def timing(task: Task, record: Manifest) -> StageTiming:
    """A finished task's row in the results."""
    return StageTiming(
        stage=task.stage, condition=task.condition, seconds=record.seconds, tokens=record.tokens
    )


@contextmanager
def _cleared(folder: Path) -> Iterator[None]:
    """An empty folder; emptied again when the work does not come to its end."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
