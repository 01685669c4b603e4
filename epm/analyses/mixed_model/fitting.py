"""One fit of the model, and what is told of it."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pandas as pd

from epm.analyses.block import Effect
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.counts import separated
from epm.analyses.inference.verdict import detectable, effect, quantile
from epm.analyses.mixed_model.block import (
    FittedRate,
    MaximumLikelihood,
    MixedModelFit,
    OddsRatio,
    Term,
    Variance,
)
from epm.analyses.mixed_model.design import TERMS, Design, design
from epm.analyses.mixed_model.likelihood import Estimates, restricted, unrestricted
from epm.analyses.mixed_model.rates import Line
from epm.values import LEVEL, Interval, Unavailable

_LARGEST = 700.0
"""Of a logarithm whose exponential is a number."""

_ALONG = 41
"""Points of the fitted line in a figure."""


def fitted(rows: pd.DataFrame, x: dict[str, float], *, arms: bool) -> MixedModelFit | Unavailable:
    """Fit the model by restricted maximum likelihood, with t intervals.

    The degrees of freedom are those of `design`: between conditions, C - 2. In simulations of 12
    conditions × 3 trainings × 20 items × 5 answers, rates of 2% to 50%, and standard deviations of
    0 to 1 between conditions and 0 to 1.5 between items, the interval covers the slope in log-odds
    in 95 to 98.5% of samples; `tests/analyses/test_mixed_model_coverage.py` repeats that.

    Args:
        rows: columns condition, training, item, k and n.
        x: predictor of the conditions.
        arms: whether x is 1 and 0 for two arms.
    """
    laid = design(rows, x, arms=arms)
    if isinstance(laid, Unavailable):
        return laid
    k, n = (each.sum(axis=(1, 2)) for each in (laid.cells.successes, laid.cells.trials))
    if k.sum() in (0, n.sum()):
        what = "no answer is" if k.sum() == 0 else "every answer is"
        return Unavailable(unavailable=f"{what} a hit: log-odds are not finite")
    if separated(laid.x, k, n):
        return Unavailable(unavailable=_why_separated(laid, k, n, arms=arms))
    found = restricted(laid.cells, laid.kept)
    if isinstance(found, Unavailable):
        return found
    again = unrestricted(laid.cells, laid.kept, found)
    return _told(laid, found, again, float(k.sum()), float(n.sum()), arms=arms)


def _why_separated(laid: Design, k: FloatArray, n: FloatArray, *, arms: bool) -> str:
    if arms:
        first = laid.x == 1
        for rate, word in ((0.0, "no"), (1.0, "only")):
            for place, inside in (("first", first), ("second", ~first)):
                if k[inside].sum() == rate * n[inside].sum():
                    return f"the {place} arm has {word} hits: no odds ratio is finite"
    return "one value of the predictor parts all hits from all misses: no slope is finite"


def _told(
    laid: Design,
    found: Estimates,
    again: Estimates | Unavailable,
    hits: float,
    answers: float,
    *,
    arms: bool,
) -> MixedModelFit:
    z = laid.cells.x[:, 1]
    line = Line(z, found.beta, found.covariance, float(found.sd @ found.sd))
    reach = quantile((1 + LEVEL) / 2, laid.df)
    log_odds = _scaled(found, laid, (0.0, 1.0), laid.df)
    intercept = _scaled(found, laid, (1.0, 0.0), laid.df)
    points = line.points(found.beta) / laid.spread
    around = line.interval(reach)
    se = sqrt(float(found.covariance[1, 1]))
    p = hits / answers
    variance = float(found.sd @ found.sd)
    ends = [0.0, 1.0] if arms else list(np.linspace(laid.x.min(), laid.x.max(), _ALONG))
    rates = [(at, *line.rate((at - laid.middle) / laid.spread, reach)) for at in ends]
    return MixedModelFit(
        conditions=len(laid.x),
        trainings=laid.trainings,
        items=laid.items,
        successes=int(hits),
        trials=int(answers),
        log_odds=log_odds,
        df_from=laid.df_from,
        odds_ratio=_odds_ratio(log_odds),
        points=Effect(
            estimate=points,
            se=line.se() / laid.spread,
            df=laid.df,
            interval=Interval(lower=around.lower / laid.spread, upper=around.upper / laid.spread),
            p=log_odds.p,
        ),
        at_mean_rate=None if arms else _times(log_odds, p * (1 - p)),
        detectable=line.detectable(detectable(se, laid.df)) / laid.spread,
        detectable_log_odds=detectable(se, laid.df) / laid.spread,
        intercept=intercept,
        variances=_variances(laid, found, variance),
        fitted=tuple(FittedRate(x=at, rate=rate, interval=of) for at, rate, of in rates),
        maximum_likelihood=again
        if isinstance(again, Unavailable)
        else MaximumLikelihood(
            intercept=_scaled(again, laid, (1.0, 0.0), None),
            slope=_scaled(again, laid, (0.0, 1.0), None),
            sd={TERMS[place]: float(again.sd[place]) for place in laid.kept},
            log_likelihood=again.log_likelihood,
        ),
    )


def _scaled(of: Estimates, laid: Design, which: tuple[float, float], df: float | None) -> Effect:
    """A combination of intercept and slope on the scale of the predictor as it was given."""
    back = np.array([[1.0, -laid.middle / laid.spread], [0.0, 1 / laid.spread]])
    weights = np.array(which) @ back
    se = sqrt(max(0.0, float(weights @ of.covariance @ weights)))
    return effect(float(weights @ of.beta), se, df)


def _times(of: Effect, factor: float) -> Effect:
    interval, se = of.interval, of.se
    return Effect(
        estimate=of.estimate * factor,
        se=se if isinstance(se, Unavailable) else se * factor,
        df=of.df,
        interval=interval
        if isinstance(interval, Unavailable)
        else Interval(lower=interval.lower * factor, upper=interval.upper * factor),
        p=of.p,
    )


def _odds_ratio(log_odds: Effect) -> OddsRatio | Unavailable:
    too_large = Unavailable(
        unavailable="too large for a number: take a smaller unit of the predictor"
    )
    if abs(log_odds.estimate) > _LARGEST:
        return too_large
    interval = log_odds.interval
    if not isinstance(interval, Unavailable):
        if max(abs(interval.lower), abs(interval.upper)) > _LARGEST:
            interval = too_large
        else:
            interval = Interval(lower=exp(interval.lower), upper=exp(interval.upper))
    return OddsRatio(estimate=exp(log_odds.estimate), interval=interval)


def _variances(laid: Design, found: Estimates, whole: float) -> dict[Term, Variance | Unavailable]:
    none = Unavailable(unavailable="no source varies")
    split: dict[Term, Variance | Unavailable] = {}
    for place, term in enumerate(TERMS):
        if term in laid.dropped:
            split[term] = Unavailable(unavailable=laid.dropped[term])
            continue
        own = float(found.sd[place] ** 2)
        split[term] = Variance(
            variance=own, sd=float(found.sd[place]), share=min(1.0, own / whole) if whole else none
        )
    return split
