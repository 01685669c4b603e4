"""What every value of the results has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Coefficient = Annotated[float, Field(ge=-1 - 1e-6, le=1 + 1e-6)]
"""A correlation or cosine; float32 activations may overshoot 1 by a rounding error."""


class Value(BaseModel):
    """Frozen, without unknown fields, without NaN."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


class Unavailable(Value):
    """A number that does not exist, and why."""

    unavailable: Annotated[str, Field(min_length=1)]
