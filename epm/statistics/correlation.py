"""Correlation of cosine and rate: Pearson, Spearman, their intervals, permutation, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from math import atanh, factorial, sqrt, tanh

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from epm.results import (
    Adjusted,
    Correlation,
    Interval,
    PermutationTest,
    SubsetCorrelations,
    Unavailable,
)
from epm.statistics.points import FloatArray, Points
from epm.statistics.proportions import LEVEL, Z

LEAST = 3
"""The fewest points with a degree of freedom left."""

RESAMPLES = 9_999
"""Random pairings of a permutation test; where there are fewer pairings than this, all of them."""

SMALL_N = 20
"""From this N on the t approximation of Spearman's p needs no permutation beside it."""

PERFECT = 1 - 1e-12
"""A correlation of at least this size is perfect up to float64 noise."""


def pearson(points: Points) -> Correlation | Unavailable:
    """Pearson's r of cosine and rate.

    p is two-sided with t = r·sqrt((N-2)/(1-r²)) on N-2 degrees of freedom (`scipy.stats.pearsonr`);
    the 95% interval is tanh(atanh r ± z/sqrt(N-3)), Fisher (1921), Metron 1, 3-32.

    Returns:
        The correlation, or Unavailable for N < 3 or where cosines or rates are all equal.
    """
    if obstacle := points.obstacle(LEAST):
        return obstacle
    test = stats.pearsonr(points.cosine, points.rate)
    return _correlation(float(test.statistic), float(test.pvalue), len(points), variance=1.0)


def spearman(points: Points) -> Correlation | Unavailable:
    """Spearman's rho of cosine and rate, ties at their mean rank.

    p is two-sided: with t as in `pearson` (`scipy.stats.spearmanr`), but exact over all N! pairings
    for N <= 7, where the t approximation would give a perfect rho of four points p = 0 instead of
    1/12. The 95% interval is tanh(atanh rho ± z·sqrt((1 + rho²/2)/(N-3))), Bonett and Wright
    (2000), Psychometrika 65, 23-28.

    Returns:
        The correlation, or Unavailable for N < 3 or where cosines or rates are all equal.
    """
    if obstacle := points.obstacle(LEAST):
        return obstacle
    test = stats.spearmanr(points.cosine, points.rate)
    rho, p = float(test.statistic), float(test.pvalue)
    if factorial(len(points)) <= RESAMPLES:
        p = _pairings(points, seed=0).p
    return _correlation(rho, p, len(points), variance=1 + rho**2 / 2)


def permutation(points: Points, seed: int) -> PermutationTest | Unavailable:
    """Two-sided permutation p of Spearman's rho: the share of pairings with a |rho| as large.

    All N! pairings where they are no more than 9,999, else 9,999 random ones and the observed one,
    p = (b + 1)/(9,999 + 1): Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39;
    `scipy.stats.permutation_test`.

    Args:
        points: the personas.
        seed: of the random pairings; the same seed gives the same p.

    Returns:
        The test, or Unavailable for N >= 20, N < 3, or where cosines or rates are all equal.
    """
    if obstacle := points.obstacle(LEAST):
        return obstacle
    if len(points) >= SMALL_N:
        return Unavailable(unavailable=f"made for fewer than {SMALL_N} personas")
    return _pairings(points, seed)


def correlations(points: Points) -> SubsetCorrelations:
    """Both correlations of the same points."""
    return SubsetCorrelations(n=len(points), pearson=pearson(points), spearman=spearman(points))


def adjust(layers: Mapping[str, Correlation | Unavailable]) -> dict[str, Adjusted | Unavailable]:
    """Correct p over the layers, by Holm and by Bonferroni.

    With m layers: Bonferroni min(1, m·p); Holm the running maximum, in order of p, of
    min(1, (m-i+1)·p_(i)), Holm (1979), Scand. J. Stat. 6, 65-70 (statsmodels' `multipletests`).
    m counts the layers that have a p.

    Returns:
        By layer, the corrected p, or the reason why the layer has none.
    """
    tested = {layer: found.p for layer, found in layers.items() if isinstance(found, Correlation)}
    adjusted: dict[str, Adjusted | Unavailable] = {
        layer: found for layer, found in layers.items() if isinstance(found, Unavailable)
    }
    if tested:
        p = list(tested.values())
        holm, bonferroni = (multipletests(p, method=method)[1] for method in ("holm", "bonferroni"))
        for layer, by_holm, by_bonferroni in zip(tested, holm, bonferroni, strict=True):
            adjusted[layer] = Adjusted(holm=float(by_holm), bonferroni=float(by_bonferroni))
    return {layer: adjusted[layer] for layer in layers}


def _correlation(coefficient: float, p: float, n: int, *, variance: float) -> Correlation:
    """Put Fisher's interval beside a coefficient; `variance` is that of atanh, times N-3."""
    interval: Interval | Unavailable
    if abs(coefficient) >= PERFECT:
        interval = Unavailable(unavailable="the correlation is perfect")
    elif n < 4:
        interval = Unavailable(unavailable=f"{n} personas, 4 needed")
    else:
        reach = Z * sqrt(variance / (n - 3))
        interval = Interval(
            lower=tanh(atanh(coefficient) - reach),
            upper=tanh(atanh(coefficient) + reach),
            level=LEVEL,
        )
    return Correlation(coefficient=coefficient, p=p, n=n, df=n - 2, interval=interval)


def _pairings(points: Points, seed: int) -> PermutationTest:
    # Centred ranks, doubled: integers, so that equal pairings compare as equal.
    n = len(points)
    cosine, rate = (2 * stats.rankdata(values) - (n + 1) for values in (points.cosine, points.rate))

    def size(permuted: FloatArray, axis: int = -1) -> FloatArray:
        return np.asarray(np.abs(np.sum(permuted * rate, axis=axis)))

    test = stats.permutation_test(
        (cosine,),
        size,
        permutation_type="pairings",
        vectorized=True,
        n_resamples=RESAMPLES,
        alternative="greater",
        rng=np.random.default_rng(seed),
    )
    return PermutationTest(p=float(test.pvalue), resamples=len(test.null_distribution))
