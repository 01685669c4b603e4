"""What the chip can do, measured, and what the work needs, counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch

from epm.definition import Lora


def synchronised() -> float:
    """Seconds on a clock, once the device has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def measured_flops(size: int = 8192, repeats: int = 20) -> float:
    """Floating-point operations a second of a large bfloat16 product of random matrices."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        size, repeats = 1024, 3
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        left @ right
    began = synchronised()
    for _ in range(repeats):
        left @ right
    return repeats * 2 * size**3 / (synchronised() - began)


@dataclass(frozen=True)
class Cost:
    """Operations that a model's text needs, the products of its matrices alone."""

    body: int
    """Weights of all blocks."""
    head: int
    """Weights that make logits."""
    adapter: int
    """Weights of one LoRA adapter."""
    attention: int
    """Query features of all blocks."""

    @classmethod
    def of(cls, model: Any, lora: Lora) -> Cost:
        """Count the weights of a transformers model."""
        config = model.config
        linear = {
            name: module
            for name, module in model.get_decoder().named_modules()
            if isinstance(module, torch.nn.Linear)
        }
        return cls(
            body=sum(module.weight.numel() for module in linear.values()),
            head=config.vocab_size * config.hidden_size,
            adapter=lora.rank * sum(m.in_features + m.out_features for m in linear.values()),
            attention=config.num_hidden_layers * config.hidden_size,
        )

    def training(self, tokens: int, completion_tokens: int, length: float) -> float:
        """Operations of training on tokens in rows of a mean length.

        Forward and the gradient towards the input for frozen weights (2 + 2 operations a weight and
        token), also towards the weights for the adapter (2 + 4); logits for completion tokens
        alone; attention over the half of the row that is seen. Nothing is counted twice where it is
        recomputed.
        """
        per_token = 4 * self.body + 6 * self.adapter + 6 * self.attention * length
        return tokens * per_token + completion_tokens * 4 * self.head

    def sampling(self, tokens: int) -> float:
        """Operations of drawing tokens, attention left out."""
        return tokens * 2.0 * (self.body + self.head + self.adapter)
