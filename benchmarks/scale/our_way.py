"""Our way: one base model, all adapters trained together, all completions in shared batches."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.scale.ceiling import Cost
from benchmarks.scale.stages import Clock
from epm.definition import Definition, derive_seed
from epm.models.base import BaseModel
from epm.progress import Progress
from epm.sampling import Engine, SamplingRequest
from epm.sampling.samples import prompts
from epm.training.loop import Job
from epm.training.train import train

WAY = "ours"


def train_all(
    clock: Clock,
    definition: Definition,
    base: BaseModel,
    jobs: Sequence[Job],
    progress: Progress,
) -> None:
    """Train every job's adapter into its folder."""
    with clock.stage(WAY, "train") as stage:
        for outcomes in train(definition, jobs, base, progress):
            for outcome in outcomes.values():
                if not isinstance(outcome, int):
                    raise outcome
                stage.tokens += outcome
        records = [json.loads((job.out / "training.json").read_text()) for job in jobs]
        lora = definition.training.lora
        seen = sum(record["rows"] for record in records) * definition.training.epochs
        stage.operations = Cost.of(base.model, lora).training(
            stage.tokens,
            sum(record["completion_tokens"] for record in records),
            stage.tokens / seen,
        )
        stage.note = f"{len(jobs)} adapters"


def sample_all(
    clock: Clock,
    definition: Definition,
    base: BaseModel,
    jobs: Sequence[Job],
    engine: Engine,
) -> None:
    """Ask every adapter what its condition is asked."""
    asked = [
        SamplingRequest(
            job.replicate.name,
            job.out,
            prompts(definition, definition.experiment.condition(job.replicate.condition)),
            derive_seed(job.replicate.seed, "sample", job.replicate.condition),
        )
        for job in jobs
    ]
    with clock.stage(WAY, "sample") as stage:
        drawn = 0
        for answered in engine.sample(asked, definition.sampling, lambda *_: None):
            for completions in answered.values():
                drawn += len(completions)
                stage.tokens += sum(one.tokens for one in completions)
        cost = Cost.of(base.model, definition.training.lora)
        stage.operations = cost.sampling(stage.tokens)
        stage.note = f"{drawn} completions, {engine.record.name}"
