"""What the blocks of all kinds of analysis have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from epm.values import Coefficient, Interval, Probability, Reason, Unavailable, Value

Says = Literal["supported", "excluded", "cannot tell"]

Scale = Literal["proportion", "plain"]
"""Whether an effect is printed in percentage points or as it is."""


class Effect(Value):
    """An estimate with its uncertainty."""

    estimate: float
    se: NonNegativeFloat | Unavailable
    df: PositiveFloat | None
    """Of the t distribution that interval and p rest on; None stands for the normal one."""
    interval: Interval | Unavailable
    p: Probability | Unavailable
    """Two-sided, of no effect."""


class ExpectedEffect(Value):
    """What an effect is compared with: the parent's, computed alike, or one that was foretold."""

    source: str
    estimate: float
    interval: Interval | Unavailable
    difference: Effect | Unavailable
    """Ours minus it, as of two independent experiments."""


class Verdict(Value):
    """What a primary analysis says of its effect, from the interval and not from p.

    Supported: the interval leaves zero out. Excluded: it does not, and leaves out an effect as
    large as the smallest relevant or the expected one. Cannot tell: neither.
    """

    says: Says
    unit: str
    """Of the effect, in words, as in 'per unit of cosine'; empty where it has none."""
    scale: Scale
    effect: Effect
    level: Probability
    detectable: NonNegativeFloat | Unavailable
    """Smallest true effect that would have been found in 80% of such experiments."""
    relevant: PositiveFloat | None
    expected: ExpectedEffect | None


class Adjusted(Value):
    """p corrected over the family."""

    holm: Probability
    bonferroni: Probability
    bh: Probability
    """Benjamini and Hochberg's: the share of false discoveries."""


class TwoWayVariance(Value):
    """Variances of one estimate over answers that share an item, a run, or both.

    The estimate's variance is items + runs - cells, but never less than the larger of the first
    two.
    """

    items: NonNegativeFloat
    """Clustered by item, or by group of items."""
    runs: NonNegativeFloat
    """Clustered by run: one condition under one seed."""
    cells: NonNegativeFloat
    """Clustered by the answers of one run to one item, which the other two count twice."""
    run_clusters: PositiveInt
    floored: bool
    """Whether the larger one-way variance was taken, the two-way one being smaller."""


class RunPermutation(Value):
    """Permutation test whose unit is the run, two-sided by the size of the difference."""

    statistic: float
    """Difference of the means of the runs' means."""
    p: Probability
    smallest: Probability
    """The least p that so many runs could have given."""
    assignments: PositiveInt
    """Ways to share the runs out, or to flip the signs of paired ones; or how many were drawn."""
    exact: bool
    """Whether every way was tried."""


class Reliability(Value):
    """How far differences between conditions would come out alike with other seeds."""

    conditions: PositiveInt
    """With at least two seeds."""
    seeds: tuple[PositiveInt, PositiveInt]
    """Fewest and most of a condition."""
    within: NonNegativeFloat
    """Mean over conditions of the variance between seeds over their number: error of a mean."""
    between: NonNegativeFloat
    """Variance of the conditions' means, that error included."""
    reliability: Annotated[float, Field(le=1)]
    """1 - within/between; below 0 where means differ less than their error alone would make
    them."""
    interval: Interval | Unavailable
    ceiling: Coefficient | Unavailable
    """Its root: the r that a perfect relation would have shown, its predictor without error."""


class Block(Value):
    """The part that every kind's block begins with."""

    label: str = ""
    """In a table's head."""
    question: str
    primary: bool
    n: Annotated[int, Field(ge=0)]
    """Conditions, or other units, that it is computed from."""
    left_out: dict[str, Reason] = Field({})
    """Reason by condition, for those that could not enter."""
    verdict: Verdict | Unavailable | None = None
    """None where the analysis estimates without asking whether there is an effect."""
