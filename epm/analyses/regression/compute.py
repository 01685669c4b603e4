"""Least squares of an outcome on a predictor, over condition means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from epm.analyses.block import Verdict
from epm.analyses.context import Context
from epm.analyses.data.cases import Cases, FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.inference.verdict import compared, effect, judge
from epm.analyses.regression.block import (
    Fit,
    LinePoint,
    Point,
    Prediction,
    RatePrediction,
    RegressionBlock,
    StandardError,
)
from epm.analyses.regression.least_squares import NO_RESIDUALS, LeastSquares, least_squares
from epm.analyses.regression.rates import LogisticFit, fit_rates, predict_rate
from epm.analyses.regression.spec import Errors, Regression
from epm.definition.analysis import Outcome
from epm.values import Interval, Unavailable

LINE_POINTS = 21
"""Values of the predictor at which the line is given."""


def compute(spec: Regression, frame: Frame, context: Context) -> RegressionBlock | Unavailable:
    """The fit, its predictions and the parent's."""
    names = [name for name in frame.among(spec.among) if name not in spec.predict]
    cases = frame.cases((spec.x, *spec.given), spec.y, names)
    weights = _weights(spec, frame, spec.y, cases)
    if isinstance(weights, Unavailable):
        return weights
    fitted = least_squares(cases, _terms(spec), weights)
    if isinstance(fitted, Unavailable):
        return fitted
    clusters = _clusters(spec.clusters, frame, cases)
    fit = fitted.fit(clusters)
    parent = _parents(spec, context)
    predictors = (spec.x, *spec.given)
    block = RegressionBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(cases),
        left_out=cases.left_out,
        metric=spec.y.metric,
        scale=frame.scale(spec.y, cases.names),
        x=spec.x.name,
        given=tuple(each.name for each in spec.given),
        logarithms=tuple(each.name for each in predictors if each.log),
        errors=spec.errors,
        clustered_by=spec.clusters,
        weights=spec.weights,
        fit=fit,
        points={
            name: Point(x=float(x), y=float(y))
            for name, x, y in zip(cases.names, cases.x[:, 0], cases.y, strict=True)
        },
        line=tuple(_line(spec, frame, fitted, cases, clusters)),
        held_out=len(spec.predict),
        predictions=dict(_predictions(spec, frame, fitted, cases)),
        parent=parent,
    )
    if not spec.primary:
        return block
    return block.model_copy(update={"verdict": _verdict(spec, block, context)})


def _terms(spec: Regression) -> list[str]:
    return [spec.x.name, *(each.name for each in spec.given), spec.y.metric]


def _weights(
    spec: Regression, frame: Frame, y: Outcome, cases: Cases
) -> FloatArray | Unavailable | None:
    if spec.weights == "none":
        return None
    answers = {name: frame.answers(y, name) for name in cases.names}
    unknown = [name for name, n in answers.items() if n is None]
    if unknown:
        return Unavailable(unavailable=f"how many answers {unknown[0]} gave is not known")
    return np.array(list(answers.values()), float)


def _clusters(factor: str | None, frame: Frame, cases: Cases) -> list[str] | Unavailable | None:
    if factor is None:
        return None
    level = {
        name: group for group, names in frame.groups(factor, cases.names).items() for name in names
    }
    without = [name for name in cases.names if name not in level]
    if without:
        return Unavailable(unavailable=f"{without[0]} has no {factor}")
    return [level[name] for name in cases.names]


# ---------------------------------------------------------------- the line, and points off it


def _line(
    spec: Regression,
    frame: Frame,
    fitted: LeastSquares,
    cases: Cases,
    clusters: Sequence[str] | Unavailable | None,
) -> Iterator[LinePoint]:
    """The line with its band, over the predictor's range, predicted conditions included."""
    found = fitted.covariance(spec.errors, clusters)
    if spec.given or isinstance(found, Unavailable):
        return
    predicted = [_at(spec, frame, name) for name in spec.predict]
    xs = [*cases.x[:, 0], *(x[0] for x in predicted if not isinstance(x, Unavailable))]
    at = np.linspace(min(xs), max(xs), LINE_POINTS)[:, None]
    for x, y, reach in zip(at[:, 0], fitted.at(at), fitted.band(at, *found), strict=True):
        yield LinePoint(x=float(x), y=float(y), lower=float(y - reach), upper=float(y + reach))


