"""Does prompt length explain the correlation? Spearman with length taken out of both ranks."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np
from scipy import stats

from epm.results import LengthPartial, Unavailable
from epm.statistics.correlation import PERFECT
from epm.statistics.points import FloatArray, Points

COVARIATES = 1
"""k: log prompt length is the only one."""

LEAST = COVARIATES + 3
"""The fewest points with a degree of freedom left."""

DECIMALS = 10
"""Rank residuals are rounded before they are ranked: personas tied on rate and length have
residuals that are equal up to float noise, and without it the noise would break their ties."""


def length_partial(points: Points, prompt_tokens: Mapping[str, int]) -> LengthPartial | Unavailable:
    """Spearman of cosine and rate given prompt length, with the collinearity of cosine and length.

    The ranks of cosine and of rate are each regressed on the ranks of the prompt length (log length
    has the same ranks), and rho is Spearman's of the two residuals. p is two-sided with t =
    rho·sqrt(df/(1-rho²)) on df = N-k-2 degrees of freedom, k = 1: Fisher (1924), Metron 3, 329-332.
    VIF = 1/(1-r²) with r Pearson's of cosine and log(tokens).

    Args:
        points: the personas.
        prompt_tokens: length of each system prompt in tokens; personas it lacks are left out.

    Returns:
        The partial correlation, or Unavailable for N < 4 or where a variable does not vary, alone
        or given length.
    """
    points = points.only(prompt_tokens)
    if obstacle := points.obstacle(LEAST):
        return obstacle
    tokens = np.array([prompt_tokens[persona] for persona in points.personas], dtype=np.float64)
    if np.any(tokens < 1):
        return Unavailable(unavailable="a prompt without tokens has no log length")
    if np.ptp(tokens) == 0:
        return Unavailable(unavailable="all prompts are equally long")
    collinearity = float(np.corrcoef(points.cosine, np.log(tokens))[0, 1])
    if abs(collinearity) >= PERFECT:
        return Unavailable(unavailable="cosine and log prompt length are collinear")
    cosine, rate = (_rank_residuals(values, tokens) for values in (points.cosine, points.rate))
    if np.ptp(cosine) == 0 or np.ptp(rate) == 0:
        return Unavailable(unavailable="the ranks of prompt length leave nothing to correlate")
    rho = float(stats.spearmanr(cosine, rate).statistic)
    df = len(points) - COVARIATES - 2
    t = abs(rho) * sqrt(df / (1 - rho**2)) if abs(rho) < PERFECT else np.inf
    return LengthPartial(
        coefficient=rho,
        p=min(1.0, 2 * float(stats.t.sf(t, df))),
        n=len(points),
        df=df,
        vif=1 / (1 - collinearity**2),
    )


def _rank_residuals(values: FloatArray, tokens: FloatArray) -> FloatArray:
    ranks, length = stats.rankdata(values), stats.rankdata(tokens)
    ranks, length = ranks - ranks.mean(), length - length.mean()
    slope = np.sum(ranks * length) / np.sum(length**2)
    return np.asarray(np.round(ranks - slope * length, DECIMALS))
