"""What the results hold of an analysis of agreement."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from epm.analyses.block import Block
from epm.analyses.proportions.block import Proportion
from epm.values import Coefficient, Interval, Probability, Reason, Unavailable, Value


class ClusterBootstrap(Value):
    """Percentile interval over items drawn with replacement, all answers of an item together."""

    interval: Interval
    se: NonNegativeFloat
    clusters: PositiveInt
    """Items, or groups of items."""
    resamples: PositiveInt
    """Draws in which κ exists, of those made."""


class Kappa(Value):
    """Cohen's κ of two metrics."""

    estimate: Coefficient
    se: NonNegativeFloat | Unavailable
    """As if answers were independent."""
    interval: Interval | Unavailable
    """Normal, by that standard error."""
    bootstrap: ClusterBootstrap | Unavailable
    by_chance: Probability
    """Agreement, weighted as κ's is, of scores that have nothing to do with each other."""
    largest: Coefficient | None = None
    """The most that κ could be, given how often each gives which score; of unweighted κ."""


class AgreementOf(Value):
    """The agreement on some answers."""

    n: PositiveInt
    """Answers that both scored."""
    table: dict[str, dict[str, PositiveInt]]
    """Answers by the first metric's score, then the second's."""
    agreed: Proportion
    """Share of answers with equal scores."""
    kappa: Kappa | Unavailable


class AgreementBlock(Block):
    """The agreement of two metrics, on all answers and in each condition."""

    kind: Literal["agreement"] = "agreement"
    first: str
    second: str
    weights: Literal["none", "linear", "quadratic"]
    levels: tuple[str, ...]
    """The scores, in their order on the scale."""
    overall: AgreementOf
    conditions: dict[str, AgreementOf]
    excluded: dict[Reason, PositiveInt] = Field({})
    """Answers that lack a score of one or both, by reason."""
