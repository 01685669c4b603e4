"""Fit the model: restricted for what is told, unrestricted for whoever compares with glmer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, minimize

from epm.analyses.data.cases import FloatArray
from epm.analyses.mixed_model.laplace import TERMS, Cells, Mode, approximate, origin
from epm.values import Unavailable

_START = 0.4
"""Standard deviations that the search begins with. Where hits are few, the approximation has a
second maximum at standard deviations of 5 and more, which is its own error: Joe (2008), Comput.
Stat. Data Anal. 52, 5066-5074, on its bias with sparse binary data."""

_LEAST = 1e-4
"""Below which a standard deviation is 0: the gradient vanishes at 0 itself."""

_MOST = 10.0
"""Above which it is no estimate: an odds ratio of 20,000 between one condition and the next."""

_SPURIOUS = Unavailable(
    unavailable="hits are too few: the likelihood is largest where its approximation is wrong"
)


Loss = Callable[[FloatArray], tuple[float, FloatArray]]


class ModeNotFound(ArithmeticError):
    """The effects have no mode at these parameters, or none that is finite."""


@dataclass(frozen=True)
class Estimates:
    """Standard deviations and fixed effects, with the covariance of the latter."""

    sd: FloatArray
    """Shape (4,)."""
    beta: FloatArray
    """Shape (2,)."""
    covariance: FloatArray
    """Shape (2, 2)."""
    log_likelihood: float


def restricted(cells: Cells, kept: list[int]) -> Estimates | Unavailable:
    """By restricted maximum likelihood.

    Variances maximise the likelihood that is integrated over the fixed effects as well; these are
    then read off at the joint mode with the random effects, with their block of H⁻¹. With 12
    conditions the unrestricted variances are a sixth too small. In simulations the joint mode is
    nearer to the truth than the fixed effects that maximise the unrestricted likelihood, which
    exaggerate, and pulls effects to 0 by at most a tenth (one answer a cell, items with a standard
    deviation of 1.5).

    Args:
        cells: the counts.
        kept: places of the random effects that the design has.

    Source: Breslow and Clayton (1993), J. Am. Stat. Assoc. 88, 9-25, section 2.2; as glmmTMB with
    `REML = TRUE`.
    """
    rate = cells.successes.sum() / cells.trials.sum()
    beta = np.array([np.log(rate / (1 - rate)), *np.zeros(cells.x.shape[1] - 1)])
    effects = origin(cells, beta)

    def loss(free: FloatArray) -> tuple[float, FloatArray]:
        nonlocal effects
        mode = approximate(cells, _spread(free, kept), effects)
        if mode is None:
            raise ModeNotFound
        effects = mode.effects
        return mode.value, mode.sd_gradient[kept]

    try:
        sd = _spread(_search(loss, np.full(len(kept), _START), len(kept)), kept)
        mode = approximate(cells, sd, effects)
    except ModeNotFound:
        mode = None
    if mode is None or np.any(sd > _MOST):
        return _runaway(cells)
    return Estimates(sd, mode.beta, mode.covariance, -mode.value)


def _runaway(cells: Cells) -> Unavailable:
    """Why variances have no finite estimate."""
    k, n = (each.sum(axis=(1, 2)) for each in (cells.successes, cells.trials))
    extreme = int(np.sum((k == 0) | (k == n)))
    if extreme:
        return Unavailable(
            unavailable=f"{extreme} of {len(k)} conditions at 0% or 100%: their log-odds are not "
            "finite, and nor is the variance between them"
        )
    return Unavailable(unavailable="its variances have no finite estimate")


def unrestricted(cells: Cells, kept: list[int], start: Estimates) -> Estimates | Unavailable:
    """By maximum likelihood of variances and fixed effects, as lme4's glmer with nAGQ = 1.

    The covariance of the fixed effects is their block of the inverse of the second derivative in
    all parameters; standard deviations that are 0 are held there. As the unrestricted ones are
    smaller as a rule, one that is larger by 1 betrays a maximum that is the approximation's error.

    Args:
        cells: the counts.
        kept: places of the random effects that the design has.
        start: restricted estimates, from which the search begins.
    """
    effects = origin(cells, np.zeros(0))
    free = len(kept)

    def at(parameters: FloatArray) -> Mode:
        nonlocal effects
        sd = _spread(parameters[:free], kept)
        mode = approximate(cells, sd, effects, parameters[free:])
        if mode is None:
            raise ModeNotFound
        effects = mode.effects
        return mode

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        mode = at(parameters)
        return mode.value, np.concatenate([mode.sd_gradient[kept], mode.beta_gradient])

    begin = np.concatenate([np.maximum(start.sd[kept], 0.05), start.beta])
    try:
        found = _search(loss, begin, free)
        moving = [i for i, value in enumerate(found) if i >= free or value > 0]
        covariance = _inverse(loss, found, moving)
        mode = at(found)
    except (ModeNotFound, np.linalg.LinAlgError):
        return _SPURIOUS
    beta = found[free:]
    covariance = covariance[-len(beta) :, -len(beta) :]
    sd = _spread(found[:free], kept)
    if np.any(sd > start.sd + 1) or not np.all(np.diag(covariance) > 0):
        return _SPURIOUS
    return Estimates(sd, beta, covariance, -mode.value)


def _spread(free: FloatArray, kept: list[int]) -> FloatArray:
    """Standard deviations of all terms: 0 for those that the design does not have."""
    sd = np.zeros(TERMS)
    sd[kept] = free
    return sd


def _search(loss: Loss, start: FloatArray, variances: int) -> FloatArray:
    """Minimise over parameters of which the first are standard deviations; small ones become 0."""
    if not len(start):
        return start
    held = np.arange(len(start)) < variances
    # with bounds on both sides the first step is the gradient: half a unit of it
    scale = max(1.0, 2 * float(np.linalg.norm(loss(start)[1])))

    def scaled(at: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = loss(at)
        return value / scale, gradient / scale

    bounds = Bounds(np.where(held, _LEAST, -np.inf), np.where(held, 2 * _MOST, np.inf))
    found = minimize(
        scaled,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-13, "gtol": 1e-6 / scale, "maxiter": 200, "maxfun": 400},
    )
    at = np.array(found.x, float)
    at[held & (at <= 2 * _LEAST)] = 0.0
    return at


def _inverse(loss: Loss, at: FloatArray, moving: list[int]) -> FloatArray:
    """Inverse of the second derivative in some parameters, by central differences."""
    step = 1e-4
    rows = []
    for place in moving:
        ahead, behind = at.copy(), at.copy()
        ahead[place] += step
        behind[place] -= step
        rows.append((loss(ahead)[1] - loss(behind)[1])[moving] / (2 * step))
    second = np.array(rows)
    return np.asarray(np.linalg.inv((second + second.T) / 2))
