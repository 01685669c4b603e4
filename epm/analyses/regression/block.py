"""What the results hold of an analysis of regression."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from epm.analyses.block import Block, Scale
from epm.values import Coefficient, Interval, Probability, Unavailable, Value


class StandardError(Value):
    """The uncertainty of a coefficient, by t."""

    se: PositiveFloat
    df: PositiveInt
    interval: Interval
    p: Probability
    """Two-sided, of a coefficient of 0."""


class Term(Value):
    """A coefficient of the fit, with the standard errors that texts differ on."""

    estimate: float
    """Change of the outcome per unit of the predictor; of the intercept, its value at 0."""
    ordinary: StandardError | Unavailable
    """Of conditions that all vary alike; N - p degrees of freedom."""
    hc3: StandardError | Unavailable
    """Of conditions that vary each in its own way."""
    clustered: StandardError | Unavailable | None = None
    """Of conditions that are alike within clusters; one degree of freedom fewer than clusters."""
    vif: PositiveFloat | None = None
    """Variance inflation, 1/(1 - R²) of it on the other predictors, where there are others."""


class Fit(Value):
    """A line, or a plane, by least squares over conditions."""

    n: PositiveInt
    df: PositiveInt
    terms: dict[str, Term]
    """'intercept', then the predictors by name."""
    r: Coefficient | None = None
    """Pearson's, with one predictor and without weights."""
    r2: Coefficient
    adjusted_r2: float
    residual_se: NonNegativeFloat
    """With weights, that of a condition with one answer."""
    clusters: PositiveInt | None = None


class RatePrediction(Value):
    """Where the rate of a further condition may fall, from a logistic fit with overdispersion."""

    predicted: Probability
    trials: PositiveInt
    """Answers of the predicted condition."""
    overdispersion: Probability
    """Correlation of two answers of one condition, beyond its predictors; 0 is binomial."""
    interval: Interval
    half_width: NonNegativeFloat
    inside: bool


class Prediction(Value):
    """A condition that is not in the fit, against the fit's 95% prediction interval."""

    observed: float | Unavailable
    predicted: float
    interval: Interval
    half_width: NonNegativeFloat
    inside: bool | Unavailable
    leaves_scale: bool | None = None
    """Whether the interval goes beyond the ends of the outcome's scale, 0 and 1 of a rate."""
    rate: RatePrediction | Unavailable | None = None
    """On the rate's own scale; None where the outcome is no rate."""


class Point(Value):
    """One condition."""

    x: float
    """The predictor, its logarithm where that is taken."""
    y: float


class LinePoint(Value):
    """The line at a value of the predictor, with its 95% confidence band."""

    x: float
    y: float
    lower: float
    upper: float


class RegressionBlock(Block):
    """Least squares of an outcome on a predictor, over condition means."""

    kind: Literal["regression"] = "regression"
    metric: str
    scale: Scale
    """How the outcome and its slopes are printed."""
    x: str
    given: tuple[str, ...] = ()
    logarithms: tuple[str, ...] = ()
    errors: Literal["ordinary", "hc3", "clustered"]
    """Which decide."""
    clustered_by: str | None = None
    weights: Literal["none", "trials"]
    fit: Fit
    points: dict[str, Point]
    """Of the conditions in the fit."""
    line: tuple[LinePoint, ...] = ()
    """Over the range of the predictor, where it is the only one; its band by the errors that
    decide."""
    held_out: NonNegativeInt
    """Conditions that are predicted."""
    predictions: dict[str, Prediction | Unavailable] = Field({})
    parent: Fit | Unavailable | None = None
    """The parent's, computed alike, under our names; None where there is no parent."""
