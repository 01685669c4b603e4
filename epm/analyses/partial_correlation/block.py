"""What the results hold of an analysis of partial correlation."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeInt

from epm.analyses.block import Block
from epm.analyses.correlation.block import Coefficients
from epm.values import Unavailable, Value


class Plain(Value):
    """The correlations over the same conditions with nothing held constant."""

    pearson: Coefficients | Unavailable | None = None
    spearman: Coefficients | Unavailable | None = None


class PartialCorrelationBlock(Block):
    """Correlations of a predictor and an outcome, covariates taken out of both."""

    kind: Literal["partial_correlation"] = "partial_correlation"
    metric: str
    x: str
    given: tuple[str, ...]
    logarithms: tuple[str, ...] = ()
    """Predictors and covariates whose natural logarithm is taken."""
    covariates: NonNegativeInt
    """k: p rests on N-2-k degrees of freedom, the interval on N-k-3."""
    pearson: Coefficients | Unavailable | None = None
    spearman: Coefficients | Unavailable | None = None
    plain: Plain
    vif: float | Unavailable
    """Variance inflation of the predictor: 1/(1 - R²) with R² of it on the covariates."""
