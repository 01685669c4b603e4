"""What an analysis of the best of several predictors is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from epm.analyses.correlation.spec import correlation_problems, family_problems
from epm.definition.analysis import AnalysisSpec, Outcome, Predictor


@dataclass(frozen=True, kw_only=True)
class BestOf(AnalysisSpec):
    """Which of a family of predictors an outcome goes with most, and whether beyond the choice."""

    kind: ClassVar[str] = "best_of"

    x: tuple[Predictor, ...]
    """The family."""
    y: Outcome

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The family."""
        yield from self.x

    def problems(self) -> Iterator[str]:
        """A family of one, a predictor twice, an effect that is no correlation."""
        yield from super().problems()
        yield from family_problems(self.x)
        yield from correlation_problems(self, ("pearson", "spearman"))
        if len(self.x) == 1:
            yield "it has one predictor: there is nothing to choose from"
