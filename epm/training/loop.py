"""The training loop: adapters side by side, from their first step to their files."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from epm.definition import Definition, Replicate, derive_seed
from epm.errors import DefinitionError, StageFailed
from epm.files import dump_json, json_lines, write_atomically
from epm.models.adapters import AdapterStack
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.models.checkpoints import checkpoint_folder, checkpoints
from epm.models.packing import GRANULE
from epm.progress import Progress
from epm.results import TrainingRecord
from epm.training.batches import MicroBatch, TrainingSet
from epm.training.memory import MemoryPlan
from epm.training.passes import LossHistory, Passes

LOOK_EVERY = 10
"""Steps between two looks at the losses on a GPU, which has to catch up for each."""


class Diverged(StageFailed):
    """The loss stopped being a number; the replicate is reported as missing."""


Trained = int | Diverged
"""The tokens that an adapter was trained on, or how it diverged."""


@dataclass(frozen=True)
class Job:
    """One adapter to train."""

    replicate: Replicate
    rows: tuple[TrainingRow, ...]
    out: Path
    """Folder of the adapter, its checkpoints, `losses.jsonl` and `training.json`."""
    merged: tuple[Path, ...] = ()
    """Adapters that are merged into the model before, the first one first."""

    def seed(self, purpose: str) -> int:
        """Of one source of randomness in its training."""
        return derive_seed(self.replicate.seed, self.replicate.condition, purpose)


def checkpoint_steps(steps: int, wanted: int) -> list[int]:
    """The optimiser steps after which an adapter is kept: spread evenly, the last one included."""
    return sorted({max(1, round(steps * part / wanted)) for part in range(1, wanted + 1)})


def train_together(
    definition: Definition,
    group: Mapping[Job, TrainingSet],
    steps: Sequence[Sequence[MicroBatch]],
    last: Sequence[MicroBatch],
    base: BaseModel,
    plan: MemoryPlan,
    progress: Progress,
) -> dict[Replicate, Trained]:
    """Train adapters side by side, from their first step to their files.

    Args:
        definition: with the recipe.
        group: the adapters, in the order of their rows in the micro-batches.
        steps: the micro-batches of every optimiser step.
        last: rows of every adapter whose loss is taken once more, after the last step.
        base: the model.
        plan: whether activations are recomputed.
        progress: is shown the mean loss of the adapters.

    Returns:
        The tokens that each was trained on, or how it diverged.
    """
    import torch
    from transformers import get_cosine_schedule_with_warmup

    recipe, jobs = definition.training, list(group)
    stack = AdapterStack.fresh(base.model, recipe.lora, [job.seed("train") for job in jobs])
    head = base.model.get_output_embeddings()
    if any(base.model.get_submodule(name) is head for name in stack.pairs):
        raise DefinitionError(
            "the output embeddings cannot be adapted: logits are made for completion tokens alone",
            "take them out of the recipe's target_modules",
        )
    weights = stack.parameters()
    # the fused kernel rounds what is left over after whole vectors another way, wherever that lies
    fused = all(weight[0].numel() % GRANULE == 0 for weight in weights)
    optimiser = torch.optim.AdamW(
        weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=fused
    )
    # the first step of a warm-up has a learning rate of 0: it must not be the only step
    warmup = min(math.ceil(recipe.warmup_ratio * len(steps)), len(steps) - 1)
    schedule = get_cosine_schedule_with_warmup(optimiser, warmup, len(steps))
    kept = checkpoint_steps(len(steps), definition.checkpoints)[:-1]
    on_gpu = base.device == "cuda"
    # some 40 bytes a token: a GPU has room for all of them, and fetches none on the way
    prepared = [[batch.to(base.device) for batch in step] for step in steps]
    history = LossHistory(stack.size)
    title = jobs[0].replicate.name if len(jobs) == 1 else f"{len(jobs)} adapters"
    with (
        progress.task(f"train {title}", "steps", len(steps)) as meter,
        Passes.of(base, stack, plan) as passes,
    ):
        if on_gpu:
            # the largest comes first, to learn at once whether it fits
            every = (batch for step in prepared for batch in step)
            passes.backward(max(every, key=lambda batch: batch.ids.numel()))
            optimiser.zero_grad(set_to_none=not plan.captured)
        seen = 0
        for number, step in enumerate(prepared, start=1):
            history.add([(passes.backward(batch), batch.owners) for batch in step])
            optimiser.step()
            schedule.step()
            # graphs add to gradients where these were when they were captured
            optimiser.zero_grad(set_to_none=not plan.captured)
            if not on_gpu or number % LOOK_EVERY == 0 or number == len(steps):
                now = [loss for loss in history.last() if math.isfinite(loss)]
                tokens = sum(
                    len(row)
                    for each in group.values()
                    for done in each.steps[seen:number]
                    for row in done
                )
                meter.advance(number - seen, tokens, sum(now) / len(now) if now else math.nan)
                seen = number
                if not now:
                    break
            if number in kept:
                fetched = stack.fetched()
                for index, job in enumerate(jobs):
                    fetched.write(index, checkpoint_folder(job.out, number))
        else:
            # no later loss judges what the last step did
            history.add([(passes.forward(batch), batch.owners) for batch in last])
    grouping = None if plan.limits.rowwise else str(replace(plan, adapters=len(jobs)))
    losses, done = [history.of(index) for index in range(stack.size)], stack.fetched()
    with ThreadPoolExecutor() as threads:
        finished = threads.map(
            lambda index: _finish(
                done, index, jobs[index], group[jobs[index]], losses[index], grouping
            ),
            range(stack.size),
        )
        return {job.replicate: each for job, each in zip(jobs, finished, strict=True)}


def _finish(
    stack: AdapterStack,
    index: int,
    job: Job,
    training_set: TrainingSet,
    losses: list[float],
    grouping: str | None,
) -> Trained:
    """Write one adapter's files, if it came to its end; a whole history has one more than steps."""
    name, steps = job.replicate.name, len(training_set.steps)
    for number, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            for checkpoint in checkpoints(job.out).values():
                shutil.rmtree(checkpoint)
            when = f"step {number} of {steps}" if number <= steps else f"the last of {steps} steps"
            return Diverged(
                f"training {name} diverged at {when} (loss {loss})", "lower the learning rate"
            )
    losses = losses[:-1]
    tail = losses[-max(1, steps // 10) :]
    record = TrainingRecord(
        rows=training_set.rows,
        steps=steps,
        tokens=training_set.tokens,
        completion_tokens=training_set.completion_tokens,
        truncated_rows=training_set.truncated,
        first_loss=losses[0],
        final_loss=sum(tail) / len(tail),
        grouping=grouping,
    )
    stack.write(index, job.out)
    write_atomically(job.out / "losses.jsonl", json_lines({"loss": loss} for loss in losses))
    write_atomically(job.out / "training.json", dump_json(record.model_dump()))
    return record.tokens
