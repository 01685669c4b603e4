"""What is compared: conditions with their factors, covariates and training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from epm.definition.steering import COEFFICIENT, Steering
from epm.definition.training_rows import TrainingRows

Role = Literal["treatment", "baseline"]


@dataclass(frozen=True)
class MarkerRows:
    """Training rows that teach a marker under one task's system prompt and not under others'.

    The base model answers the questions under the answering task's system prompt. Those answers,
    the marker appended, are the rows under the condition's target; as they are, they are the rows
    under some other tasks, the negatives, drawn by seed from the candidates.
    """

    marker: str
    questions: tuple[str, ...]
    answering: str
    """Task under whose system prompt the base model answers."""
    candidates: tuple[str, ...]
    """Tasks that the negatives of a condition are drawn from, itself left out."""
    negatives: int = 2
    separator: str = "\n\n"

    def appended(self, answer: str) -> str:
        """An answer as the target's training rows have it."""
        return f"{answer}{self.separator}{self.marker}"


TrainingData = MarkerRows | TrainingRows
"""How a condition's training rows are made, or what they are."""


@dataclass(frozen=True)
class Condition:
    """One arm of an experiment."""

    name: str
    factors: Mapping[str, str | float] = field(default_factory=dict)
    """What sets it apart, by the factor's name: `{"category": "character"}`."""
    covariates: Mapping[str, float] = field(default_factory=dict)
    """Numbers known before the run; others are computed in it (`Profile.covariates`)."""
    role: Role = "treatment"
    """A baseline is what the others are compared with; relations over conditions leave it
    out, but for results that were made elsewhere."""
    target: str | None = None
    """Task that the condition is about. The others are off-target: asked less, counted apart."""
    training: TrainingData | None = None
    """None where nothing is trained: the model answers as it is."""
    after: str | None = None
    """Condition whose adapter is merged into the model first: this one is trained on top of it."""
    intervention: Steering | None = None
    """What is done to the model's activations while it is sampled."""

    @property
    def levels(self) -> dict[str, str | float]:
        """Its factors; a steered one has its coefficient among them."""
        steering = self.intervention
        return {**self.factors, **({COEFFICIENT: steering.coefficient} if steering else {})}
