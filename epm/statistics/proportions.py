"""Rates with their intervals: Wilson, and Wilson for answers that share a question."""

from __future__ import annotations

from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from epm.results import ClusteredInterval, Interval, Proportion, Rate, Unavailable

LEVEL = 0.95
"""Two-sided level of every interval in this package."""

Z = float(stats.norm.ppf((1 + LEVEL) / 2))
"""The exact normal quantile, 1.959963984540054."""


def proportion(rate: Rate) -> Proportion:
    """k/n with its Wilson interval and its question-clustered interval, all as fractions."""
    return Proportion(
        successes=rate.successes,
        trials=rate.trials,
        estimate=rate.estimate,
        wilson=wilson(rate.estimate, rate.trials),
        clustered=clustered(rate),
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
