"""The logistic curve with a fitted ceiling."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, log

import numpy as np
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit, xlogy

from epm.analyses.data.cases import FloatArray
from epm.analyses.dose_response.block import Ceiling, Test
from epm.values import Unavailable

_STARTS = (0.5, 0.8, 0.95)
"""Ceilings, as shares of the way from the highest rate to 1, that the fit starts from."""

_FLAT = 1e-7
"""Smallest eigenvalue of the information, over the largest, at which a fit is told apart."""


def ceiling(
    x: FloatArray,
    k: FloatArray,
    n: FloatArray,
    a: float,
    b: float,
    log_likelihood: float,
    plain: Callable[[float], float],
) -> Ceiling | Unavailable:
    """Fit P = c / (1 + exp(-(a + b·x))) by maximum likelihood, all three parameters free.

    Its half-way dose, -a/b, is another quantity than the dose of a rate of 50%. Twice the gain in
    log-likelihood over c = 1, which lies on the boundary, is 0 in half of the samples if that is
    true and chi-squared with one degree of freedom in the others: p = P(chi² > LR)/2.

    Args:
        x: scores of the doses, shape (D,).
        k: hits, shape (D,).
        n: answers, shape (D,).
        a: intercept of the curve without a ceiling, where the fit starts.
        b: its slope.
        log_likelihood: of that curve.
        plain: from a dose as it is fitted to a dose as it was given.

    Returns:
        The fit, or Unavailable with fewer than four doses, where the fitted ceiling is 1, or where
        many curves fit alike.

    Source: Finney (1971), Probit Analysis, 3rd ed., chapter 7, on natural responsiveness, for the
    curve; Self and Liang (1987), J. Am. Stat. Assoc. 82, 605-610, case 5, for the test.
    """
    if len(x) < 4:
        return Unavailable(unavailable="a curve with a ceiling takes four doses")
    middle, spread = float(np.average(x, weights=n)), float(np.std(x))
    z = (x - middle) / spread

    def loss(t: FloatArray) -> tuple[float, FloatArray]:
        inner, top = expit(t[0] + t[1] * z), float(expit(t[2]))
        p = top * inner
        # 1 - p without a difference of nearly equal numbers
        rest = (1 - top) + top * expit(-(t[0] + t[1] * z))
        value = -float(np.sum(xlogy(k, p) + xlogy(n - k, rest)))
        # d log L / d log p, then through the chain of each factor of p
        pull = k - np.where(n > k, (n - k) * p / rest, 0.0)
        in_line = pull * expit(-(t[0] + t[1] * z))
        gradient = np.array([in_line.sum(), in_line @ z, pull.sum() * (1 - top)])
        return value, -gradient

    highest = float(np.max(k / n))
    fits = []
    for share in _STARTS:
        top = min(highest + share * (1 - highest), 1 - 1e-3)
        start = np.array([a + b * middle, b * spread, log(top / (1 - top))])
        rough = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9})
        fits.append(rough)
    best = min(fits, key=lambda each: float(each.fun))
    at = _polished(loss, np.asarray(best.x, float))
    value = loss(at)[0]
    gain = 2 * (-value - log_likelihood)
    top = float(expit(at[2]))
    if gain < 1e-7 or top > 1 - 1e-7:
        return Unavailable(unavailable="rates do not level off: the fitted ceiling is 1")
    information = _second(loss, at)
    sizes = np.linalg.eigvalsh(information)
    if not sizes[0] > _FLAT * sizes[-1]:
        return Unavailable(unavailable="many curves with a ceiling fit these rates alike")
    slope, half = at[1] / spread, middle - at[0] / at[1] * spread
    try:
        dose = plain(float(half))
    except OverflowError:
        dose = float("inf")
    if not isfinite(dose):
        return Unavailable(unavailable="the fitted curve with a ceiling is all but flat")
    saturated = float(np.sum(xlogy(k, k / n) + xlogy(n - k, 1 - k / n)))
    deviance, df = max(0.0, 2 * (saturated + value)), len(x) - 3
    return Ceiling(
        ceiling=top,
        intercept=float(at[0] - at[1] * middle / spread),
        slope=float(slope),
        half_of_ceiling_at=dose,
        extrapolated=not x[0] <= half <= x[-1],
        against_one=Test(statistic=gain, df=1, p=float(stats.chi2.sf(gain, 1)) / 2),
        goodness_of_fit=Test(statistic=deviance, df=df, p=float(stats.chi2.sf(deviance, df))),
    )


Loss = Callable[[FloatArray], tuple[float, FloatArray]]


def _second(loss: Loss, at: FloatArray) -> FloatArray:
    """Second derivative, by central differences of the gradient."""
    steps = np.eye(len(at)) * 1e-5
    rows = [(loss(at + step)[1] - loss(at - step)[1]) / 2e-5 for step in steps]
    return (np.array(rows) + np.array(rows).T) / 2


def _polished(loss: Loss, at: FloatArray) -> FloatArray:
    """A few Newton steps, kept while they bring the gradient nearer to 0."""
    for _ in range(8):
        gradient = loss(at)[1]
        try:
            moved = at - np.linalg.solve(_second(loss, at), gradient)
        except np.linalg.LinAlgError:
            return at
        if not np.linalg.norm(loss(moved)[1]) < np.linalg.norm(gradient):
            return at
        at = moved
    return at
