"""Numbers of the conditions that are computed in the run, from the base model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class CentroidCosine:
    """Cosine of a condition's target to a reference task, in base-model activations.

    A task's centroid is the mean over its items of a block's output at the last token of the
    prompt; centroids are centred on the mean over all tasks, layer by layer.
    """

    reference: str
    """Task that the cosines are taken to."""
    layers: tuple[int, ...]
    """Indices of the blocks whose outputs are read, counted from 0."""
    label: str = "cosine"

    def names(self) -> Iterator[tuple[str, str]]:
        """Name and label of each covariate that it gives."""
        for layer in self.layers:
            yield f"cosine_L{layer}", f"{self.label} at layer {layer}"


@dataclass(frozen=True)
class PromptTokens:
    """Length of the target's system prompt, in tokens of the model."""

    label: str = "system prompt length"

    def names(self) -> Iterator[tuple[str, str]]:
        """Name and label of the covariate."""
        yield "prompt_tokens", self.label


CovariateSource = CentroidCosine | PromptTokens
