"""The stages of a run, in their order, and the work that all replicates share."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, RecordedData
from epm.files import dump_json, write_atomically
from epm.models.covariates import COVARIATES
from epm.pipeline.evaluated import evaluated, evaluating
from epm.pipeline.inputs import Inputs
from epm.pipeline.judged import judging
from epm.pipeline.run_folder import RunFolder
from epm.pipeline.sampled import sampling, tracing, weighing
from epm.pipeline.stage import Stage, Tools, alone
from epm.pipeline.steered import directing, reading_back
from epm.pipeline.trained import training
from epm.sampling.samples import SAMPLES
from epm.scoring.judges.answers import JUDGEMENTS
from epm.scoring.measuring import joint_metrics

if TYPE_CHECKING:
    from epm.evaluation.evaluated import Evaluated

MODEL = "model.json"
"""What the model was, and what sampled it."""

ANSWERS = "answers.jsonl"
MEASUREMENTS = "measurements.json"
ANALYSES = "analyses.json"


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
        self.inputs = Inputs(definition, folder)
        self._home = home

    def __iter__(self) -> Iterator[Stage]:
        """All of them, in order."""
        yield from self.preparation
        yield from self.aside
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
        """What replicates need, and share."""
        if self._recorded:
            return ()
        stages = [alone("model", self._model)]
        answers = self.folder.of("answers") / ANSWERS
        if self.definition.builder:
            stages.append(alone("answers", self._answers))
        if self.definition.trained:
            made_of = (answers,) if self.definition.builder else ()
            stages.append(alone("rows", self._rows, made_of))
        return tuple(stages)

    @property
    def aside(self) -> tuple[Stage, ...]:
        """What is read of the model, and no replicate waits for."""
        if self._recorded or not self.definition.profile.covariates:
            return ()
        return (alone("covariates", self._covariates),)

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
        return (
            *training(self.inputs),
            *directing(self.inputs),
            *sampling(self.inputs),
            *weighing(self.inputs),
            *reading_back(self.inputs),
            *tracing(self.inputs),
        )

    @property
    def evaluation(self) -> tuple[Stage, ...]:
        """Inspect's tasks: done where the run was started, with the code that lies there."""
        return () if self._recorded else tuple(evaluating(self.inputs))

    def evaluated(self, failures: Container[str]) -> Evaluated | None:
        """What Inspect's logs say; None where it ran nothing.

        Args:
            failures: replicates that were given up, of which there are no logs.

        Raises:
            EpmError: a log cannot be read.
        """
        return evaluated(self.inputs, failures) if self.evaluation else None

    # ---------------------------------------------------------------- what follows from it

    @property
    def conclusion(self) -> tuple[Stage, ...]:
        """Scores and analyses: other scorers or analyses do these again, and nothing else."""
        definition = self.definition.as_json()
        scored = ("scorers", "tasks", "datasets")
        judges = self._judges()
        judgements = [self.folder.of(stage.name) / JUDGEMENTS for stage in judges]
        measure = alone(
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
        return *judges, measure, alone("analyse", self._analyse, tuple(inputs), settings)

    def _judges(self) -> tuple[Stage, ...]:
        """Judging, where somebody does."""
        if not self.definition.judges or self._recorded:
            return ()
        samples = tuple(path for path in self._measured_from() if path.name == SAMPLES)
        return (judging(self.definition, self.folder, samples),)

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
        for stage in (*self.by_replicate, *self.evaluation):
            for unit in stage.units:
                for name in stage.measured:
                    yield self.folder.of(unit.stage, unit.subject) / name
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


def model_record(folder: RunFolder) -> dict[str, Any] | None:
    """What was noted of the model and the engine; None where nothing was run."""
    path = folder.of("model") / MODEL
    if not path.exists():
        return None
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
