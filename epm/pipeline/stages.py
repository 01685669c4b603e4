"""The stages of a run, each with its order, inputs, work and files in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, InspectTask, RecordedData, Replicate, canonical_json
from epm.errors import StageFailed
from epm.files import dump_json, write_atomically
from epm.models.covariates import COVARIATES
from epm.models.steering import DIRECTION, RECORD, Steered
from epm.pipeline import judged
from epm.pipeline.run_folder import Done, RunFolder, Work, WorkUnit
from epm.progress import Progress
from epm.sampling.fluency import FLUENCY
from epm.sampling.likelihoods import LIKELIHOODS
from epm.sampling.samples import SAMPLES, Subject
from epm.scoring.judges.answers import JUDGEMENTS
from epm.scoring.measuring import joint_metrics

if TYPE_CHECKING:
    from epm.evaluation.evaluated import Evaluated
    from epm.models.base import BaseModel
    from epm.sampling import Engine

EngineFor = Callable[["BaseModel"], "Engine"]
"""Chooses what samples a model."""

MODEL = "model.json"
"""What the model was, and what sampled it."""

ANSWERS = "answers.jsonl"
ADAPTER = "adapter_model.safetensors"
MEASUREMENTS = "measurements.json"
ANALYSES = "analyses.json"


@dataclass(frozen=True)
class Tools:
    """What the work of one invocation is done with; loaded when it is first used."""

    base: BaseModel
    engine_for: EngineFor
    progress: Progress
    failures: Callable[[], Mapping[str, str]]
    """Reason by replicate, for those that training gave up, as far as is known by then."""

    @cached_property
    def engine(self) -> Engine:
        """What samples completions."""
        return self.engine_for(self.base)

    def base_of(self, definition: Definition) -> BaseModel:
        """A judge's model: the run's own, if it is that, else one more."""
        from epm.models.base import BaseModel

        if definition.profile.model == self.base.definition.profile.model:
            return self.base
        if "engine" in vars(self):
            self.engine.close()  # which may hold the memory that the judge takes now
        return BaseModel(definition, self.progress.say)


@dataclass(frozen=True)
class Stage:
    """A part of a run: which units of work it has, and how they are done."""

    name: str
    units: tuple[WorkUnit, ...]
    work: Callable[[Tools], Work]
    shared: bool = True
    """Whether all replicates need it; the others' units can be done anywhere, by replicate."""


