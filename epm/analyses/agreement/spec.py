"""What an analysis of agreement is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.definition.analysis import AnalysisSpec, Outcome, Tasks


@dataclass(frozen=True, kw_only=True)
class Agreement(AnalysisSpec):
    """How far two metrics agree on the same answers: Cohen's κ."""

    kind: ClassVar[str] = "agreement"

    first: str
    """Metric, such as a judge's."""
    second: str
    tasks: Tasks = "all"
    weights: Literal["none", "linear", "quadratic"] = "none"
    """How a disagreement counts: every one alike, or by how far apart the scores are, or by the
    square of that."""

    def outcomes(self) -> Iterator[Outcome]:
        """The two metrics."""
        yield Outcome(self.first, self.tasks)
        yield Outcome(self.second, self.tasks)

    def joint(self) -> Iterator[tuple[str, str]]:
        """The two metrics."""
        yield self.first, self.second

    def problems(self) -> Iterator[str]:
        """A metric beside itself."""
        yield from super().problems()
        if self.first == self.second:
            yield f"it compares '{self.first}' with itself"
