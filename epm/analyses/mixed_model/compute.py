"""A binomial mixed model of counts by condition, training and item.

statsmodels' `BinomialBayesMixedGLM` is no substitute: it wants one row an answer, puts priors on
fixed effects and variances, and gives neither a likelihood nor degrees of freedom. On the
three-seed result (3,600 answers, 308 effects) its `fit_map` did not converge in 780 s; `fit_vb`
took 65 s and gave the intercept a standard error of 0.036, where glmer says 0.154, as the
mean-field posterior leaves out what its random effects share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pandas as pd

from epm.analyses.block import Effect, Reliability, Verdict
from epm.analyses.context import Context
from epm.analyses.counts import counts, separated
from epm.analyses.frame import Frame
from epm.analyses.mixed_model.block import (
    FittedRate,
    MaximumLikelihood,
    MixedModelBlock,
    MixedModelFit,
    OddsRatio,
    Term,
    Variance,
)
from epm.analyses.mixed_model.design import TERMS, Design, design
from epm.analyses.mixed_model.likelihood import Estimates, restricted, unrestricted
from epm.analyses.mixed_model.rates import Line
from epm.analyses.mixed_model.spec import MixedModel
from epm.analyses.reliability import reliability
from epm.analyses.verdict import compared, detectable, effect, judge, quantile
from epm.definition.analysis import Subset
from epm.values import LEVEL, Interval, Unavailable

_LARGEST = 700.0
"""Of a logarithm whose exponential is a number."""

_ALONG = 41
"""Points of the fitted line in a figure."""


def compute(spec: MixedModel, frame: Frame, context: Context) -> MixedModelBlock | Unavailable:
    """Fit the model to all conditions, and again without some."""
    left_out: dict[str, str] = {}
    arms = _arms(spec, frame)
    if isinstance(arms, Unavailable):
        return arms
    x = _predictor(spec, frame, arms, left_out)
    rows = _rows(spec, frame, list(x))
    if isinstance(rows, Unavailable):
        return rows
    measured = set(rows["condition"])
    left_out |= {name: frame.why_missing(name) for name in x if name not in measured}
    x = {name: value for name, value in x.items() if name in measured}
    fit = fitted(rows, x, arms=bool(arms))
    fewer = {name: value for name, value in x.items() if name not in spec.also_without}
    without = tuple(name for name in x if name not in fewer)
    second = rows[rows["condition"].isin(fewer)]
    return MixedModelBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(x),
        left_out=left_out,
        verdict=_verdict(spec, context, fit, tuple(arms)),
        metric=spec.outcome.metric,
        predictor=str(spec.x) if spec.x else None,
        arms={label: tuple(name for name in names if name in x) for label, names in arms.items()},
        fit=fit,
        reliability=_reliability(rows, list(x)),
        without=without,
        fit_without=fitted(second, fewer, arms=bool(arms)) if without else None,
        reliability_without=_reliability(second, list(fewer)) if without else None,
    )


# ------------------------------------------------------------------------------------ data


def _arms(spec: MixedModel, frame: Frame) -> dict[str, list[str]] | Unavailable:
    """Conditions by arm; none where the model has a predictor."""
    if spec.arms is None:
        return {}
    among = None if spec.among.everything else set(frame.among(spec.among))
    found = {
        _label(arm): [name for name in frame.among(arm) if among is None or name in among]
        for arm in spec.arms
    }
    for label, names in found.items():
        if not names:
            return Unavailable(unavailable=f"no condition is in the arm '{label}'")
    first, second = found.values()
    for name in first:
        if name in second:
            return Unavailable(unavailable=f"'{name}' is in both arms")
    return found


def _label(arm: Subset) -> str:
    """What an arm is called: its levels, its conditions, or all without some."""
    parts = [f"{level:g}" if isinstance(level, float) else str(level) for _, level in arm.where]
    parts += [" + ".join(arm.names)] if arm.names else []
    parts += [f"without {' + '.join(arm.without)}"] if arm.without else []
    return ", ".join(parts)


def _predictor(
    spec: MixedModel, frame: Frame, arms: dict[str, list[str]], left_out: dict[str, str]
) -> dict[str, float]:
    """The predictor by condition: 1 in the first arm and 0 in the second where there are arms."""
    if spec.x is None:
        return {
            name: value
            for value, names in zip((1.0, 0.0), arms.values(), strict=True)
            for name in names
        }
    found: dict[str, float] = {}
    for name in frame.among(spec.among):
        value = frame.covariate(name, spec.x)
        if value is None:
            left_out[name] = f"no {spec.x}"
        else:
            found[name] = value
    return found


def _rows(spec: MixedModel, frame: Frame, names: Sequence[str]) -> pd.DataFrame | Unavailable:
    """Columns condition, training, item, k and n; tasks and epochs summed, items by cluster."""
    rows = counts(frame, spec.outcome, names)
    if isinstance(rows, Unavailable):
        return rows
    item = np.where(rows["item"] == "", "", rows["cluster"])
    return pd.DataFrame(
        {
            "condition": rows["condition"],
            "training": rows["seed"],
            "item": item,
            "k": rows["total"],
            "n": rows["n"],
        }
    )


def _reliability(rows: pd.DataFrame, names: Sequence[str]) -> Reliability | Unavailable:
    named = rows[rows["training"] != ""].groupby(["condition", "training"])[["k", "n"]].sum()
    rates = named["k"] / named["n"]
    known = set(named.index.get_level_values("condition"))
    return reliability(
        [{str(at): float(r) for at, r in rates[name].items()} for name in names if name in known]
    )


# ------------------------------------------------------------------------------------- fit


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


def _why_separated(laid: Design, k: np.ndarray, n: np.ndarray, *, arms: bool) -> str:
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


# --------------------------------------------------------------------------------- verdict


def _verdict(
    spec: MixedModel,
    context: Context,
    fit: MixedModelFit | Unavailable,
    arms: tuple[str, ...],
) -> Verdict | Unavailable:
    if isinstance(fit, Unavailable):
        return fit
    theirs = _parents(spec, context)
    return judge(
        spec,
        fit.points,
        unit=f"per unit of {spec.x}" if spec.x else f"{arms[0]} minus {arms[1]}",
        scale="proportion",
        smallest=fit.detectable,
        expected=compared(fit.points, theirs, context.parent.label)
        if context.parent and theirs
        else None,
    )


def _parents(spec: MixedModel, context: Context) -> Effect | None:
    """The same effect in the parent, where it has the predictor or arms, and counts."""
    parent = context.parent
    if parent is None:
        return None
    theirs = replace(
        spec,
        outcome=parent.outcome(spec.outcome),
        x=parent.predictor(spec.x) if spec.x else None,
        arms=(parent.subset(spec.arms[0]), parent.subset(spec.arms[1])) if spec.arms else None,
        among=parent.subset(spec.among),
    )
    arms = _arms(theirs, parent.frame)
    if isinstance(arms, Unavailable):
        return None
    x = _predictor(theirs, parent.frame, arms, {})
    rows = _rows(theirs, parent.frame, list(x))
    if isinstance(rows, Unavailable):
        return None
    measured = set(rows["condition"])
    found = fitted(rows, {k: v for k, v in x.items() if k in measured}, arms=bool(arms))
    return None if isinstance(found, Unavailable) else found.points