class Stages:
    """The stages of a definition, each after those whose files it reads.

    What the definition does not use does not exist: nothing is answered, trained or read where
    nothing needs it, and nothing at all is run where the measurements are recorded.
    """

    def __init__(self, definition: Definition, folder: RunFolder, home: Path | None) -> None:
        """Nothing is done yet.

        Args:
            definition: what is run.
            folder: where the stages' files go.
            home: the experiment's folder, with recorded data in it; None in a worker.
        """
        self.definition = definition
        self.folder = folder
        self._home = home

    def __iter__(self) -> Iterator[Stage]:
        """All of them, in order."""
        yield from self.preparation
        yield from self.by_replicate
        yield from self.evaluation
        yield from self.conclusion

    @property
    def _recorded(self) -> RecordedData | None:
        model = self.definition.profile.model
        return model if isinstance(model, RecordedData) else None

    # ---------------------------------------------------------------- shared by all replicates

    @property
    def preparation(self) -> tuple[Stage, ...]:
        """What replicates share."""
        if self._recorded:
            return ()
        stages = [self._alone("model", self._model)]
        answers = self.folder.of("answers") / ANSWERS
        if self.definition.builder:
            stages.append(self._alone("answers", self._answers))
        if self.definition.trained:
            made_of = (answers,) if self.definition.builder else ()
            stages.append(self._alone("rows", self._rows, made_of))
        if self.definition.profile.covariates:
            stages.append(self._alone("covariates", self._covariates))
        return tuple(stages)

    def _model(self, tools: Tools, out: Path) -> int:
        value = {
            "model": tools.base.record.model_dump(),
            "engine": tools.engine.record.model_dump(),
        }
        write_atomically(out / MODEL, dump_json(value))
        return 0

    def _answers(self, tools: Tools, out: Path) -> int:
        from epm.training.marker_rows import answer

        return answer(self.definition, tools.engine, out, tools.progress)

    def _rows(self, tools: Tools, out: Path) -> int:
        from epm.training.marker_rows import compose
        from epm.training.rows import write_given

        write_given(self.definition, tools.base, out)
        if self.definition.builder:
            compose(self.definition, self.folder.of("answers") / ANSWERS, out)
        return 0

    def _covariates(self, tools: Tools, out: Path) -> int:
        from epm.models.covariates import covariates

        return covariates(self.definition, tools.base, out, tools.progress)

    # ---------------------------------------------------------------- replicate by replicate

    @property
    def by_replicate(self) -> tuple[Stage, ...]:
        """Training and sampling."""
        if self._recorded:
            return ()
        trained = self.definition.trained
        stages = []
        for depth in range(1 + max((len(self.definition.before(r)) for r in trained), default=-1)):
            # an adapter on top of another waits for that one
            units = tuple(
                WorkUnit("train", each.name, (self.rows(each), *self._below(each)))
                for each in trained
                if len(self.definition.before(each)) == depth
            )
            stages.append(Stage("train", units, self._train, shared=False))
        if self.definition.steered:
            units = tuple(
                WorkUnit("direction", each.name, tuple(self._read_for(each)))
                for each in self.definition.steered
            )
            stages.append(Stage("direction", units, self._direct, shared=False))
        prompted = bool(self.definition.experiment.prompted)
        if prompted:
            stages.append(Stage("sample", self._answering("sample"), self._sample, shared=False))
        if self.definition.weighed:
            stages.append(Stage("weigh", self._answering("weigh"), self._weigh, shared=False))
        if prompted and self.definition.read_back:
            units = tuple(
                WorkUnit("fluency", each.name, (self.folder.of("sample", each.name) / SAMPLES,))
                for each in (*self.definition.untrained, *trained)
            )
            stages.append(Stage("fluency", units, self._read_back, shared=False))
        if trained and prompted and self.definition.checkpoints:
            units = tuple(
                WorkUnit(
                    "trajectory",
                    each.name,
                    (self.adapter(each), *self._below(each), *self._direction(each)),
                )
                for each in trained
            )
            stages.append(Stage("trajectory", units, self._trace, shared=False))
        return tuple(stages)

    def _answering(self, stage: str) -> tuple[WorkUnit, ...]:
        """A unit of work for everything that answers."""
        return (
            *(
                WorkUnit(stage, each.name, self._direction(each))
                for each in self.definition.untrained
            ),
            *(
                WorkUnit(
                    stage,
                    each.name,
                    (self.adapter(each), *self._below(each), *self._direction(each)),
                )
                for each in self.definition.trained
            ),
        )

    def rows(self, replicate: Replicate) -> Path:
        """The replicate's training data, the same under every seed."""
        return self.folder.of("rows") / f"{replicate.condition}.jsonl"

    def _below(self, replicate: Replicate) -> tuple[Path, ...]:
        """Weights of the adapters that a replicate's own is trained on top of."""
        return tuple(self.adapter(each) for each in self.definition.before(replicate))

    def adapter(self, replicate: Replicate) -> Path:
        """The replicate's weights."""
        return self.folder.of("train", replicate.name) / ADAPTER

    def _adapters(self, replicate: Replicate) -> tuple[Path, ...]:
        """Weights of all that is merged for a replicate, its own last; none if it is untrained."""
        if replicate not in self.definition.trained:
            return ()
        return (*self._below(replicate), self.adapter(replicate))

    def _read_for(self, replicate: Replicate) -> Iterator[Path]:
        """Weights that a steered replicate's direction is read with."""
        for each in self.definition.directed_by(replicate):
            yield from self._adapters(each)

    def _direction(self, replicate: Replicate) -> tuple[Path, ...]:
        """What a replicate is steered along; nothing where it is not steered."""
        if replicate not in self.definition.steered:
            return ()
        return (self.folder.of("direction", replicate.name) / DIRECTION,)

    def _direct(self, tools: Tools) -> Work:
        from epm.sampling.directions import Wanted, find

        def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
            units = {unit.subject: unit for unit in folders}
            for name in list(units):
                paths = self._read_for(self._replicates[name])
                if lost := next((path for path in paths if not path.exists()), None):
                    why = f"'{lost.parent.name}', which its direction is read with, has no adapter"
                    yield {units.pop(name): StageFailed(why)}
            wanted = [
                Wanted(
                    self._replicates[name],
                    folders[unit],
                    tuple(
                        tuple(path.parent for path in self._adapters(each))
                        for each in self.definition.directed_by(self._replicates[name])
                    ),
                )
                for name, unit in units.items()
            ]
            for found in find(self.definition, wanted, tools.base, tools.progress):
                yield {units[name]: tokens for name, tokens in found.items()}

        return work

    def _steered(self, replicate: Replicate) -> Steered | None:
        steering = self.definition.experiment.condition(replicate.condition).intervention
        if steering is None:
            return None
        (direction,) = self._direction(replicate)
        return Steered(direction, steering.layer, steering.coefficient)

    def _train(self, tools: Tools) -> Work:
        from epm.training.loop import Job
        from epm.training.rows import read_rows
        from epm.training.train import train

        def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
            units = {self._replicates[unit.subject]: unit for unit in folders}
            for replicate in list(units):
                if lost := [path for path in self._below(replicate) if not path.exists()]:
                    why = f"'{lost[0].parent.name}', which it is trained on top of, has no adapter"
                    yield {units.pop(replicate): StageFailed(why)}
            jobs = [
                Job(
                    replicate,
                    tuple(read_rows(self.definition, self.rows(replicate))),
                    folders[unit],
                    tuple(path.parent for path in self._below(replicate)),
                )
                for replicate, unit in units.items()
            ]
            for trained in train(self.definition, jobs, tools.base, tools.progress):
                yield {units[replicate]: done for replicate, done in trained.items()}

        return work

    def _sample(self, tools: Tools) -> Work:
        from epm.sampling.samples import sample

        return self._sampling(tools, sample)

    def _weigh(self, tools: Tools) -> Work:
        from epm.sampling.likelihoods import weigh

        def ask(
            definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
        ) -> Iterator[dict[str, int]]:
            engine.close()  # which may hold the memory that the model takes now
            yield from weigh(definition, subjects, tools.base, progress)

        return self._sampling(tools, ask)

    @property
    def evaluation(self) -> tuple[Stage, ...]:
        """Inspect's tasks: done where the run was started, with the code that lies there."""
        if self._recorded or not self.definition.experiment.evaluated:
            return ()
        units = tuple(
            replace(unit, inputs=tuple(dict.fromkeys((*unit.inputs, *self._graders()))))
            for unit in self._answering("evaluate")
        )
        return (Stage("evaluate", units, self._evaluate),)

    def _graders(self) -> Iterator[Path]:
        """Weights of what grades others' answers."""
        graders = {task.grader for task in self.definition.experiment.evaluated}
        for name in graders:
            first = next((r for r in self.definition.trained if r.condition == name), None)
            if first is not None:
                yield from (self.adapter(first), *self._below(first))

    def log(self, replicate: Replicate, task: InspectTask) -> Path:
        """What Inspect wrote of a replicate on one of its tasks."""
        return self.folder.of("evaluate", replicate.name) / f"{task.name}.eval"

    def evaluated(self, failures: Container[str]) -> Evaluated | None:
        """What Inspect's logs say; None where it ran nothing.

        Args:
            failures: replicates that were given up, of which there are no logs.

        Raises:
            EpmError: a log cannot be read.
        """
        from epm.evaluation.evaluated import Evaluated, Place

        if not self.evaluation:
            return None
        return Evaluated(
            Place(each, task, path, path.relative_to(self.folder.path).as_posix())
            for each in (*self.definition.untrained, *self.definition.trained)
            for task in self.definition.experiment.evaluated
            for path in [self.log(each, task)]
            if each.name not in failures
        )

    def _evaluate(self, tools: Tools) -> Work:
        from epm.evaluation.evaluate import evaluate

        def ask(
            definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
        ) -> Iterator[dict[str, int]]:
            others = [
                self._subject(each, self.folder.of("evaluate", each.name))
                for each in (*definition.untrained, *definition.trained)
                if each.name not in tools.failures()
            ]
            yield from evaluate(definition, subjects, others, engine, tools.base, progress)

        return self._sampling(tools, ask)

    def _read_back(self, tools: Tools) -> Work:
        from epm.sampling.fluency import read_back

        def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
            tools.engine.close()  # which may hold the memory that the model takes now
            units = {unit.subject: unit for unit in folders}
            parts = [(name, unit.inputs[0], folders[unit]) for name, unit in units.items()]
            for tokens in read_back(self.definition, parts, tools.base, tools.progress):
                yield {units[name]: count for name, count in tokens.items()}

        return work

    def _trace(self, tools: Tools) -> Work:
        from epm.sampling.checkpoints import trace

        return self._sampling(tools, trace)

    def _sampling(self, tools: Tools, ask: Callable[..., Iterator[dict[str, int]]]) -> Work:
        def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
            units = {unit.subject: unit for unit in folders}
            subjects = [
                self._subject(self._replicates[unit.subject], out) for unit, out in folders.items()
            ]
            for tokens in ask(self.definition, subjects, tools.engine, tools.progress):
                yield {units[name]: count for name, count in tokens.items()}

        return work

    def _subject(self, replicate: Replicate, out: Path) -> Subject:
        if replicate not in self.definition.trained:
            return Subject(replicate, None, out, steering=self._steered(replicate))
        below = tuple(path.parent for path in self._below(replicate))
        adapter = self.adapter(replicate).parent
        return Subject(replicate, adapter, out, below, self._steered(replicate))

    @cached_property
    def _replicates(self) -> dict[str, Replicate]:
        return {each.name: each for each in (*self.definition.trained, *self.definition.untrained)}

    # ---------------------------------------------------------------- what follows from it

    @property
    def conclusion(self) -> tuple[Stage, ...]:
        """Scores and analyses: other scorers or analyses do these again, and nothing else."""
        definition = self.definition.as_json()
        scored = ("scorers", "tasks", "datasets")
        judges = self._judges()
        judgements = [self.folder.of(stage.name) / JUDGEMENTS for stage in judges]
        measure = self._alone(
            "measure",
            self._measure,
            (*self._measured_from(), *judgements),
            {
                **{name: definition[name] for name in scored},
                "joint": joint_metrics(self.definition),
                # done again, in seconds, for any change: what is published last is of one content
                "content": self.folder.content,
                "order": [*definition["conditions"]],
            },
        )
        asked = ("analyses", "gates", "alpha", "parent", "parent_names", "figure")
        settings = {
            **{name: definition[name] for name in asked},
            "order": [*definition["analyses"]],
            "content": self.folder.content,
            "recipe": self._parent_recipe(),
        }
        inputs = [self.folder.of("measure") / MEASUREMENTS]
        if self.definition.experiment.parent:
            inputs.append(self._in_home(self.definition.experiment.parent.data))
        return *judges, measure, self._alone("analyse", self._analyse, tuple(inputs), settings)

    def _judges(self) -> tuple[Stage, ...]:
        """Judging, where somebody does."""
        if not self.definition.judges or self._recorded:
            return ()
        samples = tuple(path for path in self._measured_from() if path.name == SAMPLES)
        return (self._alone(judged.STAGE, self._judge, samples, judged.settings(self.definition)),)

    def _judge(self, tools: Tools, out: Path) -> int:
        replicates = (*self.definition.untrained, *self.definition.trained)
        names = [each.name for each in replicates if each.name not in tools.failures()]
        return judged.have_judged(
            self.definition, self.folder, names, out, tools.base_of, tools.progress
        )

    def _parent_recipe(self) -> Any:
        """The settings that are compared with; another profile's, and so no part of this one."""
        experiment = self.definition.experiment
        if experiment.parent is None or experiment.parent.recipe is None:
            return None
        return experiment.resolve(experiment.parent.recipe).as_json()["profile"]

    def _measured_from(self) -> Iterator[Path]:
        if self._recorded:
            yield self._in_home(self._recorded)
            return
        for stage in self.by_replicate:
            for unit in stage.units:
                if stage.name == "weigh":
                    yield self.folder.of(unit.stage, unit.subject) / LIKELIHOODS
                elif stage.name == "fluency":
                    yield self.folder.of(unit.stage, unit.subject) / FLUENCY
                elif stage.name == "direction":
                    yield self.folder.of(unit.stage, unit.subject) / RECORD
                elif stage.name != "train":
                    yield self.folder.of(unit.stage, unit.subject) / SAMPLES
        for stage in self.evaluation:
            for unit in stage.units:
                for task in self.definition.experiment.evaluated:
                    yield self.log(self._replicates[unit.subject], task)
        if self.definition.profile.covariates:
            yield self.folder.of("covariates") / COVARIATES

    def _in_home(self, data: RecordedData) -> Path:
        if self._home is None:
            raise ValueError("recorded data are read where the experiment's folder is")
        return self._home / data.file

    def _measure(self, tools: Tools, out: Path) -> int:
        from epm.pipeline.measured import from_records, from_samples

        found = (
            from_records(self.definition, self._in_home(self._recorded))
            if self._recorded
            else from_samples(
                self.definition, self.folder, tools.failures(), self.evaluated(tools.failures())
            )
        )
        write_atomically(out / MEASUREMENTS, dump_json(found.model_dump(mode="json")))
        return 0

    def _analyse(self, tools: Tools, out: Path) -> int:
        from epm.pipeline.analysed import analyse
        from epm.pipeline.measured import Measured

        path = self.folder.of("measure") / MEASUREMENTS
        measured = Measured.model_validate_json(path.read_text(encoding="utf-8"))
        found = analyse(self.definition, measured, self._home)
        write_atomically(out / ANALYSES, dump_json(found.model_dump(mode="json")))
        return 0

    def _alone(
        self,
        name: str,
        do: Callable[[Tools, Path], int],
        inputs: tuple[Path, ...] = (),
        settings: Any = None,
    ) -> Stage:
        """A stage with one unit of work."""
        from epm.files import text_sha256

        digest = "" if settings is None else text_sha256(canonical_json(settings))

        def work(tools: Tools) -> Work:
            def alone(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
                for unit, out in folders.items():
                    yield {unit: do(tools, out)}

            return alone

        return Stage(name, (WorkUnit(name, "", inputs, digest),), work)


def units_of(
    stages: Iterable[Stage], replicates: Sequence[str]
) -> list[tuple[Stage, list[WorkUnit]]]:
    """The units of some replicates, by stage."""
    return [
        (stage, [unit for unit in stage.units if unit.subject in replicates]) for stage in stages
    ]


def model_record(folder: RunFolder) -> dict[str, Any] | None:
    """What was noted of the model and the engine; None where nothing was run."""
    path = folder.of("model") / MODEL
    if not path.exists():
        return None
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
