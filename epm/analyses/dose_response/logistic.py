"""The logistic curve: its coefficients, the dose of a rate of 50%, the points of a figure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from typing import Literal

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, xlogy

from epm.analyses.block import Effect
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.counts import separated
from epm.analyses.dose_response.block import (
    Coefficient,
    CurvePoint,
    HalfRate,
    Logistic,
    OddsRatio,
    Test,
)
from epm.analyses.dose_response.ceiling import ceiling
from epm.analyses.dose_response.clusters import Clustering
from epm.analyses.inference.verdict import effect, quantile
from epm.values import LEVEL, Interval, Unavailable

Plain = Callable[[float], float]
"""From a dose as it is fitted to a dose as it was given."""

POINTS = 41
"""Of the curve in a figure."""

_STEEPEST = 1e12
"""Condition number of the information beyond which a fit is not told."""

_EQUAL = 1e-12
"""Clustered variance of the slope, over the model-based one, that is rounding error."""

_LARGEST = 700.0
"""Of a logarithm whose exponential is a number."""


@dataclass(frozen=True)
class Errors:
    """A covariance of intercept and slope: the largest of several, and which t goes with it."""

    covariances: tuple[FloatArray, ...]
    df: int | None

    def se(self, *weights: float) -> float:
        """Of weights[0]·intercept + weights[1]·slope."""
        w = np.array(weights)
        return sqrt(max(0.0, *(float(w @ v @ w) for v in self.covariances)))

    @property
    def reach(self) -> float:
        """The quantile that an interval takes."""
        return quantile((1 + LEVEL) / 2, self.df)


@dataclass(frozen=True)
class Fit:
    """Logit P = a + b·x by maximum likelihood."""

    a: float
    b: float
    model: Errors
    clustered: Errors | Unavailable
    normal: Errors | Unavailable
    """The clustered ones with normal quantiles."""
    log_likelihood: float

    @property
    def best(self) -> Errors:
        """The clustered errors where there are any."""
        return self.model if isinstance(self.clustered, Unavailable) else self.clustered


def log_likelihood(k: FloatArray, n: FloatArray, log_odds: FloatArray) -> float:
    """Of the single answers, without binomial coefficients."""
    return float(np.sum(k * log_odds - n * np.logaddexp(0, log_odds)))


def saturated(k: FloatArray, n: FloatArray) -> float:
    """The same where every dose has its own rate; 0·log 0 is 0."""
    return float(np.sum(xlogy(k, k / n) + xlogy(n - k, 1 - k / n)))


def by_dose(rows: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scores of the doses in order, with their k and n."""
    sums = rows.groupby("score")[["k", "n"]].sum()
    return sums.index.to_numpy(float), sums["k"].to_numpy(float), sums["n"].to_numpy(float)


def fit(rows: pd.DataFrame, clusters: Clustering | Unavailable) -> Fit | Unavailable:
    """Fit the logistic curve with model-based and cluster-robust errors.

    Maximum likelihood by statsmodels' `GLM`, of doses that are standardised for the fit. Model:
    B = (Σ n p(1-p) x x')⁻¹. Clustered: see `Clustering.covariances`; G/(G-1) and no other factor
    (statsmodels' own takes (N-1)/(N-k) as well, its GEE neither).

    Args:
        rows: with columns score (the dose as it is fitted), k and n.
        clusters: which rows are alike, or why that is not known.
    """
    x, k, n = by_dose(rows)
    if k.sum() == 0 or k.sum() == n.sum():
        what = "no answer is" if k.sum() == 0 else "every answer is"
        return Unavailable(unavailable=f"{what} a hit: a curve has nothing to go by")
    if separated(x, k, n):
        return Unavailable(
            unavailable="one dose parts all hits from all misses: no slope is steep enough"
        )
    middle, spread = float(np.average(x, weights=n)), float(np.std(x))
    design = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sm.GLM(np.column_stack([k, n - k]), design, family=sm.families.Binomial()).fit(
            tol=1e-14, maxiter=200
        )
    standard = np.asarray(found.params, float)
    p = expit(design @ standard)
    information = (design * (n * p * (1 - p))[:, None]).T @ design
    off = np.abs(design.T @ (k - n * p)) if np.all(np.isfinite(p)) else np.array([np.inf])
    if np.any(off > 1e-6 * n.sum()) or np.linalg.cond(information) > _STEEPEST:
        return Unavailable(unavailable="the slope is too steep to be fitted to these doses")
    back = np.array([[1.0, -middle / spread], [0.0, 1 / spread]])
    a, b = (float(value) for value in back @ standard)
    bread = np.linalg.inv(information)
    model = Errors((back @ bread @ back.T,), None)
    reached = log_likelihood(k, n, design @ standard)
    if isinstance(clusters, Unavailable):
        return Fit(a, b, model, clusters, clusters, reached)
    at = np.searchsorted(x, rows["score"].to_numpy(float))
    residual = rows["k"].to_numpy(float) - rows["n"].to_numpy(float) * p[at]
    robust = clusters.covariances(bread, design[at] * residual[:, None])
    if max(float(each[1, 1]) for each in robust) < _EQUAL * float(bread[1, 1]):
        alike = Unavailable(unavailable=f"the slope is the same in every {clusters.name}")
        return Fit(a, b, model, alike, alike, reached)
    covariances = tuple(back @ each @ back.T for each in robust)
    robustly = Errors(covariances, clusters.df)
    return Fit(a, b, model, robustly, Errors(covariances, None), reached)


