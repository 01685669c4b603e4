"""What an analysis of influence is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from epm.analyses.correlation.spec import family_problems
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor


@dataclass(frozen=True, kw_only=True)
class Influence(AnalysisSpec):
    """How much each condition bears on the fit of an outcome on a predictor."""

    kind: ClassVar[str] = "influence"

    x: Predictor
    y: Outcome
    given: tuple[Predictor, ...] = ()
    """Covariates in the same fit."""

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The predictor and its covariates."""
        yield self.x
        yield from self.given

    def problems(self) -> Iterator[str]:
        """A predictor twice."""
        yield from super().problems()
        yield from family_problems((self.x, *self.given))
