"""Put the results together: what was measured, what follows from it, and what ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from epm import tracking
from epm.definition import Definition
from epm.files import file_sha256, gzipped, json_lines, read_json_lines, write_atomically
from epm.models.covariates import COVARIATES
from epm.pipeline.analysed import Analysed
from epm.pipeline.judged import STAGE, judge_records
from epm.pipeline.measured import Measured, judgements
from epm.pipeline.run_folder import Manifest, RunFolder, timing
from epm.pipeline.shards import SHARDS
from epm.pipeline.stages import ANALYSES, ANSWERS, MEASUREMENTS, Stages, model_record
from epm.results import (
    CovariateRecord,
    EngineRecord,
    Environment,
    Identity,
    ModelRecord,
    Provenance,
    Results,
    ShardRecord,
    Timing,
    Tracking,
    Unavailable,
)
from epm.results.evaluated import EvaluationRecord
from epm.sampling.samples import CHECKPOINTS, SAMPLES, read_samples
from epm.scoring.measuring import scored


@dataclass(frozen=True)
class Assembly:
    """A run whose stages are finished."""

    stages: Stages
    finished: Mapping[str, Manifest]
    """By the unit's name; a failed replicate's later units are not among them."""
    wandb: tracking.Mode

    @property
    def _definition(self) -> Definition:
        return self.stages.definition

    @property
    def _folder(self) -> RunFolder:
        return self.stages.folder

    def write(self) -> None:
        """Write `results.json` and the samples of all conditions, and log them."""
        self._collect_samples()
        path = self._folder.path / "results.json"
        adapters = {
            each: self.stages.inputs.adapter(each).parent
            for each in self._definition.trained
            if self.stages.inputs.adapter(each).exists()
        }
        outcome = tracking.log(
            self.wandb,
            self._definition,
            self._folder.path,
            adapters,
            lambda interim: write_atomically(path, self._results(interim).dumps()),
        )
        write_atomically(path, self._results(outcome).dumps())

    def _results(self, outcome: Tracking) -> Results:
        measured = Measured.model_validate_json(self._read("measure", MEASUREMENTS))
        analysed = Analysed.model_validate_json(self._read("analyse", ANALYSES))
        return assembled(
            self._definition, measured, analysed, self._provenance(measured.evaluated), outcome
        )

    def _read(self, stage: str, name: str) -> str:
        return (self._folder.of(stage) / name).read_text(encoding="utf-8")

    def _collect_samples(self) -> None:
        """Join the samples of all conditions into one file, with their scores.

        Those of checkpoints have a file of their own.
        """
        judged = judgements(self._folder)
        rows = [*scored(self._definition, self._drawn("sample"), judged)]
        if evaluated := self.stages.evaluated(self._failures):
            rows += evaluated.samples()
        checkpoints = [*scored(self._definition, self._drawn("trajectory"), judged)]
        for name, found in ((SAMPLES, rows), (CHECKPOINTS, checkpoints)):
            if found:
                write_atomically(self._folder.path / name, gzipped(json_lines(found)))

    def _drawn(self, stage: str) -> Iterator[dict[str, Any]]:
        """What a stage sampled of every replicate."""
        for each in (*self._definition.untrained, *self._definition.trained):
            path = self._folder.of(stage, each.name) / SAMPLES
            if path.exists():
                yield from read_samples(path)

    @property
    def _failures(self) -> set[str]:
        """Replicates that were given up."""
        return {name.partition("/")[2] for name, record in self.finished.items() if record.failure}

    def _provenance(self, evaluated: EvaluationRecord | None) -> Provenance:
        environments: list[Environment] = []
        for record in self.finished.values():
            if record.environment not in environments:
                environments.append(record.environment)
        stages = tuple(
            timing(unit, self.finished[unit.name])
            for stage in self.stages
            for unit in stage.units
            if unit.name in self.finished
        )
        model, engine = self._model_record()
        seeds = {"experiment": self._definition.experiment.seed} | {
            f"replicate {number}": seed for number, seed in enumerate(self._definition.seeds, 1)
        }
        return Provenance(
            environments=tuple(environments),
            model=model,
            engine=engine,
            seeds=seeds,
            files=self._file_hashes(),
            judges=judge_records(self._folder) if STAGE in self.finished else {},
            timing=Timing(
                finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
                total_seconds=round(sum(stage.seconds for stage in stages), 3),
                stages=stages,
                shards=self._shards(),
                logs={
                    name: file_sha256(self._folder.path / name)
                    for name in (evaluated.logs if evaluated else ())
                },
            ),
            evaluated=evaluated,
        )

    def _shards(self) -> tuple[ShardRecord, ...]:
        path = self._folder.path / SHARDS
        rows = read_json_lines(path) if path.exists() else ()
        return tuple(ShardRecord.model_validate(row) for row in rows)

    def _model_record(self) -> tuple[ModelRecord | Unavailable, EngineRecord | Unavailable]:
        value = model_record(self._folder)
        if value is None:
            none = Unavailable(unavailable="no model was run: the measurements are recorded")
            return none, none
        return (
            ModelRecord.model_validate(value["model"]),
            EngineRecord.model_validate(value["engine"]),
        )

    def _file_hashes(self) -> dict[str, str]:
        """What the measurements stand on: every input of theirs, the data, and all samples."""
        names = [
            f"answers/{ANSWERS}",
            *(f"rows/{c.name}.jsonl" for c in self._definition.experiment.conditions),
            f"covariates/{COVARIATES}",
            SAMPLES,
        ]
        paths = {name: self._folder.path / name for name in names}
        hashes = {name: file_sha256(path) for name, path in paths.items() if path.exists()}
        recorded = {
            name: digest
            for stage in ("measure", "analyse")
            for name, digest in self.finished[stage].inputs.items()
            if "/" not in name and name[0] != "("
        }
        return hashes | recorded


def assembled(
    definition: Definition,
    measured: Measured,
    analysed: Analysed,
    provenance: Provenance,
    outcome: Tracking,
) -> Results:
    """The results of a definition, from what its stages left."""
    profile, experiment = definition.profile, definition.experiment
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
        metrics=measured.metrics,
        covariates=covariate_records(definition),
        conditions=measured.conditions,
        tasks=measured.tasks,
        measurements=measured.measurements,
        analyses=analysed.analyses,
        gates=analysed.gates,
        parent=analysed.parent,
        provenance=provenance,
        tracking=outcome,
    )


def covariate_records(definition: Definition) -> dict[str, CovariateRecord]:
    """What the results say of each covariate: as its source calls it, or as an analysis does."""
    records = {
        name: CovariateRecord(label=label)
        for source in definition.profile.covariates
        for name, label in source.names()
    }
    for spec in definition.analyses:
        for each in spec.predictors():
            known = records.get(each.name, CovariateRecord(label=each.name.replace("_", " ")))
            records[each.name] = CovariateRecord(
                label=each.label or known.label, unit=each.unit or known.unit
            )
    return records
