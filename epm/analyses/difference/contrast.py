"""The difference of two means, with the influence of every answer on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from epm.analyses.clusters import Influence, Spread, influence, joined, mean, spread
from epm.analyses.difference.block import SharedItems
from epm.analyses.sample import Sample
from epm.analyses.uncertainty import variance
from epm.values import Unavailable

Kind = Literal["paired", "runs", "apart"]
"""Paired by item; over runs, as a regression on the condition; or two unrelated samples."""


@dataclass(frozen=True)
class Contrast:
    """Two means a and b on the same tasks, and how cells move them."""

    kind: Kind
    cells_a: pd.DataFrame
    """Cells that enter, of a."""
    cells_b: pd.DataFrame
    items: SharedItems | None
    shared_seeds: bool = False

    @property
    def a(self) -> float:
        """Mean of a."""
        return mean(self.cells_a)

    @property
    def b(self) -> float:
        """Mean of b."""
        return mean(self.cells_b)

    @property
    def estimate(self) -> float:
        """a minus b; exactly 0 where they are equal but for rounding."""
        gap = self.a - self.b
        return gap if abs(gap) > 1e-12 * max(abs(self.a), abs(self.b)) else 0.0

    def influence(self, *, by_dataset: bool = False, logarithm: bool = False) -> Influence:
        """Of every cell, on a - b.

        Args:
            by_dataset: whether each data set is a stratum, as for an average over tasks.
            logarithm: on log(a/b) instead.
        """
        strata = None if by_dataset else ""
        parts = [
            influence(cells, strata=strata, shared_seeds=self.shared_seeds)
            for cells in (self.cells_a, self.cells_b)
        ]
        if self.kind == "apart":
            # each side's clusters are counted by themselves
            parts = [
                replace(part, strata=np.array([f"{s}\n{side}" for s in part.strata], object))
                for part, side in zip(parts, "ab", strict=True)
            ]
        scale = (1 / self.a, -1 / self.b) if logarithm else (1.0, -1.0)
        return joined([part.scaled(factor) for part, factor in zip(parts, scale, strict=True)])

    def spread(self, *, logarithm: bool = False) -> Spread | Unavailable:
        """The variance of a - b, or of log(a/b)."""
        of = self.influence(logarithm=logarithm)
        return spread(of) if self.kind == "paired" else variance(of)

    @property
    def method(self) -> str:
        """How a - b was estimated, in words."""
        return {
            "paired": "mean of the differences by item, over the items that both have",
            "runs": "difference of means, a run being one condition under one seed",
            "apart": "difference of the means of two samples",
        }[self.kind]


def contrast(a: Sample, b: Sample, *, by_dataset: bool, shared_seeds: bool) -> Contrast:
    """Two samples with rows, compared in the way that their seeds and items allow.

    With several runs of either, over runs. Else paired by item, where two or more items are
    shared and they are at least half of the items of the side that has fewer; else unpaired.

    Args:
        a: on some tasks.
        b: on the same tasks.
        by_dataset: whether items are the same in all tasks of a data set, as when each condition
            has a task of its own; else they are the same within a task.
        shared_seeds: whether runs of one seed belong together.
    """
    known = a.items_known and b.items_known
    keys = ["dataset", "item"] if by_dataset else ["task", "item"]
    items = _overlap(a.cells, b.cells, keys) if known else None
    if max(a.runs, b.runs) > 1:
        return Contrast("runs", a.cells, b.cells, items, shared_seeds)
    if items is not None and items.shared >= 2:
        fewer = items.shared + min(items.only_a, items.only_b)
        if 2 * items.shared >= fewer:
            return Contrast("paired", *_paired(a.cells, b.cells, keys), items)
    return Contrast("apart", a.cells, b.cells, items)


def apart(a: Sample, b: Sample) -> Contrast:
    """The same samples as if none of their items were the same."""
    named = b.cells.assign(cluster="\n" + b.cells["cluster"]) if b.items_known else b.cells
    return Contrast("apart", a.cells, named, None)


def _overlap(a: pd.DataFrame, b: pd.DataFrame, keys: list[str]) -> SharedItems:
    ours, theirs = (set(map(tuple, each[keys].to_numpy())) for each in (a, b))
    return SharedItems(
        shared=len(ours & theirs), only_a=len(ours - theirs), only_b=len(theirs - ours)
    )


def _paired(a: pd.DataFrame, b: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of both on the items that both have, one an item, each weighing 1."""
    sides = []
    for cells in (a, b):
        firsts = {name: (name, "first") for name in ("condition", "task", "dataset", "cluster")}
        sums = {name: (name, "sum") for name in ("n", "total", "squares")}
        kept = {name: how for name, how in {**firsts, **sums}.items() if name not in keys}
        summed = cells.groupby(keys, sort=False).agg(**kept)
        sides.append(summed)
    ours, theirs = sides
    both = ours.index.intersection(theirs.index, sort=False)
    return tuple(  # type: ignore[return-value]
        each.loc[both]
        .reset_index()
        .assign(
            seed="",
            weight=1.0,
            score=lambda cells: cells["total"] / cells["n"],
        )
        for each in (ours, theirs)
    )
