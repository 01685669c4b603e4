"""What the results hold of an analysis of correlation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from epm.analyses.block import Adjusted, Block, Reliability
from epm.values import Coefficient, Interval, Probability, Unavailable, Value


class PermutationTest(Value):
    """Two-sided permutation p of a coefficient."""

    p: Probability
    resamples: PositiveInt
    """Random pairings, or all of them where p is exact."""
    exact: bool


class Coefficients(Value):
    """A correlation coefficient with its two-sided p and 95% interval."""

    coefficient: Coefficient
    p: Probability
    p_from: Literal["t", "pairings", "exact", "normal"]
    """The t distribution; all N! pairings; Kendall's exact distribution; the normal one."""
    n: PositiveInt
    df: PositiveInt | None = None
    t: float | None = None
    """coefficient·sqrt(df/(1 - coefficient²)), where p is from it and it is finite."""
    interval: Interval | Unavailable
    interval_from: str
    """Whose interval that is."""
    intervals: dict[str, Interval | Unavailable] = Field({})
    """Other intervals for it, by their source, where texts differ."""
    permutation: PermutationTest | None = None
    adjusted: Adjusted | None = None
    """Where more than one predictor of the family has a p."""


class Grouped(Value):
    """The correlation between the means of groups, and within groups."""

    groups: NonNegativeInt
    """With at least one condition; between them, each counts once."""
    between: Coefficients | Unavailable
    within: Coefficients | Unavailable
    """The groups' means taken out of both variables; N - groups - 1 degrees of freedom."""


class Pair(Value):
    """One predictor and the outcome."""

    n: NonNegativeInt
    left_out: dict[str, str] = Field({})
    """Reason by condition, for those that enter other pairs and not this one."""
    pearson: Coefficients | Unavailable | None = None
    spearman: Coefficients | Unavailable | None = None
    kendall: Coefficients | Unavailable | None = None
    groups: Grouped | Unavailable | None = None


class CorrelationBlock(Block):
    """The correlations of a family of predictors with one outcome."""

    kind: Literal["correlation"] = "correlation"
    metric: str
    logarithms: tuple[str, ...] = ()
    """Predictors whose natural logarithm is taken."""
    outcome: dict[str, float]
    """Its value by condition."""
    predictors: dict[str, Pair]
    grouped_by: str | None = None
    """Factor whose levels are the groups."""
    verdict_on: str | None = None
    """Predictor that the verdict is on, by the first of the methods."""
    alike: tuple[tuple[str, ...], ...] = ()
    """Predictors that correlate at 0.95 or more: one look, not several. The corrections count each
    of them; `best_of` corrects by how they go together."""
    looks: PositiveInt
    """How many predictors there are when those that are alike count once."""
    reliability: Reliability | Unavailable | None = None
    """None where seeds are not named."""
