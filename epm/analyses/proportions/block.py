"""What the results hold of an analysis of proportions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from epm.analyses.block import Block
from epm.values import Interval, Probability, Unavailable, Value


class EffectiveInterval(Interval):
    """Wilson's interval at an effective sample size."""

    clusters: PositiveInt
    """Of items, unless it says otherwise."""
    design_effect: NonNegativeFloat
    effective_n: NonNegativeFloat
    se: NonNegativeFloat | None = None
    """Of the rate, by the same clusters; None at 0 and 1, where they show no variance."""


class ClusteredInterval(EffectiveInterval):
    """Of answers that share an item."""

    df: PositiveInt | None = None
    """Of t, where it is not the normal quantile that is used, as at 0 and 1."""


class TwoWayInterval(EffectiveInterval):
    """Of answers that share an item, a seed, or both.

    Its quantile weighs those of t with seeds - 1 and clusters - 1 degrees of freedom.
    """

    seeds: Annotated[int, Field(ge=2)]


class SeedInterval(EffectiveInterval):
    """Of the counts of several seeds, whose items are not known: seeds are the clusters."""

    by: Literal["seed"] = "seed"
    df: PositiveInt | None = None
    """Of t, where it is not the normal quantile that is used, as at 0 and 1."""


class Proportion(Value):
    """A rate, k of n, with its intervals."""

    successes: NonNegativeInt
    trials: PositiveInt
    estimate: Probability
    wilson: Interval
    """As if all answers were independent."""
    clustered: TwoWayInterval | ClusteredInterval | SeedInterval | Unavailable
    """By item, and by seed as well where several are pooled; by seed alone where items are not
    known."""


class ConditionProportion(Proportion):
    """The rate of one condition."""

    seeds: dict[str, Proportion] = Field({})
    """Of each seed, where there are several; the rate itself is pooled over them."""
    tasks: dict[str, Proportion] = Field({})
    steps: dict[str, Proportion] = Field({})
    """Over training, by optimiser step, seeds pooled; '0' is the untrained model."""


class ReportedProportion(Value):
    """A rate from elsewhere, its counts unknown."""

    estimate: float
    n: PositiveInt | None = None
    """Answers, as reported."""
    se: NonNegativeFloat | None = None
    """As reported, or over runs."""
    df: PositiveFloat | None = None
    interval: Interval | Unavailable
    method: str
    """Of the interval, in words."""


class ProportionsBlock(Block):
    """The rates of conditions."""

    kind: Literal["proportions"] = "proportions"
    metric: str
    conditions: dict[str, ConditionProportion]
    reported: dict[str, dict[str, ReportedProportion]] = Field({})
    """Condition -> task, where a rate comes from elsewhere without counts."""
