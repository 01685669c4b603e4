"""How text is sampled: one interface, an implementation per library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from epm.spec import Question, Sampling


@dataclass(frozen=True)
class Prompt:
    """A system prompt and a question, and how many completions are wanted."""

    persona: str
    system: str
    question: Question
    completions: int


@dataclass(frozen=True)
class Completion:
    """One sample."""

    persona: str
    question: str
    """Question id."""
    index: int
    """0 to completions - 1."""
    text: str
    tokens: int
    finish: Literal["stop", "length"]


OnBatch = Callable[[int, int], None]
"""Told after each batch: completions and tokens since the last call."""


class Engine(Protocol):
    """Draws completions from a model that is already loaded."""

    @property
    def name(self) -> str:
        """Library and version, as recorded in the results."""

    def sample(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, on_batch: OnBatch
    ) -> list[Completion]:
        """Complete every prompt; the result is ordered as the prompts are.

        The same prompts, seed and machine give the same text; another machine may round otherwise.
        """
