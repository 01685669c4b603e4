"""What an analysis of proportions is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from epm.definition.analysis import AnalysisSpec, Outcome


@dataclass(frozen=True, kw_only=True)
class Proportions(AnalysisSpec):
    """The rate of a counted metric in every condition."""

    kind: ClassVar[str] = "proportions"

    outcome: Outcome
    by_task: bool = False
    """Whether every task is given by itself as well."""
    over_training: bool = False
    """Whether the rate at every checkpoint is given as well, where checkpoints were sampled."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome
