"""What the statistics stage computes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from epm.results.values import Coefficient, Probability, Unavailable, Value


class Interval(Value):
    """A two-sided interval."""

    lower: float
    upper: float
    level: Probability = 0.95


class ClusteredInterval(Interval):
    """Wilson interval at the effective sample size of the clustered design."""

    clusters: PositiveInt
    design_effect: NonNegativeFloat
    effective_n: NonNegativeFloat


class TwoLevelInterval(ClusteredInterval):
    """Wilson interval at the effective sample size of seeds crossed with questions."""

    seeds: Annotated[int, Field(ge=2)]


class Proportion(Value):
    """A rate with its intervals."""

    successes: NonNegativeInt
    trials: PositiveInt
    estimate: Probability
    wilson: Interval
    clustered: TwoLevelInterval | ClusteredInterval | Unavailable
    """Clustered by question, and by seed as well where several seeds are pooled."""


class SeedProportions(Value):
    """The rates of one replicate of a condition."""

    seed: int
    source: Proportion
    bystanders: Proportion | Unavailable


class StepProportion(Value):
    """The source rate after so many optimiser steps, pooled over the seeds."""

    step: NonNegativeInt
    source: Proportion


class PersonaProportions(Value):
    """The rates of one condition."""

    source: Proportion
    bystanders: Proportion | Unavailable
    """Pooled over the bystander personas."""
    seeds: tuple[SeedProportions, ...] = ()
    """Of each replicate, where several were asked for; the rates above are pooled over them."""
    trajectory: tuple[StepProportion, ...] = ()


class Correlation(Value):
    """A correlation coefficient with its two-sided p and 95% interval (Fisher's z)."""

    coefficient: Coefficient
    p: Probability
    n: PositiveInt
    df: PositiveInt
    interval: Interval | Unavailable


class PermutationTest(Value):
    """Two-sided permutation p of Spearman's rho."""

    p: Probability
    resamples: PositiveInt


class Adjusted(Value):
    """p corrected over the layers."""

    holm: Probability
    bonferroni: Probability


class LayerStatistics(Value):
    """Cosine at one layer against source rate, over all complete conditions."""

    pearson: Correlation | Unavailable
    spearman: Correlation | Unavailable
    permutation: PermutationTest | Unavailable
    pearson_adjusted: Adjusted | Unavailable
    spearman_adjusted: Adjusted | Unavailable


class Fit(Value):
    """Ordinary least squares of source rate on cosine."""

    n: PositiveInt
    slope: float
    intercept: float
    r: Coefficient
    p: Probability
    residual_se: NonNegativeFloat


class Prediction(Value):
    """A new point against the prediction interval of the named personas' fit."""

    observed: Probability
    predicted: float
    interval: Interval
    half_width: NonNegativeFloat
    inside: bool
    leaves_unit_interval: bool
    informative: bool
    """False when the half-width exceeds the pre-registered gate."""


class Coverage(Value):
    """How many intervals contained their points, and which did not."""

    reading: str
    covered: NonNegativeInt
    total: PositiveInt
    outside: tuple[str, ...]


class LeaveOneOut(Value):
    """Three different questions that all go by the name of leave-one-out."""

    drops_with_new_in_fit: Coverage | Unavailable
    """Drop one of all personas, the new ones in the fit: are both new points inside?"""
    drops_of_named_fit: Coverage | Unavailable
    """Drop one of the named personas, the new ones out of the fit: are both new points inside?"""
    held_out: Coverage | Unavailable
    """Fit all others: is the point that was held out inside?"""


class Influence(Value):
    """One persona's pull on the fit over all personas."""

    cooks_distance: NonNegativeFloat
    leverage: Probability
    studentised_residual: float
    """Externally studentised."""
    influential: bool
    """Cook's distance above its threshold."""
    high_leverage: bool
    """Leverage above its threshold."""


class InfluenceAnalysis(Value):
    """Influence of every persona, with the thresholds used."""

    cooks_threshold: float
    leverage_threshold: float
    personas: dict[str, Influence]


class LengthPartial(Value):
    """Spearman of cosine and rate, log prompt length taken out of the ranks of both."""

    coefficient: Coefficient
    p: Probability
    n: PositiveInt
    df: PositiveInt
    vif: Annotated[float, Field(ge=1)]
    """Variance inflation factor of cosine and log length."""


class SubsetCorrelations(Value):
    """Both correlations over some of the personas."""

    n: NonNegativeInt
    pearson: Correlation | Unavailable
    spearman: Correlation | Unavailable


class PrimaryStatistics(Value):
    """Everything computed at the pre-registered layer."""

    layer: NonNegativeInt
    prediction_gate: NonNegativeFloat
    """Largest half-width of a prediction interval that counts as informative."""
    named_fit: Fit | Unavailable
    all_fit: Fit | Unavailable
    predictions: dict[str, Prediction | Unavailable]
    leave_one_out: LeaveOneOut
    influence: InfluenceAnalysis | Unavailable
    length_partial: LengthPartial | Unavailable
    without_reference: SubsetCorrelations
    drop_one: dict[str, SubsetCorrelations]
    within_category: dict[str, SubsetCorrelations]


class Statistics(Value):
    """The statistics stage's output."""

    alpha: Probability
    personas: dict[str, PersonaProportions]
    layers: dict[str, LayerStatistics]
    primary: PrimaryStatistics
