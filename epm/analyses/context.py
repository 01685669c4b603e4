"""What a computation is given beside its question and its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from epm.analyses.data.cases import Cases
from epm.analyses.data.frame import Frame
from epm.definition import derive_seed
from epm.definition.analysis import Outcome, Predictor, Subset


@dataclass(frozen=True)
class Parent:
    """The experiment that findings are compared with."""

    label: str
    frame: Frame
    names: Mapping[str, str] = field(default_factory=dict)
    """What the parent calls a covariate, metric or condition, where it calls it otherwise."""

    def name(self, ours: str) -> str:
        """What the parent calls it."""
        return self.names.get(ours, ours)

    def outcome(self, ours: Outcome) -> Outcome:
        """Our outcome in the parent's names."""
        tasks = ours.tasks if isinstance(ours.tasks, str) else tuple(map(self.name, ours.tasks))
        return Outcome(self.name(ours.metric), tasks)

    def predictor(self, ours: Predictor) -> Predictor:
        """Our predictor in the parent's names."""
        return replace(ours, name=self.name(ours.name))

    def subset(self, ours: Subset) -> Subset:
        """Our subset of the conditions in the parent's names."""
        return Subset(
            tuple(map(self.name, ours.names)),
            tuple(map(self.name, ours.without)),
            tuple((self.name(factor), level) for factor, level in ours.where),
        )

    def cases(self, x: Sequence[Predictor], y: Outcome, among: Subset) -> Cases:
        """The parent's predictors and outcome by condition; empty where it has none of it."""
        theirs = self.outcome(y)
        known = theirs.metric in self.frame.metrics
        names = self.frame.among(self.subset(among)) if known else []
        return self.frame.cases([self.predictor(each) for each in x], theirs, names)


@dataclass(frozen=True)
class Context:
    """What a computation is given beside its question and its data."""

    alpha: float
    seed: int
    """The experiment's; every resampling derives its own from it."""
    parent: Parent | None = None
    blocks: Mapping[str, Any] = field(default_factory=dict)
    """Of the analyses that were computed before this one, by name."""

    def seed_for(self, *labels: str) -> int:
        """A seed for one purpose, the same on every machine."""
        return derive_seed(self.seed, *labels)
