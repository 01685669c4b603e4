"""What the figure shows, chosen from conditions, cosines and statistics; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epm.results import (
    CompleteCondition,
    Correlation,
    Interval,
    MissingCondition,
    PersonaProportions,
    Proportion,
    Statistics,
    Unavailable,
)
from epm.statistics.points import Points
from epm.statistics.regression import Line, fit_line

KINDS = ("pearson", "spearman")
"""The correlations that are shown for each layer."""


@dataclass(frozen=True)
class Marked:
    """One persona: cosine, and rate with its interval as fractions; of several seeds, pooled."""

    persona: str
    category: str
    new: bool
    cosine: float
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Replicated:
    """One persona's rate under one of several seeds, as a fraction."""

    persona: str
    cosine: float
    seed: int
    successes: int
    trials: int
    rate: float


@dataclass(frozen=True)
class Band:
    """The named personas' fit and its 95% prediction interval, at rising cosines."""

    cosine: list[float]
    predicted: list[float]
    lower: list[float]
    upper: list[float]


@dataclass(frozen=True)
class Whisker:
    """A correlation at one layer; an interval that does not exist has no length."""

    layer: str
    kind: str
    coefficient: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Plotted:
    """Everything the figure shows."""

    subtitle: str
    reference: str
    primary_layer: str
    layers: list[str]
    categories: list[str]
    points: list[Marked]
    band: Band | None
    whiskers: list[Whisker]
    missing: list[str]
    no_fit: str
    """Why there is no band; empty where there is one."""
    no_correlation: str
    interval: str
    """What the points' intervals are."""
    replicates: list[Replicated]
    """Empty where there is one seed."""


def plotted(
    conditions: Mapping[str, CompleteCondition | MissingCondition],
    cosines: Mapping[str, Mapping[str, float]],
    statistics: Statistics,
    *,
    reference: str,
    subtitle: str,
) -> Plotted:
    """Choose what the figure shows; what is Unavailable is left out, with its reason."""
    primary = str(statistics.primary.layer)
    points = Points.of(conditions, cosines.get(primary, {}))
    named = points.only([p for p in points.personas if not conditions[p].new])
    band = _band(fit_line(named), points)
    whiskers: list[Whisker] = []
    absent: dict[str, str] = {}
    for layer, found in statistics.layers.items():
        for kind in KINDS:
            correlation = getattr(found, kind)
            if isinstance(correlation, Correlation):
                whiskers.append(_whisker(layer, kind, correlation))
            else:
                absent[layer] = correlation.unavailable
    reasons = "; ".join(dict.fromkeys(absent.values()))
    return Plotted(
        subtitle=subtitle,
        reference=reference,
        primary_layer=primary,
        layers=list(statistics.layers),
        categories=list(dict.fromkeys(c.category for c in conditions.values())),
        points=[
            _marked(persona, conditions[persona], points.at(persona)[0], statistics)
            for persona in points.personas
        ],
        band=band if isinstance(band, Band) else None,
        whiskers=whiskers,
        missing=[persona for persona in conditions if persona not in points.personas],
        no_fit=f"no fit: {band.unavailable}" if isinstance(band, Unavailable) else "",
        no_correlation=f"none at layer {', '.join(absent)}: {reasons}" if absent else "",
        interval=interval_name(statistics),
        replicates=[
            Replicated(
                persona=persona,
                cosine=points.at(persona)[0],
                seed=each.seed,
                successes=each.source.successes,
                trials=each.source.trials,
                rate=each.source.estimate,
            )
            for persona in points.personas
            for each in statistics.personas[persona].seeds
        ],
    )


def shown_interval(proportions: PersonaProportions, source: Proportion) -> Interval:
    """Wilson's for one seed; for pooled seeds the clustered one, where it exists."""
    if proportions.seeds and isinstance(source.clustered, Interval):
        return source.clustered
    return source.wilson


def interval_name(statistics: Statistics) -> str:
    """What `shown_interval` shows."""
    if any(proportions.seeds for proportions in statistics.personas.values()):
        return "95% interval by seed and question"
    return "95% Wilson interval"


def _marked(
    persona: str,
    condition: CompleteCondition | MissingCondition,
    cosine: float,
    statistics: Statistics,
) -> Marked:
    source = statistics.personas[persona].source
    interval = shown_interval(statistics.personas[persona], source)
    return Marked(
        persona=persona,
        category=condition.category,
        new=condition.new,
        cosine=cosine,
        successes=source.successes,
        trials=source.trials,
        rate=source.estimate,
        lower=interval.lower,
        upper=interval.upper,
    )


def _band(line: Line | Unavailable, points: Points) -> Band | Unavailable:
    if isinstance(line, Unavailable):
        return line
    cosine = np.linspace(points.cosine.min(), points.cosine.max(), 101)
    predicted, half_width = line.predict(cosine), line.half_width(cosine)
    return Band(
        cosine=cosine.tolist(),
        predicted=predicted.tolist(),
        lower=(predicted - half_width).tolist(),
        upper=(predicted + half_width).tolist(),
    )


def _whisker(layer: str, kind: str, found: Correlation) -> Whisker:
    at, interval = found.coefficient, found.interval
    lower, upper = (
        (at, at) if isinstance(interval, Unavailable) else (interval.lower, interval.upper)
    )
    return Whisker(layer=layer, kind=kind, coefficient=at, lower=lower, upper=upper)
