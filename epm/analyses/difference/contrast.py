"""The difference of two means, and what every cell contributes to its error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from epm.analyses.data.cases import FloatArray
from epm.analyses.data.cells import Cells
from epm.analyses.data.sample import Sample
from epm.analyses.difference.block import SharedItems
from epm.analyses.inference.clusters import Contributions, Spread, contributions, joined, spread
from epm.analyses.inference.uncertainty import variance
from epm.values import Unavailable

Kind = Literal["paired", "runs", "apart"]
"""Paired by item; over runs, as a regression on the condition; or two unrelated samples."""


@dataclass(frozen=True)
class Contrast:
    """Two means a and b on the same tasks, and the cells that they are of."""

    kind: Kind
    cells_a: Cells
    """Cells that enter, of a."""
    cells_b: Cells
    items: SharedItems | None
    shared_seeds: bool = False
    """Whether runs of one seed are one run."""
    same_items: bool = True
    """Whether an item of a is that of b, of the same name."""

    @property
    def a(self) -> float:
        """Mean of a."""
        return self.cells_a.mean

    @property
    def b(self) -> float:
        """Mean of b."""
        return self.cells_b.mean

    @property
    def estimate(self) -> float:
        """a minus b; exactly 0 where they are equal but for rounding."""
        gap = self.a - self.b
        return gap if abs(gap) > 1e-12 * max(abs(self.a), abs(self.b)) else 0.0

    def contributions(self, *, by_dataset: bool = False, logarithm: bool = False) -> Contributions:
        """Of every cell, to the error of a - b.

        Args:
            by_dataset: whether each data set is a stratum, as for an average over tasks.
            logarithm: to that of log(a/b) instead.
        """
        parts = [
            contributions(
                cells,
                "" if self.shared_seeds else side,
                strata=None if by_dataset else "",
                other="" if self.same_items else f"\n{side}",
            )
            for cells, side in ((self.cells_a, "a"), (self.cells_b, "b"))
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
        of = self.contributions(logarithm=logarithm)
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
    ours, theirs = a.cells, b.cells
    items = _overlap(ours, theirs, by_dataset) if ours.known and theirs.known else None
    if max(len(ours.runs), len(theirs.runs)) > 1:
        return Contrast("runs", ours, theirs, items, shared_seeds)
    if items is not None and items.shared >= 2:
        fewer = items.shared + min(items.only_a, items.only_b)
        if 2 * items.shared >= fewer:
            return Contrast("paired", *_paired(ours, theirs, by_dataset), items)
    return Contrast("apart", ours, theirs, items)


def apart(a: Sample, b: Sample) -> Contrast:
    """The same samples as if none of their items were the same."""
    return Contrast("apart", a.cells, b.cells, None, same_items=False)


def _keys(cells: Cells, by_dataset: bool) -> list[tuple[str, str]]:
    within = cells.datasets if by_dataset else cells.tasks
    return list(zip(within, cells.items, strict=True))


def _overlap(a: Cells, b: Cells, by_dataset: bool) -> SharedItems:
    ours, theirs = set(_keys(a, by_dataset)), set(_keys(b, by_dataset))
    return SharedItems(
        shared=len(ours & theirs), only_a=len(ours - theirs), only_b=len(theirs - ours)
    )


def _paired(a: Cells, b: Cells, by_dataset: bool) -> tuple[Cells, Cells]:
    """The cells of both on the items that both have, one an item, each weighing 1."""
    ours, theirs = _keys(a, by_dataset), _keys(b, by_dataset)
    there = set(theirs)
    both = {key: at for at, key in enumerate(dict.fromkeys(k for k in ours if k in there))}
    return _one_an_item(a, ours, both), _one_an_item(b, theirs, both)


def _one_an_item(
    cells: Cells, keys: list[tuple[str, str]], both: dict[tuple[str, str], int]
) -> Cells:
    kept = np.array([key in both for key in keys])
    at = np.array([both[key] for key in keys if key in both])
    cells = cells.where(kept)
    first = np.unique(at, return_index=True)[1]

    def sums(values: FloatArray) -> FloatArray:
        return np.bincount(at, values).astype(float)

    return replace(
        cells.where(first),
        seeds=np.full(len(first), "", object),
        n=sums(cells.n),
        total=sums(cells.total),
        squares=sums(cells.squares),
        weight=np.ones(len(first)),
    )
