"""What is asked of results that were made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.checks import problem_of_import
from epm.definition.conditions import Condition
from epm.definition.resolved import plain
from epm.errors import DefinitionError


@dataclass(frozen=True)
class ImportedExperiment:
    """A research question about results that were made elsewhere; `epm import` reads them.

    Conditions, tasks and metrics are those of the imported files.

    Raises:
        DefinitionError: on construction, when the definition contradicts itself.
    """

    issue: int
    title: str
    question: str = ""
    conditions: tuple[Condition, ...] = ()
    """What the files do not say of a condition: its role, factors and covariates. One that they do
    not have is on the page as one that was not run."""
    analyses: tuple[AnalysisSpec, ...] = ()
    """Empty takes what suits the measurements, none of it primary."""
    gates: tuple[Gate, ...] = ()
    figure: str = ""
    """Analysis whose figure leads the page; empty takes the first primary one."""
    parents: tuple[int, ...] = ()
    """Issues that this one builds on."""
    glossary: tuple[tuple[str, str], ...] = ()
    """Terms of the page, each with what it means."""
    choices: tuple[str, ...] = ()
    """What was chosen after outcomes had been looked at, a sentence each; printed on the page."""
    confidence_cap: Literal["HIGH", "MODERATE", "LOW"] = "HIGH"
    """The most that a result of such data can be believed, whatever its numbers."""
    alpha: float = 0.05
    seed: int = 42
    """Of resampling."""

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself."""
        if found := problem_of_import(self):
            raise DefinitionError(f"{self.slug}: {found[0]}", found[1])

    @property
    def slug(self) -> str:
        """As on the command line."""
        return f"issue-{self.issue}"

    def as_json(self) -> dict[str, Any]:
        """As the results keep it."""
        value: dict[str, Any] = plain(
            {
                "issue": self.issue,
                "title": self.title,
                "question": self.question,
                "parents": self.parents,
                "figure": self.figure,
                "glossary": dict(self.glossary),
                "alpha": self.alpha,
                "seed": self.seed,
                "conditions": {each.name: {"role": each.role} for each in self.conditions},
                "analyses": {spec.name: spec for spec in self.analyses},
                "gates": {gate.name: gate for gate in self.gates},
                "choices": self.choices,
                "profile": {"name": "imported", "confidence_cap": self.confidence_cap},
            }
        )
        return value
