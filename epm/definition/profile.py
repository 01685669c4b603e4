"""One scale of an experiment: which model, how it is trained and sampled, how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.covariates import CovariateSource
from epm.definition.model import ModelSource


@dataclass(frozen=True)
class Rows:
    """How many training rows a builder makes of each condition."""

    positive: int
    """Rows that teach the behaviour."""
    per_negative: int
    """Rows under each negative, which teach its absence."""
    name: str = ""
    """Of the composition, as it is called elsewhere."""


@dataclass(frozen=True)
class Answers:
    """The base model's own answers, of which training rows are made."""

    questions: int
    """Training questions that it answers; rows are made of whole answers first."""
    max_tokens: int
    first_sentence: bool = False
    """Cut answers after their first sentence."""


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
    """How completions are drawn, and how many."""

    completions: int = 5
    """Of every item of a condition's target, or of every task where conditions have no target."""
    temperature: float = 1.0
    top_p: float = 0.95
    max_new_tokens: int = 512
    off_target_items: int | None = None
    """Items of each off-target task that are asked, a seeded choice; None for all."""
    off_target_completions: int = 5
    """Of each of these items; 0 leaves off-target tasks out."""
    batch_size: int = 100
    """Most completions at once."""


@dataclass(frozen=True)
class Profile:
    """One scale of an experiment."""

    name: str
    scale: str
    """In one phrase, printed on the page and in its title where the profile is not `full`."""
    model: ModelSource
    model_name: str
    confidence_cap: Literal["HIGH", "MODERATE", "LOW"]
    """The most that a result at this scale can be believed, whatever its numbers."""
    sampling: Sampling | None = None
    """None where nothing is sampled."""
    training: Training | None = None
    """None where nothing is trained."""
    rows: Rows | None = None
    """For builders of training data."""
    answers: Answers | None = None
    """For builders that need the base model's answers."""
    covariates: tuple[CovariateSource, ...] = ()
    """Covariates that are computed in the run."""
    analyses: tuple[AnalysisSpec, ...] = ()
    """In place of the experiment's own, where they depend on the scale."""
    gates: tuple[Gate, ...] = ()
    """In place of the experiment's own, where the analyses are."""
    parent_names: tuple[tuple[str, str], ...] = ()
    """What the parent calls a covariate, metric or condition, where it calls it otherwise."""
    choices: tuple[str, ...] = ()
    """What was chosen after outcomes had been looked at, a sentence each; printed on the page."""
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    needs_gpu: bool = False

    @property
    def full_scale(self) -> bool:
        """Whether this is the real thing."""
        return self.name == "full"
