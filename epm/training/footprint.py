"""The GPU memory that training takes, from shapes alone: known before the first step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from epm.definition import Lora
from epm.models.loss import LOGITS
from epm.training.batches import MicroBatch

TRAINED = 16
"""Bytes for each weight of an adapter: itself, its gradient and Adam's two moments, in float32."""

SLACK = 1.1
"""What allocation loses between blocks of unlike sizes, and libraries take to work in."""

SHARE = 0.92
"""Of the free memory that may be planned for."""


@dataclass(frozen=True)
class Footprint:
    """What a model's blocks keep for the backward pass, and an adapter's weights."""

    blocks: int
    kept: int
    """Bytes that a block keeps for a token."""
    between: int
    """Bytes of a token between two blocks, which recomputing begins from."""
    passing: int
    """Most bytes that the backward pass of a block takes for a token, beside what was kept."""
    adapter: int
    """Weights of one adapter."""
    logits: int
    """Bytes that the loss takes for as many logits as are made at once."""

    @classmethod
    def of(cls, model: Any, lora: Lora, *, fused: bool) -> Footprint:
        """Count what a transformers model with Llama's blocks keeps.

        A block keeps its input and what is between its halves, both also normalised; queries, keys,
        values and what was attended to; gate, values and their product; and the adapters' low-rank
        products. Norms that are not fused keep float32 copies, gates their SiLU as well.

        Args:
            model: in its type, on any device.
            lora: an adapter's shape.
            fused: whether liger-kernel's norms and gates are used.
        """
        config, size = model.config, model.dtype.itemsize
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        hidden, wide = config.hidden_size, config.intermediate_size
        query = config.num_attention_heads * head
        key = config.num_key_value_heads * head
        adapted = [
            module
            for name, module in model.named_modules()
            if name.rpartition(".")[2] in lora.target_modules
        ]
        lows = lora.rank * len(adapted) // config.num_hidden_layers
        states = (2 * hidden + 2 * query + 2 * key + 3 * wide + lows) * size
        states += 2 * hidden * size if fused else 2 * hidden * 4 + wide * size
        return cls(
            blocks=config.num_hidden_layers,
            kept=states,
            between=hidden * size,
            # attention's gradients: of queries in float32, of keys and values by head of queries
            passing=(4 * wide + 4 * hidden + 4 * query) * size + 2 * query * 4,
            adapter=lora.rank * sum(m.in_features + m.out_features for m in adapted),
            # made in the model's type, and in float32 where losses are not fused
            logits=LOGITS["cuda"] * size,
        )

    def resident(self, adapters: int) -> int:
        """Bytes of adapters, whatever they are trained on."""
        return TRAINED * self.adapter * adapters

    def of_batch(self, tokens: int, *, recompute: bool) -> int:
        """Bytes that a micro-batch takes at most, beside the adapters.

        Args:
            tokens: padding included.
            recompute: whether activations are recomputed in the backward pass.
        """
        whole = self.blocks * self.between + self.kept if recompute else self.blocks * self.kept
        return int(SLACK * (tokens * whole + max(tokens * self.passing, self.logits)))

    def whole(self, adapters: int, batches: Sequence[MicroBatch], *, recompute: bool) -> int:
        """Bytes of training so many adapters on micro-batches like these, one after another."""
        largest = max(batch.ids.numel() for batch in batches)
        waiting = sum(batch.size for batch in batches)
        return self.resident(adapters) + waiting + self.of_batch(largest, recompute=recompute)
