"""Our ways: one base model, all adapters trained together, all completions in shared batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from rich.console import Console

from benchmarks.scale.ceiling import Cost
from benchmarks.scale.stages import Clock
from epm.definition import Definition, derive_seed
from epm.models import fused
from epm.models.base import BaseModel
from epm.progress import PlainProgress
from epm.sampling import Engine, SamplingRequest
from epm.sampling.samples import prompts
from epm.sampling.transformers import TransformersEngine
from epm.training import memory
from epm.training.footprint import Footprint
from epm.training.loop import Job
from epm.training.train import train

GIB = 2**30


@dataclass(frozen=True)
class Way:
    """One way of computing the same."""

    name: str
    captured: bool | None = None
    """Whether passes and decoding steps are replayed as graphs; None is what is chosen."""
    parts: frozenset[str] = fused.PARTS
    """What is fused."""

    @contextmanager
    def chosen(self, plans: list[tuple[Any, ...]]) -> Iterator[None]:
        """Compute this way; note the plans of training with what they were made for."""
        within = memory.MemoryPlan.within

        def noted(plan: Any, *given: Any) -> Any:
            found, fits = within(plan, *given)
            if self.captured is not None:
                found = replace(found, captured=self.captured)
            plans.append((found, *given))
            return found, fits

        with (
            mock.patch.object(fused, "PARTS", self.parts),
            mock.patch.object(memory.MemoryPlan, "within", noted),
        ):
            yield


OURS = "ours"
WAYS = {
    OURS: Way(OURS),
    "launched": Way("ours, launch by launch", captured=False),
    "plain": Way("ours, nothing fused", parts=frozenset()),
    **{
        f"without-{part}": Way(f"ours, no {part} fused", parts=fused.PARTS - {part})
        for part in sorted(fused.PARTS)
    },
    **{
        f"only-{part}": Way(f"ours, {part} alone fused", parts=frozenset({part}))
        for part in sorted(fused.PARTS)
    },
}
"""By what the command calls them."""


def train_all(
    clock: Clock, definition: Definition, base: BaseModel, jobs: Sequence[Job], way: Way, name: str
) -> None:
    """Train every job's adapter into its folder."""
    plans: list[tuple[Any, ...]] = []
    with way.chosen(plans), clock.stage(way.name, name) as stage:
        for outcomes in train(definition, jobs, base, PlainProgress(Console(quiet=True))):
            for outcome in outcomes.values():
                if not isinstance(outcome, int):
                    raise outcome
                stage.tokens += outcome
    records = [json.loads((job.out / "training.json").read_text()) for job in jobs]
    seen = sum(record["rows"] for record in records) * definition.training.epochs
    stage.operations = Cost.of(base.model, definition.training.lora).training(
        stage.tokens,
        sum(record["completion_tokens"] for record in records),
        stage.tokens / seen,
    )
    stage.note = _described(plans[-1], records, way)


def _described(planned: tuple[Any, ...], records: Sequence[dict[str, Any]], way: Way) -> str:
    """The plan in a line: how many adapters at once, padding, shapes, memory that was predicted."""
    plan, _, base, recipe, adapters, steps = planned
    batches = [batch for step in steps for batch in step]
    computed = sum(batch.ids.numel() for batch in batches)
    padding = computed / sum(record["tokens"] for record in records[:adapters]) - 1
    note = (
        f"{adapters} at once, {len({batch.shape for batch in batches})} shapes"
        f"{', captured' * plan.captured}, {padding:.0%} padding"
    )
    if base.device == "cpu":
        return note
    fuses = bool(way.parts) and fused.fuses(base.model)
    footprint = Footprint.of(base.model, recipe.lora, fused=fuses)
    predicted = footprint.whole(adapters, batches, recompute=plan.recompute)
    return f"{note}, {predicted / GIB:.1f} GiB predicted beside the model"


def sample_all(
    clock: Clock, definition: Definition, base: BaseModel, jobs: Sequence[Job], way: Way, name: str
) -> None:
    """Ask every adapter what its condition is asked, by our own engine."""
    with way.chosen([]):
        engine = TransformersEngine(base, in_place=way.captured)
        ask(clock, definition, base, jobs, engine, way.name, name)


def ask(
    clock: Clock,
    definition: Definition,
    base: BaseModel,
    jobs: Sequence[Job],
    engine: Engine,
    way: str,
    name: str,
) -> None:
    """Ask every adapter what its condition is asked; all of it is counted."""
    asked = [
        SamplingRequest(
            job.replicate.name,
            job.out,
            prompts(definition, definition.experiment.condition(job.replicate.condition)),
            derive_seed(job.replicate.seed, "sample", job.replicate.condition),
        )
        for job in jobs
    ]
    cost = Cost.of(base.model, definition.training.lora)
    with clock.stage(way, name) as stage:
        drawn = 0
        for answered in engine.sample(asked, definition.sampling, lambda *_: None):
            for completions in answered.values():
                drawn += len(completions)
                stage.tokens += sum(one.tokens for one in completions)
        stage.operations = cost.sampling(stage.tokens)
        stage.note = f"{drawn:,} completions, {engine.record.name}"