def logistic(rows: pd.DataFrame, found: Fit, plain: Plain) -> Logistic:
    """What is told of the fit.

    Args:
        rows: as of `fit`.
        found: the fit.
        plain: from a dose as it is fitted to a dose as it was given.
    """
    x, k, n = by_dose(rows)
    flat = saturated(k.sum(keepdims=True), n.sum(keepdims=True))
    lr = max(0.0, 2 * (found.log_likelihood - flat))
    deviance, df = max(0.0, 2 * (saturated(k, n) - found.log_likelihood)), len(x) - 2
    return Logistic(
        trials=int(n.sum()),
        log_likelihood=found.log_likelihood,
        intercept=_coefficient(found, found.a, (1.0, 0.0)),
        slope=_coefficient(found, found.b, (0.0, 1.0)),
        odds_ratio=_odds_ratio(found),
        against_no_slope=Test(statistic=lr, df=1, p=float(stats.chi2.sf(lr, 1))),
        goodness_of_fit=Test(statistic=deviance, df=df, p=float(stats.chi2.sf(deviance, df)))
        if df
        else Unavailable(unavailable="two doses: a line fits any two rates"),
        half_rate=_half_rate(x, k, n, found, plain),
        ceiling=ceiling(x, k, n, found.a, found.b, found.log_likelihood, plain),
        curve=tuple(_curve(x, found, plain)),
        interval_by="model" if isinstance(found.clustered, Unavailable) else "clustered",
    )


def _coefficient(found: Fit, estimate: float, weights: tuple[float, float]) -> Coefficient:
    def by(errors: Errors | Unavailable) -> Effect | Unavailable:
        if isinstance(errors, Unavailable):
            return errors
        return effect(estimate, errors.se(*weights), errors.df)

    model = by(found.model)
    assert isinstance(model, Effect)  # noqa: S101
    return Coefficient(
        model=model, clustered=by(found.clustered), clustered_normal=by(found.normal)
    )


def _odds_ratio(found: Fit) -> OddsRatio | Unavailable:
    """exp(b), with the ends of its intervals."""

    def by(errors: Errors | Unavailable) -> Interval | Unavailable:
        if isinstance(errors, Unavailable):
            return errors
        reach = errors.reach * errors.se(0.0, 1.0)
        if abs(found.b) + reach > _LARGEST:
            return Unavailable(unavailable="too large for a number: take a smaller unit of dose")
        return Interval(lower=exp(found.b - reach), upper=exp(found.b + reach))

    if abs(found.b) > _LARGEST:
        return Unavailable(unavailable="too large for a number: take a smaller unit of dose")
    return OddsRatio(
        estimate=exp(found.b),
        model=by(found.model),
        clustered=by(found.clustered),
        clustered_normal=by(found.normal),
    )


# ------------------------------------------------------------------------- the dose of 50%


