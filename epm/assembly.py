"""Put the results together: what was measured, what follows from it, and what ran."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from epm import tracking
from epm.definition import Definition
from epm.files import file_sha256, gzipped, json_lines, read_json_lines, write_atomically
from epm.results import (
    EngineRecord,
    Environment,
    Identity,
    ModelRecord,
    Provenance,
    Results,
    ShardRecord,
    Statistics,
    Timing,
    Tracking,
    Unavailable,
)
from epm.stages import measure, sample
from epm.stages.measure import Measurements
from epm.tasks import Manifest, RunFolder, Task, timing

MODEL = "model.json"
"""Beside the answers: what the model was, and what sampled it."""

SHARDS = "shards.jsonl"
"""In the run folder: which worker of an executor did which replicates."""

MEASUREMENTS = "measurements.json"
STATISTICS = "statistics.json"


@dataclass(frozen=True)
class Assembly:
    """A run whose tasks are finished."""

    definition: Definition
    folder: RunFolder
    tasks: Sequence[Task]
    finished: Mapping[str, Manifest]
    """By the task's name; a failed condition's later tasks are not among them."""
    wandb: tracking.Mode

    def write(self) -> None:
        """Write `results.json` and the samples of all conditions, and log them."""
        self._collect_samples()
        path = self.folder.path / "results.json"
        adapters = {
            each: self.folder.of("train", each.name)
            for each in self.definition.replicates
            if (self.folder.of("train", each.name) / "training.json").exists()
        }
        outcome = tracking.log(
            self.wandb,
            self.definition,
            self.folder.path,
            adapters,
            lambda interim: write_atomically(path, self._results(interim).dumps()),
        )
        write_atomically(path, self._results(outcome).dumps())

    @property
    def _conditions(self) -> list[str]:
        return [persona.name for persona in self.definition.experiment.personas]

    def _results(self, outcome: Tracking) -> Results:
        definition, measured = self.definition, read_measurements(self.folder)
        profile, experiment = definition.profile, definition.experiment
        statistics = (self.folder.of("statistics") / STATISTICS).read_text(encoding="utf-8")
        return Results(
            identity=Identity(
                slug=experiment.slug,
                issue=experiment.issue,
                title=experiment.title,
                profile=profile.name,
                scale=profile.scale,
                full_scale=profile.full_scale,
                fingerprint=definition.fingerprint,
            ),
            definition=definition.as_json(),
            conditions=measured.conditions,
            base_model=measured.base_model,
            prompt_tokens=measured.prompt_tokens,
            cosines=measured.cosines,
            statistics=Statistics.model_validate_json(statistics),
            provenance=self._provenance(),
            tracking=outcome,
        )

    def _collect_samples(self) -> None:
        """Join the samples of all conditions into one file, where any were drawn."""
        parts = [
            self.folder.of("sample", name) / sample.SAMPLES
            for name in (sample.BASE, *(each.name for each in self.definition.replicates))
        ]
        drawn = [row for part in parts if part.exists() for row in read_json_lines(part)]
        if drawn:
            write_atomically(self.folder.path / sample.SAMPLES, gzipped(json_lines(drawn)))

    def _provenance(self) -> Provenance:
        environments: list[Environment] = []
        for record in self.finished.values():
            if record.environment not in environments:
                environments.append(record.environment)
        stages = tuple(
            timing(task, self.finished[task.name])
            for task in self.tasks
            if task.name in self.finished
        )
        model, engine = self._model_record()
        experiment = self.definition.experiment
        seeds = {"experiment": experiment.seed} | {
            f"replicate {number}": seed for number, seed in enumerate(self.definition.seeds, 1)
        }
        return Provenance(
            environments=tuple(environments),
            model=model,
            engine=engine,
            seeds=seeds,
            files=self._file_hashes(),
            timing=Timing(
                finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
                total_seconds=round(sum(stage.seconds for stage in stages), 3),
                stages=stages,
                shards=self._shards(),
            ),
        )

    def _shards(self) -> tuple[ShardRecord, ...]:
        path = self.folder.path / SHARDS
        rows = read_json_lines(path) if path.exists() else ()
        return tuple(ShardRecord.model_validate(row) for row in rows)

    def _model_record(self) -> tuple[ModelRecord | Unavailable, EngineRecord | Unavailable]:
        path = self.folder.of("answers") / MODEL
        if not path.exists():
            none = Unavailable(unavailable="no model was run: the counts are published")
            return none, none
        value = json.loads(path.read_text(encoding="utf-8"))
        return (
            ModelRecord.model_validate(value["model"]),
            EngineRecord.model_validate(value["engine"]),
        )

    def _file_hashes(self) -> dict[str, str]:
        """What the measurements stand on: every input of theirs, the data, and all samples."""
        names = [
            "answers/answers.jsonl",
            *(f"rows/{name}.jsonl" for name in self._conditions),
            "centroids/cosines.json",
            sample.SAMPLES,
        ]
        paths = {name: self.folder.path / name for name in names}
        hashes = {name: file_sha256(path) for name, path in paths.items() if path.exists()}
        return hashes or dict(self.finished["measure"].inputs)


def read_measurements(folder: RunFolder) -> Measurements:
    """What the measure task wrote."""
    text = (folder.of("measure") / MEASUREMENTS).read_text(encoding="utf-8")
    return measure.Measurements.model_validate_json(text)
