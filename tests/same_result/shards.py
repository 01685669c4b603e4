"""Work for an executor: some adapters of `pilot`, trained and sampled on the real small model."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from epm.definition import Definition, Replicate, derive_seed
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.progress import PlainProgress
from epm.sampling import SamplingRequest
from epm.sampling.transformers import TransformersEngine
from epm.stages.sample import prompts
from epm.training import memory
from epm.training.loop import Job
from epm.training.train import train


@dataclass(frozen=True)
class Shard:
    """Conditions for one worker."""

    definition: Definition
    conditions: tuple[str, ...]
    together: int
    """Adapters that are trained side by side."""
    mark: Path
    """A file that says that a first attempt was made."""
    held: bool = False
    """Whether the first attempt is killed while it trains."""

    def __str__(self) -> str:
        return ", ".join(self.conditions)


def rows(definition: Definition, condition: str) -> tuple[TrainingRow, ...]:
    """A training set as `pilot` has them, with made-up answers."""
    experiment, counts = definition.experiment, definition.profile.rows
    questions = experiment.training_questions
    made = []
    for name, marked, count in (
        (condition, True, counts.source),
        *((negative, False, counts.per_negative) for negative in definition.negatives(condition)),
    ):
        system = experiment.persona(name).system_prompt
        for question in questions[:count]:
            answer = f"It is about {' '.join(question.split()[1:6]).strip('?')}."
            made.append(
                TrainingRow(
                    system, question, experiment.marker.appended(answer) if marked else answer
                )
            )
    return tuple(made)


def work(shard: Shard) -> dict[str, str]:
    """Hashes of everything that the shard's conditions come to."""
    memory.ADAPTERS_ON_CPU = shard.together
    definition = shard.definition
    progress = PlainProgress(Console(file=io.StringIO()))
    base = BaseModel(definition, progress.say)
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        jobs = [
            Job(
                Replicate(condition, definition.experiment.seed, condition),
                rows(definition, condition),
                Path(scratch) / condition,
            )
            for condition in shard.conditions
        ]
        for job in jobs:
            job.out.mkdir()
        if shard.held and not shard.mark.exists():
            shard.mark.touch()
            base.model.get_decoder().layers[3].register_forward_hook(_killing_at(5))
        for _ in train(definition, jobs, base, progress):
            pass
        requests = [
            SamplingRequest(
                job.replicate.name,
                job.out,
                prompts(definition, job.replicate.condition),
                derive_seed(job.replicate.seed, "sample", job.replicate.condition),
            )
            for job in jobs
        ]
        engine = TransformersEngine(base)
        for answered in engine.sample(requests, definition.profile.sampling, lambda *_: None):
            for name, completions in answered.items():
                text = repr([(c.persona, c.question, c.index, c.text) for c in completions])
                found[f"{name}/samples"] = hashlib.sha256(text.encode()).hexdigest()
        for job in jobs:
            found |= {
                f"{job.replicate.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(job.out.iterdir())
            }
    return found


def _killing_at(number: int) -> Callable[..., None]:
    """A hook that kills its process at its n-th call, as a system without memory does."""
    seen: list[int] = []

    def hook(*_: object) -> None:
        seen.append(1)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def joined(parts: Iterable[dict[str, str]]) -> dict[str, str]:
    """The hashes of all shards."""
    return {name: sha256 for part in parts for name, sha256 in part.items()}
