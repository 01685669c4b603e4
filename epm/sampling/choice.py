"""Which engine samples a model."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from epm.models.base import BaseModel
from epm.sampling import Engine
from epm.sampling.cost import cheapest, expected_tokens

Wanted = Literal["auto", "vllm", "transformers"]


def choose(wanted: Wanted, base: BaseModel, merge: bool | None) -> Engine:
    """The engine that was asked for; `auto` is the one that costs the least, see `sampling.cost`.

    Args:
        wanted: by name, or `auto`.
        base: the model to sample.
        merge: adapters merged into the weights, or apart; None is what pays on the device.

    Raises:
        EpmError: vLLM was asked for and is not installed.
    """
    if wanted == "vllm" or (wanted == "auto" and _vllm_pays(base)):
        from epm.sampling.vllm import VllmEngine

        return VllmEngine(base, merge)
    from epm.sampling.transformers import TransformersEngine

    return TransformersEngine(base, merge)


def _vllm_pays(base: BaseModel) -> bool:
    """Whether vLLM is there, can do all of the work, and repays its start; never on a CPU."""
    conditions = base.definition.experiment.conditions
    if base.device == "cpu" or find_spec("vllm") is None or any(each.after for each in conditions):
        return False
    parameters = sum(weight.numel() for weight in base.model.parameters())
    return cheapest(parameters, expected_tokens(base.definition)) == "vllm"
