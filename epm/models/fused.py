"""Kernels in place of a model's norms, and liger-kernel's of its rotary embedding and gates.

Each does in one pass over memory what torch does in several. Llama's kin alone: models whose norms
have another formula keep their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

import torch

from epm.models.becoming import become

FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
"""Model types whose norms, gates and rotary embedding are those of the kernels."""

PARTS = frozenset({"norm", "rotary", "gate"})
"""What is fused."""


class FusedNorm(torch.nn.Module):
    """An RMS norm as Llama's."""

    weight: torch.Tensor
    variance_epsilon: float

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Normalise the last dimension, in float32 within."""
        normed: torch.Tensor = _Norm.apply(  # type: ignore[no-untyped-call]
            hidden_states, self.weight, self.variance_epsilon
        )
        return normed


class _Norm(torch.autograd.Function):
    """An RMS norm whose weights are frozen.

    liger-kernel's takes the gradient of the weights along: 128 µs where this takes a quarter.
    """

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, epsilon: float
    ) -> torch.Tensor:
        from epm.models import kernels

        normed, scales = kernels.norm(states.contiguous(), weight, epsilon)
        ctx.save_for_backward(states, weight, scales)
        return normed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        from epm.models import kernels

        return kernels.norm_backward(gradient.contiguous(), *ctx.saved_tensors), None, None


class FusedGate(torch.nn.Module):
    """A feed-forward layer with a SiLU gate."""

    gate_proj: torch.nn.Module
    up_proj: torch.nn.Module
    down_proj: torch.nn.Module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`down(silu(gate(x)) · up(x))`."""
        from liger_kernel.ops.swiglu import LigerSiLUMulFunction

        down: torch.Tensor = self.down_proj(
            LigerSiLUMulFunction.apply(self.gate_proj(x), self.up_proj(x))
        )
        return down


def installed() -> bool:
    """Whether liger-kernel is."""
    return find_spec("liger_kernel") is not None


def fuses(model: Any) -> bool:
    """Whether `fused` changes anything: not on a CPU, in other families, or without the library."""
    on_gpu: bool = model.device.type == "cuda"
    return on_gpu and model.config.model_type in FAMILIES and installed()


@contextmanager
def fused(model: Any) -> Iterator[None]:
    """Let a transformers model compute with fused kernels; it is left as it was found."""
    with ExitStack() as changed:
        if fuses(model):
            if "norm" in PARTS:
                norms = _named(model, lambda m: type(m).__name__.endswith("RMSNorm"))
                changed.enter_context(become(FusedNorm, model, norms))
            if "gate" in PARTS and model.config.hidden_act == "silu":
                gates = _named(model, lambda m: type(m).__name__.endswith("MLP"))
                changed.enter_context(become(FusedGate, model, gates))
            if "rotary" in PARTS:
                changed.enter_context(_rotating(model))
        yield


def _named(model: Any, wanted: Callable[[Any], bool]) -> dict[str, dict[str, object]]:
    """Modules by name, each with nothing to be added."""
    return {name: {} for name, module in model.named_modules() if wanted(module)}


@contextmanager
def _rotating(model: Any) -> Iterator[None]:
    """Rotate queries and keys in one kernel."""
    from liger_kernel.ops.rope import LigerRopeFunction

    def rotate(
        q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, *_: Any, **__: Any
    ) -> Any:
        """As transformers' `apply_rotary_pos_emb`, whose place it takes."""
        return LigerRopeFunction.apply(q, k, cos, sin)

    code: Any = sys.modules[type(model).__module__]
    usual = code.apply_rotary_pos_emb
    code.apply_rotary_pos_emb = rotate
    try:
        yield
    finally:
        code.apply_rotary_pos_emb = usual
