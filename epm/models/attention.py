"""Attention of our own in a model, for as long as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def attending(model: Any, name: str, attend: Callable[..., Any]) -> Iterator[None]:
    """Have a model attend by a function, which gets no mask but what the caller gives the model.

    Args:
        model: a causal language model.
        name: that transformers knows the function by.
        attend: called as transformers calls an attention function.
    """
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(name, attend)
    AttentionMaskInterface.register(name, lambda *_, **__: None)
    usual = model.config._attn_implementation
    model.set_attn_implementation(name)
    try:
        yield
    finally:
        model.set_attn_implementation(usual)
