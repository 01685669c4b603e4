"""How each stage's tasks are done, with the model and the engine that are loaded once for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from epm.assembly import MEASUREMENTS, MODEL, STATISTICS, read_measurements
from epm.definition import Definition, Replicate, derive_seed
from epm.files import dump_json, write_atomically
from epm.progress import Progress
from epm.runner.plan import Plan
from epm.stages import centroids, data, measure, published, sample, trajectory
from epm.tasks import Outcome, Task, Work
from epm.training.loop import Job
from epm.training.train import train

if TYPE_CHECKING:
    from epm.models.base import BaseModel
    from epm.sampling import Engine

Ask = Callable[[Definition, Sequence[sample.Subject], "Engine", Progress], Iterator[dict[str, int]]]
"""Samples subjects, and yields tokens by name when some are done."""

EngineFor = Callable[["BaseModel"], "Engine"]
"""Chooses what samples a model."""


class Workshop:
    """The tools of one invocation: a model, an engine, somebody to tell how it goes."""

    def __init__(
        self,
        plan: Plan,
        base: BaseModel,
        engine_for: EngineFor,
        progress: Progress,
        failures: Callable[[], Mapping[str, str]],
    ) -> None:
        """Load nothing yet; `failures` gives reasons by replicate, as far as is known by then."""
        self._plan = plan
        self._definition = plan.definition
        self._folder = plan.folder
        self._base = base
        self._engine_for = engine_for
        self._progress = progress
        self._failures = failures
        self._replicates = {each.name: each for each in plan.definition.replicates}

    def work(self, stage: str) -> Work:
        """What does a stage's tasks."""
        alone: dict[str, Callable[[Path], int]] = {
            "answers": self._answer,
            "rows": self._compose,
            "centroids": self._centroids,
            "measure": self._measure,
            "statistics": self._statistics,
        }
        together: dict[str, Work] = {
            "train": self._train,
            "sample": self._sampling(sample.sample),
            "trajectory": self._sampling(trajectory.trace),
        }
        return together[stage] if stage in together else _one_task(alone[stage])

    @cached_property
    def _engine(self) -> Engine:
        return self._engine_for(self._base)

    def _answer(self, out: Path) -> int:
        tokens = data.answer(self._definition, self._engine, out, self._progress)
        value = {
            "model": self._base.record.model_dump(),
            "engine": self._engine.record.model_dump(),
        }
        write_atomically(out / MODEL, dump_json(value))
        return tokens

    def _compose(self, out: Path) -> int:
        data.compose(self._definition, self._folder.of("answers") / "answers.jsonl", out)
        return 0

    def _centroids(self, out: Path) -> int:
        return centroids.centroids(self._definition, self._base, out, self._progress)

    def _train(self, folders: Mapping[Task, Path]) -> Iterator[Mapping[Task, Outcome]]:
        tasks = {self._replicates[task.subject]: task for task in folders}
        jobs = [
            Job(
                replicate,
                tuple(data.read_rows(self._definition, self._plan.rows(replicate))),
                folders[task],
            )
            for replicate, task in tasks.items()
        ]
        for outcomes in train(self._definition, jobs, self._base, self._progress):
            yield {tasks[replicate]: outcome for replicate, outcome in outcomes.items()}

    def _sampling(self, ask: Ask) -> Work:
        """Ask adapters by `ask`, and say which tasks that finished."""

        def work(folders: Mapping[Task, Path]) -> Iterator[Mapping[Task, Outcome]]:
            tasks = {task.subject: task for task in folders}
            subjects = [self._subject(task, out) for task, out in folders.items()]
            for tokens in ask(self._definition, subjects, self._engine, self._progress):
                yield {tasks[name]: count for name, count in tokens.items()}

        return work

    def _subject(self, task: Task, out: Path) -> sample.Subject:
        if task.subject == sample.BASE:
            seed = self._definition.experiment.seed
            return sample.Subject(sample.BASE, sample.BASE, seed, None, out)
        replicate: Replicate = self._replicates[task.subject]
        return sample.Subject(
            replicate.name,
            replicate.condition,
            replicate.seed,
            self._plan.adapter(replicate).parent,
            out,
        )

    def _measure(self, out: Path) -> int:
        names = list(self._replicates)
        traced = names if self._definition.checkpoints else []
        measured = (
            published.measurements(self._definition, self._plan.figures)
            if self._plan.figures
            else measure.measurements(
                self._definition,
                trained={name: self._folder.of("train", name) for name in names},
                sampled={name: self._folder.of("sample", name) for name in names},
                trajectories={name: self._folder.of("trajectory", name) for name in traced},
                base_model=self._folder.of("sample", sample.BASE),
                cosines=self._folder.of("centroids") / "cosines.json",
                failures=self._failures(),
            )
        )
        write_atomically(out / MEASUREMENTS, measured.model_dump_json(indent=1) + "\n")
        return 0

    def _statistics(self, out: Path) -> int:
        from epm.statistics import analyse

        experiment, measured = self._definition.experiment, read_measurements(self._folder)
        statistics = analyse(
            dict(measured.conditions),
            measured.cosines,
            measured.prompt_tokens,
            reference=experiment.reference,
            primary_layer=self._definition.profile.primary_layer,
            alpha=experiment.alpha,
            prediction_gate=experiment.prediction_gate,
            seed=derive_seed(experiment.seed, "permutation"),
        )
        write_atomically(out / STATISTICS, statistics.model_dump_json(indent=1) + "\n")
        return 0


def _one_task(work: Callable[[Path], int]) -> Work:
    """Work on the one task of a stage; it writes into a folder and returns the tokens it took."""

    def alone(folders: Mapping[Task, Path]) -> Iterator[Mapping[Task, Outcome]]:
        for task, out in folders.items():
            yield {task: work(out)}

    return alone
