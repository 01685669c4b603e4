"""What is asked of results that were made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.checks.names import Problem, faulty_names, no_tuples, unknown
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
        for what, remedy in self._problems():
            raise DefinitionError(f"{self.slug}: {what}", remedy)

    def _problems(self) -> Iterator[Problem]:
        several = ("conditions", "analyses", "gates", "parents", "glossary", "choices")
        yield from no_tuples("the experiment", self, several)
        if not (type(self.issue) is int and self.issue > 0):
            yield f"issue {self.issue!r} is no issue's number", "give the number of an issue"
        if not self.title.strip():
            yield "the title is empty", "say in a few words what is studied"
        for condition in self.conditions:
            if condition.intervention is not None:
                yield (
                    f"condition '{condition.name}' is steered, but its results were made elsewhere",
                    "take the intervention out, and give it the coefficient as a factor",
                )
        names = [spec.name for spec in self.analyses]
        yield from faulty_names("analysis", names)
        for spec in self.analyses:
            for clause in spec.problems():
                yield f"analysis '{spec.name}': {clause}", "mend it"
        for gate in self.gates:
            if gate.analysis not in names:
                yield unknown("analysis", gate.analysis, names, f"gate '{gate.name}'")
        if self.figure and self.figure not in names:
            yield unknown("analysis", self.figure, names, "the figure")

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
