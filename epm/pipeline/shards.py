"""Replicates that are trained and sampled by another process, and brought back into the run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from epm.definition import Definition
from epm.executors import Attempt, Executor
from epm.files import json_lines, read_json_lines, write_atomically
from epm.pipeline import provenance
from epm.pipeline.execution import Execution
from epm.pipeline.run_folder import MANIFEST, RunFolder
from epm.pipeline.stage import EngineFor, Tools, units_of
from epm.pipeline.stages import Stages
from epm.progress import PlainProgress, Progress
from epm.results import Environment, ShardRecord
from epm.sampling.samples import listed

SHARDS = "shards.jsonl"
"""In the run folder: which worker of an executor did which replicates."""


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

    def __str__(self) -> str:
        """As messages call it."""
        return listed(self.replicates)


@dataclass(frozen=True)
class Produced:
    """What a worker gives back."""

    files: dict[str, bytes]
    """By path relative to the run folder: what is finished, manifests included."""


def work(shard: Shard) -> Produced:
    """Train and sample a shard's replicates; runs in the worker.

    Raises:
        EpmError: as a run does.
    """
    from rich.console import Console

    from epm.models.base import BaseModel

    with tempfile.TemporaryDirectory(prefix="epm-shard-") as scratch:
        for name, content in shard.inputs.items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        progress = PlainProgress(Console(file=sys.stderr))
        base = BaseModel(shard.definition, progress.say)
        here = shard.environment.model_copy(update={"hardware": provenance.hardware(base.device)})
        folder = RunFolder(Path(scratch), here)
        stages = Stages(shard.definition, folder, home=None)
        execution = Execution(folder, progress)
        with closing(Tools(base, shard.engine_for, progress, lambda: execution.failures)) as tools:
            for stage, units in units_of(stages.by_replicate, shard.replicates):
                execution.finish(units, stage.work(tools))
        return Produced(
            {
                path.relative_to(folder.path).as_posix(): path.read_bytes()
                for record in execution.finished
                for path in sorted((folder.path / record).rglob("*"))
                if path.is_file()
            }
        )


def unfinished(stages: Stages, execution: Execution) -> set[str]:
    """The replicates that something is still to be done for."""
    return {
        unit.subject for stage in stages.by_replicate for unit in execution.unfinished(stage.units)
    }


def distribute(
    stages: Stages,
    execution: Execution,
    executor: Executor,
    engine_for: EngineFor,
    environment: Environment,
    progress: Progress,
) -> None:
    """Have all unfinished replicates done by an executor; each shard is kept when it comes back.

    Raises:
        EpmError: a shard was lost too often, or its work says so. What came back before is kept.
    """
    waiting = unfinished(stages, execution)
    rows = {
        each.name: stages.inputs.rows(each)
        for each in stages.definition.trained
        if each.name in waiting
    }
    shards = [
        Shard(
            stages.definition,
            part,
            environment,
            engine_for,
            {
                path.relative_to(stages.folder.path).as_posix(): path.read_bytes()
                for path in sorted({rows[name] for name in part} | _finished_below(stages, part))
            },
        )
        for part in _parts(_chains(stages.definition, list(rows)), executor.slots)
    ]
    with closing(executor.run(work, shards, progress.say)) as finished:
        for number, produced, attempt in finished:
            _keep(stages.folder, produced)
            _note(stages.folder, executor, shards[number], attempt)
            for _, units in units_of(stages.by_replicate, shards[number].replicates):
                execution.unfinished(units)  # which takes note of what is finished now


def _chains(definition: Definition, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Replicates that need each other's adapters, together; every other one alone."""
    chains: list[set[str]] = []
    trained = [each for each in definition.trained if each.name in names]
    for replicate in trained:
        own = {replicate.name} | {each.name for each in definition.needed(replicate)} & {*names}
        linked = [chain for chain in chains if own & chain]
        chains = [chain for chain in chains if chain not in linked] + [own.union(*linked)]
    order = [each.name for each in trained]
    found = [tuple(sorted(chain, key=order.index)) for chain in chains]
    return sorted(found, key=lambda chain: order.index(chain[0]))


def _finished_below(stages: Stages, names: Sequence[str]) -> set[Path]:
    """Files of adapters that a shard needs, and does not train itself."""
    below = {
        each.name
        for replicate in stages.definition.trained
        if replicate.name in names
        for each in stages.definition.needed(replicate)
    }
    return {
        path
        for name in below - set(names)
        for path in stages.folder.of("train", name).iterdir()
        if path.is_file()
    }


def _parts(chains: Sequence[Sequence[str]], slots: int) -> list[tuple[str, ...]]:
    """One shard for each worker, as even as can be: a worker does its replicates all at once."""
    count = min(slots, len(chains))
    edges = [len(chains) * part // count for part in range(count + 1)] if count else []
    return [tuple(name for chain in chains[a:b] for name in chain) for a, b in pairwise(edges)]


def _keep(folder: RunFolder, produced: Produced) -> None:
    """Write a shard's files to disk, each manifest after the files that it covers."""
    for name in {str(Path(name).parent) for name in produced.files if Path(name).name == MANIFEST}:
        shutil.rmtree(folder.path / name, ignore_errors=True)
    for name in sorted(produced.files, key=lambda name: Path(name).name == MANIFEST):
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, produced.files[name])


def _note(folder: RunFolder, executor: Executor, shard: Shard, attempt: Attempt) -> None:
    record = ShardRecord(
        executor=executor.name,
        replicates=shard.replicates,
        worker=attempt.worker,
        seconds=round(attempt.seconds, 3),
        attempts=attempt.attempts,
    )
    path = folder.path / SHARDS
    earlier = list(read_json_lines(path)) if path.exists() else []
    write_atomically(path, json_lines([*earlier, record.model_dump()]))
