"""Attention of our own in a model, for as long as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def _gone(*_: Any, **__: Any) -> Any:
    raise RuntimeError("attention of ours, outside of the block that asked for it")


@contextmanager
def in_one_order() -> Iterator[None]:
    """Have attention's gradients added up in one order, however blocks of a GPU come to their end.

    FlashAttention adds those of queries in any order for rows of several blocks of keys. torch has
    one switch for all of its operations.
    """
    import torch

    usual = torch.are_deterministic_algorithms_enabled()
    warns_only = torch.is_deterministic_algorithms_warn_only_enabled()
    settings: Any = torch.utils.deterministic
    fills = settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    settings.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(usual, warn_only=warns_only)
        settings.fill_uninitialized_memory = fills


def window(size: int | None, width: int, device: torch.device) -> torch.Tensor | None:
    """A mask for rows that are longer than a block's sliding window, shape [width, width]."""
    import torch

    if size is None or width <= size:
        return None
    at = torch.arange(width, device=device)
    distance = at[:, None] - at
    mask: torch.Tensor = (distance >= 0) & (distance < size)
    return mask


@contextmanager
def attending(model: Any, name: str, attend: Callable[..., Any]) -> Iterator[None]:
    """Have a model attend by a function, which gets no mask but what the caller gives the model.

    Args:
        model: a causal language model.
        name: that transformers knows the function by.
        attend: called as transformers calls an attention function.
    """
    import torch
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(name, attend)
    AttentionMaskInterface.register(name, lambda *_, **__: None)
    usual = model.config._attn_implementation
    plans = torch.backends.cuda.cudnn_sdp_enabled()  # type: ignore[no-untyped-call]
    model.set_attn_implementation(name)
    # cuDNN plans anew for every length: two milliseconds each, and far more the first time
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(plans)
        model.set_attn_implementation(usual)
        # transformers never forgets a function: what it holds on to must not be a batch's memory
        AttentionInterface.register(name, _gone)
