"""Cluster-robust variances of means, and of whatever else is linear in the answers.

To first order, an estimate that is a mean, a difference of means or the logarithm of a ratio of
means errs by a sum over cells, a cell being the answers of one run to one item. What a cell adds
is its contribution ψ: for the mean m = Σy/Σw over cells of score y and weight w,
ψ = (y - m·w)/Σw (in the terms of robust statistics, its empirical influence).
Cells of one item are not independent, nor are cells of one run (one condition under one seed); so
the variance is taken over their sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from epm.analyses.block import TwoWayVariance
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.cells import ROUNDING, Cells, Labels
from epm.values import Unavailable


@dataclass(frozen=True)
class Contributions:
    """What each of C cells adds to the error of an estimate, and what the cells have in common."""

    values: FloatArray
    """ψ, shape (C,)."""
    items: Labels
    """Item, or the group of items it belongs to, shape (C,); '' where items are not known."""
    runs: Labels
    """Run, shape (C,); '' for cells whose run is the only one of its condition."""
    strata: Labels
    """Part of the estimate, shape (C,), whose clusters of items are counted by themselves."""
    squares: FloatArray
    """Sum over a cell's answers of their own squared contributions, shape (C,)."""
    answers: FloatArray
    """How many answers each cell has, shape (C,)."""
    groups: bool
    """Whether an item belongs to a group of several."""

    def scaled(self, factor: float | FloatArray) -> Contributions:
        """Those to the estimate times a factor, one for all cells or one for each."""
        return replace(self, values=self.values * factor, squares=self.squares * np.square(factor))

    def where(self, kept: npt.NDArray[np.bool_]) -> Contributions:
        """Those of some cells."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)}
        groups = arrays.pop("groups")
        return Contributions(**{name: array[kept] for name, array in arrays.items()}, groups=groups)

    @property
    def known(self) -> bool:
        """Whether the items of all cells are known."""
        return bool((self.items != "").all())

    @property
    def by_item(self) -> str:
        """What items are clustered by, in words."""
        return "group of items" if self.groups else "item"


@dataclass(frozen=True)
class Spread:
    """The variance of an estimate, its degrees of freedom, and what they were computed by."""

    variance: float
    df: float
    method: str
    """In words, as in 'clustered by item'."""
    clusters: int | None = None
    """Clusters of items; None where they do not enter."""
    two_way: TwoWayVariance | None = None


def contributions(
    cells: Cells, run: str = "", *, strata: str | None = "", other: str = ""
) -> Contributions:
    """What cells contribute to the error of their weighted mean.

    Args:
        cells: of one condition.
        run: what sets its runs apart from those of another condition of the same seeds.
        strata: name of all cells' stratum; None makes every data set one.
        other: what sets its items apart from items of another condition, if anything.
    """
    m, whole = cells.mean, float(cells.weight.sum())
    share = cells.weight / whole
    values = (cells.score - m * cells.weight) / whole
    size = np.sqrt(cells.squares.sum() / cells.n.sum())
    values[np.abs(values) <= ROUNDING * size * share] = 0.0
    about = cells.squares - 2 * m * cells.total + m**2 * cells.n
    about = np.where(about > ROUNDING * cells.squares, about, 0.0)
    several = len(cells.runs) > 1
    return Contributions(
        values=values,
        items=cells.clusters + other if other and cells.known else cells.clusters,
        runs=_named([f"{run}\n{seed}" if several else "" for seed in cells.seeds]),
        strata=cells.datasets if strata is None else np.full(len(cells), strata, object),
        squares=about * (share / cells.n) ** 2,
        answers=cells.n,
        groups=cells.grouped,
    )


def _named(labels: list[str]) -> Labels:
    return np.array(labels, object)


def joined(parts: Sequence[Contributions]) -> Contributions:
    """Contributions to the error of a sum of estimates."""
    names = [each.name for each in fields(Contributions) if each.name != "groups"]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Contributions(**arrays, groups=any(part.groups for part in parts))


def spread(of: Contributions) -> Spread | Unavailable:
    """The variance of an estimate, by whatever its cells have in common.

    With two or more runs, two-way by run and item (`two_way`); by run alone where items are not
    known, or are too few. With one run, by item (`one_way`); where items are not known, as if
    answers were independent.
    """
    if len(set(of.runs) - {""}) > 1:
        return two_way(of)
    if of.known:
        return one_way(of)
    return _each_stratum(of)


def one_way(of: Contributions) -> Spread | Unavailable:
    """Variance over clusters of items, and its degrees of freedom.

    With G_s clusters in stratum s, and Ψ_sg the sum of the contributions of cluster g there,

        v  = Σ_g (Σ_s sqrt(G_s/(G_s-1))·Ψ_sg)²
        df = (Σ_s v_s)² / Σ_s v_s²/(G_s-1),     v_s = G_s/(G_s-1)·Σ_g Ψ_sg²

    so that one stratum has the usual factor G/(G-1) and G - 1 degrees of freedom, and strata
    without common clusters have the sum of their variances and Satterthwaite's.

    Source: Cochran (1977), Sampling Techniques, 3rd ed., section 3.12, for the ratio estimator;
    Liang and Zeger (1986), Biometrika 73, 13-22, for the sums by cluster.
    """
    at, length = _codes(of.items)
    whole = np.zeros(length)
    parts: list[tuple[float, float]] = []
    for stratum in dict.fromkeys(of.strata):
        own = of.strata == stratum
        clusters = len(np.unique(at[own]))
        if clusters < 2:
            return Unavailable(unavailable=f"all answers belong to one {of.by_item}")
        sums = np.sqrt(clusters / (clusters - 1)) * _sums(at[own], of.values[own], len(whole))
        whole += sums
        parts.append((float(np.sum(sums**2)), clusters - 1))
    return Spread(
        variance=float(np.sum(whole**2)),
        df=satterthwaite(parts),
        method=f"clustered by {of.by_item}",
        clusters=len(whole),
    )


def _codes(labels: Labels) -> tuple[npt.NDArray[np.intp], int]:
    """Every label's number, and how many labels there are."""
    number = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    return np.fromiter((number[label] for label in labels), np.intp, len(labels)), len(number)


