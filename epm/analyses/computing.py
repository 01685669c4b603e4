"""Compute the analyses of a definition, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from epm.analyses.block import Block
from epm.analyses.context import Context, Parent
from epm.analyses.data.frame import Frame
from epm.definition.analysis import AnalysisSpec, Gate
from epm.results import GateRecord
from epm.values import Unavailable


class Room(Protocol):
    """The `compute` module of a kind of analysis."""

    def compute(self, spec: Any, frame: Frame, context: Context) -> Block | Unavailable:
        """Answer the question, or say why it has no answer."""


def compute(
    specs: Sequence[AnalysisSpec],
    frame: Frame,
    *,
    alpha: float,
    seed: int,
    parent: Parent | None = None,
) -> dict[str, Block | Unavailable]:
    """Compute analyses; whatever its data cannot support is Unavailable with the reason.

    Args:
        specs: the analyses, each after those that it builds on.
        frame: what was measured.
        alpha: the experiment's level, for whoever states significance.
        seed: the experiment's; every resampling derives its own from it.
        parent: the experiment that findings are compared with.
    """
    blocks: dict[str, Block | Unavailable] = {}
    for spec in specs:
        room = cast(Room, import_module(f"epm.analyses.{spec.kind}.compute"))
        context = Context(alpha, seed, parent, dict(blocks))
        found = room.compute(spec, frame, context)
        if isinstance(found, Block):
            label = spec.label or spec.name.replace("_", " ")
            found = found.model_copy(update={"label": label})
        blocks[spec.name] = found
    return blocks


def gate(criterion: Gate, blocks: Mapping[str, Block | Unavailable]) -> GateRecord:
    """Hold one number of an analysis to its criterion."""
    value: Any = blocks[criterion.analysis]
    for step in criterion.number.split("/"):
        if isinstance(value, Unavailable):
            break
        members = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
        value = members.get(step)
    if not isinstance(value, int | float | Unavailable):
        reason = f"{criterion.analysis} has no number at {criterion.number}"
        value = Unavailable(unavailable=reason)
    passed: bool | None = None
    if not isinstance(value, Unavailable):
        if criterion.at_most is not None:
            passed = bool(value <= criterion.at_most)
        if criterion.at_least is not None:
            passed = bool(value >= criterion.at_least)
    return GateRecord(
        analysis=criterion.analysis,
        number=criterion.number,
        value=value,
        at_most=criterion.at_most,
        at_least=criterion.at_least,
        passed=passed,
    )
