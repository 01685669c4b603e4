"""Run an experiment: skip what is finished, do the rest, put the results together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from epm import tracking
from epm.definition import Definition, RecordedData
from epm.discovery import LoadedExperiment
from epm.errors import resources
from epm.evaluation.loading import check
from epm.executors.local import LocalExecutor
from epm.files import dump_json, held, write_atomically
from epm.models.base import BaseModel, choose_device
from epm.pipeline import inventory, judged, provenance
from epm.pipeline.assembly import Assembly
from epm.pipeline.content import content
from epm.pipeline.execution import Execution
from epm.pipeline.run_folder import RunFolder
from epm.pipeline.shards import SHARDS, distribute, unfinished
from epm.pipeline.stage import EngineFor, Tools
from epm.pipeline.stages import Stages, model_record
from epm.pipeline.worth import repays, seconds_on_one
from epm.progress import Progress
from epm.results.recorded import read
from epm.sampling.choice import choose

if TYPE_CHECKING:
    from epm.executors import Executor

ProgressFor = Callable[[int], AbstractContextManager[Progress]]
"""Makes a progress display for a number of units of work."""


AUTOMATIC = partial(choose, "auto", merge=None)


@dataclass(frozen=True)
class Options:
    """What the command line says about a run, beyond the experiment."""

    command: str
    wandb: tracking.Mode
    fresh: bool = False
    ask_again: bool = False
    """Whether judges are asked again what they gave no answer to."""
    runs: Path = Path("runs")
    """Folder that holds `<experiment>/<profile>-<fingerprint>/`."""
    engine_for: EngineFor = AUTOMATIC
    """Which engine samples a model."""
    executor: Executor | None = None
    """Trains and samples in other processes, where it has room for more than one; None does not."""


def run_folder(definition: Definition, runs: Path) -> Path:
    """Where a definition's run lives.

    What the samples depend on decides: other scorers or analyses of them are the same run.
    """
    name = f"{definition.profile.name}-{definition.data_fingerprint}"
    return runs / definition.experiment.slug / name


def run(
    loaded: LoadedExperiment, definition: Definition, options: Options, progress_for: ProgressFor
) -> Path:
    """Execute what is not finished, write `results.json` and the samples; return the run folder.

    Raises:
        EpmError: the machine cannot run the profile, the parent's data cannot be read, another run
            holds the folder, or a stage could not do its work. Finished stages are kept.
    """
    if parent := definition.experiment.parent:
        read(loaded.folder / parent.data.file)  # which else would be found broken at the end
    if not isinstance(definition.profile.model, RecordedData):
        check(definition)
    folder = run_folder(definition, options.runs)
    with resources("the run", folder), held(folder):
        changed = [] if options.fresh else inventory.changed(folder)
        inventory.forget(folder)
        if options.fresh:
            _clear(folder)
        if options.ask_again:
            shutil.rmtree(
                folder / judged.STAGE, ignore_errors=True
            )  # what was answered lies elsewhere
        write_atomically(folder / "definition.json", dump_json(definition.as_json()))
        _complete(loaded, definition, options, folder, changed, progress_for)
    return folder


def _complete(
    loaded: LoadedExperiment,
    definition: Definition,
    options: Options,
    path: Path,
    changed: Sequence[str],
    progress_for: ProgressFor,
) -> None:
    """Do everything that is not finished, then write the results."""
    found = content(loaded.repository, loaded.folder)
    environment = provenance.environment(
        options.command, loaded.repository, found, choose_device(definition)
    )
    found.write(path)
    folder = RunFolder(path, environment)
    stages = Stages(definition, folder, loaded.folder)
    with progress_for(sum(len(stage.units) for stage in stages)) as progress:
        folder.on_damage = _announce(path, changed, progress)
        execution = Execution(folder, progress)
        base = BaseModel(definition, progress.say)
        with closing(
            Tools(base, options.engine_for, progress, lambda: execution.failures)
        ) as tools:
            for stage in stages.preparation:
                execution.finish(stage.units, stage.work(tools))
            elsewhere = _elsewhere(options.executor) if stages.by_replicate else None
            if elsewhere and not _stays(stages, execution, elsewhere, progress):
                distribute(stages, execution, elsewhere, options.engine_for, environment, progress)
            for stage in (*stages.by_replicate, *stages.evaluation, *stages.conclusion):
                execution.finish(stage.units, stage.work(tools))
    Assembly(stages, execution.finished, options.wandb).write()


def _announce(folder: Path, changed: Sequence[str], progress: Progress) -> Callable[[str], None]:
    """Say what changed since the last run ended, and return who is told what else is found."""
    damaged = [name for name in changed if name not in inventory.WRITTEN_BY_PEOPLE]
    if damaged:
        shown = ", ".join(damaged[:5]) + ("…" if damaged[5:] else "")
        progress.say(f"changed since they were written, and made again: {shown}")
    for name in set(changed) - set(damaged):
        progress.say(f"{name} was edited: what people wrote in it stays")
    # what is read again, and cannot be made again
    for name in {SHARDS, tracking.RECORD} & set(damaged):
        (folder / name).unlink(missing_ok=True)

    def found(name: str) -> None:
        if name not in damaged:
            progress.say(f"changed since it was written, and made again: {name}")

    return found


def _elsewhere(executor: Executor | None) -> Executor | None:
    """The executor, unless it is this very machine with room for one: then it is this process."""
    here = executor is None or (executor.name == "local" and executor.slots == 1)
    return None if here else executor


def _stays(stages: Stages, execution: Execution, executor: Executor, progress: Progress) -> bool:
    """Whether too little is left to do for several GPUs that nobody asked for; says so then."""
    if not (isinstance(executor, LocalExecutor) and executor.unasked):
        return False
    names = unfinished(stages, execution)
    rows = [stages.inputs.rows(each) for each in stages.definition.trained if each.name in names]
    noted = model_record(stages.folder)
    if noted is None or not rows:
        return False
    size = sum(path.stat().st_size for path in rows)
    seconds = seconds_on_one(stages.definition, noted["model"]["parameters"], names, size)
    if repays(seconds, executor.slots):
        return False
    progress.say(
        f"1 of {executor.slots} GPUs is used: training and sampling take it some {seconds:.0f} s, "
        f"and to start more takes longer than they save (--workers {executor.slots} takes all)"
    )
    return True


def _clear(folder: Path) -> None:
    """Remove all but the page, which may hold what people wrote; rendering keeps that."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "body.md":
            path.unlink()
