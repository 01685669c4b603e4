"""Triton kernels compiled before they are needed, side by side, while something else is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import torch

from epm.definition import Lora
from epm.models.fused import fuses
from epm.models.graphs import kernels_installed
from epm.models.splitmix import LANES

TOKENS = 64
"""Of the batch that they are tried on: kernels differ by which sizes are multiples of 16."""


@contextmanager
def compiled_meanwhile(model: Any, lora: Lora) -> Iterator[None]:
    """Compile what training a model's adapters takes; nothing on a CPU or without Triton.

    One after the other, when first needed, they take a process's first training two to three
    seconds. Most of that is spent outside of Python, so that threads help.
    """
    if model.device.type != "cuda" or not kernels_installed():
        yield
        return
    with ThreadPoolExecutor() as threads:
        for use in _uses(model, lora):
            threads.submit(_tried, use)
        yield


def _tried(use: Callable[[], object]) -> None:
    # what is amiss is told where the kernel is needed
    with suppress(Exception):
        use()


def _uses(model: Any, lora: Lora) -> Iterator[Callable[[], object]]:
    """Calls as a pass makes them, on few tokens; each compiles kernels that no other one does.

    Two threads that launch one kernel for the first time each make a cache for it, and what is in
    one of the two is lost. Libraries are imported before: two threads that import modules of
    liger-kernel wait for each other, until Python gives one of them an error.
    """
    from epm.models import kernels

    config, device, dtype = model.config, model.device, model.dtype

    def states(*shape: int) -> torch.Tensor:
        return torch.zeros(*shape, device=device, dtype=dtype)

    def thin() -> None:
        none = torch.zeros(TOKENS, dtype=torch.int64, device=device)
        own = states(TOKENS, config.hidden_size)
        for into in (None, own):
            kernels.thin(own, none, none, none, lora.dropout, into)

    def weigh() -> None:
        logits = states(TOKENS, model.get_output_embeddings().out_features)
        weights = torch.zeros(TOKENS, device=device)
        for back in (True, False):
            kernels.weigh(logits, weights.long(), weights, differentiated=back)

    if lora.dropout and config.hidden_size % LANES == 0:
        yield thin
    yield weigh
    if not fuses(model):
        return
    from liger_kernel.ops.rope import LigerRopeFunction
    from liger_kernel.ops.swiglu import LigerSiLUMulFunction

    def norm(*, back: bool) -> None:
        own, weight = states(TOKENS, config.hidden_size), states(config.hidden_size)
        if back:
            kernels.norm_backward(own, own, weight, own[:, 0].float())
        else:
            kernels.norm(own, weight, config.rms_norm_eps)

    def gate() -> None:
        both = [states(1, TOKENS, config.intermediate_size).requires_grad_() for _ in range(2)]
        LigerSiLUMulFunction.apply(*both).sum().backward()

    def rotary() -> None:
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        heads = config.num_attention_heads, config.num_key_value_heads
        queries, keys = (states(1, count, TOKENS, size).requires_grad_() for count in heads)
        angles = states(1, TOKENS, size)
        rotated = LigerRopeFunction.apply(queries, keys, angles, angles)
        torch.autograd.backward([one.sum() for one in rotated])

    yield lambda: norm(back=False)
    yield lambda: norm(back=True)
    yield gate
    yield rotary
