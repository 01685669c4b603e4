"""Which answers are alike, and what that does to errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from epm.analyses.block import Effect
from epm.analyses.data.cases import FloatArray
from epm.analyses.dose_response.block import Change, ClusterMean, Clusters, Unit
from epm.analyses.inference.verdict import effect
from epm.values import Unavailable

ROUNDING = 1e-12
"""What rates differ by when they are equal."""

IntArray = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True)
class Clustering:
    """Clusters of rows: of one kind, or trainings crossed with items."""

    name: Clusters
    codes: tuple[IntArray, ...]
    """Of each kind, the cluster of every row."""
    df: int
    """Of the kind that has fewest."""

    def covariances(self, bread: FloatArray, scores: FloatArray) -> tuple[FloatArray, ...]:
        """Sandwich estimates of a covariance; the variance of a combination is their largest.

        One kind of G clusters: B · G/(G-1)·Σ_g s_g s_g' · B, s_g the summed scores of cluster g.
        Two kinds: that of the first, plus that of the second, minus that of their cells; and each
        of the first two by itself, as the difference can be too small or negative.

        Args:
            bread: inverse of the information, shape (p, p).
            scores: of every row, shape (rows, p).

        Source: Liang and Zeger (1986), Biometrika 73, 13-22; Cameron, Gelbach and Miller (2011),
        J. Bus. Econ. Stat. 29, 238-249.
        """

        def sandwich(codes: IntArray) -> FloatArray:
            groups = int(codes.max()) + 1
            sums = np.zeros((groups, scores.shape[1]))
            np.add.at(sums, codes, scores)
            return np.asarray(bread @ (groups / (groups - 1) * sums.T @ sums) @ bread)

        single = [sandwich(codes) for codes in self.codes]
        if len(single) == 1:
            return tuple(single)
        first, second = self.codes
        cells = pd.factorize(pd.Series(first) * (int(second.max()) + 1) + pd.Series(second))[0]
        return single[0] + single[1] - sandwich(cells), *single


def clustering(rows: pd.DataFrame) -> Clustering | Unavailable:
    """Trainings where there are several, items where they are known, crossed where both are.

    Clusters that have one dose each say of a slope no more than a line through G points does, with
    G - 2 degrees of freedom; else there are G - 1.

    Args:
        rows: with columns score, training and item, '' where not known.
    """
    kinds: list[Unit] = []
    codes: list[IntArray] = []
    freedom: list[int] = []
    for kind in ("training", "item"):
        if (rows[kind] == "").all() if kind == "training" else (rows[kind] == "").any():
            continue
        own, names = pd.factorize(rows[kind])
        if len(names) < 2:
            continue
        doses = rows.groupby(kind)["score"].nunique()
        kinds.append(kind)
        codes.append(own)
        freedom.append(len(names) - (1 if (doses > 1).any() else 2))
    if not kinds:
        return Unavailable(unavailable="neither items nor several trainings are known")
    if min(freedom) < 1:
        return Unavailable(unavailable="two trainings or items, of one dose each")
    name: Clusters = "training and item" if len(kinds) == 2 else kinds[0]
    return Clustering(name, tuple(codes), min(freedom))


def cluster_mean(rows: pd.DataFrame) -> ClusterMean | Unavailable:
    """A rate k/n with its standard error over G clusters and the t interval.

        se² = G/(G-1) · Σ_g (k_g - p·n_g)² / n²

    With equal n_g that is the standard error of the mean of the clusters' rates.

    Source: Cochran (1977), Sampling Techniques, 3rd ed., section 3.12.
    """
    for unit in ("training", "item"):
        sums = _rates(rows, unit)
        if len(sums) < 2:
            continue
        n, count = float(sums["n"].sum()), len(sums)
        p = float(sums["k"].sum()) / n
        excess = (sums["k"] - p * sums["n"]).to_numpy(float)
        se = sqrt(count / (count - 1) * float(excess @ excess)) / n
        return ClusterMean(
            over=unit, clusters=count, se=se, interval=effect(p, se, count - 1).interval
        )
    return Unavailable(unavailable="neither items nor several trainings are known")


def change(start: pd.DataFrame, end: pd.DataFrame) -> Change | Unavailable:
    """Rate at the end minus rate at the start, over clusters.

    Over trainings that have both: the mean of their differences, t with G - 1 degrees of freedom.
    Over different trainings, two at least on either side: Welch's. Else over items that have both.
    """
    before, after = _rates(start, "training"), _rates(end, "training")
    shared = before.index.intersection(after.index, sort=False)
    if len(shared) >= 2:
        return _paired(before, after, shared, "training")
    if not len(shared) and min(len(before), len(after)) >= 2:
        sides = [(side["k"] / side["n"]).to_numpy(float) for side in (before, after)]
        variances = [float(np.var(side, ddof=1)) / len(side) for side in sides]
        whole = sum(variances)
        spread = sum(v**2 / (len(s) - 1) for v, s in zip(variances, sides, strict=True))
        found = effect(
            float(sides[1].mean() - sides[0].mean()),
            sqrt(whole),
            whole**2 / spread if spread else min(map(len, sides)) - 1,
        )
        return Change(**dict(found), over="training", paired=False)
    before, after = _rates(start, "item"), _rates(end, "item")
    shared = before.index.intersection(after.index, sort=False)
    if len(shared) >= 2:
        return _paired(before, after, shared, "item")
    return Unavailable(unavailable="neither items nor several trainings have both doses")


def line(rows: pd.DataFrame) -> Change | Unavailable:
    """Slope of a straight line through the rates, in rate per unit of the dose.

    Of each training that has several doses, or else of each item: least squares weighted by
    answers; then the mean of the G slopes with t and G - 1 degrees of freedom. Where each training
    has one dose: one line through the trainings' rates, with G - 2.
    """
    for unit in ("training", "item"):
        known = rows[rows[unit] != ""]
        if unit == "item" and len(known) < len(rows):
            continue
        slopes = [
            _slope(own["score"], own["k"], own["n"])
            for _, own in known.groupby(unit, sort=False)
            if own["score"].nunique() > 1
        ]
        if len(slopes) >= 2:
            return Change(**dict(_mean(np.array(slopes))), over=unit, paired=True)
        if unit == "training" and not slopes and known[unit].nunique() >= 3:
            return Change(**dict(_through(known)), over=unit, paired=False)
    return Unavailable(unavailable="neither items nor several trainings are known")


def _slope(x: pd.Series, k: pd.Series, n: pd.Series) -> float:
    at, weights = x.to_numpy(float), n.to_numpy(float)
    width = float(np.ptp(at))
    centred = (at - np.average(at, weights=weights)) / width
    return float(centred @ k.to_numpy(float)) / float(weights @ centred**2) / width


def _paired(before: pd.DataFrame, after: pd.DataFrame, shared: pd.Index, over: Unit) -> Change:
    first, last = before.loc[shared], after.loc[shared]
    differences = (last["k"] / last["n"] - first["k"] / first["n"]).to_numpy(float)
    return Change(**dict(_mean(differences)), over=over, paired=True)


def _mean(values: FloatArray) -> Effect:
    """Of G values, with t and G - 1; spread that is rounding error counts as none."""
    count = len(values)
    se = float(np.std(values, ddof=1)) / sqrt(count)
    apart = se > ROUNDING * float(np.max(np.abs(values)))
    return effect(float(values.mean()), se if apart else 0.0, count - 1)


def _through(rows: pd.DataFrame) -> Effect:
    """Slope of the line through the trainings' rates, one dose each."""
    by = rows.groupby("training", sort=False)
    x, rates = by["score"].first().to_numpy(float), (by["k"].sum() / by["n"].sum()).to_numpy(float)
    width, df = float(np.ptp(x)), len(x) - 2
    centred = (x - x.mean()) / width
    spread = float(centred @ centred)
    slope = float(centred @ rates) / spread
    left = rates - rates.mean() - slope * centred
    error = float(np.sqrt(left @ left))
    se = error / sqrt(df * spread) if error > ROUNDING else 0.0
    return effect(slope / width, se / width, df)


def _rates(rows: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """K and n by cluster; empty where an item is not known, or no training is."""
    here = (rows[unit] != "").to_numpy()
    if not here.any() or (unit == "item" and not here.all()):
        return pd.DataFrame({"k": [], "n": []}, dtype=float)
    known = rows if here.all() else rows[here]
    return known.groupby(unit, sort=False)[["k", "n"]].sum()
