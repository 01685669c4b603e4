"""Permutation test of a difference between two conditions, whose unit is the run."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from scipy import stats

from epm.analyses.block import RunPermutation
from epm.analyses.data.cases import FloatArray
from epm.values import Unavailable

MOST = 50_000
"""Assignments up to which every one is tried; beyond, as many are drawn."""


def over_runs(
    a: Sequence[float], b: Sequence[float], seed: int, *, paired: bool = False
) -> RunPermutation | Unavailable:
    """Whether the means of runs differ more than they would if labels were exchangeable.

    The statistic is the difference of the means of a and b, and p the share of assignments whose
    size is at least the observed one's: of all ways to call len(a) of the runs a, or, for paired
    runs, of all ways to flip the signs of their differences. Every assignment is tried up to
    50,000; beyond, that many are drawn, and p counts the observed one among them.

    Args:
        a: means of the runs of one condition.
        b: of the other; in the same order of seeds if paired.
        seed: of the draws.
        paired: whether runs of one seed belong together.

    Source: Fisher (1935), The Design of Experiments; Phipson and Smyth (2010), Stat. Appl. Genet.
    Mol. Biol. 9, 39, for p from draws; computed by scipy's `permutation_test`.
    """
    if paired and len(a) < 2:
        return Unavailable(unavailable="one pair of runs: nothing to permute")
    if not paired and min(len(a), len(b)) < 2:
        return Unavailable(unavailable="one run of a condition: nothing to permute")

    # so that assignments that tie with the observed one but for rounding are seen to
    least = abs(float(np.mean(a) - np.mean(b))) - 1e-9 * float(np.ptp([*a, *b]))

    def as_large(x: FloatArray, y: FloatArray, axis: int) -> FloatArray:
        sizes: FloatArray = np.abs(x.mean(axis=axis) - y.mean(axis=axis))
        return (sizes >= least).astype(float)

    assignments = 2 ** len(a) if paired else comb(len(a) + len(b), len(a))
    exact = assignments <= MOST
    test = stats.permutation_test(
        [np.asarray(a, float), np.asarray(b, float)],
        as_large,
        permutation_type="samples" if paired else "independent",
        vectorized=True,
        n_resamples=MOST,
        alternative="greater",
        rng=np.random.default_rng(seed),
    )
    mirrored = 2 if paired or len(a) == len(b) else 1
    return RunPermutation(
        statistic=float(np.mean(a) - np.mean(b)),
        p=min(1.0, float(test.pvalue)),
        smallest=mirrored / assignments if exact else 1 / (MOST + 1),
        assignments=assignments if exact else MOST,
        exact=exact,
    )
