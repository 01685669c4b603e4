"""The second derivative of a mixed model's penalised likelihood, factored block by block.

Its effects are those of conditions, trainings, items and condition × item. The last are eliminated
first, as they have nothing to do with each other; then the others (`elimination`), conditions with
their trainings before the items or after them, so that the dense matrix that is left has the
smaller of C·(S + 1) and I rows. No sparse solver is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from epm.analyses.data.cases import FloatArray
from epm.analyses.mixed_model.elimination import Arrow, factored


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

    def products(self, other: Effects) -> FloatArray:
        """Inner products of the random effects, one a kind; shape (4,)."""
        pairs = zip(self._all()[:4], other._all()[:4], strict=True)
        return np.array([float(np.vdot(mine, theirs)) for mine, theirs in pairs])

    def random(self, fixed: FloatArray) -> Effects:
        """The same with other fixed effects."""
        return Effects(self.condition, self.training, self.item, self.crossed, fixed)

    def _all(self) -> tuple[FloatArray, ...]:
        return self.condition, self.training, self.item, self.crossed, self.fixed


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
        conditions, trainings, _ = weights.shape
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
        both = np.concatenate([sd[0] * left_pair[:, None, :], sd[1] * left], axis=1)
        self.rest = factored(
            Arrow(
                own,
                sd[2] * both,
                both.sum(axis=2)[:, :, None] * x[:, None, :],
                1 + sd[2] ** 2 * left_pair.sum(axis=0),
                sd[2] * left_pair.T @ x,
                x.T @ (left_condition[:, None] * x),
            )
        )
        self.logdet = float(np.log(self.crossed).sum()) + self.rest.logdet

    def solve(self, right: Effects) -> Effects:
        """H⁻¹ times a value for every effect."""
        sd = self.sd
        scaled = sd[3] * right.crossed / self.crossed
        moved = gathered(sd, self.x, self.weights * scaled[:, None, :])
        own = np.column_stack([right.condition - moved.condition, right.training - moved.training])
        own, item, fixed = self.rest.solve(
            (own, right.item - moved.item, right.fixed - moved.fixed)
        )
        found = Effects(own[:, 0], own[:, 1:], item, np.zeros_like(right.crossed), fixed)
        through = (self.weights * predictor(sd, self.x, found)).sum(axis=1)
        crossed = (right.crossed - sd[3] * through) / self.crossed
        return Effects(found.condition, found.training, found.item, crossed, found.fixed)

    def covariances(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What H⁻¹ says of the cells and of the fixed effects.

        Returns:
            Of each cell's four effects with its linear predictor, shape (4, C, S, I); the variance
            of the linear predictor, shape (C, S, I); and the block of the free fixed effects, shape
            (p, p).
        """
        sd, x, w = self.sd, self.x, self.weights
        rest = self.rest.inverse()
        fixed_item = x @ rest.item_fixed.T
        fixed_own = (rest.own_fixed @ x[:, :, None])[:, :, 0]
        fixed = np.einsum("cp,pq,cq->c", x, rest.fixed, x)

        # of every effect of the condition with the reduced predictors, those without the effect of
        # condition × item: first axis of the blocks is the effect, the last two training and item
        block = (
            sd[0] * rest.own[:, :, :1, None]
            + sd[1] * rest.own[:, :, 1:, None]
            + sd[2] * rest.own_item[:, :, None, :]
            + fixed_own[:, :, None, None]
        )
        item = (
            sd[0] * rest.own_item[:, :1, :]
            + sd[1] * rest.own_item[:, 1:, :]
            + sd[2] * rest.item
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
        return of_effects, variance, rest.fixed
