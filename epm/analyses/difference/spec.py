"""What an analysis of differences is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from epm.analyses.pairs import ConditionPair, PairsSpec
from epm.definition.analysis import Outcome


@dataclass(frozen=True, kw_only=True)
class Difference(PairsSpec):
    """The difference of an outcome between two conditions, or in every pair of several."""

    kind: ClassVar[str] = "difference"

    outcome: Outcome
    over: Literal["answers", "items"] = "answers"
    """What means are over, where items are not paired; paired differences are always over items."""
    by_task: bool = False
    """Whether every task is compared by itself as well; p-values are then corrected over pairs
    and tasks."""
    average: bool = False
    """Whether the unweighted mean of the tasks' differences is given as well, the tasks taken as
    fixed. The verdicts are then of it."""
    shared_seeds: bool = False
    """Whether runs of one seed belong together, as when one adapter is measured twice. Otherwise
    seed 0 of one condition has nothing to do with seed 0 of another."""
    success_from: float | None = None
    """Score from which on an answer of a numeric metric counts as a success, for McNemar's test."""
    primary_pair: ConditionPair | None = None
    """The pair that was named before the data were seen; its verdict is uncorrected. None corrects
    the verdicts over the pairs."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome

    def conditions(self) -> Iterator[str]:
        """Of the subset and of the pairs."""
        yield from super().conditions()
        yield from self.primary_pair or ()

    def problems(self) -> Iterator[str]:
        """A primary pair that is not compared, tasks that are not shared, an effect of no pair."""
        yield from super().problems()
        pair = self.primary_pair
        if pair is not None and self.pairs and pair not in self.pairs:
            yield f"its primary pair {pair!r} is not among its pairs"
        if pair is not None and self.against is not None and pair[1] != self.against:
            yield f"its primary pair {pair!r} is not against '{self.against}'"
        if self.outcome.tasks in ("target", "off_target") and (self.by_task or self.average):
            yield "it compares by task, but its conditions have tasks of their own"
        if self.expected is not None and pair is None and len(self.pairs) != 1:
            yield "it expects an effect, but of which pair is not said: name the primary pair"
