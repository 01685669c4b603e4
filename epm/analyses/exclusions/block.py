"""What the results hold of an analysis of exclusions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from epm.analyses.block import Adjusted, Block, RunPermutation
from epm.values import Interval, Probability, Reason, Unavailable, Value


class Losses(Value):
    """How many answers were asked for, and how many of them have no score."""

    asked: PositiveInt
    scored: NonNegativeInt
    lost: NonNegativeInt
    share: Probability
    """Of the asked that were lost."""
    reasons: dict[Reason, PositiveInt] = Field({})
    """The lost by reason."""


class Bounds(Value):
    """What a mean could be, whatever the lost answers would have scored.

    Identification bounds: there is no sampling error in them. The lower end is also the mean when
    lost answers count as failures, that is, have the lowest score.
    """

    lost: NonNegativeInt
    """Answers of this set of reasons."""
    n: PositiveInt
    """Answers that are counted: the scored, and these."""
    lower: float
    upper: float


class BoundedLosses(Losses):
    """Losses, and the mean over the scored answers with its bounds."""

    estimate: float | Unavailable
    """Over the scored answers."""
    total: float
    """Sum of their scores; k of yes-or-no ones."""
    items: PositiveInt | None = None
    """Items with a scored answer; None where items are not known."""
    planned_items: PositiveInt | None = None
    """Items that were to be asked; None where that is not known."""
    bounds: dict[str, Bounds | Unavailable] = Field({})
    """By set of reasons; 'any reason' is that of all."""


class ConditionLosses(BoundedLosses):
    """Of one condition."""

    seeds: dict[str, Losses] = Field({})
    """Of each run, by seed, where there are several."""
    tasks: dict[str, BoundedLosses] = Field({})
    missing: dict[str, Reason] = Field({})
    """Reason by replicate, for whole ones of which nothing is left; they are not in the counts."""


class LossDifference(Value):
    """The share of lost answers of a minus that of b, as if losses were independent."""

    difference: float
    interval: Interval
    """Newcombe's."""
    p: Probability
    """Fisher's exact."""
    adjusted: Adjusted | None = None
    """Over the pairs, where there are several."""


class DifferenceBounds(Value):
    """What a - b could be, whatever the lost answers of both would have scored."""

    lower: float
    upper: float


class PairLosses(Value):
    """Whether two conditions lose answers alike, and what that could do to their difference."""

    lost: LossDifference
    reasons: dict[Reason, LossDifference] = Field({})
    """The same by reason."""
    permutation: RunPermutation | None = None
    """Of the runs' shares of lost answers, where both sides have several runs."""
    difference: float | Unavailable
    """a - b over the scored answers."""
    bounds: dict[str, DifferenceBounds | Unavailable] = Field({})
    """By set of reasons."""
    as_failures: dict[str, float | Unavailable] = Field({})
    """a - b with the lost answers of the set as failures, that is, with the lowest score."""


class ExclusionsBlock(Block):
    """The exclusions of conditions."""

    kind: Literal["exclusions"] = "exclusions"
    metric: str
    lowest: float | None = None
    """Score of a failure; None where the metric's scale has no end."""
    highest: float | None = None
    sets: dict[str, tuple[Reason, ...]]
    """The reasons of each set."""
    conditions: dict[str, ConditionLosses]
    pairs: dict[str, PairLosses | Unavailable] = Field({})
    """Keyed 'a - b'."""
    not_compared: Reason | None = None
    """Why there are no pairs, where there could be."""
