"""Dose and response: rates by dose, the logistic curve, the order of the doses."""

from __future__ import annotations

from dataclasses import replace
from math import exp, expm1

import numpy as np
import pandas as pd

from epm.analyses.block import Effect, Verdict
from epm.analyses.context import Context
from epm.analyses.data.counts import counts
from epm.analyses.data.frame import Frame
from epm.analyses.dose_response.block import Change, Dose, DoseResponseBlock
from epm.analyses.dose_response.clusters import cluster_mean, clustering, line
from epm.analyses.dose_response.logistic import (
    Fit,
    Plain,
    Scale,
    by_dose,
    fit,
    logarithm,
    logistic,
)
from epm.analyses.dose_response.order import comparisons, monotone, peak, trend
from epm.analyses.dose_response.spec import DoseResponse
from epm.analyses.inference.verdict import compared, effect, judge
from epm.analyses.proportions.compute import proportion
from epm.definition.analysis import Predictor
from epm.values import Unavailable


def compute(spec: DoseResponse, frame: Frame, context: Context) -> DoseResponseBlock | Unavailable:
    """Rates by dose, a logistic fit, and what their order says."""
    left_out: dict[str, str] = {}
    rows = _rows(spec, frame, left_out)
    if isinstance(rows, Unavailable):
        return rows
    clusters = clustering(rows)
    found = fit(rows, clusters)
    straight = line(rows)
    x, k, n = by_dose(rows)
    by = {_name(float(dose)): own for dose, own in rows.groupby("dose")}  # type: ignore[arg-type]
    doses = {name: float(own["dose"].iloc[0]) for name, own in by.items()}
    scale = _scale(spec)
    return DoseResponseBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(doses),
        left_out=left_out,
        verdict=_verdict(spec, context, _slope(spec, found, straight)),
        metric=spec.outcome.metric,
        dose=_dose_name(spec),
        scale=scale,
        clusters=clusters if isinstance(clusters, Unavailable) else clusters.name,
        degrees_of_freedom=clusters if isinstance(clusters, Unavailable) else clusters.df,
        doses={name: _dose(spec, own) for name, own in by.items()},
        logistic=found if isinstance(found, Unavailable) else logistic(rows, found, _plain(scale)),
        linear=straight,
        trend=trend(k, n, x),
        trend_of_ranks=trend(k, n, np.arange(len(x), dtype=float)),
        monotone=monotone(doses, k, n, context.seed_for(spec.name, "monotone")),
        reference=min(doses.values()),
        comparisons=comparisons(by),
        peak=peak(doses, by),
    )


def _rows(spec: DoseResponse, frame: Frame, left_out: dict[str, str]) -> pd.DataFrame | Unavailable:
    """One row a condition, replicate and item: dose, score, training, item, k, n and seed."""
    names = frame.among(spec.among)
    steps = spec.dose == "step"
    rows = counts(frame, spec.outcome, names, steps=steps)
    if isinstance(rows, Unavailable):
        return rows
    rows = rows.rename(columns={"total": "k"})
    # nothing is learnt where a model is steered as it is: its seed is that of the draws alone
    untrained = [n for n in names if (c := frame.conditions[n]).steering and not c.training]
    rows.loc[rows["condition"].isin(untrained), "seed"] = ""
    measured = set(rows["condition"])
    for name in names:
        if name not in measured:
            left_out[name] = "no checkpoints" if steps else frame.why_missing(name)
    if isinstance(spec.dose, str):
        rows["dose"] = rows["step"].astype(float)
    else:
        plain = Predictor(spec.dose.name)
        found = {name: frame.covariate(name, plain) for name in measured}
        for name, record in frame.conditions.items():
            aside = record.role == "baseline" and name not in names and not spec.among.names
            if aside and frame.covariate(name, plain) is not None:
                left_out[name] = "a baseline, which `among` does not name"
        rows["dose"] = rows["condition"].map(found).astype(float)
    scale = _scale(spec)
    lowest = {"plain": -np.inf, "log": 0.0, "log1p": -1.0}[scale]
    usable = rows["dose"] > lowest
    for name in measured - set(rows.loc[usable, "condition"]):
        has = rows.loc[rows["condition"] == name, "dose"].notna().any()
        left_out[name] = (
            f"no logarithm of its {_dose_name(spec)}" if has else f"no {_dose_name(spec)}"
        )
    rows = rows[usable].copy()
    if rows["dose"].nunique() < 2:
        return Unavailable(unavailable=f"fewer than two values of {_dose_name(spec)}")
    rows["score"] = [logarithm(scale, dose) for dose in rows["dose"]]
    values = np.unique(rows["score"])
    if not 1e-9 * np.max(np.abs(values)) < np.min(np.diff(values)) or np.ptp(values) > 1e100:
        return Unavailable(unavailable=f"values of {_dose_name(spec)} too close or too far apart")
    rows["training"] = np.where(
        rows["seed"] == "",
        "",
        rows["condition"] + " seed " + rows["seed"]
        if rows["condition"].nunique() > 1
        else rows["seed"],
    )
    rows["seed"] = rows["training"]
    rows["item"] = np.where(rows["item"] == "", "", rows["cluster"])
    return rows


