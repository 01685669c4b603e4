"""The experiment that this one builds on, as far as its data are at hand."""

from __future__ import annotations

from pydantic import Field, JsonValue

from epm.results.conditions import ConditionRecord
from epm.results.measurements import Measurements
from epm.values import Value


class RecipeDifference(Value):
    """A setting of the recipe that is not the parent's."""

    setting: str
    """Steps into the profile, as in 'training/learning_rate'."""
    here: JsonValue
    parent: JsonValue


class ParentRecord(Value):
    """What is compared with: its counts, covariates and recipe."""

    label: str
    """As in 'the 7B experiment'."""
    issue: int | None = None
    file: str
    """Where its data come from, in the experiment's folder."""
    sha256: str
    conditions: dict[str, ConditionRecord]
    measurements: Measurements
    recipe: tuple[RecipeDifference, ...] = Field(())
    """What differs; empty where nothing does, or where its recipe is not known."""
    recipe_known: bool
