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

from epm import provenance
from epm.assembly import SHARDS
from epm.definition import Definition
from epm.executors import Attempt, Executor
from epm.files import json_lines, read_json_lines, write_atomically
from epm.progress import PlainProgress, Progress
from epm.results import Environment, ShardRecord
from epm.runner.execution import Execution
from epm.runner.plan import Plan
from epm.runner.workshop import EngineFor, Workshop
from epm.stages.sample import listed
from epm.tasks import MANIFEST, RunFolder, Task


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
    """By path relative to the run folder: the finished tasks, manifests included."""


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
        plan, execution = Plan(shard.definition, folder, None), Execution(folder, progress)
        workshop = Workshop(plan, base, shard.engine_for, progress, lambda: execution.failures)
        for tasks in _of(plan, shard.replicates):
            execution.finish(tasks, workshop.work(tasks[0].stage))
        return Produced(
            {
                path.relative_to(folder.path).as_posix(): path.read_bytes()
                for record in execution.finished
                for path in sorted((folder.path / record).rglob("*"))
                if path.is_file()
            }
        )


def distribute(
    plan: Plan,
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
    unfinished = {
        task.subject for tasks in plan.experiments for task in execution.unfinished(tasks)
    }
    rows = {
        each.name: plan.rows(each) for each in plan.definition.replicates if each.name in unfinished
    }
    shards = [
        Shard(
            plan.definition,
            part,
            environment,
            engine_for,
            {
                path.relative_to(plan.folder.path).as_posix(): path.read_bytes()
                for path in sorted({rows[name] for name in part})
            },
        )
        for part in _parts(list(rows), executor.slots)
    ]
    with closing(executor.run(work, shards, progress.say)) as finished:
        for number, produced, attempt in finished:
            _keep(plan.folder, produced)
            _note(plan.folder, executor, shards[number], attempt)
            for tasks in _of(plan, shards[number].replicates):
                execution.unfinished(tasks)  # which takes note of what is finished now


def _of(plan: Plan, replicates: Sequence[str]) -> list[list[Task]]:
    """The tasks of some replicates, by stage."""
    return [[task for task in tasks if task.subject in replicates] for tasks in plan.experiments]


def _parts(names: Sequence[str], slots: int) -> list[tuple[str, ...]]:
    """One shard for each worker, as even as can be: a worker does its replicates all at once."""
    count = min(slots, len(names))
    edges = [len(names) * part // count for part in range(count + 1)] if count else []
    return [tuple(names[a:b]) for a, b in pairwise(edges)]


def _keep(folder: RunFolder, produced: Produced) -> None:
    """Write a shard's tasks to disk, each manifest after the files it vouches for."""
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
