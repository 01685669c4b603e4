"""Rates with their intervals: Wilson's, and Wilson's for answers that share an item or a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from epm.analyses.context import Context
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.data.reported import summarised
from epm.analyses.inference.score_intervals import Z, wilson
from epm.analyses.proportions.block import (
    ClusteredInterval,
    ConditionProportion,
    Proportion,
    ProportionsBlock,
    ReportedProportion,
    SeedInterval,
    TwoWayInterval,
)
from epm.analyses.proportions.spec import Proportions
from epm.definition.analysis import Outcome
from epm.values import LEVEL, Unavailable


def compute(spec: Proportions, frame: Frame, context: Context) -> ProportionsBlock | Unavailable:
    """The rate of every condition that has one."""
    wanted = frame.among(spec.among)
    rows = frame.rows(spec.outcome, wanted)
    scored = dict.fromkeys(rows["condition"])
    names = [name for name in wanted if frame.counted(spec.outcome, [name])]
    rows = rows[rows["condition"].isin(names)]
    course = _course(spec, frame, rows, names) if spec.over_training else {}
    found = {
        name: _condition(spec, own, course.get(name, {}))
        for name in names
        if len(own := rows[rows["condition"] == name])
    }
    elsewhere = frame.reported(spec.outcome, wanted)
    reported = {
        str(name): {str(task): _reported(values) for task, values in own.groupby("task")}
        for name, own in elsewhere.groupby("condition", sort=False)
    }
    known = {*found, *reported}
    if not known:
        if len(frame.rows(spec.outcome, wanted, steps=True)):
            why = f"{spec.outcome.metric} was counted at steps of trainings, and not at their end"
            return Unavailable(unavailable=why)
        return Unavailable(unavailable=f"no condition has counts of {spec.outcome.metric}")
    return ProportionsBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(known),
        left_out={
            name: "its scores are numbers, not yes or no"
            if name in scored
            else frame.why_missing(name, spec.outcome)
            for name in wanted
            if name not in known
        },
        metric=spec.outcome.metric,
        conditions=found,
        reported=reported,
    )


def _reported(values: pd.DataFrame) -> ReportedProportion:
    """A rate from elsewhere: see `epm.analyses.data.reported.summarised`."""
    found = summarised(values, (0.0, 1.0))
    return ReportedProportion(
        estimate=found.estimate,
        n=found.n,
        se=found.se,
        df=found.df,
        interval=found.interval,
        method=found.method,
    )


def _course(
    spec: Proportions, frame: Frame, rows: pd.DataFrame, names: Sequence[str]
) -> dict[str, dict[str, Proportion]]:
    """Rates by step of every condition with checkpoints, from before its training to the end.

    Step 0 is the untrained model on the same tasks, where a baseline was asked them; the last step
    is the finished adapter.
    """
    sampled = frame.rows(spec.outcome, names, steps=True)
    baselines = [name for name, each in frame.conditions.items() if each.role == "baseline"]
    untrained = frame.rows(Outcome(spec.outcome.metric), baselines)
    found = {}
    for name, own in sampled.groupby("condition", sort=False):
        before = untrained[untrained["task"].isin(own["task"])]
        after = rows[rows["condition"] == name]
        last = {record.steps for record in frame.conditions[str(name)].training.values()}
        found[str(name)] = {
            **({"0": proportion(before)} if len(before) else {}),
            **dict(_by(own, "step")),
            **({str(step): proportion(after) for step in last} if len(last) == 1 else {}),
        }
    return found


def _condition(
    spec: Proportions, rows: pd.DataFrame, course: dict[str, Proportion]
) -> ConditionProportion:
    pooled = proportion(rows)
    seeds = rows["seed"].unique()
    return ConditionProportion(
        **dict(pooled),
        seeds=dict(_by(rows, "seed")) if len(seeds) > 1 else {},
        tasks=dict(_by(rows, "task")) if spec.by_task else {},
        steps=course,
    )


def _by(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, Proportion]]:
    for value, own in rows.groupby(column, sort=column == "step"):
        yield str(value), proportion(own)


def proportion(rows: pd.DataFrame) -> Proportion:
    """k/n with its Wilson interval and its clustered interval, all as fractions.

    Args:
        rows: as from `Frame.rows`, of a counted metric. With two or more seeds, the clusters are
            seeds and items, or seeds alone where items are not known; else items alone.
    """
    n, k = int(rows["n"].sum()), int(rows["total"].sum())
    return Proportion(
        successes=k,
        trials=n,
        estimate=k / n,
        wilson=wilson(k / n, n),
        clustered=_clustered(rows),
    )


def _clustered(
    rows: pd.DataFrame,
) -> TwoWayInterval | ClusteredInterval | SeedInterval | Unavailable:
    if rows["seed"].nunique() < 2:
        return clustered(rows)
    return over_seeds(rows) if (rows["item"] == "").any() else two_way(rows)


def over_seeds(rows: pd.DataFrame) -> SeedInterval:
    """Wilson's 95% interval at the effective sample size of seeds, as fractions.

    As `clustered`, each seed a cluster: where only the counts of whole trainings are known, these
    are all that tells how far another training would come out alike. What items have in common is
    not in it.
    """
    return SeedInterval(**_effective(rows.groupby("seed")[["total", "n"]].sum()))


def clustered(rows: pd.DataFrame) -> ClusteredInterval | Unavailable:
    """Wilson's 95% interval at the effective sample size of a clustered sample, as fractions.

    Answers to one item are not independent. With C clusters of n_c trials and k_c successes, n
    and k their sums and p = k/n, the variance of the ratio estimator over clusters gives the design
    effect, and that the effective sample size:

        v    = C/(C-1) · Σ (k_c - p·n_c)² / n²
        deff = max(1, v / (p(1-p)/n))
        n*   = n/deff · (z / t_{C-1})²          (0.975 quantiles)

    The last factor pays for a variance estimated from C clusters. At p = 0 and p = 1 the clusters
    cannot show how alike they are; the most cautious reading is taken, each cluster counting as
    one answer: n* = C, deff = n/C.

    Returns:
        The interval, or Unavailable without counts by item or with fewer than two clusters.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201, for the effective sample size
    and its degrees of freedom; Cochran (1977), Sampling Techniques, 3rd ed., section 3.12, for
    proportions in cluster sampling; Dean and Pagano (2015), J. Surv. Stat. Methodol. 3, 484-503,
    for Wilson at n*.
    """
    if (rows["item"] == "").any():
        return Unavailable(unavailable="no counts by item")
    totals = rows.groupby("cluster")[["total", "n"]].sum()
    if len(totals) == 1:
        return Unavailable(unavailable="one item: no variance between items")
    return ClusteredInterval(**_effective(totals))


def _effective(totals: pd.DataFrame) -> dict[str, Any]:
    """Wilson's interval and what it rests on, of the sums of two or more clusters."""
    clusters = len(totals)
    n = float(totals["n"].sum())
    p = float(totals["total"].sum()) / n
    error: dict[str, float] = {}
    if p in (0.0, 1.0):
        design_effect, effective_n = n / clusters, float(clusters)
    else:
        variance = _between((totals["total"] - p * totals["n"]).to_numpy()) / n**2
        design_effect = max(1.0, variance / (p * (1 - p) / n))
        t = float(stats.t.ppf((1 + LEVEL) / 2, clusters - 1))
        effective_n = n / design_effect * (Z / t) ** 2
        error = {"se": sqrt(variance), "df": clusters - 1}
    interval = wilson(p, effective_n)
    return {
        "lower": interval.lower,
        "upper": interval.upper,
        "clusters": clusters,
        "design_effect": design_effect,
        "effective_n": effective_n,
        **error,
    }


