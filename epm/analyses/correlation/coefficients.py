"""Pearson's r, Spearman's rho and Kendall's tau-b, with their p-values and intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import atanh, inf, sqrt, tanh

import numpy as np
from scipy import stats

from epm.analyses.correlation.block import Coefficients
from epm.analyses.correlation.pairings import exact_p
from epm.analyses.correlation.spec import Method
from epm.analyses.data.cases import FloatArray
from epm.values import LEVEL, Interval, Unavailable

LEAST = 3
"""The fewest conditions with a degree of freedom left."""

FEW = 7
"""Up to this N the p of a rank correlation is exact over all pairings."""

PERFECT = 1 - 1e-12
"""A correlation of at least this size is perfect up to float64 noise."""

KENDALL_VARIANCE = 0.437
"""Of atanh tau, times N-4."""

SAME = 1e-12
"""Numbers that differ by no more than this share of the larger are equal: float64 noise."""


def pearson(x: FloatArray, y: FloatArray) -> Coefficients | Unavailable:
    """Pearson's r of two arrays of shape (N,).

    p is two-sided with t = r·sqrt((N-2)/(1-r²)) on N-2 degrees of freedom; the 95% interval is
    tanh(atanh r ± z/sqrt(N-3)), Fisher (1921), Metron 1, 3-32.

    Returns:
        The correlation, or Unavailable for N < 3 or where x or y is the same throughout.
    """
    if none := obstacle(x, y):
        return none
    return by_fisher(float(stats.pearsonr(x, y).statistic), len(x))


def by_fisher(r: float, n: int, taken_out: int = 0) -> Coefficients | Unavailable:
    """A Pearson correlation with its p by t and its interval by Fisher's z.

    Args:
        r: the coefficient.
        n: conditions.
        taken_out: k, how many covariates have been taken out of both variables: p rests on
            N-2-k degrees of freedom and the interval on N-k-3, Fisher (1924), Metron 3, 329-332.
    """
    df = n - 2 - taken_out
    if df < 1:
        return Unavailable(unavailable=f"{counted(n)}, {taken_out + LEAST} needed")
    r = float(np.clip(r, -1, 1))
    t = _t(r, df)
    return Coefficients(
        coefficient=r,
        p=min(1.0, 2 * float(stats.t.sf(abs(t), df))),
        p_from="t",
        n=n,
        df=df,
        t=None if abs(t) == inf else t,
        interval=interval(r, 1.0, df - 1),
        interval_from="Fisher",
    )


def spearman(x: FloatArray, y: FloatArray) -> Coefficients | Unavailable:
    """Spearman's rho of two arrays of shape (N,), ties at their mean rank.

    p is two-sided: with t as in `pearson`, but exact over all N! pairings for N <= 7, where the t
    approximation would give a perfect rho of four conditions p = 0 instead of 1/12. Texts differ
    on the variance of atanh rho: the 95% interval takes (1 + rho²/2)/(N-3), Bonett and Wright
    (2000), Psychometrika 65, 23-28; beside it stand 1/(N-3), Fisher's for Pearson's r, and
    1.06/(N-3), Fieller, Hartley and Pearson (1957), Biometrika 44, 470-481.

    Returns:
        The correlation, or Unavailable for N < 3 or where x or y is the same throughout.
    """
    if none := obstacle(x, y):
        return none
    n = len(x)
    rank_x, rank_y = ranks(x), ranks(y)
    rho = float(np.clip(stats.pearsonr(rank_x, rank_y).statistic, -1, 1))
    few = n <= FEW
    t = _t(rho, n - 2)
    p = exact_p(standardised(rank_x), standardised(rank_y)) if few else _tail(t, n - 2)
    others = {
        source: interval(rho, variance, n - 3)
        for source, variance in (("Fisher", 1.0), ("Fieller", 1.06))
    }
    return Coefficients(
        coefficient=rho,
        p=p,
        p_from="pairings" if few else "t",
        n=n,
        df=None if few else n - 2,
        t=None if few or abs(t) == inf else t,
        interval=interval(rho, bonett_wright(rho), n - 3),
        interval_from="Bonett and Wright",
        intervals=others,
    )


def kendall(x: FloatArray, y: FloatArray) -> Coefficients | Unavailable:
    """Kendall's tau-b of two arrays of shape (N,).

    p is two-sided: exact over all N! pairings for N <= 7; above that exact where no values are
    tied and N <= 33 (or no more than one pair is out of order), else normal with the variance
    corrected for ties (`scipy.stats.kendalltau`).
    The 95% interval is tanh(atanh tau ± z·sqrt(.437/(N-4))), Fieller, Hartley and Pearson (1957),
    Biometrika 44, 470-481.

    Returns:
        The correlation, or Unavailable for N < 3 or where x or y is the same throughout.
    """
    if none := obstacle(x, y):
        return none
    n = len(x)
    rank_x, rank_y = ranks(x), ranks(y)
    found = stats.kendalltau(rank_x, rank_y)
    tau, p = float(np.clip(found.statistic, -1, 1)), float(found.pvalue)
    untied = len(set(rank_x)) == len(set(rank_y)) == n
    exact = untied and (n <= 33 or n * (n - 1) / 4 * (1 - abs(tau)) < 1.5)
    if n <= FEW:
        p = exact_p(_signs(rank_x), _signs(rank_y))
    return Coefficients(
        coefficient=tau,
        p=p,
        p_from="pairings" if n <= FEW else "exact" if exact else "normal",
        n=n,
        interval=interval(tau, KENDALL_VARIANCE, n - 4),
        interval_from="Fieller",
    )


BY_METHOD: dict[Method, Callable[[FloatArray, FloatArray], Coefficients | Unavailable]] = {
    "pearson": pearson,
    "spearman": spearman,
    "kendall": kendall,
}


def interval(
    coefficient: float, variance: float, over: float, level: float = LEVEL
) -> Interval | Unavailable:
    """tanh(atanh c ± z·sqrt(variance/over)).

    Args:
        coefficient: c, in [-1, 1].
        variance: of atanh c, times `over`.
        over: as in N-3; where it is not above 0 there is no interval.
        level: two-sided.
    """
    if abs(coefficient) >= PERFECT:
        return Unavailable(unavailable="the correlation is perfect")
    if over <= 0:
        return Unavailable(unavailable="too few conditions for an interval")
    reach = float(stats.norm.ppf((1 + level) / 2)) * sqrt(variance / over)
    centre = atanh(coefficient)
    return Interval(lower=tanh(centre - reach), upper=tanh(centre + reach), level=level)


def bonett_wright(rho: float) -> float:
    """Variance of atanh rho, times N-3."""
    return 1 + rho**2 / 2


def at_level(
    found: Coefficients, method: Method, level: float, taken_out: int = 0
) -> Interval | Unavailable:
    """The interval of a coefficient at another level; of the same kind as its own.

    Args:
        found: the coefficient.
        method: which one it is.
        level: two-sided.
        taken_out: covariates taken out of both variables; the interval is then Fisher's.
    """
    r, n = found.coefficient, found.n
    if method == "kendall":
        return interval(r, KENDALL_VARIANCE, n - 4, level)
    if method == "spearman" and not taken_out:
        return interval(r, bonett_wright(r), n - 3, level)
    return interval(r, 1.0, n - 3 - taken_out, level)


def bootstrap(x: FloatArray, y: FloatArray, seed: int) -> Interval | Unavailable:
    """The 95% interval of Pearson's r by a bootstrap over conditions, shape (N,) each.

    Bias-corrected and accelerated, 9,999 resamples: Efron (1987), J. Am. Stat. Assoc. 82, 171-185
    (`scipy.stats.bootstrap`).
    """
    if none := obstacle(x, y):
        return none

    def r(a: FloatArray, b: FloatArray, axis: int = -1) -> FloatArray:
        a, b = (v - v.mean(axis=axis, keepdims=True) for v in (a, b))
        size = np.sqrt((a**2).sum(axis=axis) * (b**2).sum(axis=axis))
        return np.asarray((a * b).sum(axis=axis) / size)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        # resamples of few conditions may not vary; the ends are then not finite
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            (x, y), r, paired=True, vectorized=True, method="BCa", rng=np.random.default_rng(seed)
        ).confidence_interval
    lower, upper = float(found.low), float(found.high)
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return Unavailable(unavailable="too few different conditions to resample")
    return Interval(lower=max(-1.0, lower), upper=min(1.0, upper))


def ranks(values: FloatArray) -> FloatArray:
    """Mean ranks, shape (N,); values that differ by float64 noise alone are tied."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    noise = SAME * np.maximum(np.abs(ordered[:-1]), np.abs(ordered[1:]))
    steps = np.zeros(len(values))
    steps[order[1:]] = np.diff(ordered) > noise
    level = np.empty(len(values))
    level[order] = np.cumsum(steps[order])
    return np.asarray(stats.rankdata(level), float)


