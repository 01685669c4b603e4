"""Which engine samples a model."""

from __future__ import annotations

from typing import Literal

from epm.models.base import BaseModel
from epm.sampling import Engine

Wanted = Literal["auto", "vllm", "transformers"]


def choose(wanted: Wanted, base: BaseModel, merge: bool | None) -> Engine:
    """The engine that was asked for; `auto` is transformers', the one that has run on a GPU.

    Args:
        wanted: by name, or `auto`.
        base: the model to sample.
        merge: adapters merged into the weights, or apart; None is what pays on the device.

    Raises:
        EpmError: vLLM was asked for and is not installed.
    """
    if wanted == "vllm":
        from epm.sampling.vllm import VllmEngine

        return VllmEngine(base, merge)
    from epm.sampling.transformers import TransformersEngine

    return TransformersEngine(base, merge)