def _scale(spec: DoseResponse) -> Scale:
    if spec.log1p:
        return "log1p"
    return "log" if isinstance(spec.dose, Predictor) and spec.dose.log else "plain"


def _plain(scale: Scale) -> Plain:
    """From a dose as it is fitted to a dose as it was given."""
    return {"plain": float, "log": exp, "log1p": expm1}[scale]


def _dose_name(spec: DoseResponse) -> str:
    return spec.dose if isinstance(spec.dose, str) else spec.dose.name


def _name(dose: float) -> str:
    """A dose as a key: whole numbers without a point."""
    return str(int(dose)) if dose == int(dose) and abs(dose) < 1e15 else repr(dose)


def _dose(spec: DoseResponse, rows: pd.DataFrame) -> Dose:
    trainings = rows[rows["training"] != ""].groupby("training", sort=False)[["k", "n"]].sum()
    return Dose(
        **dict(proportion(rows.rename(columns={"k": "total"}))),
        dose=float(rows["dose"].iloc[0]),
        conditions=() if spec.dose == "step" else tuple(dict.fromkeys(rows["condition"])),
        by_cluster=cluster_mean(rows),
        trainings={str(name): (int(own["k"]), int(own["n"])) for name, own in trainings.iterrows()},
    )


# ---------------------------------------------------------------------------------- verdict


def _slope(
    spec: DoseResponse, found: Fit | Unavailable, straight: Change | Unavailable
) -> Effect | Unavailable:
    """The effect that the verdict is on; clustered where clusters are known."""
    if spec.verdict_on == "trend":
        return straight
    if isinstance(found, Unavailable):
        return found
    return effect(found.b, found.best.se(0.0, 1.0), found.best.df)


def _verdict(
    spec: DoseResponse, context: Context, ours: Effect | Unavailable
) -> Verdict | Unavailable:
    if isinstance(ours, Unavailable):
        return ours
    theirs = _parents(spec, context)
    of = {"plain": "", "log": "ln ", "log1p": "ln(1 + "}[_scale(spec)]
    unit = f"per unit of {of}{_dose_name(spec)}{')' if spec.log1p else ''}"
    return judge(
        spec,
        ours,
        unit=f"log-odds {unit}" if spec.verdict_on == "slope" else unit,
        scale="plain" if spec.verdict_on == "slope" else "proportion",
        expected=compared(ours, theirs, context.parent.label)
        if context.parent and theirs
        else None,
    )


def _parents(spec: DoseResponse, context: Context) -> Effect | None:
    """The same effect in the parent, where it has doses and counts."""
    parent = context.parent
    if parent is None:
        return None
    theirs = replace(
        spec,
        outcome=parent.outcome(spec.outcome),
        dose=spec.dose if isinstance(spec.dose, str) else parent.predictor(spec.dose),
        among=parent.subset(spec.among),
    )
    rows = _rows(theirs, parent.frame, {})
    if isinstance(rows, Unavailable):
        return None
    found = _slope(theirs, fit(rows, clustering(rows)), line(rows))
    return None if isinstance(found, Unavailable) else found
