"""What the results hold of an analysis of proportions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from epm.analyses.block import Block
from epm.values import Interval, Probability, Unavailable, Value


class ClusteredInterval(Interval):
    """Wilson's interval at the effective sample size of answers that share an item."""

    clusters: PositiveInt
    design_effect: NonNegativeFloat
    effective_n: NonNegativeFloat


class TwoWayInterval(ClusteredInterval):
    """The same of answers that share an item, a seed, or both."""

    seeds: Annotated[int, Field(ge=2)]


class Proportion(Value):
    """A rate, k of n, with its intervals."""

    successes: NonNegativeInt
    trials: PositiveInt
    estimate: Probability
    wilson: Interval
    """As if all answers were independent."""
    clustered: TwoWayInterval | ClusteredInterval | Unavailable
    """By item, and by seed as well where several are pooled."""


class ConditionProportion(Proportion):
    """The rate of one condition."""

    seeds: dict[str, Proportion] = Field({})
    """Of each seed, where there are several; the rate itself is pooled over them."""
    tasks: dict[str, Proportion] = Field({})
    steps: dict[str, Proportion] = Field({})
    """Over training, by optimiser step, seeds pooled; '0' is the untrained model."""


class ProportionsBlock(Block):
    """The rates of conditions."""

    kind: Literal["proportions"] = "proportions"
    metric: str
    conditions: dict[str, ConditionProportion]
