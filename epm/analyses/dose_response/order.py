"""What the order of the doses says without a curve: trend, turns, comparisons, peak."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import xlogy

from epm.analyses.block import Effect
from epm.analyses.data.cases import FloatArray
from epm.analyses.dose_response.block import Comparison, Fall, Monotone, Peak, Trend
from epm.analyses.dose_response.clusters import change
from epm.values import Unavailable

DRAWS = 4000
"""Of the bootstrap: the error of a p of 0.05 is 0.0034."""

_AT_ONCE = 4_000_000
"""Numbers that are held in memory."""


def trend(k: FloatArray, n: FloatArray, scores: FloatArray) -> Trend | Unavailable:
    """The Cochran-Armitage test, two-sided, without a continuity correction.

        z = Σ s_i (k_i - n_i p) / sqrt(p(1-p) (Σ n_i s_i² - (Σ n_i s_i)²/N)),   p = Σk/N

    It takes answers as independent. R's `prop.trend.test` gives its square.

    Source: Armitage (1955), Biometrics 11, 375-386.
    """
    whole = n.sum()
    p = k.sum() / whole
    centred = (scores - np.average(scores, weights=n)) / np.std(scores)
    variance = p * (1 - p) * float(n @ centred**2)
    if not variance > 0:
        return Unavailable(unavailable="all answers are alike")
    z = float(centred @ (k - n * p)) / sqrt(variance)
    return Trend(z=z, p=min(1.0, 2 * float(stats.norm.sf(abs(z)))))


def monotone(doses: dict[str, float], k: FloatArray, n: FloatArray, seed: int) -> Monotone:
    """Whether the rates could come from a curve that never turns.

    Isotonic rates, weighted by answers, in the direction of the rank
    correlation of rates with doses; twice the log-likelihood of the rates themselves over theirs;
    and its p by drawing answers from the isotonic rates, (1 + number as large) / (1 + draws). As
    the draws are independent, answers that are alike make p too small.

    Args:
        doses: in order, by name.
        k: hits, shape (D,).
        n: answers, shape (D,).
        seed: of the draws.

    Source: Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order
    Restrictions, sections 1.2 and 4.2.
    """
    rates = k / n
    sign = 1.0 if _rises(rates, n) else -1.0

    def ratios(hits: FloatArray) -> tuple[FloatArray, FloatArray]:
        of = hits / n
        under = np.clip(sign * isotonic(sign * of, n), 0.0, 1.0)
        gain = xlogy(hits, of) - xlogy(hits, under)
        gain += xlogy(n - hits, 1 - of) - xlogy(n - hits, 1 - under)
        return under, np.maximum(0.0, 2 * gain.sum(axis=1))

    fitted, found = (each[0] for each in ratios(k[None, :]))
    generator = np.random.default_rng(seed)
    drawn = generator.binomial(n.astype(int), fitted, size=(DRAWS, len(n))).astype(float)
    reached = sum(
        int((ratios(some)[1] >= found - 1e-12).sum())
        for some in np.array_split(drawn, 1 + DRAWS * len(n) ** 2 // _AT_ONCE)
    )
    at = list(doses.values())
    changes = np.diff(rates)
    against = sign * changes < 0
    return Monotone(
        direction="rising" if sign > 0 else "falling",
        turns=tuple(
            Fall(start=at[i], end=at[i + 1], change=float(changes[i]))
            for i in np.flatnonzero(against)
        ),
        fitted=dict(zip(doses, map(float, fitted), strict=True)),
        likelihood_ratio=float(found),
        p=(1 + reached) / (1 + DRAWS),
        draws=DRAWS,
    )


def isotonic(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Nearest values that never fall, in weighted squares: the max-min formula.

        y_i = max_{s <= i} min_{t >= i} (w_s·v_s + … + w_t·v_t) / (w_s + … + w_t)

    Args:
        values: of many draws at once, shape (R, D).
        weights: above 0, shape (D,).

    Source: Robertson, Wright and Dykstra (1988), Order Restricted Statistical Inference, theorem
    1.4.4.
    """
    count = len(weights)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values * weights, axis=1)], axis=1)
    whole = np.concatenate([[0.0], np.cumsum(weights)])
    first, last = np.arange(count)[:, None], np.arange(count)[None, :]
    width = np.where(last >= first, whole[last + 1] - whole[first], 1.0)
    means = (sums[:, last + 1] - sums[:, first]) / width
    means = np.where(last >= first, means, np.inf)
    least = np.minimum.accumulate(means[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray(np.where(last >= first, least, -np.inf).max(axis=1))


def _rises(rates: FloatArray, n: FloatArray) -> bool:
    ranks = np.arange(len(rates), dtype=float)
    return float((ranks - np.average(ranks, weights=n)) @ (n * rates)) >= 0


def comparisons(rows: dict[str, pd.DataFrame]) -> dict[str, Comparison]:
    """Every dose against the lowest, corrected by Holm's method.

    Args:
        rows: of every dose in order, with columns k, n, training and item.

    Source: Holm (1979), Scand. J. Stat. 6, 65-70; Fisher's exact test by scipy.
    """
    first, *others = rows
    base = rows[first]
    exact = [_fisher(base, rows[name]) for name in others]
    differences = {name: change(base, rows[name]) for name in others}
    found = {
        name: each.p
        for name, each in differences.items()
        if isinstance(each, Effect) and not isinstance(each.p, Unavailable)
    }
    corrected = dict(zip(found, holm(list(found.values())), strict=True))
    none = Unavailable(unavailable="no error of the difference")
    return {
        name: Comparison(
            fisher=p,
            fisher_holm=by_holm,
            difference=differences[name],
            holm=corrected.get(name, none),
        )
        for name, p, by_holm in zip(others, exact, holm(exact), strict=True)
    }


def _fisher(a: pd.DataFrame, b: pd.DataFrame) -> float:
    table = np.array([[own["k"].sum(), own["n"].sum() - own["k"].sum()] for own in (a, b)])
    return min(1.0, float(stats.fisher_exact(table.astype(int)).pvalue))


def holm(p: list[float]) -> list[float]:
    """Holm's correction: the largest of (m - j + 1)·p_(j) up to each rank, at most 1."""
    order = np.argsort(p, kind="stable")
    stepped = np.array(p)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return [float(each) for each in corrected]


def peak(doses: dict[str, float], rows: dict[str, pd.DataFrame]) -> Peak:
    """The dose with the highest rate, the lowest of several; and how the last one differs.

    The peak is picked from the same answers, which makes the change after it look larger than it
    is.
    """
    rates = {name: own["k"].sum() / own["n"].sum() for name, own in rows.items()}
    top = max(rates, key=lambda name: rates[name])
    last = list(doses)[-1]
    table = pd.concat({name: _training_rates(own) for name, own in rows.items()}, axis=1)
    both = table[[top, last]].dropna()
    return Peak(
        dose=doses[top],
        rate=float(rates[top]),
        last=doses[last],
        change=change(rows[top], rows[last]) if top != last else None,
        trainings={str(name): float(own[last] - own[top]) for name, own in both.iterrows()}
        if top != last
        else {},
        peaks={
            str(name): doses[str(own.idxmax())]
            for name, own in table.iterrows()
            if own.notna().sum() > 1
        },
    )


def _training_rates(rows: pd.DataFrame) -> pd.Series:
    known = rows[rows["training"] != ""].groupby("training", sort=False)[["k", "n"]].sum()
    return known["k"] / known["n"]
