"""What the results hold of a mixed model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from epm.analyses.block import Block, Effect, Reliability
from epm.values import Interval, Probability, Unavailable, Value

Term = Literal["condition", "training", "item", "condition_item"]
"""Random effects: of the condition, of each of its trainings, of the item, and of the item in one
condition."""


class Variance(Value):
    """Of one source, in squared log-odds."""

    variance: NonNegativeFloat
    sd: NonNegativeFloat
    share: Probability | Unavailable
    """Of the sum over the sources; the answers' own chance is not among them."""


class OddsRatio(Value):
    """By which the odds are multiplied, per unit of the predictor or between the arms."""

    estimate: PositiveFloat
    interval: Interval | Unavailable


class MaximumLikelihood(Value):
    """The same model without the restriction: what lme4's glmer gives.

    Its variances are too small where conditions are few, and so are its errors.
    """

    intercept: Effect
    """At a predictor of 0, with normal quantiles."""
    slope: Effect
    sd: dict[Term, NonNegativeFloat]
    log_likelihood: float
    """With binomial coefficients."""


class FittedRate(Value):
    """The rate at a predictor, averaged over conditions, trainings and items."""

    x: float
    rate: Probability
    interval: Interval


class MixedModelFit(Value):
    """One fit, by restricted maximum likelihood."""

    conditions: PositiveInt
    trainings: PositiveInt | None = None
    """Where several of one condition are told apart."""
    items: PositiveInt | None = None
    """Items, or clusters of items, where they are known."""
    successes: NonNegativeInt
    trials: PositiveInt
    log_odds: Effect
    """The slope, or the difference of the arms."""
    df_from: Literal["conditions", "trainings", "items", "answers"]
    """What its degrees of freedom count; the normal quantile is taken where it is answers."""
    odds_ratio: OddsRatio | Unavailable
    points: Effect
    """The same in rate: slope of the least-squares line through the fitted rates of the conditions,
    each averaged over trainings and items; or the difference of those of the arms."""
    at_mean_rate: Effect | None = None
    """The same for one training and item that have the mean rate p: log-odds times p(1 - p). None
    for arms."""
    detectable: NonNegativeFloat | Unavailable
    """Smallest true effect in rate that would have been found in 80% of such experiments."""
    detectable_log_odds: NonNegativeFloat
    intercept: Effect
    """Log-odds at a predictor of 0, or in the second arm, where all random effects are 0."""
    variances: dict[Term, Variance | Unavailable]
    """Unavailable where the design has no such effect, with the reason."""
    fitted: tuple[FittedRate, ...]
    """For a figure: along the predictor, or of the second arm (x = 0) and the first (x = 1)."""
    maximum_likelihood: MaximumLikelihood | Unavailable


class MixedModelBlock(Block):
    """A binomial mixed model of one outcome."""

    kind: Literal["mixed_model"] = "mixed_model"
    metric: str
    predictor: str | None = None
    arms: dict[str, tuple[str, ...]] = Field({})
    """Conditions by arm, the first minus the second."""
    fit: MixedModelFit | Unavailable
    reliability: Reliability | Unavailable
    """Of the conditions' rates over their trainings."""
    without: tuple[str, ...] = ()
    """Conditions that a second fit leaves out."""
    fit_without: MixedModelFit | Unavailable | None = None
    reliability_without: Reliability | Unavailable | None = None
