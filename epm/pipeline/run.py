"""Run an experiment: skip what is finished, do the rest, put the results together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from epm import tracking
from epm.definition import Definition, RecordedData
from epm.discovery import LoadedExperiment
from epm.errors import resources
from epm.evaluation.loading import check
from epm.files import dump_json, held, write_atomically
from epm.models.base import BaseModel, choose_device
from epm.pipeline import inventory, judged, provenance
from epm.pipeline.assembly import Assembly
from epm.pipeline.content import content
from epm.pipeline.distribution import Distribution
from epm.pipeline.execution import Execution
from epm.pipeline.run_folder import RunFolder
from epm.pipeline.shards import SHARDS, sweep
from epm.pipeline.stage import EngineFor, Tools
from epm.pipeline.stages import Stages
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
    """Trains and samples in other processes as well, where it has room for them; None does not."""


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
        sweep(folder)
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
    with ExitStack() as workers:
        with progress_for(sum(len(stage.units) for stage in stages)) as progress:
            folder.on_damage = _announce(path, changed, progress)
            execution = Execution(folder, progress)
            base = BaseModel(definition, progress.say)
            with closing(
                Tools(base, options.engine_for, progress, lambda: execution.failures)
            ) as tools:
                if options.executor and stages.by_replicate:
                    shared = Distribution(stages, execution, options.executor, tools, environment)
                    _prepare_and_share(shared, workers)
                for stage in stages:
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
            damaged.append(name)
            progress.say(f"changed since it was written, and made again: {name}")

    return found


def _prepare_and_share(shared: Distribution, workers: ExitStack) -> None:
    """Have other processes do replicates, where there are any to do them.

    Those of this machine are started first, and load the model while the work is prepared here;
    they leave while the results are put together.
    """
    local = shared.executor.name == "local"
    count = shared.places()
    if local and count == 1:
        return
    workers.enter_context(shared.started(count))
    for stage in shared.stages.preparation:
        shared.execution.finish(stage.units, stage.work(shared.tools))
    shared.complete(count)


def _clear(folder: Path) -> None:
    """Remove all but the page, which may hold what people wrote; rendering keeps that."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "body.md":
            path.unlink()
