"""What an analysis of correlation is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """The first of them has the verdict."""
    primary_x: str | None = None
    """Name of the predictor that was named before the data were seen; its verdict is uncorrected.
    None gives the verdict to the strongest of the family, corrected over it."""
    groups: str | None = None
    """Factor whose levels group the conditions: the correlation between and within them."""
    bootstrap: bool = False
    """Whether Pearson's r has a bootstrap interval over conditions as well."""

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
        """A faulty family or method, a primary predictor outside the family, no correlation."""
        yield from super().problems()
        yield from family_problems(self.x)
        yield from correlation_problems(self, self.methods)
        names = [each.name for each in self.x]
        if self.primary_x is not None and self.primary_x not in names:
            yield f"its primary predictor '{self.primary_x}' is not in the family"


def family_problems(family: Sequence[Predictor]) -> Iterator[str]:
    """What is wrong with the predictors of a family, each in a clause."""
    names = [each.name for each in family]
    if not names:
        yield "it has no predictor"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"the predictor '{name}' is named twice"


def correlation_problems(spec: AnalysisSpec, methods: Sequence[Method]) -> Iterator[str]:
    """Methods that are missing or doubled, effects that no correlation can have."""
    if not methods:
        yield "it has no method"
    if len(set(methods)) < len(methods):
        yield f"a method is named twice in {', '.join(methods)}"
    if spec.relevant is not None and spec.relevant >= 1:
        yield f"the smallest relevant correlation is {spec.relevant}, not below 1"
    if (given := spec.expected) is not None and not (
        -1 < given.lower <= given.estimate <= given.upper < 1
    ):
        yield (
            f"the expected correlation is {given.estimate} [{given.lower}, {given.upper}], which "
            "is no correlation with its interval"
        )
