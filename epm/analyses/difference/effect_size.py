"""A difference on other scales: as a ratio, in standard deviations, from score intervals."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from scipy import special, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from epm.analyses.data.cells import Cells
from epm.analyses.difference.block import Newcombe, Ratio, Standardised
from epm.analyses.difference.contrast import Contrast
from epm.analyses.inference.score_intervals import BoundedMean, newcombe
from epm.analyses.inference.verdict import around
from epm.values import LEVEL, Interval, Unavailable


def ratio(of: Contrast) -> Ratio | Unavailable:
    """a/b with exp(log(a/b) ± q·se), se of the logarithm by the clusters of the difference.

    Where answers are taken as independent, it is Katz's interval, of statsmodels.

    Source: Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474; for clusters the delta
    method on the same sums.
    """
    if not (of.a > 0 and of.b > 0):
        sides = " and ".join(side for side, m in (("a", of.a), ("b", of.b)) if not m > 0)
        return Unavailable(unavailable=f"no success in {sides}")
    estimate = of.a / of.b
    if of.kind == "apart" and not of.contributions().known:
        k_a, k_b = (float(cells.total.sum()) for cells in (of.cells_a, of.cells_b))
        n_a, n_b = of.cells_a.answers, of.cells_b.answers
        lower, upper = confint_proportions_2indep(
            k_a, n_a, k_b, n_b, method="log", compare="ratio", alpha=1 - LEVEL
        )
        return Ratio(estimate=estimate, interval=Interval(lower=float(lower), upper=float(upper)))
    found = of.spread(logarithm=True)
    if isinstance(found, Unavailable) or not found.variance > 0:
        return Unavailable(unavailable="no variation to estimate an error from")
    logs = around(log(estimate), sqrt(found.variance), found.df)
    if logs.upper > 700:
        return Unavailable(unavailable="too few runs or items for an interval")
    return Ratio(estimate=estimate, interval=Interval(lower=exp(logs.lower), upper=exp(logs.upper)))


def score_intervals(
    a: Cells, b: Cells, sized_a: BoundedMean | None, sized_b: BoundedMean | None
) -> Newcombe:
    """Newcombe's interval of two rates, at effective sizes and as if answers were independent.

    Args:
        a: cells of yes-or-no scores.
        b: of the other side.
        sized_a: the rate of a at its effective size.
        sized_b: of b.
    """
    (k_a, n_a), (k_b, n_b) = ((int(cells.total.sum()), cells.answers) for cells in (a, b))
    table = np.array([[k_a, n_a - k_a], [k_b, n_b - k_b]])
    plain_a, plain_b = BoundedMean(k_a / n_a, n_a, None), BoundedMean(k_b / n_b, n_b, None)
    both = sized_a is not None and sized_b is not None
    return Newcombe(
        effective=newcombe(sized_a, sized_b) if sized_a and sized_b else None,
        size_a=sized_a.equivalent_size if sized_a and both else None,
        size_b=sized_b.equivalent_size if sized_b and both else None,
        independent=newcombe(plain_a, plain_b),
        fisher=min(1.0, float(stats.fisher_exact(table).pvalue)),
    )


def standardised(
    difference: float, interval: Interval | Unavailable, a: Cells, b: Cells
) -> Standardised | Unavailable:
    """A difference over the SD of answers: Cohen's d, Hedges' g and Glass's Δ.

        d = difference / sqrt(((n_a-1)·s_a² + (n_b-1)·s_b²) / (n_a+n_b-2))
        g = d · Γ(m/2) / (sqrt(m/2)·Γ((m-1)/2)),     m = n_a + n_b - 2
        Δ = difference / s_b

    Args:
        difference: a - b.
        interval: its, which is divided by the pooled SD as if that were known.
        a: cells of a.
        b: cells of b, the control.

    Source: Hedges (1981), J. Educ. Stat. 6, 107-128, for g; Glass (1976), Educ. Res. 5, 3-8.
    """
    n_a, n_b = a.answers, b.answers
    s_a, s_b = (cells.over_answers.deviation or 0.0 for cells in (a, b))
    df = n_a + n_b - 2
    pooled = sqrt(((n_a - 1) * s_a**2 + (n_b - 1) * s_b**2) / df) if df > 0 else 0.0
    if not pooled > 0:
        return Unavailable(unavailable="all scores are equal")
    d = difference / pooled
    g = None
    if df > 1:
        g = d * exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / sqrt(df / 2)
    scaled = interval
    if isinstance(interval, Interval):
        lower, upper = interval.lower / pooled, interval.upper / pooled
        scaled = Interval(lower=lower, upper=upper, level=interval.level)
    return Standardised(
        cohen_d=d,
        pooled_sd=pooled,
        interval=scaled,
        hedges_g=g,
        glass_delta=difference / s_b if s_b > 0 else None,
        control_sd=s_b if s_b > 0 else None,
    )
