"""Whether more GPUs than one repay starting their workers, before any is started.

What training and sampling take is estimated from measured rates (docs/scale.md); the start of a
worker from a run of `smollm2` that took 98 s on two H200 and 78 s on one: halving some 35 s of work
saved half of it, and cost so much more.
"""

from __future__ import annotations

from collections.abc import Collection

from epm.definition import Definition
from epm.sampling.cost import COSTS, Cost

START = 37.0
"""Seconds that working in several processes adds: they import, load the model, compile kernels."""

TRAINING = Cost(start=0, small=158_000, large=7_657)
"""Tokens a second on one H200."""

BYTES = 4
"""Of a row, for each token."""


def seconds_on_one(
    definition: Definition, parameters: float, names: Collection[str], row_bytes: int
) -> float:
    """Seconds that training and sampling some replicates take on one GPU, at most.

    Args:
        definition: with the recipe.
        parameters: of the model.
        names: of the replicates.
        row_bytes: of all their training rows together.
    """
    completions = sum(
        part.completions * len(part.items)
        for each in definition.trained
        if each.name in names
        for part in definition.asked(definition.experiment.condition(each.condition))
    )
    trained = row_bytes / BYTES * definition.training.epochs
    drawn = completions * definition.sampling.max_new_tokens
    return TRAINING.seconds(parameters, trained) + COSTS["transformers"].seconds(parameters, drawn)


def repays(seconds: float, gpus: int) -> bool:
    """Whether dividing so many seconds among GPUs saves more than their workers' start."""
    return seconds * (1 - 1 / gpus) > START
