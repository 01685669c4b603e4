"""What the results hold of an analysis of dose and response."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from epm.analyses.block import Block, Effect
from epm.analyses.proportions.block import Proportion
from epm.values import Interval, Probability, Unavailable, Value

Unit = Literal["training", "item"]

Clusters = Literal["training", "item", "training and item"]
"""What makes answers alike."""


class ClusterMean(Value):
    """A rate with the t interval of its clusters, G - 1 degrees of freedom."""

    over: Unit
    clusters: PositiveInt
    se: NonNegativeFloat
    interval: Interval | Unavailable


class Change(Effect):
    """A difference of rates, over the trainings or items that it was taken in."""

    over: Unit
    paired: bool
    """Whether each of them has both doses."""


class Dose(Proportion):
    """The rate at one dose."""

    dose: float
    conditions: tuple[str, ...] = ()
    """Those that have it; empty for a step of training."""
    by_cluster: ClusterMean | Unavailable
    """Over trainings, or over items where there are not several trainings."""
    trainings: dict[str, tuple[NonNegativeInt, PositiveInt]] = Field({})
    """k and n of each training."""


class Coefficient(Value):
    """A coefficient of the logistic fit, in log-odds."""

    model: Effect
    """As if all answers were independent."""
    clustered: Effect | Unavailable
    """With t quantiles of the clusters' degrees of freedom."""
    clustered_normal: Effect | Unavailable
    """The same error with normal quantiles, as most software prints it."""


class OddsRatio(Value):
    """By which the odds are multiplied, per unit of the dose."""

    estimate: PositiveFloat
    model: Interval | Unavailable
    clustered: Interval | Unavailable
    clustered_normal: Interval | Unavailable


class HalfRate(Value):
    """The dose at which the fitted rate is 50%, not half of what it reaches."""

    estimate: float
    extrapolated: bool
    """Whether it lies outside the doses that were given."""
    delta_model: Interval | Unavailable
    delta_clustered: Interval | Unavailable
    """With t quantiles; where two say clustered_normal, with normal ones."""
    delta_clustered_normal: Interval | Unavailable
    profile: Interval | Unavailable
    """By the profile likelihood, as if all answers were independent."""
    fieller_model: Interval | Unavailable
    fieller_clustered: Interval | Unavailable
    fieller_clustered_normal: Interval | Unavailable


class Test(Value):
    """A statistic that is chi-squared, or half of the time zero, if there is nothing."""

    statistic: NonNegativeFloat
    df: PositiveInt
    p: Probability


class Ceiling(Value):
    """The logistic curve with a ceiling that is fitted: P = ceiling / (1 + exp(-(a + b·dose)))."""

    ceiling: Probability
    intercept: float
    slope: float
    half_of_ceiling_at: float
    """The dose at which the fitted rate is half of the ceiling."""
    extrapolated: bool
    """Whether that dose lies outside those that were given."""
    against_one: Test
    """Likelihood ratio against a ceiling of 1."""
    goodness_of_fit: Test | Unavailable


class CurvePoint(Value):
    """The fitted rate at a dose, with its pointwise interval."""

    dose: float
    rate: Probability
    interval: Interval


class Logistic(Value):
    """Logit P = intercept + slope · dose, by maximum likelihood."""

    trials: PositiveInt
    log_likelihood: float
    """Of the single answers: without binomial coefficients."""
    intercept: Coefficient
    slope: Coefficient
    odds_ratio: OddsRatio | Unavailable
    against_no_slope: Test
    """Likelihood ratio, as if all answers were independent."""
    goodness_of_fit: Test | Unavailable
    """Deviance from a rate of its own for every dose, as if all answers were independent."""
    half_rate: HalfRate | Unavailable
    ceiling: Ceiling | Unavailable
    curve: tuple[CurvePoint, ...]
    interval_by: Literal["clustered", "model"]
    """Which errors the curve's interval and the verdict rest on."""


class Trend(Value):
    """The Cochran-Armitage test for a trend, which is blind to a fall at the end."""

    z: float
    p: Probability


class Fall(Value):
    """A step from one dose to the next against the direction of the whole."""

    start: float
    end: float
    change: float


class Monotone(Value):
    """Whether the rates could come from a curve that never turns."""

    direction: Literal["rising", "falling"]
    """That of the trend."""
    turns: tuple[Fall, ...] = ()
    """Neighbouring doses whose rates go the other way."""
    fitted: dict[str, Probability]
    """Isotonic rate by dose."""
    likelihood_ratio: NonNegativeFloat
    """Of the rates themselves against the isotonic ones."""
    p: Probability
    draws: PositiveInt


class Comparison(Value):
    """A dose against the lowest."""

    fisher: Probability
    """Exact, two-sided, as if all answers were independent."""
    fisher_holm: Probability
    difference: Change | Unavailable
    """Of rates."""
    holm: Probability | Unavailable
    """p of the difference, corrected over the doses."""


class Peak(Value):
    """The dose with the highest rate, and what came after it."""

    dose: float
    rate: Probability
    chosen_after_looking: Literal[True] = True
    last: float
    """The highest dose."""
    change: Change | Unavailable | None = None
    """Rate at the last dose minus that at the peak; None where the last dose is the peak."""
    trainings: dict[str, float] = Field({})
    """That change in each training."""
    peaks: dict[str, float] = Field({})
    """The dose with the highest rate of each training."""


class DoseResponseBlock(Block):
    """How a rate goes with a dose."""

    kind: Literal["dose_response"] = "dose_response"
    metric: str
    dose: str
    """What the dose is, as in 'coefficient' or 'step'."""
    scale: Literal["plain", "log", "log1p"]
    """How the fits and the trend take it; where a dose is stated, it is plain."""
    clusters: Clusters | Unavailable
    degrees_of_freedom: PositiveInt | Unavailable
    """Of the clustered errors."""
    doses: Annotated[dict[str, Dose], Field(min_length=1)]
    logistic: Logistic | Unavailable
    linear: Change | Unavailable
    """Slope of a straight line through the rates: of each training or item, averaged; or, where
    each has one dose, through theirs."""
    trend: Trend | Unavailable
    """With the doses as scores."""
    trend_of_ranks: Trend | Unavailable
    monotone: Monotone | Unavailable
    reference: float
    """The lowest dose, which the others are compared with."""
    comparisons: dict[str, Comparison]
    peak: Peak
