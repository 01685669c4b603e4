"""How much of the difference between conditions another set of seeds would show again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from scipy import stats

from epm.analyses.block import Reliability
from epm.values import LEVEL, Interval, Unavailable


def reliability(by_seed: Sequence[Mapping[str, float]]) -> Reliability | Unavailable:
    """Reliability of the means of conditions over seeds, and the ceiling that it sets to r.

    With C conditions, m_c the mean of the k_c rates of condition c and s²_c their variance:

        within  = 1/C · Σ s²_c/k_c            error variance of a mean
        between = 1/(C-1) · Σ (m_c - m̄)²      variance of the means, error included
        reliability = 1 - within/between

    With k seeds in each condition that is the intraclass correlation ICC(1,k), Shrout and Fleiss
    (1979), Psychological Bulletin 86, 420-428, with F = between/within on C-1 and C(k-1) degrees
    of freedom and the interval 1 - F_{0.975; C-1, C(k-1)}/F to 1 - 1/(F·F_{0.975; C(k-1), C-1}).
    A predictor without error that went perfectly with the true means would correlate at
    sqrt(reliability) with the measured ones: Spearman (1904), Am. J. Psychol. 15, 72-101.

    Args:
        by_seed: of each condition, its outcome by seed; those with fewer than two are left out.

    Returns:
        The reliability, or Unavailable with fewer than two conditions or equal means.
    """
    repeated = [np.array(list(rates.values())) for rates in by_seed if len(rates) > 1]
    if len(repeated) < 2:
        return Unavailable(unavailable="fewer than two conditions have several seeds")
    counts = [len(rates) for rates in repeated]
    within = float(np.mean([np.var(rates, ddof=1) / len(rates) for rates in repeated]))
    between = float(np.var([np.mean(rates) for rates in repeated], ddof=1))
    if between <= 1e-24 * max(float(np.max(np.abs(rates))) for rates in repeated) ** 2:
        return Unavailable(unavailable="all conditions have the same mean")
    found = 1 - within / between
    return Reliability(
        conditions=len(repeated),
        seeds=(min(counts), max(counts)),
        within=within,
        between=between,
        reliability=found,
        interval=_interval(within / between, counts),
        ceiling=sqrt(found)
        if found > 0
        else Unavailable(unavailable="conditions differ no more than their seeds make them"),
    )


def _interval(error_share: float, seeds: Sequence[int]) -> Interval | Unavailable:
    """Of the reliability, from the F distribution; 1/F is `error_share`."""
    if len(set(seeds)) > 1:
        return Unavailable(unavailable="conditions have unequal numbers of seeds")
    if error_share == 0:
        return Unavailable(unavailable="seeds do not differ")
    between, within = len(seeds) - 1, len(seeds) * (seeds[0] - 1)
    q = (1 + LEVEL) / 2
    return Interval(
        lower=1 - error_share * float(stats.f.ppf(q, between, within)),
        upper=1 - error_share / float(stats.f.ppf(q, within, between)),
    )
