"""Cohen's κ of two metrics on the same answers, with an interval that knows of items."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa

from epm.analyses.agreement.block import AgreementBlock, AgreementOf, ClusterBootstrap, Kappa
from epm.analyses.agreement.spec import Agreement
from epm.analyses.context import Context
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.inference.verdict import around
from epm.analyses.proportions.compute import proportion
from epm.definition.analysis import Outcome
from epm.results import joint
from epm.values import LEVEL, Interval, Unavailable

Places = npt.NDArray[np.integer[Any]]

RESAMPLES = 10_000
BATCH = 500
"""Resamples that are drawn at once, which bounds the memory."""

FEWEST = 0.95
"""Share of resamples in which κ has to exist for an interval."""


def compute(spec: Agreement, frame: Frame, context: Context) -> AgreementBlock | Unavailable:
    """The agreement on all answers, and in each condition."""
    names = frame.among(spec.among)
    answers, levels = frame.joint(spec.first, spec.second, spec.tasks, names)
    if not len(answers):
        return Unavailable(
            unavailable=f"the answers' scores by {spec.first} and {spec.second} were not counted "
            "together"
        )
    outcome = Outcome(joint(spec.first, spec.second), spec.tasks)
    found = {
        name: _agreement(spec, own, levels, context.seed_for("agreement", spec.name, name))
        for name in names
        if len(own := answers[answers["condition"] == name])
    }
    lost = frame.lost(outcome, names).groupby("reason", sort=False)["n"].sum()
    return AgreementBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(found),
        left_out={name: frame.why_missing(name, outcome) for name in names if name not in found},
        first=spec.first,
        second=spec.second,
        weights=spec.weights,
        levels=levels,
        overall=_agreement(spec, answers, levels, context.seed_for("agreement", spec.name)),
        conditions=found,
        excluded={str(reason): int(n) for reason, n in lost.items()},
    )


def _agreement(
    spec: Agreement, answers: pd.DataFrame, levels: tuple[str, ...], seed: int
) -> AgreementOf:
    pooled = answers.groupby(["first", "second"], sort=False)["n"].sum()
    table: dict[str, dict[str, int]] = {}
    for one in levels:
        row = {two: int(pooled[one, two]) for two in levels if (one, two) in pooled.index}
        table |= {one: row} if row else {}
    return AgreementOf(
        n=int(answers["n"].sum()),
        table=table,
        agreed=proportion(_agreed(answers)),
        kappa=kappa(answers, levels, spec.weights, seed),
    )


def _agreed(answers: pd.DataFrame) -> pd.DataFrame:
    """Rows as of a yes-or-no metric: whether the two scores are equal; a seed is a run."""
    several = (answers.groupby("condition")["seed"].nunique() > 1).any()
    equal = answers["n"].where(answers["first"] == answers["second"], 0)
    run = answers["condition"] + "\n" + answers["seed"] if several else ""
    return answers.assign(total=equal, seed=run)


# -------------------------------------------------------------------- κ


def kappa(
    answers: pd.DataFrame, levels: tuple[str, ...], weights: str, seed: int
) -> Kappa | Unavailable:
    """Cohen's κ, by statsmodels' `cohens_kappa`, and its interval over items by the bootstrap.

    κ = 1 - Σ d_ij·p_ij / Σ d_ij·p_i.·p_.j, the observed disagreement over that of chance, with d
    0 where scores are equal and else 1, or, weighted, the distance of the scores or its square.

    Args:
        answers: as from `Frame.joint`.
        levels: the scores in their order; a distance is that of the numbers that they are, or of
            their places where they are none.
        weights: 'none', 'linear' or 'quadratic'.
        seed: of the bootstrap.

    Source: Cohen (1960), Educ. Psychol. Meas. 20, 37-46; (1968), Psychol. Bull. 70, 213-220;
    Fleiss, Cohen and Everitt (1969), Psychol. Bull. 72, 323-327, for the standard error.
    """
    at = {name: place for place, name in enumerate(levels)}
    first, second = (answers[side].map(at).to_numpy(int) for side in ("first", "second"))
    n = answers["n"].to_numpy(float)
    table = np.zeros((len(levels), len(levels)))
    np.add.at(table, (first, second), n)
    apart = _distances(levels, weights if len(levels) > 1 else "none")
    shares = table / table.sum()
    chance = float(shares.sum(axis=1) @ apart @ shares.sum(axis=0))
    if len(levels) < 2 or not chance > 1e-12:
        return Unavailable(unavailable="both give one and the same score throughout")
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Any = cohens_kappa(table, weights=None if weights == "none" else apart)
    estimate, variance = float(found.kappa), float(found.var_kappa)
    se = sqrt(variance) if variance > 1e-15 else None
    none = Unavailable(unavailable="no variation to estimate an error from")
    return Kappa(
        estimate=min(1.0, max(-1.0, estimate)),
        se=none if se is None else se,
        interval=none if se is None else around(estimate, se, None),
        bootstrap=_bootstrap(answers, first, second, n, apart, seed),
        by_chance=max(0.0, 1 - chance),
        largest=float(found.kappa_max) if weights == "none" else None,
    )


def _distances(levels: tuple[str, ...], weights: str) -> FloatArray:
    """Disagreement of every pair of scores, from 0 to 1, shape (levels, levels)."""
    if weights == "none":
        return 1.0 - np.eye(len(levels))
    try:
        places = np.array([float(level) for level in levels])
    except ValueError:
        places = np.arange(len(levels), dtype=float)
    apart: FloatArray = np.abs(places[:, None] - places) / np.ptp(places)
    return apart if weights == "linear" else apart**2


def _bootstrap(
    answers: pd.DataFrame,
    first: Places,
    second: Places,
    n: FloatArray,
    apart: FloatArray,
    seed: int,
) -> ClusterBootstrap | Unavailable:
    """Percentile interval of κ over clusters of items drawn with replacement.

    A cluster's answers stay together, over conditions and runs too, so that each resample's κ needs
    of a cluster its disagreement and how often each score was given.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, sections 13.3 and 8.
    """
    if (answers["item"] == "").any():
        return Unavailable(unavailable="the items of answers are not known")
    names, of = np.unique(answers["cluster"].to_numpy(str), return_inverse=True)
    clusters, levels = len(names), len(apart)
    if clusters < 2:
        return Unavailable(unavailable="one item: no variance between items")
    counted = np.zeros((len(n), 2 + 2 * levels))
    answer = np.arange(len(n))
    counted[:, 0], counted[:, 1] = n, n * apart[first, second]
    counted[answer, 2 + first] = counted[answer, 2 + levels + second] = n
    sums = np.zeros((clusters, counted.shape[1]))
    np.add.at(sums, of, counted)
    rng = np.random.default_rng(seed)
    draws: list[FloatArray] = []
    for _ in range(RESAMPLES // BATCH):
        drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), BATCH) @ sums
        whole, disagreed = drawn[:, 0], drawn[:, 1]
        chance = ((drawn[:, 2 : 2 + levels] @ apart) * drawn[:, 2 + levels :]).sum(axis=1)
        exists = chance > 1e-12 * whole**2
        draws.append(1 - disagreed[exists] * whole[exists] / chance[exists])
    kappas = np.concatenate(draws)
    if len(kappas) < FEWEST * RESAMPLES:
        return Unavailable(unavailable="in many resamples both give one and the same score")
    if np.ptp(kappas) < 1e-12:
        return Unavailable(unavailable="κ is the same in every resample, which says nothing of it")
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(kappas, [tail, 1 - tail])
    return ClusterBootstrap(
        interval=Interval(lower=float(lower), upper=float(upper)),
        se=float(kappas.std(ddof=1)),
        clusters=clusters,
        resamples=len(kappas),
    )