def standardised(values: FloatArray) -> FloatArray:
    """Centred and of length 1, shape (N,), so that products of two are correlations."""
    centred = values - values.mean()
    return np.asarray(centred / np.sqrt(np.sum(centred**2)))


def obstacle(
    x: FloatArray,
    y: FloatArray,
    least: int = LEAST,
    names: Sequence[str] = ("the predictor", "the outcome"),
    unit: str = "condition",
) -> Unavailable | None:
    """Why x and y have no correlation and no line; None where they have.

    Args:
        x: shape (N,).
        y: shape (N,).
        least: the smallest N that the asker can work with.
        names: of x and y, for the reason.
        unit: what N counts.
    """
    if len(x) < least:
        return Unavailable(unavailable=f"{counted(len(x), unit)}, {least} needed")
    for name, values in zip(names, (x, y), strict=True):
        if constant(values):
            return Unavailable(unavailable=f"{name} is the same in all {counted(len(x), unit)}")
    return None


def constant(values: FloatArray) -> bool:
    """Whether values, shape (N,), are all the same up to float64 noise."""
    return bool(np.ptp(values) <= SAME * np.max(np.abs(values)))


def counted(n: int, unit: str = "condition") -> str:
    """'1 condition', '2 conditions'."""
    return f"{n} {unit}{'' if n == 1 else 's'}"


def _t(coefficient: float, df: int) -> float:
    if abs(coefficient) >= PERFECT:
        return inf if coefficient > 0 else -inf
    return coefficient * sqrt(df / (1 - coefficient**2))


def _tail(t: float, df: int) -> float:
    return min(1.0, 2 * float(stats.t.sf(abs(t), df)))


def _signs(values: FloatArray) -> FloatArray:
    """Signs of all differences, shape (N, N)."""
    return np.sign(values[:, None] - values[None, :])
