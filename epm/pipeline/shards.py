"""Replicates that are trained and sampled by another process, and brought back into the run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from epm.definition import Definition
from epm.executors import Attempt
from epm.files import json_lines, read_json_lines, write_atomically
from epm.pipeline import provenance
from epm.pipeline.execution import Execution
from epm.pipeline.run_folder import MANIFEST, RunFolder
from epm.pipeline.stage import EngineFor, Tools, units_of
from epm.pipeline.stages import Stages
from epm.progress import PlainProgress
from epm.results import Environment, ShardRecord
from epm.sampling.samples import listed

if TYPE_CHECKING:
    from epm.models.base import BaseModel

SHARDS = "shards.jsonl"
"""In the run folder: which worker of an executor did which replicates."""

_SCRATCH = ".shards"
"""In the run folder, while workers of this machine are at work."""


@dataclass(frozen=True)
class Shard:
    """All that a worker needs, on a machine that shares no disk with this one."""

    definition: Definition
    replicates: tuple[str, ...]
    environment: Environment
    """Of the run; the worker puts its own hardware in."""
    engine_for: EngineFor
    inputs: dict[str, bytes]
    """Files by path relative to the run folder."""
    scratch: Path | None = None
    """A folder of this machine to leave files in; None sends them back."""

    def __str__(self) -> str:
        """As messages call it."""
        return listed(self.replicates)


@dataclass(frozen=True)
class Produced:
    """What a worker gives back: what is finished, manifests included."""

    files: dict[str, bytes]
    """By path relative to the run folder."""
    folders: dict[str, Path] = field(default_factory=dict)
    """Whole folders of this machine, by the same, to be moved."""


_kept: list[BaseModel] = []
"""A worker's model, read once for all of its shards."""


def prepare(definition: Definition) -> None:
    """Load a definition's model; runs in a worker of this machine, before it has a shard.

    The model's files are checked meanwhile by the process that started the worker.
    """
    base = _base(definition, checked=False)
    _ = base.tokenizer, base.model


def work(shard: Shard) -> Produced:
    """Train and sample a shard's replicates; runs in the worker.

    Raises:
        EpmError: as a run does.
    """
    with _own_folder(shard.scratch) as path:
        for name, content in shard.inputs.items():
            given = path / name
            given.parent.mkdir(parents=True, exist_ok=True)
            given.write_bytes(content)
        progress = _progress()
        base = _base(shard.definition)
        here = shard.environment.model_copy(update={"hardware": provenance.hardware(base.device)})
        folder = RunFolder(path, here)
        stages = Stages(shard.definition, folder, home=None)
        execution = Execution(folder, progress)
        with closing(Tools(base, shard.engine_for, progress, lambda: execution.failures)) as tools:
            for stage, units in units_of(stages.by_replicate, shard.replicates):
                execution.finish(units, stage.work(tools))
        if shard.scratch:
            return Produced({}, {name: path / name for name in execution.finished})
        return Produced(
            {
                path.relative_to(folder.path).as_posix(): path.read_bytes()
                for record in execution.finished
                for path in sorted((folder.path / record).rglob("*"))
                if path.is_file()
            }
        )


@contextmanager
def scratch(run: Path) -> Iterator[Path]:
    """A folder for workers of this machine, in the run's own: their files need only be moved.

    What a lost worker leaves there goes with it.
    """
    path = run / _SCRATCH
    path.mkdir()
    try:
        yield path
    finally:
        sweep(run)


def sweep(run: Path) -> None:
    """Remove that folder, if a run that was killed has left it."""
    shutil.rmtree(run / _SCRATCH, ignore_errors=True)


@contextmanager
def _own_folder(within: Path | None) -> Iterator[Path]:
    """For one shard: in one that is emptied by who gave it, or for as long as it is used."""
    if within:
        yield Path(tempfile.mkdtemp(dir=within))
        return
    with tempfile.TemporaryDirectory(prefix="epm-shard-") as folder:
        yield Path(folder)


def _base(definition: Definition, checked: bool = True) -> BaseModel:
    from epm.models.base import BaseModel

    if not _kept or _kept[0].definition != definition:
        _kept[:] = [BaseModel(definition, _progress().say, checked)]
    return _kept[0]


def _progress() -> PlainProgress:
    from rich.console import Console

    return PlainProgress(Console(file=sys.stderr))


def inputs_of(stages: Stages, names: Sequence[str]) -> dict[str, bytes]:
    """Rows of a shard's replicates, and adapters that it needs and does not train itself."""
    replicates = [stages.inputs.by_name[name] for name in names]
    trained = {each.name for each in stages.definition.trained}
    rows = {stages.inputs.rows(each) for each in replicates if each.name in trained}
    needed = {below.name for each in replicates for below in stages.definition.needed(each)}
    below = {
        path
        for name in needed - set(names)
        for path in stages.folder.of("train", name).iterdir()
        if path.is_file()
    }
    root = stages.folder.path
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(rows | below)}


def keep(folder: RunFolder, produced: Produced) -> None:
    """Bring a shard's files into the run, each manifest after the files that it covers."""
    for name, made in produced.folders.items():
        there = folder.path / name
        shutil.rmtree(there, ignore_errors=True)
        there.parent.mkdir(parents=True, exist_ok=True)
        made.rename(there)
    for name in {str(Path(name).parent) for name in produced.files if Path(name).name == MANIFEST}:
        shutil.rmtree(folder.path / name, ignore_errors=True)
    for name in sorted(produced.files, key=lambda name: Path(name).name == MANIFEST):
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, produced.files[name])


def note(folder: RunFolder, executor: str, replicates: Sequence[str], attempt: Attempt) -> None:
    """Keep who did which replicates."""
    record = ShardRecord(
        executor=executor,
        replicates=tuple(replicates),
        worker=attempt.worker,
        seconds=round(attempt.seconds, 3),
        attempts=attempt.attempts,
    )
    path = folder.path / SHARDS
    earlier = list(read_json_lines(path)) if path.exists() else []
    write_atomically(path, json_lines([*earlier, record.model_dump()]))
