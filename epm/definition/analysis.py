"""What an analysis is asked, in words that all kinds of analysis share.

The kinds themselves stand in `epm/analyses`, one room each; a definition names them before the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Tasks = Literal["target", "off_target", "all"] | tuple[str, ...]
"""Tasks whose samples count: each condition's own, all but that, all, or those named."""


@dataclass(frozen=True)
class Outcome:
    """A metric over some tasks: what is compared between conditions."""

    metric: str
    tasks: Tasks = "all"


@dataclass(frozen=True)
class Predictor:
    """A covariate or numeric factor of the conditions."""

    name: str
    log: bool = False
    """Take its natural logarithm."""
    label: str = ""
    """On the page and the axis, as in 'cosine to the assistant'; empty stands for the name."""
    unit: str = ""
    """As in 'per unit of cosine', the last word."""

    def __str__(self) -> str:
        """As it is printed."""
        return f"log {self.name}" if self.log else self.name

    @property
    def per_unit(self) -> str:
        """Of what a slope is, as in 'per unit of cosine'."""
        of = self.unit or self.label or self.name.replace("_", " ")
        return f"per unit of {'log ' if self.log else ''}{of}"


@dataclass(frozen=True)
class Subset:
    """Some of the conditions: all that meet every requirement."""

    names: tuple[str, ...] = ()
    """These; empty stands for all."""
    without: tuple[str, ...] = ()
    """Not these."""
    where: tuple[tuple[str, str | float], ...] = ()
    """Those that have these levels of these factors."""

    @property
    def everything(self) -> bool:
        """Whether it asks nothing."""
        return not (self.names or self.without or self.where)


@dataclass(frozen=True)
class Expected:
    """An effect that was found or foretold elsewhere, on the scale of the analysis."""

    estimate: float
    lower: float
    upper: float
    source: str
    """Where it comes from, as in '#122'."""


@dataclass(frozen=True, kw_only=True)
class AnalysisSpec:
    """What every kind of analysis is asked.

    A kind adds its own fields, and names its metrics, predictors and conditions through the
    methods here, so that a name that does not exist is noticed before the run.
    """

    kind: ClassVar[str]

    name: str
    """In the results and on the page; words with underscores."""
    label: str = ""
    """In a table's head, as in 'bystander rate'; empty stands for the name."""
    question: str = ""
    """What it answers, in a plain sentence that ends with a question mark."""
    primary: bool = False
    """Whether the page's message rests on it."""
    among: Subset = field(default_factory=Subset)
    """The conditions it is about. Baselines are left out unless they are named, but not of results
    that were made elsewhere."""
    relevant: float | None = None
    """Smallest effect that would matter, in the unit of the analysis; above 0."""
    expected: Expected | None = None
    """What a finding is compared with, where the experiment has no parent to compute it from."""

    def outcomes(self) -> Iterator[Outcome]:
        """The outcomes it reads."""
        yield from ()

    def predictors(self) -> Iterator[Predictor]:
        """The covariates and numeric factors it reads."""
        yield from ()

    def conditions(self) -> Iterator[str]:
        """The conditions it names."""
        yield from self.among.names
        yield from self.among.without

    def factors(self) -> Iterator[str]:
        """The factors it names."""
        yield from (name for name, _ in self.among.where)

    def analyses(self) -> Iterator[str]:
        """Other analyses, defined before it, that it builds on."""
        yield from ()

    def joint(self) -> Iterator[tuple[str, str]]:
        """Pairs of metrics whose scores of the same answers have to be counted together."""
        yield from ()

    def problems(self) -> Iterator[str]:
        """What contradicts itself in it, each in a clause."""
        if self.relevant is not None and not self.relevant > 0:
            yield f"the smallest relevant effect is {self.relevant}, not above 0"


@dataclass(frozen=True)
class Gate:
    """A criterion over one number of an analysis, fixed before the run."""

    name: str
    analysis: str
    number: str
    """Steps into the analysis' block, as in 'predictions/villain/half_width'."""
    at_most: float | None = None
    at_least: float | None = None