def _sums(at: npt.NDArray[np.intp], values: FloatArray, length: int) -> FloatArray:
    """Sums by cluster, those exactly 0 that are so but for rounding."""
    sums = np.bincount(at, values, length)
    sizes = np.bincount(at, np.abs(values), length)
    return np.where(np.abs(sums) > ROUNDING * sizes, sums, 0.0)


def two_way(of: Contributions) -> Spread | Unavailable:
    """Variance over answers that share an item, a run, or both.

    v = max(v_item + v_run - v_cell, v_item, v_run), each with its own G/(G-1), and min(G) - 1
    degrees of freedom. A run that is the only one of its condition shows no variance between
    runs: it counts neither in v_run and v_cell nor in G. Where items are not known, or there is
    but one, the variance is v_run, and that of the answers of such a run beside it.

    Source: Cameron, Gelbach and Miller (2011), J. Bus. Econ. Stat. 29, 238-249, for the variance
    and min(G) - 1. The difference of variances can be too small, even negative, with few runs;
    hence the bound.
    """
    drawn = of.where(of.runs != "")
    at, runs = _codes(drawn.runs)
    v_run = runs / (runs - 1) * float(np.sum(_sums(at, drawn.values, runs) ** 2))
    by_run = Spread(variance=v_run, df=runs - 1, method="clustered by run")
    if not of.known:
        return _with_single_runs(by_run, of)
    pairs = zip(drawn.runs, drawn.items, strict=True)
    named = _named([f"{run}\n\n{item}" for run, item in pairs])
    by_item, by_cell = one_way(of), one_way(replace(drawn, items=named))
    if isinstance(by_item, Unavailable) or isinstance(by_cell, Unavailable):
        return _with_single_runs(by_run, of)
    both = by_item.variance + v_run - by_cell.variance
    floor = max(by_item.variance, v_run)
    return Spread(
        variance=max(both, floor),
        df=min(by_item.df, by_run.df),
        method=f"two-way clustered by run and {of.by_item}"
        + (", at the larger one-way variance" if both < floor else ""),
        clusters=by_item.clusters,
        two_way=TwoWayVariance(
            items=by_item.variance,
            runs=v_run,
            cells=by_cell.variance,
            run_clusters=runs,
            floored=both < floor,
        ),
    )


def _with_single_runs(by_run: Spread, of: Contributions) -> Spread | Unavailable:
    """Between runs, and of a condition with one run between its answers, which it has alone."""
    single = of.where(of.runs == "")
    if not len(single.values):
        return by_run
    within = independent(single)
    if isinstance(within, Unavailable):
        return within
    parts = [(by_run.variance, by_run.df), (within.variance, within.df)]
    return Spread(
        variance=by_run.variance + within.variance,
        df=satterthwaite(parts),
        method=f"{by_run.method}, of a single run {within.method}",
    )


def _each_stratum(of: Contributions) -> Spread | Unavailable:
    """By item in strata whose items are known, each answer by itself in the others."""
    parts: list[tuple[float, float]] = []
    words: dict[str, None] = {}
    for stratum in dict.fromkeys(of.strata):
        part = of.where(of.strata == stratum)
        found = one_way(part) if part.known else independent(part)
        if isinstance(found, Unavailable):
            return found
        parts.append((found.variance, found.df))
        words[found.method] = None
    variance = sum(each for each, _ in parts)
    return Spread(variance=variance, df=satterthwaite(parts), method="; ".join(words))


def independent(of: Contributions) -> Spread | Unavailable:
    """Variance as if answers were independent: n/(n-1) times the sum of squares of each."""
    n = float(of.answers.sum())
    if n < 2:
        return Unavailable(unavailable="one answer: no variance between answers")
    variance = n / (n - 1) * float(of.squares.sum())
    return Spread(variance=variance, df=n - 1, method="answers taken as independent")


def satterthwaite(parts: Sequence[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of independent variances, each given with its own.

    Source: Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    """
    whole = sum(variance for variance, _ in parts)
    if not whole > 0:
        return float(sum(df for _, df in parts))
    shares = [(variance / whole, df) for variance, df in parts]
    return float(1 / sum(share**2 / df for share, df in shares))
