"""What an analysis of dose and response is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from epm.definition.analysis import AnalysisSpec, Outcome, Predictor

Step = Literal["step"]

VerdictOn = Literal["slope", "trend"]


@dataclass(frozen=True, kw_only=True)
class DoseResponse(AnalysisSpec):
    """How the rate of a counted metric goes with a dose."""

    kind: ClassVar[str] = "dose_response"

    outcome: Outcome
    dose: Predictor | Step
    """A covariate or numeric factor of the conditions, or the optimiser step of checkpoints."""
    log1p: bool = False
    """Fit and score ln(1 + dose) in place of the dose, where doses spread over orders of magnitude
    and one of them is 0. `Predictor.log` does without the 1."""
    verdict_on: VerdictOn = "slope"
    """The slope of the logistic fit, in log-odds per unit of the dose; or the slope of a straight
    line through the rates, in points per unit."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome

    def predictors(self) -> Iterator[Predictor]:
        """The dose, where it is the conditions'."""
        if isinstance(self.dose, Predictor):
            yield self.dose

    def problems(self) -> Iterator[str]:
        """A word that names no dose, two logarithms."""
        yield from super().problems()
        if not isinstance(self.dose, Predictor) and self.dose not in get_args(Step):
            yield f"its dose is {self.dose!r}: give a Predictor, or 'step'"
        if isinstance(self.dose, Predictor) and self.dose.log and self.log1p:
            yield "it takes the logarithm of its dose twice"
        if self.verdict_on not in get_args(VerdictOn):
            yield f"its verdict is on {self.verdict_on!r}, neither slope nor trend"
