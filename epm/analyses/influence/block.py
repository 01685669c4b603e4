"""What the results hold of an analysis of influence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from epm.analyses.block import Block
from epm.values import Probability, Value


class Diagnostics(Value):
    """How much one condition bears on the fit."""

    leverage: Probability
    """How far its predictors are from the others'."""
    cook: NonNegativeFloat
    """Cook's distance: how much all fitted values move without it."""
    dffits: float
    """How much its own fitted value moves without it, in standard errors."""
    dfbetas: float
    """How much the predictor's slope moves without it, in standard errors."""
    studentised: float
    """Its residual from the fit of the others, in standard errors."""
    residual: float
    """In the outcome's unit."""


class Thresholds(Value):
    """From where on a condition is named: conventions, not tests."""

    leverage: PositiveFloat
    """2p/N."""
    cook: PositiveFloat
    """4/N."""
    dffits: PositiveFloat
    """2·sqrt(p/N)."""
    studentised: PositiveFloat
    """3."""


class Over(Value):
    """The conditions beyond each threshold."""

    leverage: tuple[str, ...] = Field(())
    cook: tuple[str, ...] = Field(())
    dffits: tuple[str, ...] = Field(())
    studentised: tuple[str, ...] = Field(())


class InfluenceBlock(Block):
    """Influence of each condition on a fit by least squares."""

    kind: Literal["influence"] = "influence"
    metric: str
    x: str
    given: tuple[str, ...] = ()
    logarithms: tuple[str, ...] = ()
    parameters: PositiveInt
    """p: coefficients, the intercept among them."""
    thresholds: Thresholds
    conditions: dict[str, Diagnostics]
    over: Over
