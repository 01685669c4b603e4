"""How text is sampled: one interface, an implementation per library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from epm.definition import Item, Sampling, derive_seed
from epm.models.chat import tokenise_conversation, tokenise_prompt
from epm.models.steering import Steered
from epm.results import EngineRecord

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Prompt:
    """An item under its task's system prompt, and how many completions are wanted."""

    task: str
    system: str | None
    item: Item
    completions: int
    turns: tuple[tuple[str, str], ...] = ()
    """Role and content of a whole conversation, in place of system prompt and item."""

    def tokenised(self, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
        """Token ids up to where the model begins to answer.

        Raises:
            EpmError: the chat template cannot say it.
        """
        if self.turns:
            return tokenise_conversation(tokenizer, self.turns)
        return tokenise_prompt(tokenizer, self.system, self.item.prompt)


@dataclass(frozen=True)
class SamplingRequest:
    """What one adapter, or the bare base model, is asked to complete."""

    name: str
    """Shown while it is sampled, and unique among what is asked together."""
    adapter: Path | None
    """Folder of a LoRA adapter in peft's format; None is the base model."""
    prompts: tuple[Prompt, ...]
    seed: int
    merged: tuple[Path, ...] = ()
    """Adapters that are merged into the model before, the first one first."""
    steering: Steered | None = None
    """How activations are moved."""

    def stream(self, prompt: Prompt, index: int) -> int:
        """The key of one completion's random bits, whatever else is sampled beside it."""
        return derive_seed(self.seed, prompt.task, prompt.item.id, str(index))


@dataclass(frozen=True)
class Completion:
    """One sample."""

    task: str
    item: str
    """Its id."""
    index: int
    """0 to completions - 1."""
    text: str
    tokens: int
    finish: Literal["stop", "length"]


OnBatch = Callable[[int, int], None]
"""Told after each batch: completions and tokens since the last call."""

SEED_POLICY = "one seed for every completion, from adapter, task, item and index"

CompletionsByName = dict[str, list[Completion]]
"""Completions by the name of what was asked, ordered as its prompts are."""


class Engine(Protocol):
    """Draws completions from a model that is loaded once, through any number of adapters."""

    @property
    def record(self) -> EngineRecord:
        """What the results say of how text was sampled."""

    def sample(
        self, requests: Sequence[SamplingRequest], sampling: Sampling, on_batch: OnBatch
    ) -> Iterator[CompletionsByName]:
        """Complete every prompt of every adapter; yield what is complete as soon as it is.

        The engine decides how many adapters share its batches. A completion's chance is its own,
        see `SamplingRequest.stream`; but another processor, library or engine rounds otherwise,
        and then draws another text, so that the run keeps them.

        Raises:
            EpmError: an adapter cannot be read, or does not fit the model.
        """

    def close(self) -> None:
        """Let go of the device's memory; sampling again takes it back."""
