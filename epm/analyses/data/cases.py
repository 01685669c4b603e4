"""Predictors and an outcome over conditions, as a regression takes them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cases:
    """Several numbers x and one y a condition, where all are known."""

    names: tuple[str, ...]
    x: FloatArray
    """Shape (N, predictors)."""
    y: FloatArray
    left_out: dict[str, str]

    def __len__(self) -> int:
        """Return N."""
        return len(self.names)

    def only(self, names: Collection[str]) -> Cases:
        """The cases of these conditions, in the order they have here."""
        kept = [i for i, name in enumerate(self.names) if name in names]
        return Cases(tuple(self.names[i] for i in kept), self.x[kept], self.y[kept], {})

    def without(self, *names: str) -> Cases:
        """The cases of all other conditions."""
        return self.only([name for name in self.names if name not in names])
