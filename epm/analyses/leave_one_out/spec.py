"""What an analysis that leaves conditions out is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from epm.analyses.correlation.spec import family_problems
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor


@dataclass(frozen=True, kw_only=True)
class LeaveOneOut(AnalysisSpec):
    """Whether a correlation and a fit rest on one condition or group, and predict the others."""

    kind: ClassVar[str] = "leave_one_out"

    x: Predictor
    y: Outcome
    given: tuple[Predictor, ...] = ()
    """Covariates in the fit; the correlations are without them."""
    groups: str | None = None
    """Factor whose levels are left out whole as well."""
    family: tuple[Predictor, ...] = ()
    """Predictors of which every fold chooses its strongest, as a search over them would have."""
    new: tuple[str, ...] = ()
    """Conditions that a fit of the others is to predict, where that is what is asked."""

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The predictor, its covariates and the family."""
        yield from dict.fromkeys((self.x, *self.given, *self.family))

    def conditions(self) -> Iterator[str]:
        """Of the subset, and the new ones."""
        yield from super().conditions()
        yield from self.new

    def factors(self) -> Iterator[str]:
        """Of the subset, and the groups."""
        yield from super().factors()
        if self.groups:
            yield self.groups

    def problems(self) -> Iterator[str]:
        """A predictor or a new condition twice, a family of one."""
        yield from super().problems()
        yield from family_problems((self.x, *self.given))
        if self.family:
            yield from family_problems((*self.family, *self.given))
        if len(self.family) == 1:
            yield "its family has one predictor: there is nothing to choose from"
        for name in dict.fromkeys(self.new):
            if self.new.count(name) > 1:
                yield f"the new condition '{name}' is named twice"
