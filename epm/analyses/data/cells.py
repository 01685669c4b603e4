"""The answers of one condition, summed over epochs: a cell is those of one run to one item."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from epm.analyses.data.cases import FloatArray

Over = Literal["answers", "items"]
"""What a mean is taken over: all answers alike, or items, each by the mean of its own answers."""

Labels = npt.NDArray[np.object_]

ROUNDING = 1e-12
"""Sums below this share of what is summed are 0 but for rounding."""


@dataclass(frozen=True)
class Cells:
    """C cells of one condition; every array has shape (C,)."""

    tasks: Labels
    datasets: Labels
    seeds: Labels
    """'' where seeds are not named."""
    items: Labels
    """'' where items are not known."""
    clusters: Labels
    """The item, or the group of items it belongs to, across the tasks of a data set."""
    n: FloatArray
    """Answers."""
    total: FloatArray
    """Sum of their scores."""
    squares: FloatArray
    """Sum of the scores' squares."""
    weight: FloatArray
    """Over answers n, over items 1. Totals whose items are not known weigh their answers."""

    @classmethod
    def of(cls, rows: pd.DataFrame, over: Over) -> Cells:
        """The cells of rows of `Frame.rows`, which are of one condition."""
        keys = ["task", "dataset", "seed", "item", "cluster"]
        summed = rows.groupby(keys, sort=False, as_index=False)[["n", "total", "squares"]].sum()
        tasks, datasets, seeds, items, clusters = (summed[name].to_numpy(object) for name in keys)
        n, total, squares = (summed[name].to_numpy(float) for name in ("n", "total", "squares"))
        weight = np.where((items != "") & (over == "items"), 1.0, n)
        return cls(tasks, datasets, seeds, items, clusters, n, total, squares, weight)

    def __len__(self) -> int:
        """Return C."""
        return len(self.n)

    def where(self, kept: npt.NDArray[np.bool_ | np.intp]) -> Cells:
        """Some of the cells: those that a mask marks, or those at some places."""
        return Cells(*(getattr(self, each.name)[kept] for each in fields(self)))

    @property
    def over_answers(self) -> Cells:
        """The same with every answer weighing alike."""
        return replace(self, weight=self.n)

    @cached_property
    def score(self) -> FloatArray:
        """Weight times mean."""
        return self.weight * (self.total / self.n)

    @cached_property
    def mean(self) -> float:
        """Weighted mean of the cells' means."""
        if np.array_equal(self.weight, self.n):
            return float(self.total.sum() / self.n.sum())
        return float(self.score.sum() / self.weight.sum())

    @cached_property
    def answers(self) -> int:
        """How many there are."""
        return int(self.n.sum())

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """Its seeds."""
        return tuple(dict.fromkeys(self.seeds))

    @cached_property
    def known(self) -> bool:
        """Whether the items of all cells are known."""
        return bool((self.items != "").all())

    @cached_property
    def distinct_items(self) -> int:
        """Items by task, whatever the run."""
        return len(set(zip(self.tasks, self.items, strict=True)))

    @cached_property
    def grouped(self) -> bool:
        """Whether an item belongs to a group of several."""
        places = zip(self.datasets, self.items, self.clusters, strict=True)
        return any(item and cluster != f"{dataset}/{item}" for dataset, item, cluster in places)

    @cached_property
    def deviation(self) -> float | None:
        """Standard deviation of what is averaged, with n - 1; None where there is but one.

        Over answers from their sums and sums of squares, over items from the items' means.
        """
        if not np.array_equal(self.weight, self.n):
            return float(self.score.std(ddof=1)) if len(self) > 1 else None
        if self.answers < 2:
            return None
        whole = float(self.squares.sum())
        about = whole - float(self.total.sum()) ** 2 / self.answers
        return sqrt(about / (self.answers - 1)) if about > ROUNDING * whole else 0.0
