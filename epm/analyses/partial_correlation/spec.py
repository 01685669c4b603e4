"""What an analysis of partial correlation is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.analyses.correlation.spec import correlation_problems, family_problems
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor


@dataclass(frozen=True, kw_only=True)
class PartialCorrelation(AnalysisSpec):
    """How an outcome goes with a predictor when others are held constant."""

    kind: ClassVar[str] = "partial_correlation"

    x: Predictor
    y: Outcome
    given: tuple[Predictor, ...]
    """The covariates, taken out of both."""
    methods: tuple[Literal["pearson", "spearman"], ...] = ("pearson", "spearman")
    """The first of them has the verdict."""

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The predictor and its covariates."""
        yield self.x
        yield from self.given

    def problems(self) -> Iterator[str]:
        """No covariate, a predictor twice, a faulty method, an effect that is no correlation."""
        yield from super().problems()
        yield from correlation_problems(self, self.methods)
        if not self.given:
            yield "nothing is held constant: name a covariate, or ask for a correlation"
        yield from family_problems((self.x, *self.given))
