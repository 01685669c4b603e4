"""What an analysis of regression is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.analyses.correlation.spec import family_problems
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor

Errors = Literal["ordinary", "hc3", "clustered"]
"""Equal variances; White's, as by MacKinnon; conditions of one cluster alike."""


@dataclass(frozen=True, kw_only=True)
class Regression(AnalysisSpec):
    """How much an outcome changes per unit of a predictor, by least squares over conditions."""

    kind: ClassVar[str] = "regression"

    x: Predictor
    """The predictor that the question is about."""
    y: Outcome
    given: tuple[Predictor, ...] = ()
    """Covariates in the same fit."""
    errors: Errors = "ordinary"
    """Which standard errors decide; the others stand beside them."""
    clusters: str | None = None
    """Factor whose levels are clusters, for clustered errors."""
    weights: Literal["none", "trials"] = "none"
    """Whether a condition counts by the number of its answers."""
    predict: tuple[str, ...] = ()
    """Conditions that are held out of the fit and predicted from it."""

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The predictor and its covariates."""
        yield self.x
        yield from self.given

    def conditions(self) -> Iterator[str]:
        """Of the subset, and those predicted."""
        yield from super().conditions()
        yield from self.predict

    def factors(self) -> Iterator[str]:
        """Of the subset, and the clusters."""
        yield from super().factors()
        if self.clusters:
            yield self.clusters

    def problems(self) -> Iterator[str]:
        """A predictor or a predicted condition twice, clustered errors without clusters."""
        yield from super().problems()
        yield from family_problems((self.x, *self.given))
        if self.errors == "clustered" and self.clusters is None:
            yield "its errors are clustered, but no factor is named for the clusters"
        for name in dict.fromkeys(self.predict):
            if self.predict.count(name) > 1:
                yield f"the condition '{name}' is predicted twice"
