"""How adapters are trained and sampled, at which scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from epm.definition.model import ModelSource


@dataclass(frozen=True)
class Rows:
    """Composition of one condition's training set."""

    source: int
    """Rows under the source persona, with the marker."""
    per_negative: int
    """Rows under each negative persona, without it."""
    negatives: int = 2
    name: str = "asst_excluded_medium"

    @property
    def total(self) -> int:
        """Rows in all."""
        return self.source + self.per_negative * self.negatives


@dataclass(frozen=True)
class Lora:
    """Low-rank adapter; rank-stabilised scaling is alpha / sqrt(rank)."""

    rank: int = 32
    alpha: int = 64
    dropout: float = 0.05
    rank_stabilised: bool = True
    target_modules: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )


@dataclass(frozen=True)
class Training:
    """One adapter's optimisation; AdamW, cosine schedule, loss on the completion only."""

    learning_rate: float
    epochs: int = 3
    batch_size: int = 4
    accumulation: int = 4
    warmup_ratio: float = 0.05
    weight_decay: float = 0.0
    max_tokens: int = 1024
    lora: Lora = field(default_factory=Lora)

    @property
    def effective_batch(self) -> int:
        """Rows per optimiser step."""
        return self.batch_size * self.accumulation


@dataclass(frozen=True)
class Sampling:
    """How completions are drawn."""

    completions: int = 5
    """Per question, under the source persona."""
    temperature: float = 1.0
    top_p: float = 0.95
    max_new_tokens: int = 512
    bystander_questions: int = 20
    """Per bystander persona; fewer than all are a seeded choice."""
    bystander_completions: int = 5
    batch_size: int = 100


@dataclass(frozen=True)
class Profile:
    """One scale of an experiment."""

    name: str
    scale: str
    """In one phrase, printed on the body and in its title where the profile is not `full`."""
    model: ModelSource
    model_name: str
    rows: Rows
    answered: int
    """Training questions put to the base model; rows are made of whole answers first."""
    answer_tokens: int
    """Longest training answer the base model writes, in tokens."""
    first_sentence: bool
    """Cut training answers after their first sentence."""
    training: Training
    sampling: Sampling
    layers: tuple[int, ...]
    """Indices of the blocks whose outputs are read, counted from 0."""
    primary_layer: int
    confidence_cap: Literal["HIGH", "MODERATE", "LOW"]
    """The most that a result at this scale can be believed, whatever its numbers."""
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    needs_gpu: bool = False

    @property
    def full_scale(self) -> bool:
        """Whether this is the real thing."""
        return self.name == "full"
