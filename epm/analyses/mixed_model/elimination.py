"""Factor a matrix with blocks for conditions and a diagonal for items, whichever are fewer last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from epm.analyses.data.cases import FloatArray


@dataclass(frozen=True)
class Arrow:
    """Blocks of a symmetric matrix over C groups of B effects, I items and p fixed effects.

    Groups have nothing to do with each other, nor have items; of an inverse, where they have,
    these are the blocks that are needed.
    """

    own: FloatArray
    """Within each group, shape (C, B, B)."""
    own_item: FloatArray
    """Shape (C, B, I)."""
    own_fixed: FloatArray
    """Shape (C, B, p)."""
    item: FloatArray
    """Diagonal, shape (I,)."""
    item_fixed: FloatArray
    """Shape (I, p)."""
    fixed: FloatArray
    """Shape (p, p)."""


Parts = tuple[FloatArray, FloatArray, FloatArray]
"""A vector: of the groups, shape (C, B); the items, (I,); the fixed effects, (p,)."""


class Factored(Protocol):
    """A positive definite matrix that can be solved with."""

    logdet: float

    def solve(self, right: Parts) -> Parts:
        """The inverse times a vector."""

    def inverse(self) -> Arrow:
        """Blocks of the inverse."""


def factored(matrix: Arrow) -> Factored:
    """Eliminate the more numerous of groups' effects and items first.

    Raises:
        numpy.linalg.LinAlgError: the matrix is not positive definite.
    """
    groups, effects, items = matrix.own_item.shape
    return ItemsLast(matrix) if items <= groups * effects else ItemsFirst(matrix)


class ItemsLast:
    """Groups first, one small block at a time; items and fixed effects together: (I + p)²."""

    def __init__(self, matrix: Arrow) -> None:
        """Factor it."""
        self.items = len(matrix.item)
        coupling = np.concatenate([matrix.own_item, matrix.own_fixed], axis=2)
        last = np.block(
            [[np.diag(matrix.item), matrix.item_fixed], [matrix.item_fixed.T, matrix.fixed]]
        )
        self.own = np.linalg.inv(matrix.own)
        self.carry = self.own @ coupling
        flat = (-1, coupling.shape[2])
        last -= coupling.reshape(flat).T @ self.carry.reshape(flat)
        self.last = cho_factor(last, lower=True)
        self.logdet = float(
            np.linalg.slogdet(matrix.own)[1].sum() + 2 * np.log(np.diag(self.last[0])).sum()
        )

    def solve(self, right: Parts) -> Parts:
        """The inverse times a vector."""
        own, item, fixed = right
        last = np.concatenate([item, fixed]) - np.einsum("cbe,cb->e", self.carry, own)
        last = cho_solve(self.last, last)
        own = (self.own @ own[:, :, None])[:, :, 0] - self.carry @ last
        return own, last[: self.items], last[self.items :]

    def inverse(self) -> Arrow:
        """Blocks of the inverse."""
        last = cho_solve(self.last, np.eye(len(self.last[0])))
        across = -self.carry @ last
        return Arrow(
            self.own - across @ self.carry.transpose(0, 2, 1),
            across[:, :, : self.items],
            across[:, :, self.items :],
            np.diag(last)[: self.items],
            last[: self.items, self.items :],
            last[self.items :, self.items :],
        )


class ItemsFirst:
    """Items first, one number at a time; groups and fixed effects together: (C·B + p)²."""

    def __init__(self, matrix: Arrow) -> None:
        """Factor it."""
        self.shape = matrix.own.shape[:2]
        groups, effects = self.shape
        flat = groups * effects
        self.item = matrix.item
        self.coupling = np.concatenate(
            [matrix.own_item.reshape(flat, -1), matrix.item_fixed.T], axis=0
        )
        own = np.zeros((groups, effects, groups, effects))
        own[np.arange(groups), :, np.arange(groups), :] = matrix.own
        beside = matrix.own_fixed.reshape(flat, -1)
        last = np.block([[own.reshape(flat, flat), beside], [beside.T, matrix.fixed]])
        last -= (self.coupling / self.item) @ self.coupling.T
        self.last = cho_factor(last, lower=True)
        self.logdet = float(np.log(self.item).sum() + 2 * np.log(np.diag(self.last[0])).sum())

    def solve(self, right: Parts) -> Parts:
        """The inverse times a vector."""
        own, item, fixed = right
        last = np.concatenate([own.ravel(), fixed]) - self.coupling @ (item / self.item)
        last = cho_solve(self.last, last)
        item = (item - self.coupling.T @ last) / self.item
        return last[: own.size].reshape(self.shape), item, last[own.size :]

    def inverse(self) -> Arrow:
        """Blocks of the inverse."""
        groups, effects = self.shape
        flat = groups * effects
        last = cho_solve(self.last, np.eye(len(self.last[0])))
        carry = self.coupling / self.item
        across = -last @ carry
        own = last[:flat, :flat].reshape(groups, effects, groups, effects)
        return Arrow(
            own[np.arange(groups), :, np.arange(groups), :],
            across[:flat].reshape(groups, effects, -1),
            last[:flat, flat:].reshape(groups, effects, -1),
            1 / self.item - (across * carry).sum(axis=0),
            across[flat:].T,
            last[flat:, flat:],
        )
