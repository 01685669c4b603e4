"""What the results hold of an analysis of the best of several predictors."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from epm.analyses.block import Block
from epm.values import Coefficient, Interval, Probability, Unavailable, Value


class Candidate(Value):
    """One predictor of the family."""

    coefficient: Coefficient
    p: Probability
    """Two-sided, of this one alone; over the same pairings."""
    corrected_p: Probability
    """Of the largest |coefficient| of the family being as large: single step."""


class Choice(Value):
    """A family by one kind of coefficient, and which of it leads."""

    candidates: dict[str, Candidate]
    leads: str
    """Name of the predictor with the largest |coefficient|."""
    critical: PositiveFloat
    """95% quantile over pairings of the largest |atanh coefficient|·sqrt(N-3) of the family."""
    interval: Interval | Unavailable
    """Of the one that leads: it knows of the choice, at `critical` in place of 1.96."""
    alone: Interval | Unavailable
    """Of the same as if it had been named beforehand."""


class BestOfBlock(Block):
    """The strongest of a family, corrected for having been picked."""

    kind: Literal["best_of"] = "best_of"
    metric: str
    logarithms: tuple[str, ...] = ()
    left_out_predictors: dict[str, str] = Field({})
    """Reason by predictor, for those that are the same in all conditions."""
    pairings: PositiveInt
    """Random ones, or all of them where p is exact."""
    exact: bool
    pearson: Choice | Unavailable
    spearman: Choice | Unavailable
