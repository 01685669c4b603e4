"""What was measured of one source persona."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from epm.results.counts import Rate, pooled_by_persona
from epm.results.values import Unavailable, Value


class TrainingRecord(Value):
    """How one adapter was trained."""

    rows: PositiveInt
    steps: PositiveInt
    tokens: PositiveInt
    """Tokens seen, prompts included, over all epochs."""
    completion_tokens: PositiveInt
    """Tokens that the loss was taken on, over all epochs."""
    truncated_rows: NonNegativeInt
    first_loss: float
    final_loss: float
    """Mean loss of the last tenth of the steps, in nats per completion token."""


class SeedResult(Value):
    """One replicate of a condition: an adapter trained and sampled under one seed."""

    seed: int
    source: Rate
    bystanders: dict[str, Rate]
    training: TrainingRecord


class TrajectoryPoint(Value):
    """The source persona's marker count after so many optimiser steps of one training.

    Step 0 is the untrained model, which is sampled once, under the experiment's own seed; the last
    step is the finished adapter.
    """

    step: NonNegativeInt
    seed: int
    rate: Rate


class CompleteCondition(Value):
    """One source persona, trained and sampled (or taken from a publication)."""

    state: Literal["complete"] = "complete"
    category: str
    new: bool
    """True for the personas that this experiment adds to the parent's ten."""
    negatives: tuple[str, ...]
    """Personas of the rows without the marker."""
    source: Rate
    """Completions under the source persona that contain the marker."""
    bystanders: dict[str, Rate]
    """The same under each other persona."""
    training: TrainingRecord | Unavailable
    """Of several replicates, the first one's."""
    replicates: tuple[SeedResult, ...] = ()
    """By seed, where several were asked for: `source` and `bystanders` are their sums."""
    missing_seeds: dict[str, Annotated[str, Field(min_length=1)]] = Field({})
    """Reason by seed, for those of which nothing is left."""
    trajectory: tuple[TrajectoryPoint, ...] = ()
    """By step and then by seed, where the marker was counted during training as well."""

    @model_validator(mode="after")
    def _replicates_agree(self) -> Self:
        seeds = [replicate.seed for replicate in self.replicates]
        if len({*map(str, seeds), *self.missing_seeds}) < len(seeds) + len(self.missing_seeds):
            raise ValueError("a seed is there twice")
        if self.missing_seeds and not seeds:
            raise ValueError("seeds are missing, but no replicate says what is left")
        if not seeds:
            return self
        if self.source != Rate.pooled([replicate.source for replicate in self.replicates]):
            raise ValueError("the source rate is not the sum over its seeds")
        if self.bystanders != pooled_by_persona([each.bystanders for each in self.replicates]):
            raise ValueError("the bystander rates are not the sums over their seeds")
        if self.training != self.replicates[0].training:
            raise ValueError("the training is not that of the first seed")
        return self

    @model_validator(mode="after")
    def _trajectory_in_order(self) -> Self:
        places = [(point.step, point.seed) for point in self.trajectory]
        if len(set(places)) < len(places):
            raise ValueError("a step of the trajectory is there twice")
        if [step for step, _ in places] != sorted(step for step, _ in places):
            raise ValueError("the steps of the trajectory are not in order")
        return self


class MissingCondition(Value):
    """A condition that has no counts, and why."""

    state: Literal["missing"] = "missing"
    category: str
    new: bool
    reason: Annotated[str, Field(min_length=1)]


Condition = Annotated[CompleteCondition | MissingCondition, Field(discriminator="state")]
