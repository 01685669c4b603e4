"""How far a dose-response curve can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.dose_response.block import DoseResponseBlock, Logistic, Test
from epm.analyses.limits import Limit
from epm.writing.filters import pvalue

MISFIT = 0.05
"""p of the deviance below which the curve does not fit."""


def limits(block: DoseResponseBlock) -> Iterator[Limit]:
    """A curve that does not fit the rates says less about them."""
    if not isinstance(block.logistic, Logistic):
        return
    fit = block.logistic.goodness_of_fit
    if isinstance(fit, Test) and fit.p < MISFIT:
        yield "MODERATE", f"the logistic curve does not fit the rates well ({pvalue(fit.p)})"
