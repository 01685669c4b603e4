"""How much training is done at once: what keeps the machine busy, and what its memory holds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from epm.definition import Training
from epm.models.base import BaseModel
from epm.stages.batches import Lesson, MicroBatch, Room

BUSY = 2**15
"""Tokens of a step that keep a GPU busy; with more adapters than that takes, little is gained."""

TOGETHER_ON_CPU = 6
"""Adapters. `pilot` trains 92 tokens/s a core with 1, 106 with 3, 115 with 6; but a run that is
stopped loses all that are trained together."""

ROOM_ON_CPU = 2**11
"""Tokens at once, some 3 MB each for SmolLM2: a system that runs out of memory raises no error."""

BESIDE = {"cpu": 5e9, "cuda": 3e13}
"""Operations that a device could do in the time that a micro-batch takes beside its tokens.

Estimated: 50 ms of a core's 100 GFLOP/s, and 80 ms of a GPU's 350 TFLOP/s.
"""


@dataclass(frozen=True)
class Fit:
    """How much is done at once."""

    adapters: int
    """Most that are trained together."""
    room: Room
    """Of a micro-batch."""
    recomputed: bool = False
    """Whether activations are computed again on the way back, to save the memory they take."""

    @classmethod
    def first(cls, recipe: Training, base: BaseModel, lessons: Sequence[Lesson]) -> Fit:
        """What to try first; nothing is known yet of the memory it takes.

        On a CPU a micro-batch has at most the recipe's rows of each adapter; on a GPU, for which
        one is hardly more work than the next, a step is one unless that pads too much.
        """
        # a frozen model's pass forward and back takes four operations a parameter and token
        parameters = sum(weight.numel() for weight in base.model.parameters())
        price = int(BESIDE[base.device] / (4 * parameters))
        if base.device == "cpu":
            return cls(TOGETHER_ON_CPU, Room(recipe.batch_size, ROOM_ON_CPU, price))
        per_step = max(lesson.tokens // len(lesson.steps) for lesson in lessons)
        return cls(max(1, BUSY // per_step), Room(recipe.effective_batch, sys.maxsize, price))

    def smaller(self, adapters: int, batches: Sequence[MicroBatch]) -> Fit | None:
        """What to try when this took too much memory; None when nothing is left to try.

        Args:
            adapters: that were trained together.
            batches: the micro-batches that they were trained on.
        """
        divisible = [batch.ids.numel() for batch in batches if len(batch.ids) > adapters]
        if divisible:
            return replace(self, room=replace(self.room, tokens=max(divisible) // 2))
        if adapters > 1:
            return replace(self, adapters=-(-adapters // 2))
        if not self.recomputed:
            return replace(self, room=replace(self.room, tokens=sys.maxsize), recomputed=True)
        return None

    def __str__(self) -> str:
        """As it is said to the user."""
        count = "1 adapter" if self.adapters == 1 else f"{self.adapters} adapters"
        whole = self.room.tokens == sys.maxsize
        size = "" if whole else f", {self.room.tokens} tokens at a time"
        return f"{count} at once{size}{', activations computed twice' * self.recomputed}"


def release_memory(base: BaseModel) -> None:
    """Give back what a training that was broken off still holds."""
    gc.collect()
    if base.device == "cuda":
        import torch

        torch.cuda.empty_cache()
