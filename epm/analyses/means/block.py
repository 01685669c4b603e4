"""What the results hold of an analysis of means."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from epm.analyses.block import Adjusted, Block, Effect, Scale, TwoWayVariance, Verdict
from epm.values import Interval, Reason, Unavailable, Value


class Estimate(Value):
    """A mean with its uncertainty."""

    estimate: float
    se: NonNegativeFloat | Unavailable
    df: PositiveFloat | None = None
    """Of the t distribution that the interval rests on; None where it rests on another."""
    interval: Interval | Unavailable
    bounded: Interval | None = None
    """Wilson's at the effective size, which stays inside the scale, where the interval leaves it;
    see `epm.analyses.inference.score_intervals.BoundedMean`."""
    method: str
    """Of standard error and interval, in words, as in 'clustered by item'."""
    clusters: PositiveInt | None = None
    """Of items, where answers are clustered by them."""
    variances: TwoWayVariance | None = None
    """Where runs and items are clustered together."""


class MeanScore(Estimate):
    """The mean of answers' scores, and the answers that it rests on."""

    n: PositiveInt | None = None
    """Answers that have a score; None where they are not known."""
    total: float | None = None
    """Sum of their scores."""
    sd: NonNegativeFloat | None = None
    """Of what is averaged: answers, or items' means; None where there is but one."""
    items: PositiveInt | None = None
    """Items that have a scored answer; None where they are not known."""
    planned_items: PositiveInt | None = None
    """Items that were to be asked; None where that is not known."""
    other_weighting: float | None = None
    """The mean over items where the estimate is over answers, or the reverse; None where the two
    are equal."""
    values: dict[str, PositiveInt] = Field({})
    """How many answers got which score, where few scores occur and every answer's is known."""
    excluded: dict[Reason, PositiveInt] = Field({})
    """Answers without a score, by reason."""


class TaskAverage(Estimate):
    """The unweighted mean over tasks, which are taken as fixed."""

    tasks: tuple[str, ...]
    caveats: tuple[str, ...] = Field(())


class ConditionMean(MeanScore):
    """The mean of one condition."""

    seeds: dict[str, MeanScore] = Field({})
    """Of each run, by its seed, where there are several; the mean itself is pooled over them."""
    tasks: dict[str, MeanScore] = Field({})
    average: TaskAverage | Unavailable | None = None
    above_reference: Effect | Unavailable | None = None
    """Estimate, or average over tasks, minus the reference."""
    adjusted: Adjusted | None = None
    """Its p, where several conditions are held against the reference."""
    verdict: Verdict | Unavailable | None = None


class MeansBlock(Block):
    """The means of conditions."""

    kind: Literal["means"] = "means"
    metric: str
    scale: Scale
    """How means are printed."""
    over: Literal["answers", "items"]
    reference: float | None = None
    conditions: dict[str, ConditionMean]
    decided_by: str | None = None
    """The condition that the verdict is of."""
