"""What the results hold of an analysis of differences."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from epm.analyses.block import (
    Adjusted,
    Block,
    Effect,
    RunPermutation,
    Scale,
    TwoWayVariance,
    Verdict,
)
from epm.values import Interval, Probability, Unavailable, Value


class Side(Value):
    """One of the two conditions, as far as it enters the comparison."""

    estimate: float
    n: PositiveInt | None = None
    """Scored answers; None where they are not known."""
    total: float | None = None
    """Sum of their scores."""
    items: PositiveInt | None = None
    sd: NonNegativeFloat | None = None
    """Of its answers."""
    runs: dict[str, float] = Field({})
    """Mean of each run, by seed, where there are several."""


class SharedItems(Value):
    """How the items of the two sides overlap."""

    shared: NonNegativeInt
    only_a: NonNegativeInt
    only_b: NonNegativeInt


class McNemar(Value):
    """McNemar's test of paired yes-or-no answers, one a side and item."""

    pairs: PositiveInt
    only_a: NonNegativeInt
    """Items on which a succeeds and b fails."""
    only_b: NonNegativeInt
    p_exact: Probability
    p_mid: Probability


class Newcombe(Value):
    """Score intervals of a difference of two rates."""

    effective: Interval | None = None
    """At the sizes of independent samples with as much information as the clustered answers."""
    size_a: NonNegativeFloat | None = None
    size_b: NonNegativeFloat | None = None
    independent: Interval
    """As if all answers were independent."""
    fisher: Probability
    """Fisher's exact p, as if all answers were independent."""


class Ratio(Value):
    """Mean of a over mean of b; the interval by the logarithm, clustered as the difference is."""

    estimate: PositiveFloat
    interval: Interval


class Standardised(Value):
    """The difference in standard deviations of the answers."""

    cohen_d: float
    """By the pooled SD."""
    pooled_sd: PositiveFloat
    """Of n_a + n_b - 2 degrees of freedom."""
    interval: Interval | Unavailable
    """Of d: the difference's, divided by the pooled SD as if that were known."""
    hedges_g: float | None = None
    """d without its small-sample bias."""
    glass_delta: float | None = None
    """By the SD of b, the control."""
    control_sd: PositiveFloat | None = None


class Comparison(Effect):
    """a minus b."""

    method: str
    """Of estimate, interval and p, in words."""
    caveats: tuple[str, ...] = Field(())
    a: Side
    b: Side
    items: SharedItems | None = None
    """None where the items of a side are not known."""
    clusters: PositiveInt | None = None
    """Of items, where answers are clustered by them."""
    variances: TwoWayVariance | None = None
    """Where runs and items are clustered together."""
    unpaired: Effect | None = None
    """Difference of the means of all answers, as if no item were shared: Welch's t."""
    newcombe: Newcombe | None = None
    ratio: Ratio | Unavailable | None = None
    """For yes-or-no scores."""
    standardised: Standardised | Unavailable | None = None
    """For numeric scores."""
    mcnemar: dict[str, McNemar] = Field({})
    """By the rule that makes an item's answers one: 'epoch 1', 'any epoch', 'all epochs'."""
    run_means: Effect | None = None
    """Welch's t over the means of runs."""
    permutation: RunPermutation | Unavailable | None = None
    """Where a side has several runs."""
    adjusted: Adjusted | None = None


class AverageDifference(Comparison):
    """The unweighted mean of the differences on several tasks, which are taken as fixed."""

    tasks: tuple[str, ...]


class ComparedPair(Value):
    """One pair of conditions."""

    overall: Comparison
    """Over all answers of the tasks that both have."""
    tasks: dict[str, Comparison] = Field({})
    average: AverageDifference | Unavailable | None = None
    verdict: Verdict | Unavailable | None = None


class DifferenceBlock(Block):
    """The differences of pairs of conditions."""

    kind: Literal["difference"] = "difference"
    metric: str
    scale: Scale
    """How differences are printed."""
    over: Literal["answers", "items"]
    """What means are over, where items are not paired."""
    pairs: dict[str, ComparedPair | Unavailable]
    """Keyed 'a - b'."""
    families: dict[str, PositiveInt] = Field({})
    """How many p-values were corrected together: 'pairs', and 'pairs and tasks'."""
    decided_by: str | None = None
    """The pair that the verdict is of."""
