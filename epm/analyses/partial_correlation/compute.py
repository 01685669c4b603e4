"""Partial correlation: covariates taken out of predictor and outcome."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from epm.analyses.block import Verdict
from epm.analyses.context import Context
from epm.analyses.correlation.block import Coefficients
from epm.analyses.correlation.coefficients import (
    BY_METHOD,
    by_fisher,
    constant,
    counted,
    obstacle,
    ranks,
    standardised,
)
from epm.analyses.correlation.spec import Method
from epm.analyses.correlation.verdict import verdict
from epm.analyses.data.cases import Cases, FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.partial_correlation.block import PartialCorrelationBlock, Plain
from epm.analyses.partial_correlation.spec import PartialCorrelation
from epm.values import Unavailable

COLLINEAR = 1e-10
"""Share of a variable's sum of squares, left by the covariates, below which it is float64 noise."""


def compute(
    spec: PartialCorrelation, frame: Frame, context: Context
) -> PartialCorrelationBlock | Unavailable:
    """The correlations given the covariates, and without them, over the same conditions."""
    family = (spec.x, *spec.given)
    cases = frame.cases(family, spec.y, frame.among(spec.among))
    if not len(cases):
        return Unavailable(
            unavailable="no condition has an outcome, the predictor and all covariates"
        )
    found = {method: _partial(spec, cases, method) for method in spec.methods}
    x, y = cases.x[:, 0], cases.y
    none = obstacle(x, y, names=(spec.x.name, spec.y.metric))
    plain = {method: none or BY_METHOD[method](x, y) for method in spec.methods}
    block = PartialCorrelationBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(cases),
        left_out=cases.left_out,
        metric=spec.y.metric,
        x=spec.x.name,
        given=tuple(each.name for each in spec.given),
        logarithms=tuple(each.name for each in family if each.log),
        covariates=len(spec.given),
        pearson=found.get("pearson"),
        spearman=found.get("spearman"),
        plain=Plain(pearson=plain.get("pearson"), spearman=plain.get("spearman")),
        vif=_vif(spec, cases),
    )
    if not spec.primary:
        return block
    return block.model_copy(update={"verdict": _verdict(spec, found[spec.methods[0]], context)})


def partial(
    x: FloatArray, y: FloatArray, given: FloatArray, names: Sequence[str]
) -> Coefficients | Unavailable:
    """Pearson's r of what the covariates leave of x and of y.

    The residuals of x and of y, each regressed on the k covariates, are correlated; the same as
    -P_xy/sqrt(P_xx·P_yy) with P the inverse of the covariance matrix of all variables, as ppcor in
    R and pingouin compute it. p is two-sided by t on N-2-k degrees of freedom, the interval
    tanh(atanh r ± z/sqrt(N-k-3)): Fisher (1924), Metron 3, 329-332. Spearman's partial
    correlation is this of the ranks of all variables; the residuals are not ranked again.

    Args:
        x: shape (N,).
        y: shape (N,).
        given: shape (N, k).
        names: of x, of y and of the covariates, for reasons.

    Returns:
        The correlation, or Unavailable where too few conditions, or too little of a variable, is
        left.
    """
    k = given.shape[1]
    if none := obstacle(x, y, k + 3, names[:2]):
        return none
    for name, values in zip(names[2:], given.T, strict=True):
        if constant(values):
            return Unavailable(unavailable=f"{name} is the same in all {counted(len(x))}")
    basis = [standardised(values) for values in given.T]
    if np.linalg.matrix_rank(np.array(basis), tol=COLLINEAR**0.5) < k:
        return Unavailable(unavailable=f"{', '.join(names[2:])} are collinear")
    left = []
    for name, values in zip(names, (x, y), strict=False):
        rest = without(basis, standardised(values))
        if rest @ rest < COLLINEAR:
            return Unavailable(
                unavailable=f"given {' and '.join(names[2:])}, nothing of {name} is left"
            )
        left.append(standardised(rest))
    return by_fisher(float(left[0] @ left[1]), len(x), taken_out=k)


def without(basis: Sequence[FloatArray], values: FloatArray) -> FloatArray:
    """Residuals of values regressed on a basis; all of shape (N,) and centred."""
    if not basis:
        return values
    columns = np.array(basis).T
    return np.asarray(values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0])


def _partial(spec: PartialCorrelation, cases: Cases, method: Method) -> Coefficients | Unavailable:
    columns = [*cases.x.T, cases.y]
    if method == "spearman" and len(cases):
        columns = [ranks(values) for values in columns]
    x, *given, y = columns
    names = (spec.x.name, spec.y.metric, *(each.name for each in spec.given))
    return partial(x, y, np.array(given).T, names)


def _vif(spec: PartialCorrelation, cases: Cases) -> float | Unavailable:
    """1/(1 - R²), R² that of the predictor regressed on the covariates.

    Source: Marquardt (1970), Technometrics 12, 591-612.
    """
    x, given = cases.x[:, 0], cases.x[:, 1:]
    if len(cases) < len(spec.given) + 2:
        return Unavailable(unavailable=f"{counted(len(cases))}, {len(spec.given) + 2} needed")
    if constant(x):
        return Unavailable(unavailable=f"{spec.x.name} is the same in all {counted(len(cases))}")
    varying = [standardised(values) for values in given.T if not constant(values)]
    rest = without(varying, standardised(x))
    if (left := rest @ rest) < COLLINEAR:
        return Unavailable(unavailable=f"{spec.x.name} is a linear function of its covariates")
    return float(1 / left)


def _verdict(
    spec: PartialCorrelation, own: Coefficients | Unavailable, context: Context
) -> Verdict | Unavailable:
    if isinstance(own, Unavailable):
        return own
    theirs: Coefficients | Unavailable | None = None
    if context.parent is not None:
        cases = context.parent.cases((spec.x, *spec.given), spec.y, spec.among)
        theirs = _partial(spec, cases, spec.methods[0])
    # Spearman's too is Pearson's of what the covariates leave, of ranks
    return verdict(
        spec,
        own,
        "pearson",
        taken_out=len(spec.given),
        theirs=theirs,
        label=context.parent.label if context.parent else "",
    )
