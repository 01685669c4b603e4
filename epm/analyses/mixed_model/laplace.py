"""The likelihood of a binomial mixed model by Laplace's approximation, with its gradient.

Condition c (of C), training s (of S), item i (of I): k of n answers are hits, and

    logit p_csi = x_c·beta + sd_1·u_c + sd_2·u_cs + sd_3·u_i + sd_4·u_ci,    all u ~ N(0, 1)

the effects of condition, training, item, and condition × item. A standard deviation of 0 takes its
effects out. Integrated over u by Laplace's approximation at its mode, the negative log-likelihood
is pen(u) + ½·log det H(u), with pen = -log Bin(k | u) + ½·|u|² and H its second derivative in u.
With fixed effects integrated as well, flat prior, it is the restricted likelihood.

Source: Bates, Mächler, Bolker and Walker (2015), J. Stat. Softw. 67(1), for the model in spherical
effects and penalised iteratively reweighted least squares; Skaug and Fournier (2006), Comput. Stat.
Data Anal. 51, 699-709, for the gradient through the mode; Breslow and Clayton (1993), J. Am. Stat.
Assoc. 88, 9-25, section 2.2, for the restricted likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.special import expit, gammaln

from epm.analyses.data.cases import FloatArray
from epm.analyses.mixed_model.curvature import Curvature, Effects, gathered, predictor

TERMS = 4
"""Condition, training, item, condition × item."""

_STEPS = 100
_LAST = 1e-10
"""Expected gain, in log-likelihood, of a Newton step that is the last one."""


@dataclass(frozen=True)
class Cells:
    """Counts by condition, training and item; a cell that was not sampled has n = 0."""

    successes: FloatArray
    """Shape (C, S, I)."""
    trials: FloatArray
    """Shape (C, S, I)."""
    x: FloatArray
    """Fixed effects of the conditions, shape (C, p)."""

    @property
    def coefficients(self) -> float:
        """Sum of the logarithms of the binomial coefficients."""
        k, n = self.successes, self.trials
        return float((gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).sum())


def origin(cells: Cells, fixed: FloatArray) -> Effects:
    """All random effects 0."""
    conditions, trainings, items = cells.trials.shape
    return Effects(
        np.zeros(conditions),
        np.zeros((conditions, trainings)),
        np.zeros(items),
        np.zeros((conditions, items)),
        fixed,
    )


@dataclass(frozen=True)
class Mode:
    """The approximation at one set of parameters."""

    value: float
    """Negative log-likelihood."""
    sd_gradient: FloatArray
    """Of the value in the standard deviations, shape (4,)."""
    beta_gradient: FloatArray
    """Of the value in held fixed effects, shape (p,); zeros where they were free."""
    beta: FloatArray
    """Fixed effects, shape (p,)."""
    covariance: FloatArray
    """Of the free fixed effects; of no element where they were held."""
    effects: Effects
    """The mode, from which a neighbouring set of parameters starts."""


@dataclass(frozen=True)
class _Peak:
    """The mode of the effects, and what the likelihood is like there."""

    effects: Effects
    value: float
    """Of pen."""
    p: FloatArray
    residual: FloatArray
    curvature: Curvature


def approximate(
    cells: Cells, sd: FloatArray, start: Effects, beta: FloatArray | None = None
) -> Mode | None:
    """Laplace's approximation: find the mode of the effects, and take the curvature there.

    Args:
        cells: the counts.
        sd: standard deviations, shape (4,), none below 0.
        start: where the search for the mode begins, before it begins at 0; its fixed effects count
            if they are free.
        beta: fixed effects that are held; None integrates over them, for the restricted likelihood.

    Returns:
        None where the mode was not reached, as where it lies at infinity.
    """
    restricted = beta is None
    free = cells.x if restricted else cells.x[:, :0]
    offset = np.zeros((1, 1, 1)) if beta is None else (cells.x @ beta)[:, None, None]
    begin = start if restricted else start.random(np.zeros(0))
    with np.errstate(over="ignore", invalid="ignore"):
        peak = _climb(cells, sd, free, offset, begin)
        if peak is None:
            nowhere = origin(cells, np.zeros(free.shape[1]))
            peak = _climb(cells, sd, free, offset, nowhere)
    if peak is None:
        return None
    sd_gradient, by_condition, covariance = _gradient(cells, sd, free, peak)
    count = free.shape[1]
    return Mode(
        value=peak.value + peak.curvature.logdet / 2 - cells.coefficients - count / 2 * log(2 * pi),
        sd_gradient=sd_gradient,
        beta_gradient=np.zeros(count) if restricted else cells.x.T @ by_condition,
        beta=peak.effects.fixed if beta is None else beta,
        covariance=covariance,
        effects=peak.effects,
    )


def _climb(
    cells: Cells, sd: FloatArray, x: FloatArray, offset: FloatArray, effects: Effects
) -> _Peak | None:
    """Newton's method with step halving: pen is convex.

    The last step is taken once the gain is next to nothing: with the quadratic convergence of the
    method that leaves the mode exact, and the value the same from wherever the search began.
    """
    k, n = cells.successes, cells.trials
    last = False

    def penalised(at: Effects) -> tuple[float, FloatArray]:
        eta = offset + predictor(sd, x, at)
        random = at.random(np.zeros_like(at.fixed))
        return float((n * np.logaddexp(0, eta) - k * eta).sum()) + random.dot(random) / 2, eta

    value, eta = penalised(effects)
    for _ in range(_STEPS):
        p = expit(eta)
        residual = k - n * p
        try:
            curvature = Curvature(sd, x, n * p * (1 - p))
        except np.linalg.LinAlgError:
            return None
        uphill = gathered(sd, x, residual).plus(-1, effects.random(np.zeros_like(effects.fixed)))
        step = curvature.solve(uphill)
        gain = step.dot(uphill)
        if last:
            return _Peak(effects, value, p, residual, curvature)
        if not np.isfinite(gain):
            return None
        last = gain < _LAST
        length = 1.0
        while True:
            moved = effects.plus(length, step)
            reached, moved_eta = penalised(moved)
            if reached <= value + 1e-12 * abs(value) or length < 1e-6:
                break
            length /= 2
        effects, value, eta = moved, reached, moved_eta
    return None


def _gradient(
    cells: Cells, sd: FloatArray, x: FloatArray, peak: _Peak
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of the value, through the mode, which moves with the parameters.

    With r = k - n·p and w = n·p(1-p) by cell, v the variance of the cell's linear predictor under
    H⁻¹, and a = H⁻¹ Z'(w'·v/2) the adjoint effects, w' = w(1-2p): the derivative in a shift of the
    linear predictors is d = w'·v/2 - w·Za - r by cell. A standard deviation shifts them by its
    effects u; besides, it turns residuals towards a, and H by w times the covariance of u with the
    linear predictor.

    Returns:
        Derivatives in the standard deviations, shape (4,); in a shift of the linear predictors of
        each condition, shape (C,); and the covariance of the free fixed effects.
    """
    w = cells.trials * peak.p * (1 - peak.p)
    covariances, variance, fixed = peak.curvature.covariances()
    bend = w * (1 - 2 * peak.p) * variance / 2
    adjoint = peak.curvature.solve(gathered(sd, x, bend))
    shift = bend - w * predictor(sd, x, adjoint) - peak.residual
    ones, none = np.ones(TERMS), x[:, :0]
    by_shift = gathered(ones, none, shift)
    by_residual = gathered(ones, none, peak.residual)
    u = peak.effects.random(np.zeros(0))
    turned = by_residual.products(adjoint.random(np.zeros(0)))
    gradient = by_shift.products(u) + turned + (w * covariances).sum(axis=(1, 2, 3))
    return gradient, by_shift.condition, fixed
