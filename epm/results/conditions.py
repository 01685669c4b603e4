"""What was compared: the conditions, the tasks, and what is known of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from epm.values import Reason, Value


class TrainingRecord(Value):
    """How one adapter was trained."""

    rows: PositiveInt
    steps: PositiveInt
    tokens: PositiveInt
    """Tokens seen, prompts included, over all epochs."""
    completion_tokens: PositiveInt
    """Tokens that the loss was taken on, over all epochs."""
    truncated_rows: NonNegativeInt
    first_loss: float
    final_loss: float
    """Mean loss of the last tenth of the steps, in nats per completion token."""
    grouping: str | None = None
    """What was trained at once, in a phrase, where rounding depends on it; None where it does not.

    See `EngineRecord.batch_invariant`.
    """


class SteeringRecord(Value):
    """How the activations of one condition were moved, and by what."""

    layer: NonNegativeInt
    coefficient: float
    length: PositiveFloat
    """Of the direction as it was found, before any norm."""
    typical: PositiveFloat | None = None
    """Mean length of the activations that it is the difference of; None where it is from a file."""
    prompts: NonNegativeInt = 0
    """That were read for it."""
    sha256: str
    """Of the file of the direction as it was added, in `direction/` of the run folder."""


class ConditionRecord(Value):
    """One condition, and what is known of it beside its measurements."""

    role: Literal["treatment", "baseline"] = "treatment"
    target: str | None = None
    """Task that it is about; the others are off-target."""
    factors: dict[str, str | float] = Field({})
    covariates: dict[str, float] = Field({})
    training: dict[str, TrainingRecord] = Field({})
    """By replicate; empty where nothing was trained, or where nothing is known of it."""
    steering: dict[str, SteeringRecord] = Field({})
    """By replicate; empty where nothing was steered."""
    missing: dict[str, Reason] = Field({})
    """Reason by replicate, for those of which nothing is left."""


class TaskRecord(Value):
    """What was asked."""

    items: tuple[str, ...] = ()
    """Ids of all items that were planned; empty where they are not known."""
    dataset: str = ""
    """Tasks of one data set share their items; empty where no other task has them."""
    clusters: dict[str, str] = Field({})
    """Cluster by item, where that is more than the item itself."""
    system_prompt: str | None = None


class MetricRecord(Value):
    """What was measured."""

    label: str
    """On the page, as in 'marker rate'."""
    lower: float | None = None
    upper: float | None = None
    """Ends of the scale; None where it has none. A count's scale is [0, 1]."""
    unit: str = ""
    near_miss: bool = False
    """Whether it counts what almost matched another metric."""


class CovariateRecord(Value):
    """A number of every condition."""

    label: str
    unit: str = ""
