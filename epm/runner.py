"""Run an experiment: order the tasks, skip what is finished, put the results together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from epm import provenance, tracking
from epm.assembly import MEASUREMENTS, MODEL, STATISTICS, Assembly, read_measurements
from epm.discovery import LoadedExperiment
from epm.errors import EpmError, resources
from epm.files import dump_json, write_atomically
from epm.models.base import BaseModel
from epm.progress import Progress
from epm.spec import Definition, NoModel, derive_seed
from epm.stages import centroids, data, measure, published, sample, train
from epm.tasks import Manifest, RunFolder, Task

if TYPE_CHECKING:
    from epm.engines import Engine

ProgressFor = Callable[[int], AbstractContextManager[Progress]]
"""Makes a progress display for a number of tasks."""


@dataclass(frozen=True)
class Options:
    """What the command line says about a run, beyond the experiment."""

    command: str
    wandb: tracking.Mode
    fresh: bool = False
    runs: Path = Path("runs")
    """Folder that holds `<experiment>/<profile>-<fingerprint>/`."""


def run_folder(definition: Definition, runs: Path) -> Path:
    """Where a definition's run lives: a changed definition gets another folder."""
    name = f"{definition.profile.name}-{definition.fingerprint}"
    return runs / definition.experiment.slug / name


def run(
    loaded: LoadedExperiment, definition: Definition, options: Options, progress_for: ProgressFor
) -> Path:
    """Execute what is not finished, write `results.json` and the samples; return the run folder.

    Raises:
        EpmError: the machine cannot run the profile, another run holds the folder, or a stage
            could not do its work. Finished stages are kept.
    """
    folder = run_folder(definition, options.runs)
    with _locked(folder), resources("the run", folder):
        folder.mkdir(parents=True, exist_ok=True)
        if options.fresh:
            _clear(folder)
        write_atomically(folder / "definition.json", dump_json(definition.as_json()))
        _Run(loaded, definition, options, folder).complete(progress_for)
    return folder


def _clear(folder: Path) -> None:
    """Remove all but the page, which may hold what people wrote; rendering keeps that."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "body.md":
            path.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one process; the system lets go of it when the process dies."""
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f".{folder.name}.lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise EpmError(
            f"another epm is running in {folder}", "wait for it, or stop it and run again"
        ) from None
    try:
        yield
    finally:
        lock.release()


