"""Train LoRA adapters on their conditions' rows, many at once, loss on the completions only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

from epm.definition import Definition, Replicate
from epm.errors import out_of_memory
from epm.models.base import BaseModel
from epm.models.compiling import compiled_meanwhile
from epm.progress import Progress
from epm.training.batches import (
    MicroBatch,
    MicroBatchLimits,
    TrainingSet,
    micro_batches,
    of_few_shapes,
    training_sets,
)
from epm.training.loop import Job, Trained, train_together
from epm.training.memory import MemoryPlan, free_memory, release_memory


def train(
    definition: Definition, jobs: Sequence[Job], base: BaseModel, progress: Progress
) -> Iterator[Mapping[Replicate, Trained]]:
    """Write every job's adapter, checkpoints, `losses.jsonl` and `training.json`.

    As many adapters are trained together as pay and fit; each comes out as it would alone, but for
    rounding and for the masks of its dropout. Yields the tokens that each was trained on, or how it
    diverged, whenever some are done.

    Raises:
        EpmError: a prompt leaves no room for a completion, or the recipe does not fit the model.
        torch.OutOfMemoryError: even one row of one adapter takes more memory than there is.
    """
    chains: dict[tuple[Path, ...], list[Job]] = {}
    for job in jobs:
        chains.setdefault(job.merged, []).append(job)
    for chain, alike in chains.items():
        with base.with_merged(*chain) if chain else nullcontext():
            yield from _train(definition, alike, base, progress)


def _train(
    definition: Definition, jobs: Sequence[Job], base: BaseModel, progress: Progress
) -> Iterator[Mapping[Replicate, Trained]]:
    """Train adapters over one model, as it is or with others merged into it."""
    recipe = definition.training
    rows = [(job.rows, job.seed("order")) for job in jobs]
    with compiled_meanwhile(base.model, recipe.lora):
        sets = training_sets(recipe, base.tokenizer, rows)
    plan = MemoryPlan.initial(recipe, base, sets)

    def count(each: tuple[Job, TrainingSet]) -> int:
        return each[1].rows

    # adapters with different numbers of rows have different schedules
    by_count = sorted(zip(jobs, sets, strict=True), key=count)
    for _, alike in groupby(by_count, key=count):
        waiting = list(alike)
        while waiting:
            parts = math.ceil(len(waiting) / plan.adapters)
            group = dict(waiting[: math.ceil(len(waiting) / parts)])
            steps, last = _batches(group, plan.limits, base.tokenizer.pad_token_id)
            if not plan.limits.rowwise:
                steps = of_few_shapes(steps, len(group), plan.another_shape)
            plan, fits = plan.within(free_memory(base), base, recipe, len(group), steps)
            if not fits:
                continue
            smaller = None
            try:
                outcomes = train_together(definition, group, steps, last, base, plan, progress)
            except Exception as error:
                tried = [batch for step in steps for batch in step]
                smaller = plan.smaller(len(group), tried) if out_of_memory(error) else None
                if smaller is None:
                    raise
            if smaller is None:
                yield outcomes
                waiting = waiting[len(group) :]
            else:
                # not while the error is handled: it holds on to the memory
                release_memory(base)
                progress.say(f"out of memory in training: again with {smaller}")
                plan = smaller


def _batches(
    group: Mapping[Job, TrainingSet], limits: MicroBatchLimits, pad: int
) -> tuple[list[list[MicroBatch]], list[MicroBatch]]:
    """The micro-batches of every step, and those of every adapter's very last row."""
    import torch

    from epm.models.splitmix import outputs

    sets = list(group.values())
    seeds = torch.tensor([job.seed("dropout") for job in group])
    streams = outputs(seeds, torch.arange(len(sets[0].steps) + 1)[:, None]).tolist()
    steps = [
        *zip(*(each.steps for each in sets), strict=True),
        [each.steps[-1][-1:] for each in sets],
    ]
    *batches, last = (
        micro_batches(step, of_step, limits, pad)
        for step, of_step in zip(steps, streams, strict=True)
    )
    return batches, last
