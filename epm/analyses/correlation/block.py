"""What the results hold of an analysis of correlation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from epm.analyses.block import Adjusted as Adjusted
from epm.analyses.block import Block
from epm.values import Coefficient, Interval, Probability, Unavailable, Value


class PermutationTest(Value):
    """Two-sided permutation p of a coefficient."""

    p: Probability
    resamples: PositiveInt


class Coefficients(Value):
    """A correlation coefficient with its two-sided p and 95% interval."""

    coefficient: Coefficient
    p: Probability
    n: PositiveInt
    df: PositiveInt
    interval: Interval | Unavailable
    intervals: dict[str, Interval] = Field({})
    """Other intervals for it, by their source, where texts differ."""
    permutation: PermutationTest | Unavailable | None = None
    adjusted: Adjusted | None = None
    """Where the family has more than one predictor."""


class Grouped(Value):
    """The correlation between the means of groups, and within groups."""

    between: Coefficients | Unavailable
    within: Coefficients | Unavailable
    """The groups' means taken out of both variables; N - groups - 1 degrees of freedom."""


class Pair(Value):
    """One predictor and the outcome."""

    n: Annotated[int, Field(ge=0)]
    pearson: Coefficients | Unavailable | None = None
    spearman: Coefficients | Unavailable | None = None
    kendall: Coefficients | Unavailable | None = None
    groups: Grouped | Unavailable | None = None


class CorrelationBlock(Block):
    """The correlations of a family of predictors with one outcome."""

    kind: Literal["correlation"] = "correlation"
    metric: str
    predictors: dict[str, Pair]
    alike: tuple[tuple[str, ...], ...] = ()
    """Predictors that correlate at 0.95 or more: one look, not several."""
