"""What an analysis of correlation is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.definition.analysis import AnalysisSpec, Outcome, Predictor

Method = Literal["pearson", "spearman", "kendall"]


@dataclass(frozen=True, kw_only=True)
class Correlation(AnalysisSpec):
    """How an outcome goes with one predictor, or with each of a family."""

    kind: ClassVar[str] = "correlation"

    x: tuple[Predictor, ...]
    """A family: its p-values are corrected together."""
    y: Outcome
    methods: tuple[Method, ...] = ("pearson", "spearman")
    primary_x: str | None = None
    """Name of the predictor that was named before the data were seen; its verdict is uncorrected.
    None corrects the verdict over the family."""
    groups: str | None = None
    """Factor whose levels group the conditions: the correlation between and within them."""

    def outcomes(self) -> Iterator[Outcome]:
        """Y."""
        yield self.y

    def predictors(self) -> Iterator[Predictor]:
        """The family."""
        yield from self.x

    def factors(self) -> Iterator[str]:
        """Of the subset, and the groups."""
        yield from super().factors()
        if self.groups:
            yield self.groups

    def problems(self) -> Iterator[str]:
        """An empty family, a method twice, a primary predictor outside the family."""
        yield from super().problems()
        names = [each.name for each in self.x]
        if not names:
            yield "it has no predictor"
        if len(set(names)) < len(names):
            yield "a predictor is named twice"
        if not self.methods or len(set(self.methods)) < len(self.methods):
            yield "its methods are empty, or one is named twice"
        if self.primary_x is not None and self.primary_x not in names:
            yield f"its primary predictor '{self.primary_x}' is not in the family"
