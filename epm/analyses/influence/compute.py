"""Leverage, Cook's distance, DFFITS and studentised residuals."""

from __future__ import annotations

from math import sqrt

import numpy as np
from statsmodels.stats.outliers_influence import OLSInfluence

from epm.analyses.context import Context
from epm.analyses.correlation.coefficients import counted
from epm.analyses.data.cases import Cases
from epm.analyses.data.frame import Frame
from epm.analyses.influence.block import Diagnostics, InfluenceBlock, Over, Thresholds
from epm.analyses.influence.spec import Influence
from epm.analyses.regression.least_squares import (
    NO_RESIDUALS,
    ONE,
    PERFECT,
    LeastSquares,
    least_squares,
)
from epm.values import Unavailable


def compute(spec: Influence, frame: Frame, context: Context) -> InfluenceBlock | Unavailable:
    """The diagnostics of every condition in the fit."""
    predictors = (spec.x, *spec.given)
    cases = frame.cases(predictors, spec.y, frame.among(spec.among))
    fitted = least_squares(cases, [*(each.name for each in predictors), spec.y.metric])
    if isinstance(fitted, Unavailable):
        return fitted
    found = influence(fitted, cases)
    if isinstance(found, Unavailable):
        return found
    p = 1 + len(predictors)
    thresholds = conventional(len(cases), p)
    over = {
        measure: tuple(
            name for name, own in found.items() if abs(getattr(own, measure)) > threshold
        )
        for measure, threshold in thresholds.model_dump().items()
    }
    return InfluenceBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(cases),
        left_out=cases.left_out,
        metric=spec.y.metric,
        x=spec.x.name,
        given=tuple(each.name for each in spec.given),
        logarithms=tuple(each.name for each in predictors if each.log),
        parameters=p,
        thresholds=thresholds,
        conditions=found,
        over=Over(**over),
    )


def conventional(n: int, p: int) -> Thresholds:
    """From where on a condition is usually looked at.

    Source: Belsley, Kuh and Welsch (1980), Regression Diagnostics, section 2.1, for leverage 2p/N
    and DFFITS 2·sqrt(p/N); Bollen and Jackman (1990), in Modern Methods of Data Analysis, for
    Cook's 4/N; a studentised residual of 3 is common usage.
    """
    return Thresholds(leverage=2 * p / n, cook=4 / n, dffits=2 * sqrt(p / n), studentised=3.0)


def influence(fitted: LeastSquares, cases: Cases) -> dict[str, Diagnostics] | Unavailable:
    """The diagnostics of each condition; statsmodels' `OLSInfluence`.

    With e the residuals, s² = RSS/(N-p) and s²_(i) = (RSS - e_i²/(1-h_i))/(N-p-1):

        leverage     h_i, the diagonal of X(X'X)⁻¹X'
        Cook         e_i²/(p·s²) · h_i/(1-h_i)²
        studentised  t_i = e_i/sqrt(s²_(i)·(1-h_i)), externally
        DFFITS       t_i·sqrt(h_i/(1-h_i))
        DFBETAS      (b - b_(i)) of the first predictor, over s_(i)·sqrt((X'X)⁻¹_bb)

    Source: Belsley, Kuh and Welsch (1980), Regression Diagnostics, ch. 2; Cook (1977),
    Technometrics 19, 15-18.

    Returns:
        By condition, or Unavailable where a denominator is zero: no degree of freedom is left, a
        condition has leverage 1, or all others lie on the line.
    """
    if fitted.df < 2:
        return Unavailable(unavailable=f"{counted(fitted.n)}, {fitted.n - fitted.df + 2} needed")
    if fitted.perfect:
        return NO_RESIDUALS
    leverage = fitted.leverage
    for name, h in zip(cases.names, leverage, strict=True):
        if h >= ONE:
            return Unavailable(unavailable=f"{name} has leverage 1: nothing else fixes its value")
    residuals = np.asarray(fitted.result.resid)
    unexplained = float(np.sum(residuals**2))
    for name, rest in zip(cases.names, unexplained - residuals**2 / (1 - leverage), strict=True):
        if rest <= PERFECT * unexplained:
            return Unavailable(unavailable=f"without {name} the fit is perfect")
    found = OLSInfluence(fitted.result)
    return {
        name: Diagnostics(
            leverage=float(leverage[i]),
            cook=float(found.cooks_distance[0][i]),
            dffits=float(found.dffits[0][i]),
            dfbetas=float(found.dfbetas[i, 1]),
            studentised=float(found.resid_studentized_external[i]),
            residual=float(residuals[i]),
        )
        for i, name in enumerate(cases.names)
    }
