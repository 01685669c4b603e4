"""Which engine samples a model."""

from __future__ import annotations

from epm.engines import Engine
from epm.models.base import BaseModel


def choose(wanted: str, base: BaseModel, merge: bool | None) -> Engine:
    """The engine that fits the machine."""
    from epm.engines.transformers import TransformersEngine

    return TransformersEngine(base, merge)
