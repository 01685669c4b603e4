"""How many adapters and tokens are trained at once: a busy device, within its memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from epm.definition import Training
from epm.models.base import BaseModel
from epm.models.fused import fuses
from epm.models.graphs import kernels_installed
from epm.training.batches import MicroBatch, MicroBatchLimits, TrainingSet
from epm.training.footprint import SHARE, Footprint

SATURATING_TOKENS = 2**15
"""Tokens of a step that saturate a GPU; more adapters than that takes gain little."""

ADAPTERS_ON_CPU = 6
"""Adapters trained together. `pilot` trains 92 tokens/s a core with 1, 106 with 3, 115 with 6;
but a run that is stopped loses all that are trained together."""

TOKENS_ON_CPU = 2**11
"""Tokens of a micro-batch, some 3 MB each for SmolLM2: a system that runs
out of memory raises no error."""

LAUNCHING_OPERATIONS = 3e12
"""Operations that a GPU could do while a block's passes are launched one kernel at a time: some
8 ms of 350 TFLOP/s, as SmolLM2's took on an H200."""

REPEATED = 4
"""Micro-batches of each shape, on average, for which capturing pays."""

SHAPE_OPERATIONS = 6.5e13
"""Operations that a GPU does while passes of one more shape are launched once and captured: some
0.4 s, estimated, at the 160 TFLOP/s that SmolLM2's take."""

OVERHEAD_OPERATIONS = {"cpu": 5e9, "cuda": 3e13}
"""Fixed overhead of a micro-batch, as the operations that the device could do in the same time.

Estimated: 50 ms of a core's 100 GFLOP/s, and 80 ms of a GPU's 350 TFLOP/s.
"""


@dataclass(frozen=True)
class MemoryPlan:
    """How many adapters and tokens are trained at once."""

    adapters: int
    """Most that are trained together."""
    limits: MicroBatchLimits
    another_shape: int = 0
    """What passes of one more shape cost a GPU, as tokens computed in the same time."""
    recompute: bool = False
    """Whether activations are recomputed in the backward pass, to save the memory they take."""
    captured: bool = False
    """Whether passes are captured as graphs, which takes as much memory once more."""

    @classmethod
    def initial(
        cls, recipe: Training, base: BaseModel, training_sets: Sequence[TrainingSet]
    ) -> MemoryPlan:
        """What to try first, before anything is known of the memory it takes.

        On a CPU a micro-batch has at most the recipe's rows of each adapter; on a GPU, for which
        one is hardly more work than the next, a step is one where memory allows.
        """
        # forward and backward through a frozen model take four operations a parameter and token
        parameters = sum(weight.numel() for weight in base.model.parameters())
        overhead = int(OVERHEAD_OPERATIONS[base.device] / (4 * parameters))
        if base.rowwise:
            limits = MicroBatchLimits(recipe.batch_size, TOKENS_ON_CPU, overhead, rowwise=True)
            return cls(ADAPTERS_ON_CPU, limits)
        per_step = max(
            training_set.tokens // len(training_set.steps) for training_set in training_sets
        )
        return cls(
            max(1, SATURATING_TOKENS // per_step),
            MicroBatchLimits(recipe.effective_batch, sys.maxsize, overhead, rowwise=False),
            int(SHAPE_OPERATIONS / (4 * parameters)),
        )

    def within(
        self,
        free: int | None,
        base: BaseModel,
        recipe: Training,
        adapters: int,
        steps: Sequence[Sequence[MicroBatch]],
    ) -> tuple[MemoryPlan, bool]:
        """The plan, and whether what it takes fits; or else the next smaller one.

        Passes are captured where there is room for twice their activations: graphs have memory of
        their own, beside that of the passes which come before them.

        Args:
            free: bytes; None where nobody knows, and nothing is captured.
            base: the model.
            recipe: of the training.
            adapters: that are to be trained together.
            steps: the micro-batches that they are to be trained on.
        """
        if free is None:
            return self, True
        batches = [batch for step in steps for batch in step]
        footprint = Footprint.of(base.model, recipe.lora, fused=fuses(base.model))
        room = int(SHARE * free)
        needed = footprint.whole(adapters, batches, recompute=self.recompute)
        if needed > room and (smaller := self.smaller(adapters, batches)):
            return smaller, False
        twice = 2 * needed - footprint.resident(adapters)
        captured = (
            kernels_installed()
            and not self.recompute
            and twice <= room
            and _launches_bound(base.model, footprint.blocks, batches)
        )
        return replace(self, captured=captured), True

    def smaller(self, adapters: int, batches: Sequence[MicroBatch]) -> MemoryPlan | None:
        """What to try when this ran out of memory; None when nothing is left to try.

        Args:
            adapters: that were trained together.
            batches: the micro-batches that they were trained on.
        """
        divisible = [batch.ids.numel() for batch in batches if batch.divisible]
        if divisible:
            return replace(self, limits=replace(self.limits, tokens=max(divisible) // 2))
        if adapters > 1:
            return replace(self, adapters=-(-adapters // 2))
        if not self.recompute:
            return replace(self, limits=replace(self.limits, tokens=sys.maxsize), recompute=True)
        return None

    def __str__(self) -> str:
        """As it is shown to the user."""
        count = "1 adapter" if self.adapters == 1 else f"{self.adapters} adapters"
        whole = self.limits.tokens == sys.maxsize
        size = "" if whole else f", {self.limits.tokens} tokens at a time"
        return f"{count} at once{size}{', activations recomputed' * self.recompute}"


def _launches_bound(model: Any, blocks: int, batches: Sequence[MicroBatch]) -> bool:
    """Whether passes take longer to launch than to compute, and are of few shapes."""
    parameters = sum(weight.numel() for weight in model.parameters())
    largest = max(batch.ids.numel() for batch in batches)
    shapes = {batch.shape for batch in batches}
    bound = 4 * parameters * largest < LAUNCHING_OPERATIONS * blocks
    return bound and len(batches) >= REPEATED * len(shapes)


def free_memory(base: BaseModel) -> int | None:
    """Bytes of the GPU that nobody holds; None on a CPU."""
    if base.device == "cpu":
        return None
    import torch

    torch.cuda.empty_cache()
    free: int = torch.cuda.mem_get_info()[0]
    return free


def release_memory(base: BaseModel) -> None:
    """Release what an aborted training still holds."""
    gc.collect()
    if base.device == "cuda":
        import torch

        torch.cuda.empty_cache()
