"""What an analysis of means is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.definition.analysis import AnalysisSpec, Outcome


@dataclass(frozen=True, kw_only=True)
class Means(AnalysisSpec):
    """The mean score of every condition: of numbers, or of yes-or-no scores as 1 and 0."""

    kind: ClassVar[str] = "means"

    outcome: Outcome
    over: Literal["answers", "items"] = "answers"
    """Over all answers alike, or over items, each by the mean of its own answers (as Inspect's
    accuracy is): the two differ where items have lost answers."""
    by_task: bool = False
    """Whether every task is given by itself as well."""
    average: bool = False
    """Whether the unweighted mean over tasks is given as well; tasks are taken as fixed, not as a
    sample of tasks. The verdicts are then of it."""
    reference: float | None = None
    """Value that every mean is held against, such as the score of guessing. Verdicts need one."""
    primary_condition: str | None = None
    """The condition that was named before the data were seen; its verdict is uncorrected. None
    corrects the verdicts over the conditions."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome

    def conditions(self) -> Iterator[str]:
        """Of the subset, and the primary one."""
        yield from super().conditions()
        if self.primary_condition is not None:
            yield self.primary_condition

    def problems(self) -> Iterator[str]:
        """An effect that is expected without a reference to measure it from."""
        yield from super().problems()
        if self.reference is None:
            for name, given in (
                ("a smallest relevant effect", self.relevant),
                ("an expected effect", self.expected),
                ("a primary condition", self.primary_condition),
            ):
                if given is not None:
                    yield f"it has {name}, but no reference that means are held against"
        one = self.primary_condition is not None or len(self.among.names) == 1
        if self.reference is not None and self.expected is not None and not one:
            yield "it expects an effect, but of which condition is not said: name the primary one"
        if self.primary_condition in self.among.without:
            yield f"its primary condition '{self.primary_condition}' is left out"
