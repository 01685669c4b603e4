"""Rates with their intervals: Wilson, and Wilson for answers that share a question or a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from epm.results import (
    ClusteredInterval,
    Interval,
    Proportion,
    Rate,
    TwoLevelInterval,
    Unavailable,
)
from epm.statistics.points import FloatArray

LEVEL = 0.95
"""Two-sided level of every interval in this package."""

Z = float(stats.norm.ppf((1 + LEVEL) / 2))
"""The exact normal quantile, 1.959963984540054."""


def proportion(rate: Rate, replicates: Sequence[Rate] = ()) -> Proportion:
    """k/n with its Wilson interval and its clustered interval, all as fractions.

    Args:
        rate: the counts; of several seeds, their sum.
        replicates: the same by seed; with two or more, the clusters are seeds and questions, else
            questions alone.
    """
    return Proportion(
        successes=rate.successes,
        trials=rate.trials,
        estimate=rate.estimate,
        wilson=wilson(rate.estimate, rate.trials),
        clustered=clustered(rate) if len(replicates) < 2 else two_level(replicates),
    )


def wilson(estimate: float, trials: float) -> Interval:
    """Wilson's 95% score interval of a proportion, as fractions in [0, 1].

    With z the exact normal quantile:

        (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    Args:
        estimate: p = k/n, in [0, 1].
        trials: n, above 0; fractional where it is an effective sample size.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; computed by statsmodels'
    `proportion_confint`, widened by a rounding error where needed so that it contains p exactly.
    """
    lower, upper = proportion_confint(estimate * trials, trials, alpha=1 - LEVEL, method="wilson")
    return Interval(
        lower=max(0.0, min(float(lower), estimate)),
        upper=min(1.0, max(float(upper), estimate)),
        level=LEVEL,
    )


def clustered(rate: Rate) -> ClusteredInterval | Unavailable:
    """Wilson's 95% interval at the effective sample size of a clustered sample, as fractions.

    Answers to one question are not independent. With C questions of n_c trials and k_c successes, n
    and k their sums and p = k/n, the variance of the ratio estimator over clusters gives the design
    effect, and that the effective sample size:

        v    = C/(C-1) · Σ (k_c - p·n_c)² / n²
        deff = max(1, v / (p(1-p)/n))
        n*   = n/deff · (z / t_{C-1})²          (0.975 quantiles)

    The last factor pays for a variance estimated from C clusters. At p = 0 and p = 1 the clusters
    cannot show how alike they are; the most cautious reading is taken, each question counting as
    one answer: n* = C, deff = n/C.

    Returns:
        The interval, or Unavailable without per-question counts or with fewer than two questions.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201, for the effective sample size
    and its degrees of freedom; Cochran (1977), Sampling Techniques, 3rd ed., section 3.12, for
    proportions in cluster sampling; Dean and Pagano (2015), J. Surv. Stat. Methodol. 3, 484-503,
    for Wilson at n*.
    """
    clusters = len(rate.clusters)
    if clusters == 0:
        return Unavailable(unavailable="no per-question counts")
    if clusters == 1:
        return Unavailable(unavailable="one question: no variance between questions")
    n, p = rate.trials, rate.estimate
    if rate.successes in (0, n):
        design_effect = n / clusters
        effective_n = float(clusters)
    else:
        squares = sum((c.successes - p * c.trials) ** 2 for c in rate.clusters)
        variance = clusters / (clusters - 1) * squares / n**2
        design_effect = max(1.0, variance / (p * (1 - p) / n))
        t = float(stats.t.ppf((1 + LEVEL) / 2, clusters - 1))
        effective_n = n / design_effect * (Z / t) ** 2
    interval = wilson(p, effective_n)
    return ClusteredInterval(
        lower=interval.lower,
        upper=interval.upper,
        level=LEVEL,
        clusters=clusters,
        design_effect=design_effect,
        effective_n=effective_n,
    )


def two_level(replicates: Sequence[Rate]) -> TwoLevelInterval | Unavailable:
    """Wilson's 95% interval at the effective sample size of seeds × questions, as fractions.

    Samples of one adapter are alike, and so are answers to one question. With S seeds that are all
    asked the same Q questions, k_sq and n_sq the counts of a cell, k and n their sums, p = k/n and
    e_sq = k_sq - p·n_sq, the two-way clustered variance of p, the design effect and the effective
    sample size are

        v_S  = S/(S-1) · Σ_s (Σ_q e_sq)² / n²
        v_Q  = Q/(Q-1) · Σ_q (Σ_s e_sq)² / n²
        v_SQ = SQ/(SQ-1) · Σ_sq e_sq² / n²
        v    = max(v_S + v_Q - v_SQ, v_S, v_Q, p(1-p)/n)
        deff = v / (p(1-p)/n)
        n*   = n/deff · (z / t)²,    t = (v_S·t_{S-1} + v_Q·t_{Q-1}) / (v_S + v_Q)

    (0.975 quantiles). The difference of variances can be too small or negative, so it is never
    taken below either of them. With few seeds the degrees of freedom decide: t weighs the quantile
    of each level by its share of the variance. In simulations with S of 2, 3, 5 and 8, Q = 20, 5
    answers a cell, and standard deviations of the log-odds of 0, 0.3, 0.6 between seeds and 0, 0.5,
    1 between questions, that covers the rate in 93 to 99.7% of samples; the question-clustered
    interval covers it in as few as 54%. Satterthwaite's degrees of freedom fall to 88% with two
    seeds, as the share of the variance that decides them has but one; min(S, Q) - 1 for both levels
    is never below 99.9% there, with intervals of 60 to 87 points. Two seeds that differ leave an
    interval of 40 to 70 points even so: they cannot say more. `tests/statistics/test_two_level.py`
    repeats the simulation.

    At p = 0 and p = 1 no cluster shows how alike its members are, and each question counts as one
    answer, as for a single seed: n* = Q, deff = n/Q.

    Args:
        replicates: the counts by question of each seed; two or more.

    Returns:
        The interval, or Unavailable without per-question counts or with fewer than two questions.

    Source: Cameron, Gelbach and Miller (2011), J. Bus. Econ. Stat. 29, 238-249, and Miglioretti and
    Heagerty (2007), Am. J. Epidemiol. 165, 453-463, for the variance; Cochran (1964), Biometrics
    20, 191-195, for the weighted quantile; `clustered` for the rest.
    """
    if not all(rate.clusters for rate in replicates):
        return Unavailable(unavailable="no per-question counts")
    pooled = Rate.pooled(list(replicates))
    seeds, questions = len(replicates), len(pooled.clusters)
    if questions == 1:
        return Unavailable(unavailable="one question: no variance between questions")
    n, p = pooled.trials, pooled.estimate
    if pooled.successes in (0, n):
        design_effect = n / questions
        effective_n = float(questions)
    else:
        column = {count.cluster: at for at, count in enumerate(pooled.clusters)}
        excess = np.zeros((seeds, questions))
        for row, rate in enumerate(replicates):
            for count in rate.clusters:
                excess[row, column[count.cluster]] += count.successes - p * count.trials
        by_seed = _between(excess.sum(axis=1)) / n**2
        by_question = _between(excess.sum(axis=0)) / n**2
        both = by_seed + by_question - _between(excess.ravel()) / n**2
        independent = p * (1 - p) / n
        design_effect = max(both, by_seed, by_question, independent) / independent
        t_seeds = float(stats.t.ppf((1 + LEVEL) / 2, seeds - 1))
        t_questions = float(stats.t.ppf((1 + LEVEL) / 2, questions - 1))
        share = by_seed / (by_seed + by_question) if by_seed + by_question else 0.0
        t = share * t_seeds + (1 - share) * t_questions
        effective_n = n / design_effect * (Z / t) ** 2
    interval = wilson(p, effective_n)
    return TwoLevelInterval(
        lower=interval.lower,
        upper=interval.upper,
        level=LEVEL,
        clusters=questions,
        design_effect=design_effect,
        effective_n=effective_n,
        seeds=seeds,
    )


def _between(totals: FloatArray) -> float:
    """Sum of squares of the totals of G clusters, shape (G,), times G/(G-1)."""
    return float(len(totals) / (len(totals) - 1) * np.sum(totals**2))