def _half_rate(
    x: FloatArray, k: FloatArray, n: FloatArray, found: Fit, plain: Plain
) -> HalfRate | Unavailable:
    """Where a + b·x is 0: the EC50 of a curve from 0 to 1.

    Intervals: delta method, -a/b ± q·sqrt(g'Vg) with g = (-1/b, a/b²); the doses at which the
    likelihood ratio of 'rate 50% here' is at most the 0.95 quantile of chi-squared with one degree
    of freedom; and Fieller's, the doses with (a + b·x)² <= q²·Var(a + b·x). The last two are no
    interval where the slope itself cannot be told from 0.

    Source: Finney (1971), Probit Analysis, 3rd ed., section 4.5, for the delta method and
    Fieller's theorem; Williams (1986), Biometrics 42, 641-645, for the likelihood ratio.
    """
    half = -found.a / found.b if found.b else float("inf")

    def stated(lower: float, upper: float) -> Interval | Unavailable:
        try:
            ends = plain(lower), plain(upper)
        except OverflowError:
            ends = (float("nan"), float("inf"))
        if not all(map(isfinite, ends)):
            return Unavailable(unavailable="it reaches further than numbers do")
        return Interval(lower=ends[0], upper=ends[1])

    def delta(errors: Errors | Unavailable) -> Interval | Unavailable:
        if isinstance(errors, Unavailable):
            return errors
        reach = errors.reach * errors.se(1.0, half) / abs(found.b)
        return stated(half - reach, half + reach)

    def fieller(errors: Errors | Unavailable) -> Interval | Unavailable:
        if isinstance(errors, Unavailable):
            return errors
        at = np.array([1.0, half])
        # one that is negative here has no dose to add to those of the others
        real = [each for each in errors.covariances if float(at @ each @ at) > 0]
        ends = [_fieller(found.a, found.b, each, errors.reach) for each in real]
        known = [each for each in ends if each is not None]
        if not known or len(known) < len(ends):
            return Unavailable(unavailable="the slope cannot be told from 0")
        return stated(min(lower for lower, _ in known), max(upper for _, upper in known))

    try:
        estimate = plain(half)
    except OverflowError:
        estimate = float("inf")
    if not isfinite(estimate):
        return Unavailable(unavailable="the fitted curve is all but flat")
    profile = _profile(x, k, n, found, half)
    return HalfRate(
        estimate=estimate,
        extrapolated=not x[0] <= half <= x[-1],
        delta_model=delta(found.model),
        delta_clustered=delta(found.clustered),
        delta_clustered_normal=delta(found.normal),
        profile=profile if isinstance(profile, Unavailable) else stated(*profile),
        fieller_model=fieller(found.model),
        fieller_clustered=fieller(found.clustered),
        fieller_clustered_normal=fieller(found.normal),
    )


def _fieller(a: float, b: float, v: FloatArray, q: float) -> tuple[float, float] | None:
    square = b * b - q * q * float(v[1, 1])
    linear = 2 * (a * b - q * q * float(v[0, 1]))
    constant = a * a - q * q * float(v[0, 0])
    under = linear * linear - 4 * square * constant
    if square <= 0 or under < 0:
        return None
    return (-linear - sqrt(under)) / (2 * square), (-linear + sqrt(under)) / (2 * square)


def _profile(
    x: FloatArray, k: FloatArray, n: FloatArray, found: Fit, half: float
) -> tuple[float, float] | Unavailable:
    limit = float(stats.chi2.ppf(LEVEL, 1))
    scale = float(np.ptp(x))

    def beyond(at: float) -> float:
        line = _through_half(x - at, k, n) * (x - at)
        return 2 * (found.log_likelihood - log_likelihood(k, n, line)) - limit

    if not beyond(half) < 0:  # far from all doses, where a line through it cannot be found again
        return Unavailable(unavailable="the fitted dose is too far from the doses")
    ends: list[float] = []
    for side in (-1.0, 1.0):
        step = side * scale / 64
        while beyond(half + step) <= 0:
            step *= 2
            if abs(step) > 1e6 * max(scale, abs(half)):
                return Unavailable(unavailable="the slope cannot be told from 0")
        ends.append(float(brentq(beyond, half, half + step, xtol=1e-13 * scale, rtol=1e-14)))
    return ends[0], ends[1]


def _through_half(x: FloatArray, k: FloatArray, n: FloatArray) -> float:
    """Slope of logit P = b·x by maximum likelihood: the root of the score, which falls in b."""
    width = float(np.max(np.abs(x)))

    def score(b: float) -> float:
        return float(x @ (k - n * expit(b * x)))

    reach = 1 / width
    while score(-reach) < 0 or score(reach) > 0:
        reach *= 2
        if reach * width > _LARGEST:
            return reach if score(reach) > 0 else -reach
    return float(brentq(score, -reach, reach, xtol=1e-16 * reach, rtol=1e-15))


def _curve(x: FloatArray, found: Fit, plain: Plain) -> Iterator[CurvePoint]:
    """The fitted rates between the lowest and the highest dose, with logit ± q·se."""
    errors = found.best
    for at in np.linspace(x[0], x[-1], POINTS):
        eta = found.a + found.b * float(at)
        reach = errors.reach * errors.se(1.0, float(at))
        yield CurvePoint(
            dose=plain(float(at)),
            rate=float(expit(eta)),
            interval=Interval(lower=float(expit(eta - reach)), upper=float(expit(eta + reach))),
        )


Scale = Literal["plain", "log", "log1p"]


def logarithm(scale: Scale, dose: float) -> float:
    """A dose as it is fitted."""
    if scale == "plain":
        return dose
    return log(dose) if scale == "log" else float(np.log1p(dose))