def two_way(rows: pd.DataFrame) -> TwoWayInterval | Unavailable:
    """Wilson's 95% interval at the effective sample size of seeds × items, as fractions.

    Answers of one adapter are alike, and so are answers to one item. With S seeds that are all
    asked the same Q items (or clusters of items), k_sq and n_sq the counts of a cell, k and n their
    sums, p = k/n and e_sq = k_sq - p·n_sq, the two-way clustered variance of p, the design effect
    and the effective sample size are

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
    1 between items, that covers the rate in 93 to 99.7% of samples; the item-clustered interval
    covers it in as few as 54%. Satterthwaite's degrees of freedom fall to 88% with two seeds, as
    the share of the variance that decides them has but one; min(S, Q) - 1 for both levels is never
    below 99.9% there, with intervals of 60 to 87 points. Two seeds that differ leave an interval of
    40 to 70 points even so: they cannot say more. `tests/analyses/test_two_way.py` repeats the
    simulation.

    At p = 0 and p = 1 no cluster shows how alike its members are, and each item counts as one
    answer, as for a single seed: n* = Q, deff = n/Q.

    Returns:
        The interval, or Unavailable without counts by item or with fewer than two items.

    Source: Cameron, Gelbach and Miller (2011), J. Bus. Econ. Stat. 29, 238-249, and Miglioretti and
    Heagerty (2007), Am. J. Epidemiol. 165, 453-463, for the variance; Cochran (1964), Biometrics
    20, 191-195, for the weighted quantile; `clustered` for the rest.
    """
    if (rows["item"] == "").any():
        return Unavailable(unavailable="no counts by item")
    (seed, names), (item, clusters) = (pd.factorize(rows[c]) for c in ("seed", "cluster"))
    seeds, items = len(names), len(clusters)
    trials, successes = np.zeros((seeds, items)), np.zeros((seeds, items))
    np.add.at(trials, (seed, item), rows["n"].to_numpy(float))
    np.add.at(successes, (seed, item), rows["total"].to_numpy(float))
    if items == 1:
        return Unavailable(unavailable="one item: no variance between items")
    n = float(trials.sum())
    p = float(successes.sum()) / n
    error: dict[str, float] = {}
    if p in (0.0, 1.0):
        design_effect, effective_n = n / items, float(items)
    else:
        excess = successes - p * trials
        by_seed = _between(excess.sum(axis=1)) / n**2
        by_item = _between(excess.sum(axis=0)) / n**2
        both = by_seed + by_item - _between(excess.ravel()) / n**2
        independent = p * (1 - p) / n
        variance = max(both, by_seed, by_item)
        design_effect = max(variance, independent) / independent
        t_seeds, t_items = (
            float(stats.t.ppf((1 + LEVEL) / 2, levels - 1)) for levels in (seeds, items)
        )
        share = by_seed / (by_seed + by_item) if by_seed + by_item else 0.0
        t = share * t_seeds + (1 - share) * t_items
        effective_n = n / design_effect * (Z / t) ** 2
        error = {"se": sqrt(variance)}
    interval = wilson(p, effective_n)
    return TwoWayInterval(
        lower=interval.lower,
        upper=interval.upper,
        clusters=items,
        design_effect=design_effect,
        effective_n=effective_n,
        seeds=seeds,
        **error,
    )


def _between(totals: FloatArray) -> float:
    """Sum of squares of the totals of G clusters, shape (G,), times G/(G-1)."""
    return float(len(totals) / (len(totals) - 1) * np.sum(totals**2))