class _Run:
    """One invocation: the tasks of a definition, bound to its folder and model."""

    def __init__(
        self, loaded: LoadedExperiment, definition: Definition, options: Options, folder: Path
    ) -> None:
        self.definition = definition
        self.options = options
        self.experiment_folder = loaded.folder
        self.base = BaseModel(definition, self._say)
        self.environment = provenance.environment(
            options.command, loaded.repository, self.base.device
        )
        self.folder = RunFolder(folder, self.environment)
        self.finished: dict[str, Manifest] = {}
        self.progress: Progress | None = None

    def _say(self, line: str) -> None:
        if self.progress:
            self.progress.say(line)

    # -------------------------------------------------------------- the plan

    @property
    def conditions(self) -> list[str]:
        """Source personas, in the experiment's order."""
        return [persona.name for persona in self.definition.experiment.personas]

    def tasks(self) -> list[Task]:
        """Every task, each after those whose files it reads."""
        if isinstance(self.definition.profile.model, NoModel):
            return [Task("measure", "", (self._figures,), self._measure), self._statistics_task]
        rows, answers = self.folder.of("rows"), self.folder.of("answers") / "answers.jsonl"
        tasks = [
            Task("answers", "", (), self._answer),
            Task("rows", "", (answers,), self._compose),
            Task("centroids", "", (), self._centroids),
            Task("sample", sample.BASE, (), self._sampler(sample.BASE)),
        ]
        for condition in self.conditions:
            adapter = self.folder.of("train", condition) / "adapter_model.safetensors"
            tasks += [
                Task("train", condition, (rows / f"{condition}.jsonl",), self._trainer(condition)),
                Task("sample", condition, (adapter,), self._sampler(condition)),
            ]
        samples = tuple(
            self.folder.of("sample", condition) / sample.SAMPLES
            for condition in (sample.BASE, *self.conditions)
        )
        cosines = self.folder.of("centroids") / "cosines.json"
        return [
            *tasks,
            Task("measure", "", (*samples, cosines), self._measure),
            self._statistics_task,
        ]

    @property
    def _statistics_task(self) -> Task:
        measured = self.folder.of("measure") / MEASUREMENTS
        return Task("statistics", "", (measured,), self._statistics)

    def complete(self, progress_for: ProgressFor) -> None:
        """Execute every task that is not finished, then write the results."""
        tasks = self.tasks()
        with progress_for(len(tasks)) as progress:
            self.progress = progress
            for task in tasks:
                self._finish(task)
        self.progress = None
        Assembly(self.definition, self.folder, tasks, self.finished, self.options.wandb).write()

    def _finish(self, task: Task) -> None:
        if task.condition and self.failures.get(task.condition):
            return
        # inputs of a failed condition do not exist, and are not missed
        task = Task(
            task.stage,
            task.condition,
            tuple(path for path in task.inputs if path.exists()),
            task.work,
        )
        record = self.folder.manifest(task)
        if record is None:
            record = self.folder.execute(task)
        if record.failure:
            self._say(f"{task.name} failed: {record.failure}")
        self.finished[task.name] = record

    @property
    def failures(self) -> dict[str, str]:
        """Reason by condition, for those that training gave up."""
        return {
            name.partition("/")[2]: record.failure
            for name, record in self.finished.items()
            if record.failure
        }

    # -------------------------------------------------------------- the work

    def _engine(self, model: object) -> Engine:
        from epm.engines.transformers import TransformersEngine

        return TransformersEngine(model, self.base.tokenizer)

    @property
    def _shown(self) -> Progress:
        assert self.progress is not None  # noqa: S101 - tasks run inside `complete` alone
        return self.progress

    def _answer(self, out: Path) -> int:
        engine = self._engine(self.base.model)
        tokens = data.answer(self.definition, engine, out, self._shown)
        value = {"model": self.base.record.model_dump(), "engine": engine.name}
        write_atomically(out / MODEL, dump_json(value))
        return tokens

    def _compose(self, out: Path) -> int:
        data.compose(self.definition, self.folder.of("answers") / "answers.jsonl", out)
        return 0

    def _centroids(self, out: Path) -> int:
        return centroids.centroids(self.definition, self.base, out, self._shown)

    def _trainer(self, condition: str) -> Callable[[Path], int]:
        def work(out: Path) -> int:
            rows = self.folder.of("rows") / f"{condition}.jsonl"
            return train.train(self.definition, condition, self.base, rows, out, self._shown)

        return work

    def _sampler(self, condition: str) -> Callable[[Path], int]:
        def work(out: Path) -> int:
            if condition == sample.BASE:
                engine = self._engine(self.base.model)
                return sample.sample(self.definition, condition, engine, out, self._shown)
            with self.base.with_adapter(self.folder.of("train", condition)) as model:
                engine = self._engine(model)
                return sample.sample(self.definition, condition, engine, out, self._shown)

        return work

    def _measure(self, out: Path) -> int:
        measured = (
            published.measurements(self.definition, self._figures)
            if isinstance(self.definition.profile.model, NoModel)
            else measure.measurements(
                self.definition,
                trained={name: self.folder.of("train", name) for name in self.conditions},
                sampled={name: self.folder.of("sample", name) for name in self.conditions},
                base_model=self.folder.of("sample", sample.BASE),
                cosines=self.folder.of("centroids") / "cosines.json",
                failures=self.failures,
            )
        )
        write_atomically(out / MEASUREMENTS, measured.model_dump_json(indent=1) + "\n")
        return 0

    def _statistics(self, out: Path) -> int:
        from epm.statistics import analyse

        experiment, measured = self.definition.experiment, read_measurements(self.folder)
        statistics = analyse(
            dict(measured.conditions),
            measured.cosines,
            measured.prompt_tokens,
            reference=experiment.reference,
            primary_layer=self.definition.profile.primary_layer,
            alpha=experiment.alpha,
            prediction_gate=experiment.prediction_gate,
            seed=derive_seed(experiment.seed, "permutation"),
        )
        write_atomically(out / STATISTICS, statistics.model_dump_json(indent=1) + "\n")
        return 0

    @property
    def _figures(self) -> Path:
        model = self.definition.profile.model
        assert isinstance(model, NoModel)  # noqa: S101 - asked for by that profile alone
        return self.experiment_folder / model.figures
