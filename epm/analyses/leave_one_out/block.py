"""What the results hold of an analysis that leaves conditions out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from epm.analyses.block import Block, Scale
from epm.analyses.correlation.block import Coefficients
from epm.values import Coefficient, Probability, Unavailable, Value


class Without(Value):
    """The relation without one condition, or one group of them."""

    n: NonNegativeInt
    """Conditions that are left."""
    pearson: Coefficients | Unavailable
    spearman: Coefficients | Unavailable
    slope: float | Unavailable
    """Of the predictor, covariates in the fit."""


class Range(Value):
    """The smallest and the largest of a number over all that are left out."""

    lowest: float
    lowest_without: str
    highest: float
    highest_without: str


class Span(Value):
    """A correlation over all conditions that are left out, one at a time."""

    coefficient: Range
    largest_p: Probability
    largest_p_without: str
    significant: NonNegativeInt
    """Runs with p below alpha."""
    runs: PositiveInt
    alpha: Probability


class HeldOut(Value):
    """How well conditions are predicted by fits that did not see them."""

    r2: float
    """1 - PRESS/SST, SST around the mean of all; below 0 is worse than predicting that mean."""
    rmse: NonNegativeFloat
    """In the outcome's unit."""
    n: PositiveInt
    folds: PositiveInt
    chosen: dict[str, PositiveInt] = Field({})
    """How many folds chose each predictor, where each chose its own."""


class HeldOutFits(Value):
    """Held-out predictions, leaving out conditions and leaving out groups."""

    conditions: HeldOut | Unavailable
    groups: HeldOut | Unavailable | None = None
    conditions_choosing: HeldOut | Unavailable | None = None
    """Each fold on the predictor of the family that is strongest in its other conditions."""
    groups_choosing: HeldOut | Unavailable | None = None


class Coverage(Value):
    """In how many of the fits all points in question lay inside their 95% prediction interval."""

    covered: NonNegativeInt
    total: PositiveInt
    outside: tuple[str, ...] = ()
    """The conditions without which a point lay outside."""


class Coverages(Value):
    """Three readings of coverage that go by the name of leave-one-out."""

    with_new_in_fit: Coverage | Unavailable | None = None
    """Drop one of all conditions, the new ones in the fit too: are all new ones inside?"""
    of_named_fit: Coverage | Unavailable | None = None
    """Drop one of the conditions that are not new and fit the others: are all new ones inside?"""
    held_out: Coverage | Unavailable
    """Drop one of all conditions: is that one inside?"""


class LeaveOneOutBlock(Block):
    """A correlation and a fit without each condition, and without each group."""

    kind: Literal["leave_one_out"] = "leave_one_out"
    metric: str
    scale: Scale
    x: str
    given: tuple[str, ...] = ()
    logarithms: tuple[str, ...] = ()
    r2: Coefficient
    """Of the fit of all conditions, in sample."""
    without: dict[str, Without]
    """By the condition that is left out."""
    pearson: Span | Unavailable
    spearman: Span | Unavailable
    slope: Range | Unavailable
    grouped_by: str | None = None
    without_group: dict[str, Without] = Field({})
    family: tuple[str, ...] = ()
    held_out: HeldOutFits
    new: tuple[str, ...] = ()
    coverage: Coverages