def _predictions(
    spec: Regression, frame: Frame, fitted: LeastSquares, cases: Cases
) -> Iterator[tuple[str, Prediction | Unavailable]]:
    ends = frame.ends(spec.y, cases.names)
    rates = _rates(spec, frame, fitted, cases) if spec.predict and ends == (0.0, 1.0) else None
    for name in spec.predict:
        at = _at(spec, frame, name)
        if isinstance(at, Unavailable):
            yield name, at
        elif fitted.perfect:
            yield name, NO_RESIDUALS
        else:
            found = _prediction(spec, frame, fitted, name, at, ends)
            if isinstance(found, Prediction) and rates is not None:
                rate = _rate(spec, frame, rates, name, fitted.row(at))
                found = found.model_copy(update={"rate": rate})
            yield name, found


def _at(spec: Regression, frame: Frame, name: str) -> FloatArray | Unavailable:
    """The predictors of a condition, shape (predictors,)."""
    if name not in frame.conditions:
        return Unavailable(unavailable="it is not among the conditions")
    found = frame.predictors(name, (spec.x, *spec.given))
    return Unavailable(unavailable=found) if isinstance(found, str) else np.array(found, float)


def _prediction(
    spec: Regression,
    frame: Frame,
    fitted: LeastSquares,
    name: str,
    at: FloatArray,
    ends: tuple[float, float] | None,
) -> Prediction | Unavailable:
    """Hold a condition that is not in the fit against the fit's 95% prediction interval."""
    weight: float | None = 1.0
    if spec.weights == "trials":
        weight = frame.answers(spec.y, name)
    if weight is None:
        return Unavailable(unavailable="how many answers it gave is not known")
    predicted, half_width = float(fitted.at(at)), fitted.half_width(at, weight)
    interval = Interval(lower=predicted - half_width, upper=predicted + half_width)
    observed = frame.estimate(spec.y, name)
    missing = Unavailable(unavailable=frame.why_missing(name, spec.y))
    return Prediction(
        observed=missing if observed is None else observed,
        predicted=predicted,
        interval=interval,
        half_width=half_width,
        inside=missing if observed is None else interval.contains(observed),
        leaves_scale=None if ends is None else interval.lower < ends[0] or interval.upper > ends[1],
    )


def _rates(
    spec: Regression, frame: Frame, fitted: LeastSquares, cases: Cases
) -> LogisticFit | Unavailable:
    answers = [frame.answers(spec.y, name) for name in cases.names]
    counts = [n for n in answers if n is not None]
    if len(counts) < len(answers):
        return Unavailable(unavailable="how many answers the rates are of is not known")
    return fit_rates(fitted.row(cases.x), cases.y, np.array(counts, float))


def _rate(
    spec: Regression, frame: Frame, fit: LogisticFit | Unavailable, name: str, row: FloatArray
) -> RatePrediction | Unavailable:
    observed, trials = frame.estimate(spec.y, name), frame.answers(spec.y, name)
    if observed is None:
        return Unavailable(unavailable=frame.why_missing(name, spec.y))
    if trials is None:
        return Unavailable(unavailable="how many answers it gave is not known")
    return fit if isinstance(fit, Unavailable) else predict_rate(fit, row, trials, observed)


# ---------------------------------------------------------------- what it says


def _parents(spec: Regression, context: Context) -> Fit | Unavailable | None:
    parent = context.parent
    if parent is None:
        return None
    cases = parent.cases((spec.x, *spec.given), spec.y, spec.among)
    weights = _weights(spec, parent.frame, parent.outcome(spec.y), cases)
    if isinstance(weights, Unavailable):
        return weights
    fitted = least_squares(cases, _terms(spec), weights)
    if isinstance(fitted, Unavailable):
        return fitted
    factor = None if spec.clusters is None else parent.name(spec.clusters)
    return fitted.fit(_clusters(factor, parent.frame, cases))


def _verdict(spec: Regression, block: RegressionBlock, context: Context) -> Verdict | Unavailable:
    """On the predictor's slope, by the errors that decide; the parent's by the same."""
    own = slope(block.fit, spec.x.name, spec.errors)
    if isinstance(own, Unavailable):
        return own
    ours = effect(block.fit.terms[spec.x.name].estimate, own.se, own.df)
    expected = None
    if isinstance(block.parent, Fit) and context.parent is not None:
        theirs = slope(block.parent, spec.x.name, spec.errors)
        if isinstance(theirs, StandardError):
            estimate = block.parent.terms[spec.x.name].estimate
            expected = compared(ours, effect(estimate, theirs.se, theirs.df), context.parent.label)
    return judge(
        spec,
        ours,
        unit=spec.x.per_unit,
        scale=block.scale,
        expected=expected,
    )


def slope(fit: Fit, name: str, errors: Errors) -> StandardError | Unavailable:
    """The uncertainty of a coefficient by the errors that decide."""
    found = getattr(fit.terms[name], errors)
    if found is None:
        return Unavailable(unavailable="no clusters are named")
    return found  # type: ignore[no-any-return]
