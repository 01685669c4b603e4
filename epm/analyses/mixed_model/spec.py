"""What a mixed model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from epm.definition.analysis import AnalysisSpec, Outcome, Predictor, Subset


@dataclass(frozen=True, kw_only=True)
class MixedModel(AnalysisSpec):
    """How a rate goes with a predictor of the conditions, or differs between two arms.

    `relevant` and `expected` are in rate per unit of the predictor, or of the difference: 0.05 is
    five percentage points.
    """

    kind: ClassVar[str] = "mixed_model"

    outcome: Outcome
    x: Predictor | None = None
    """Predictor whose slope is asked for."""
    arms: tuple[Subset, Subset] | None = None
    """Or two arms, each of one condition or several: the first minus the second."""
    also_without: tuple[str, ...] = ()
    """Conditions that a second fit leaves out, such as a reference whose predictor is 1 by
    construction."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome

    def predictors(self) -> Iterator[Predictor]:
        """The one, where it has one."""
        if self.x is not None:
            yield self.x

    def conditions(self) -> Iterator[str]:
        """Of the subset, the arms and the second fit."""
        yield from super().conditions()
        for arm in self.arms or ():
            yield from (*arm.names, *arm.without)
        yield from self.also_without

    def factors(self) -> Iterator[str]:
        """Of the subset and the arms."""
        yield from super().factors()
        for arm in self.arms or ():
            yield from (name for name, _ in arm.where)

    def problems(self) -> Iterator[str]:
        """Neither a predictor nor arms, or both; an arm of everything; nothing to leave out."""
        yield from super().problems()
        if (self.x is None) == (self.arms is None):
            yield "it takes a predictor or two arms, one of them and not both"
        if self.arms is not None:
            if any(arm.everything for arm in self.arms):
                yield "one of its arms is every condition"
            if self.arms[0] == self.arms[1]:
                yield "its arms are the same"
        named = set(self.among.names)
        gone = [
            name
            for name in self.also_without
            if name in self.among.without or (named and name not in named)
        ]
        if gone:
            yield f"it leaves out '{gone[0]}' twice: by `among`, and in a second fit"
