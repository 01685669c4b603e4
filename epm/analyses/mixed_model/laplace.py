"""The likelihood of a binomial mixed model by Laplace's approximation, with its gradient.

Condition c (of C), training s (of S), item i (of I): k of n answers are hits, and

    logit p_csi = x_c·beta + sd_1·u_c + sd_2·u_cs + sd_3·u_i + sd_4·u_ci,    all u ~ N(0, 1)

the effects of condition, training, item, and condition × item. A standard deviation of 0 takes its
effects out. Integrated over u by Laplace's approximation at its mode, the negative log-likelihood
is pen(u) + ½·log det H(u), with pen = -log Bin(k | u) + ½·|u|² and H its second derivative in u.
With fixed effects integrated as well, flat prior, it is the restricted likelihood.

H is sparse, and its blocks are eliminated in the one order that leaves nothing large: condition ×
item (diagonal), then by condition the effects of condition and trainings (C blocks of S + 1), and
last the items (I × I). So an evaluation costs C·S·I·(S + I) at most and needs no sparse solver.

Source: Bates, Mächler, Bolker and Walker (2015), J. Stat. Softw. 67(1), for the model in spherical
effects and penalised iteratively reweighted least squares; Skaug and Fournier (2006), Comput. Stat.
Data Anal. 51, 699-709, for the gradient through the mode; Breslow and Clayton (1993), J. Am. Stat.
Assoc. 88, 9-25, section 2.2, for the restricted likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, gammaln

from epm.analyses.frame import FloatArray

TERMS = 4
"""Condition, training, item, condition × item."""

_STEPS = 100
_CONVERGED = 1e-13
"""Of the expected gain of a Newton step, in log-likelihood."""


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


@dataclass(frozen=True)
class Effects:
    """A value for every effect."""

    condition: FloatArray
    """Shape (C,)."""
    training: FloatArray
    """Shape (C, S)."""
    item: FloatArray
    """Shape (I,)."""
    crossed: FloatArray
    """Of condition × item, shape (C, I)."""
    fixed: FloatArray
    """Shape (p,); of no element where the fixed effects are held."""

    def plus(self, step: float, other: Effects) -> Effects:
        """Self + step·other."""
        return Effects(
            self.condition + step * other.condition,
            self.training + step * other.training,
            self.item + step * other.item,
            self.crossed + step * other.crossed,
            self.fixed + step * other.fixed,
        )

    def dot(self, other: Effects) -> float:
        """Inner product."""
        pairs = zip(self._all(), other._all(), strict=True)
        return float(sum(np.vdot(mine, theirs) for mine, theirs in pairs))

    def random(self, fixed: FloatArray) -> Effects:
        """The same with other fixed effects."""
        return Effects(self.condition, self.training, self.item, self.crossed, fixed)

    def _all(self) -> tuple[FloatArray, ...]:
        return self.condition, self.training, self.item, self.crossed, self.fixed


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


def predictor(sd: FloatArray, x: FloatArray, effects: Effects) -> FloatArray:
    """Linear predictor of every cell from the effects, shape (C, S, I)."""
    own = sd[0] * effects.condition + x @ effects.fixed
    crossed = sd[2] * effects.item + sd[3] * effects.crossed
    return np.asarray(
        own[:, None, None] + sd[1] * effects.training[:, :, None] + crossed[:, None, :]
    )


def gathered(sd: FloatArray, x: FloatArray, values: FloatArray) -> Effects:
    """Values by cell summed onto the effects: the transpose of `predictor`."""
    by_pair = values.sum(axis=1)
    by_condition = by_pair.sum(axis=1)
    return Effects(
        sd[0] * by_condition,
        sd[1] * values.sum(axis=2),
        sd[2] * by_pair.sum(axis=0),
        sd[3] * by_pair,
        x.T @ by_condition,
    )


class Curvature:
    """H, the second derivative of pen, factored for weights w = n·p(1-p) of the cells."""

    def __init__(self, sd: FloatArray, x: FloatArray, weights: FloatArray) -> None:
        """Eliminate block by block.

        Args:
            sd: standard deviations, shape (4,).
            x: free fixed effects of the conditions, shape (C, p); p = 0 where they are held.
            weights: shape (C, S, I).
        """
        self.sd, self.x, self.weights = sd, x, weights
        conditions, trainings, items = weights.shape
        by_pair = weights.sum(axis=1)
        self.crossed = 1 + sd[3] ** 2 * by_pair
        # what is left of the weights once condition × item is eliminated
        left = weights / self.crossed[:, None, :]
        left_pair = by_pair / self.crossed
        left_condition = left_pair.sum(axis=1)
        left_training = left.sum(axis=2)

        own = np.empty((conditions, trainings + 1, trainings + 1))
        own[:, 0, 0] = 1 + sd[0] ** 2 * left_condition
        own[:, 0, 1:] = own[:, 1:, 0] = sd[0] * sd[1] * left_training
        own[:, 1:, 1:] = -((sd[1] * sd[3]) ** 2) * (left @ weights.transpose(0, 2, 1))
        diagonal = np.arange(1, trainings + 1)
        own[:, diagonal, diagonal] += 1 + sd[1] ** 2 * weights.sum(axis=2)

        shared = items + x.shape[1]
        coupling = np.empty((conditions, trainings + 1, shared))
        coupling[:, 0, :items] = sd[0] * sd[2] * left_pair
        coupling[:, 1:, :items] = sd[1] * sd[2] * left
        coupling[:, 0, items:] = sd[0] * left_condition[:, None] * x
        coupling[:, 1:, items:] = sd[1] * left_training[:, :, None] * x[:, None, :]

        last = np.zeros((shared, shared))
        last[:items, :items] = np.diag(1 + sd[2] ** 2 * left_pair.sum(axis=0))
        last[:items, items:] = sd[2] * left_pair.T @ x
        last[items:, :items] = last[:items, items:].T
        last[items:, items:] = x.T @ (left_condition[:, None] * x)

        self.own = np.linalg.inv(own)
        self.carry = self.own @ coupling
        flat = (conditions * (trainings + 1), shared)
        last -= coupling.reshape(flat).T @ self.carry.reshape(flat)
        self.last = cho_factor(last, lower=True)
        self.logdet = float(
            np.log(self.crossed).sum()
            + np.linalg.slogdet(own)[1].sum()
            + 2 * np.log(np.diag(self.last[0])).sum()
        )

    def solve(self, right: Effects) -> Effects:
        """H⁻¹ times a value for every effect."""
        sd, items = self.sd, len(right.item)
        # condition × item
        scaled = sd[3] * right.crossed / self.crossed
        moved = gathered(sd, self.x, self.weights * scaled[:, None, :])
        own = np.column_stack([right.condition - moved.condition, right.training - moved.training])
        last = np.concatenate([right.item - moved.item, right.fixed - moved.fixed])
        # conditions and trainings, then items and fixed effects, and back
        last = last - np.einsum("cbe,cb->e", self.carry, own)
        last = cho_solve(self.last, last)
        own = (self.own @ own[:, :, None])[:, :, 0] - self.carry @ last
        none = np.zeros_like(right.crossed)
        found = Effects(own[:, 0], own[:, 1:], last[:items], none, last[items:])
        through = (self.weights * predictor(sd, self.x, found)).sum(axis=1)
        crossed = (right.crossed - sd[3] * through) / self.crossed
        return Effects(found.condition, found.training, found.item, crossed, found.fixed)

    def fixed_covariance(self) -> FloatArray:
        """The block of H⁻¹ of the free fixed effects, shape (p, p)."""
        items = self.weights.shape[2]
        return np.asarray(cho_solve(self.last, np.eye(len(self.last[0])))[items:, items:])

    def covariances(self) -> tuple[FloatArray, FloatArray]:
        """What H⁻¹ says of the cells.

        Returns:
            Of each cell's four effects with its linear predictor, shape (4, C, S, I); and the
            variance of the linear predictor, shape (C, S, I).
        """
        sd, x, w = self.sd, self.x, self.weights
        items = w.shape[2]
        last = cho_solve(self.last, np.eye(len(self.last[0])))
        with_last = -self.carry @ last
        own = self.own - with_last @ self.carry.transpose(0, 2, 1)
        own_item, own_fixed = with_last[:, :, :items], with_last[:, :, items:]
        fixed_item = x @ last[items:, :items]
        fixed_own = (own_fixed @ x[:, :, None])[:, :, 0]
        fixed = np.einsum("cp,pq,cq->c", x, last[items:, items:], x)

        # of every effect of the condition with the reduced predictors, those without the effect of
        # condition × item: first axis of the blocks is the effect, the last two training and item
        block = (
            sd[0] * own[:, :, :1, None]
            + sd[1] * own[:, :, 1:, None]
            + sd[2] * own_item[:, :, None, :]
            + fixed_own[:, :, None, None]
        )
        item = (
            sd[0] * own_item[:, :1, :]
            + sd[1] * own_item[:, 1:, :]
            + sd[2] * np.diag(last)[:items]
            + fixed_item[:, None, :]
        )
        of_fixed = (
            sd[0] * fixed_own[:, :1, None]
            + sd[1] * fixed_own[:, 1:, None]
            + sd[2] * fixed_item[:, None, :]
            + fixed[:, None, None]
        )
        whole = (
            sd[0] * block[:, :1] + sd[1] * block[:, 1:] + (sd[2] * item + of_fixed)[:, None, :, :]
        )
        share = sd[3] ** 2 / self.crossed

        def through(values: FloatArray) -> FloatArray:
            """From the reduced predictors, axes training and item last, to the whole ones."""
            weight = w if values.ndim == 3 else w[:, None]
            mean = (weight * values).sum(axis=-2, keepdims=True)
            factor = share[:, None, :] if values.ndim == 3 else share[:, None, None, :]
            return np.asarray(values - factor * mean)

        trainings = np.arange(w.shape[1])
        half = through(whole)
        crossed = (sd[3] / self.crossed)[:, None, :] * (1 - (w[:, :, None, :] * half).sum(axis=1))
        training = through(block[:, 1:])[:, trainings, trainings]
        of_effects = np.stack([through(block[:, 0]), training, through(item), crossed])
        variance = half[:, trainings, trainings] + sd[3] * crossed
        return of_effects, variance


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


def approximate(
    cells: Cells, sd: FloatArray, start: Effects, beta: FloatArray | None = None
) -> Mode | None:
    """Laplace's approximation: find the mode of the effects, and take the curvature there.

    Args:
        cells: the counts.
        sd: standard deviations, shape (4,), none below 0.
        start: where the search for the mode begins; its fixed effects count if they are free.
        beta: fixed effects that are held; None integrates over them, for the restricted likelihood.

    Returns:
        None where the mode was not reached, as where it lies at infinity.
    """
    k, n = cells.successes, cells.trials
    free = cells.x if beta is None else cells.x[:, :0]
    held = np.zeros((1, 1, 1)) if beta is None else (cells.x @ beta)[:, None, None]
    effects = start if beta is None else start.random(np.zeros(0))

    def penalised(at: Effects) -> tuple[float, FloatArray]:
        eta = held + predictor(sd, free, at)
        fit = float((n * np.logaddexp(0, eta) - k * eta).sum())
        return fit + (at.dot(at) - float(at.fixed @ at.fixed)) / 2, eta

    value, eta = penalised(effects)
    for _ in range(_STEPS):
        p = expit(eta)
        residual = k - n * p
        try:
            curvature = Curvature(sd, free, n * p * (1 - p))
        except np.linalg.LinAlgError:
            return None
        slope = gathered(sd, free, residual)
        random = effects.random(np.zeros_like(effects.fixed))
        step = curvature.solve(slope.plus(-1, random))
        gain = step.dot(slope.plus(-1, random))
        if not np.isfinite(gain):
            return None
        if gain < _CONVERGED:
            break
        length = 1.0
        while True:
            moved = effects.plus(length, step)
            reached, moved_eta = penalised(moved)
            if reached <= value + 1e-12 * abs(value) or length < 1e-6:
                break
            length /= 2
        effects, value, eta = moved, reached, moved_eta
    else:
        return None

    of_effects, variance = curvature.covariances()
    w = n * p * (1 - p)
    pull = w * (1 - 2 * p) * variance / 2
    adjoint = curvature.solve(gathered(sd, free, pull))
    ahead = predictor(sd, free, adjoint)
    direct = pull - w * ahead - residual
    by_pair = direct.sum(axis=1)
    of_u = (
        (by_pair.sum(axis=1), effects.condition, adjoint.condition),
        (direct.sum(axis=2), effects.training, adjoint.training),
        (by_pair.sum(axis=0), effects.item, adjoint.item),
        (by_pair, effects.crossed, adjoint.crossed),
    )
    left = residual.sum(axis=1)
    residuals = (left.sum(axis=1), residual.sum(axis=2), left.sum(axis=0), left)
    gradient = np.array(
        [
            np.vdot(slope_u, u) + np.vdot(rest, back) + (w * of_effects[term]).sum()
            for term, ((slope_u, u, back), rest) in enumerate(zip(of_u, residuals, strict=True))
        ]
    )
    restricted = beta is None
    return Mode(
        value=value
        + curvature.logdet / 2
        - cells.coefficients
        - (free.shape[1] / 2 * log(2 * pi) if restricted else 0.0),
        sd_gradient=gradient,
        beta_gradient=np.zeros(cells.x.shape[1]) if restricted else cells.x.T @ by_pair.sum(axis=1),
        beta=effects.fixed if beta is None else beta,
        covariance=curvature.fixed_covariance() if restricted else np.zeros((0, 0)),
        effects=effects,
    )
