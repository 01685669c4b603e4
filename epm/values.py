"""What every value of the results has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

LEVEL = 0.95
"""Two-sided level of every interval."""

Probability = Annotated[float, Field(ge=0, le=1)]
Coefficient = Annotated[float, Field(ge=-1 - 1e-6, le=1 + 1e-6)]
"""A correlation; a computed one may overshoot 1 by a rounding error."""

Reason = Annotated[str, Field(min_length=1)]


class Value(BaseModel):
    """Frozen, without unknown fields, without NaN; written without what is empty."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        written: dict[str, Any] = write(self)
        return {
            name: value
            for name, value in written.items()
            if fields[name].is_required() or (value is not None and value not in ({}, [], ()))
        }


class Unavailable(Value):
    """A number that does not exist, and why."""

    unavailable: Reason


class Interval(Value):
    """A two-sided confidence interval."""

    lower: float
    upper: float
    level: Probability = LEVEL

    def contains(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.lower <= value <= self.upper
