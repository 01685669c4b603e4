"""The training loop: adapters side by side, from their first step to their files."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, Replicate, derive_seed
from epm.errors import DefinitionError, StageFailed
from epm.files import dump_json, json_lines, write_atomically
from epm.models.adapters import AdapterStack
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.models.checkpoints import checkpoint_folder, checkpoints
from epm.models.loss import weighted_losses
from epm.progress import Progress
from epm.results import TrainingRecord
from epm.training.batches import MicroBatch, TrainingSet
from epm.training.memory import MemoryPlan

if TYPE_CHECKING:
    import torch

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
    base: BaseModel,
    plan: MemoryPlan,
    progress: Progress,
) -> dict[Replicate, Trained]:
    """Train adapters side by side, from their first step to their files.

    Args:
        definition: with the recipe.
        group: the adapters, in the order of their rows in the micro-batches.
        steps: the micro-batches of every optimiser step.
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
    optimiser = torch.optim.AdamW(
        stack.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    # the first step of a warm-up has a learning rate of 0: it must not be the only step
    warmup = min(math.ceil(recipe.warmup_ratio * len(steps)), len(steps) - 1)
    schedule = get_cosine_schedule_with_warmup(optimiser, warmup, len(steps))
    kept = checkpoint_steps(len(steps), definition.checkpoints)[:-1]
    on_gpu = base.device == "cuda"
    prepared = [[batch.pinned() if on_gpu else batch for batch in step] for step in steps]
    losses = torch.full((len(steps), stack.size), math.nan, device=base.device)
    title = jobs[0].replicate.name if len(jobs) == 1 else f"{len(jobs)} adapters"
    with (
        progress.task(f"train {title}", "steps", len(steps)) as meter,
        stack.attached(),
        _training(base, plan.recompute),
    ):
        if on_gpu:
            # the largest comes first, to learn at once whether it fits
            largest = max((b for step in prepared for b in step), key=lambda b: b.ids.numel())
            _backward(base, largest, stack.size)
            optimiser.zero_grad(set_to_none=True)
        torch.manual_seed(derive_seed(jobs[0].seed("dropout"), *(j.replicate.name for j in jobs)))
        seen = 0
        for number, step in enumerate(prepared, start=1):
            losses[number - 1] = sum(_backward(base, batch, stack.size) for batch in step)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad(set_to_none=True)
            if not on_gpu or number % LOOK_EVERY == 0 or number == len(steps):
                now = [loss for loss in losses[number - 1].tolist() if math.isfinite(loss)]
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
                for index, job in enumerate(jobs):
                    stack.write(index, checkpoint_folder(job.out, number))
        # no later loss judges what the last step did
        base.model.eval()
        with torch.no_grad():
            after = _losses(base, prepared[-1][-1], stack.size)[0]
    history = torch.cat([losses, after[None]]).T.tolist()
    return {
        job.replicate: _finish(stack, index, job, training_set, own)
        for index, ((job, training_set), own) in enumerate(zip(group.items(), history, strict=True))
    }


def _losses(base: BaseModel, batch: MicroBatch, adapters: int) -> tuple[torch.Tensor, ...]:
    """What a micro-batch adds to each adapter's mean loss, and what it takes to go back from it.

    Returns:
        Losses, shape [adapters]; the states that predict completion tokens; their gradient.
    """
    model = base.model
    batch = batch.to(base.device)
    hidden = model.get_decoder()(input_ids=batch.ids, use_cache=False).last_hidden_state
    states = hidden.flatten(0, 1).index_select(0, batch.positions)
    each, gradient = weighted_losses(
        model.get_output_embeddings(), states, batch.targets, batch.weights
    )
    by_position = each.new_zeros(batch.ids.numel()).index_copy(0, batch.positions, each)
    return by_position.view(adapters, -1).sum(1), states, gradient


def _backward(base: BaseModel, batch: MicroBatch, adapters: int) -> torch.Tensor:
    """Add a micro-batch's part to the gradients; its part of the losses, shape [adapters].

    The adapters' losses are added up: none has a share in another's gradient.
    """
    import torch

    losses, states, gradient = _losses(base, batch, adapters)
    torch.autograd.backward(states, gradient)
    return losses


@contextmanager
def _training(base: BaseModel, recompute: bool) -> Iterator[None]:
    """The model in training mode, and afterwards as it was."""
    model = base.model
    try:
        model.train()
        if recompute:
            _recompute(model, True)
        yield
    finally:
        if recompute:
            _recompute(model, False)
        model.eval()


def _recompute(model: Any, wanted: bool) -> None:
    """Drop activations on the way forward, and compute them again on the way back, or do not."""
    with warnings.catch_warnings():
        # transformers 5.23 has new names for these; 5.17 knows the old ones alone
        warnings.simplefilter("ignore", FutureWarning)
        if wanted:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        else:
            model.gradient_checkpointing_disable()


def _finish(
    stack: AdapterStack, index: int, job: Job, training_set: TrainingSet, losses: list[float]
) -> Trained:
    """Write one adapter's files, if it came to its end; `losses` has one more than the steps."""
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
    )
    stack.write(index, job.out)
    write_atomically(job.out / "losses.jsonl", json_lines({"loss": loss} for loss in losses))
    write_atomically(job.out / "training.json", dump_json(record.model_dump()))
    return record.tokens
