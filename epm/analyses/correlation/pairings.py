"""All pairings of x and y, or a random choice of them: what chance alone would have shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt

from epm.analyses.data.cases import FloatArray

RESAMPLES = 99_999
"""Random pairings; where there are fewer pairings than this, all of them. The standard error of a
p of 0.05 is then 0.0007."""

CHUNK = 2_000_000
"""Most numbers that are permuted at once."""

NOISE = 1e-12
"""Correlations that differ by less are equal."""


@dataclass(frozen=True)
class ByChance:
    """Sizes of correlations over pairings of y with a family of predictors."""

    sizes: FloatArray
    """Shape (pairings, predictors): |r|, each row of one pairing."""
    exact: bool
    """Whether the pairings are all there are."""

    def p(self, observed: float, column: int | None = None) -> float:
        """Share of pairings with a |r| as large; by a column, or by the largest of the family.

        All pairings: their share. Random ones: (b + 1)/(B + 1), the observed one counted too,
        Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39. By the largest of the
        family it is corrected over the family, in a single step: Westfall and Young (1993),
        Resampling-Based Multiple Testing, section 2.3.
        """
        sizes = self.largest if column is None else self.sizes[:, column]
        extreme = int(np.sum(sizes >= abs(observed) - NOISE))
        if self.exact:
            return extreme / len(sizes)
        return (extreme + 1) / (len(sizes) + 1)

    @property
    def largest(self) -> FloatArray:
        """Of every pairing the largest |r| of the family, shape (pairings,)."""
        return np.asarray(self.sizes.max(axis=1))


def by_chance(x: FloatArray, y: FloatArray, seed: int) -> ByChance:
    """The correlations of permuted y with a family, the same pairing for all its members.

    Args:
        x: shape (predictors, N), each standardised to mean 0 and length 1; Spearman's from ranks.
        y: shape (N,), standardised alike.
        seed: of the random pairings; where all pairings are few enough, they are all taken.
    """
    n = len(y)
    if factorial(n) <= RESAMPLES:
        return ByChance(np.abs(y[every(n)] @ x.T), exact=True)
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // n)
    sizes = [
        np.abs(rng.permuted(np.tile(y, (count, 1)), axis=1) @ x.T)
        for count in _counts(RESAMPLES, rows)
    ]
    return ByChance(np.concatenate(sizes), exact=False)


def exact_p(x: FloatArray, y: FloatArray) -> float:
    """Two-sided p of Σ x·y over all pairings, for few conditions.

    Args:
        x: shape (N,), a number a condition, centred; or shape (N, N), one a pair of conditions.
        y: of x's shape.
    """
    order = every(len(x))
    permuted = y[order] if y.ndim == 1 else y[order[:, :, None], order[:, None, :]]
    by_pairing = np.abs((permuted * x).reshape(len(order), -1).sum(axis=1))
    observed = abs(float(np.sum(x * y)))
    return float(np.mean(by_pairing >= observed - NOISE))


@cache
def every(n: int) -> npt.NDArray[np.intp]:
    """All orders of n things, shape (n!, n)."""
    return np.array(list(permutations(range(n))), dtype=np.intp)


def _counts(whole: int, most: int) -> Iterator[int]:
    for start in range(0, whole, most):
        yield min(most, whole - start)
