"""Do a piece of work once: a stage is finished exactly when its manifest exists.

The manifest is written last, atomically, and holds the hashes of what went in and what came out,
and one over itself.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.errors import StageFailed, resources
from epm.files import dump_json, hashed, sha256_if_any, text_sha256, write_atomically
from epm.results import Environment, StageTiming

MANIFEST = "manifest.json"

SETTINGS = "(settings)"
"""Among the inputs: no path is written in brackets."""

GUARD = "sha256"
"""In a manifest: over all the rest of it."""


@dataclass(frozen=True)
class WorkUnit:
    """One stage's work, of one replicate where it has any."""

    stage: str
    subject: str
    """Name of the replicate; '' where the stage is done once for all."""
    inputs: tuple[Path, ...]
    settings: str = ""
    """Hash of what it depends on beside its inputs and the run folder's own fingerprint."""

    @property
    def name(self) -> str:
        """Path of its folder inside the run folder."""
        return f"{self.stage}/{self.subject}" if self.subject else self.stage


Done = int | StageFailed
"""The tokens that a stage processed, or why it has no usable result."""

Work = Callable[[Mapping[WorkUnit, Path]], Iterator[Mapping[WorkUnit, Done]]]
"""Is given what is to do and an empty folder for each; yields what is finished when it is."""


@dataclass(frozen=True)
class Manifest:
    """The record of a finished stage."""

    inputs: dict[str, str]
    outputs: dict[str, str]
    seconds: float
    tokens: int
    failure: str
    """Reason, where the work came to no usable result; else ''."""
    environment: Environment


class RunFolder:
    """The work of one run of an experiment, on disk."""

    def __init__(
        self,
        path: Path,
        environment: Environment,
        on_damage: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open a folder; nothing need be in it yet.

        Args:
            path: the run folder.
            environment: what work that is done now is recorded with.
            on_damage: told of each file of finished work that is not as it was written.
        """
        self.path = path
        self.on_damage = on_damage
        self._environment = environment

    @property
    def content(self) -> str | None:
        """Hash of the files that work that is done now depends on."""
        return self._environment.content

    def of(self, stage: str, subject: str = "") -> Path:
        """A stage's folder."""
        return self.path / stage / subject if subject else self.path / stage

    def _folder(self, unit: WorkUnit) -> Path:
        return self.of(unit.stage, unit.subject)

    def manifests(self, units: Sequence[WorkUnit]) -> list[Manifest | None]:
        """Their records, of those that are finished with these very inputs, their outputs whole."""
        records = [self._written(unit) for unit in units]
        finished = [(unit, record) for unit, record in zip(units, records, strict=True) if record]
        made = (self._folder(unit) / name for unit, record in finished for name in record.outputs)
        given = (path for unit, _ in finished for path in unit.inputs)
        found = hashed((*made, *given), sha256_if_any)

        def holds(unit: WorkUnit, record: Manifest) -> bool:
            for name, digest in record.outputs.items():
                if found[self._folder(unit) / name] != digest:
                    self.on_damage(f"{unit.name}/{name}")
                    return False
            return record.inputs == self._inputs(unit, found)

        return [
            record if record and holds(unit, record) else None
            for unit, record in zip(units, records, strict=True)
        ]

    def _written(self, unit: WorkUnit) -> Manifest | None:
        path = self._folder(unit) / MANIFEST
        if not path.exists():
            return None
        if (record := _read(path)) is None:
            self.on_damage(f"{unit.name}/{MANIFEST}")
        return record

    def execute(self, units: Sequence[WorkUnit], work: Work) -> Iterator[tuple[WorkUnit, Manifest]]:
        """Do the work in empty folders; yield each one as soon as its manifest is written.

        Units that finish at the same moment share the time since the last ones did, by their
        tokens.

        Raises:
            EpmError: the disk or the memory is full, or the work says so; the folders of what is
                not finished are emptied.
        """
        given = hashed((path for unit in units for path in unit.inputs), sha256_if_any)
        unfinished = {unit: self._folder(unit) for unit in units}
        doing = ", ".join(unit.name for unit in units[:3]) + ("…" if len(units) > 3 else "")
        with _cleared(unfinished), resources(doing, self.path):
            started = time.monotonic()
            for outcomes in work(dict(unfinished)):
                seconds, started = time.monotonic() - started, time.monotonic()
                records = self._records(outcomes, given, seconds)
                for unit, record in records.items():
                    self._write(unfinished.pop(unit), record)
                yield from records.items()

    def _records(
        self, outcomes: Mapping[WorkUnit, Done], given: Mapping[Path, str], seconds: float
    ) -> dict[WorkUnit, Manifest]:
        """The manifests of what lies in the units' folders now."""
        files = {
            unit: sorted(path for path in self._folder(unit).rglob("*") if path.is_file())
            for unit in outcomes
        }
        made = hashed(path for paths in files.values() for path in paths)
        return {
            unit: Manifest(
                inputs=self._inputs(unit, given),
                outputs={
                    path.relative_to(self._folder(unit)).as_posix(): made[path]
                    for path in files[unit]
                },
                seconds=round(seconds * share, 3),
                tokens=outcome if isinstance(outcome, int) else 0,
                failure=outcome.what if isinstance(outcome, StageFailed) else "",
                environment=self._environment,
            )
            for (unit, outcome), share in zip(outcomes.items(), _shares(outcomes), strict=True)
        }

    @staticmethod
    def _write(folder: Path, record: Manifest) -> None:
        value: dict[str, Any] = {**vars(record), "environment": record.environment.model_dump()}
        write_atomically(folder / MANIFEST, dump_json(guarded(value)))

    def _inputs(self, unit: WorkUnit, found: Mapping[Path, str]) -> dict[str, str]:
        files = {self._relative(path): found[path] for path in unit.inputs}
        return files | ({SETTINGS: unit.settings} if unit.settings else {})

    def _relative(self, path: Path) -> str:
        inside = path.is_relative_to(self.path)
        return path.relative_to(self.path).as_posix() if inside else path.name


def guarded(value: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's content with a hash over it."""
    rest = {name: part for name, part in value.items() if name != GUARD}
    return {**rest, GUARD: text_sha256(json.dumps(rest, sort_keys=True, ensure_ascii=True))}


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


def timing(unit: WorkUnit, record: Manifest) -> StageTiming:
    """A finished stage's row in the results."""
    return StageTiming(
        stage=unit.stage, condition=unit.subject, seconds=record.seconds, tokens=record.tokens
    )


def _shares(outcomes: Mapping[WorkUnit, Done]) -> list[float]:
    """The part of the time that each one took; equal parts where none counts tokens."""
    tokens = [outcome if isinstance(outcome, int) else 0 for outcome in outcomes.values()]
    total = sum(tokens)
    return [n / total if total else 1 / len(tokens) for n in tokens]


@contextmanager
def _cleared(folders: Mapping[WorkUnit, Path]) -> Iterator[None]:
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
