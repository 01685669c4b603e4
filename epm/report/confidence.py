"""How far a result can be believed, derived from the evidence and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from epm.report.filters import number, points, pvalue
from epm.results import CompleteCondition, MissingCondition, Results, Unavailable

Level = Literal["HIGH", "MODERATE", "LOW"]
ORDER: tuple[Level, ...] = ("LOW", "MODERATE", "HIGH")


@dataclass(frozen=True)
class Confidence:
    """A level and the reasons for it, the binding ones first."""

    level: Level
    reasons: tuple[str, ...]


def confidence(results: Results) -> Confidence:
    """The lowest level that any piece of evidence allows.

    LOW: the primary Spearman correlation cannot be computed or is not significant after Holm's
    correction, a condition is missing, or the profile allows no more. MODERATE at most: one seed, a
    missing replicate, no significance without the reference persona, or prediction intervals too
    wide to inform.
    """
    profile = results.definition["profile"]
    assert isinstance(profile, dict)  # noqa: S101 - our own definition
    cap: Any = profile["confidence_cap"]
    alpha = results.statistics.alpha
    primary = results.statistics.primary
    layer = results.statistics.layers[str(primary.layer)]
    limits: list[tuple[Level, str]] = []
    if cap != "HIGH":
        limits.append((cap, f"the `{results.identity.profile}` profile ({results.identity.scale})"))
    if isinstance(layer.spearman, Unavailable) or isinstance(layer.spearman_adjusted, Unavailable):
        limits.append(("LOW", f"no rank correlation at L{primary.layer}"))
    elif layer.spearman_adjusted.holm >= alpha:
        limits.append(
            (
                "LOW",
                f"the rank correlation at L{primary.layer} is not significant after Holm's "
                f"correction over the layers ({pvalue(layer.spearman_adjusted.holm)})",
            )
        )
    missing = [n for n, c in results.conditions.items() if isinstance(c, MissingCondition)]
    if missing:
        limits.append(("LOW", f"no counts for {', '.join(missing)}"))
    if len(results.seeds) == 1:
        limits.append(("MODERATE", "a single seed"))
    without_seeds = [
        f"{name} under seed {', '.join(condition.missing_seeds)}"
        for name, condition in results.conditions.items()
        if isinstance(condition, CompleteCondition) and condition.missing_seeds
    ]
    if without_seeds:
        limits.append(("MODERATE", f"no adapter of {'; '.join(without_seeds)}"))
    without = primary.without_reference.pearson
    if not isinstance(without, Unavailable) and without.p >= alpha:
        limits.append(
            (
                "MODERATE",
                "without the reference persona the linear fit is not significant "
                f"(r={number(without.coefficient)}, {pvalue(without.p)})",
            )
        )
    wide = [
        p
        for p in primary.predictions.values()
        if not isinstance(p, Unavailable) and not p.informative
    ]
    if wide:
        limits.append(
            (
                "MODERATE",
                f"prediction intervals up to ±{points(max(p.half_width for p in wide))} wide, over "
                f"the ±{points(primary.prediction_gate)} gate",
            )
        )
    levels = [level for level, _ in limits]
    level: Level = min(levels, key=ORDER.index, default="HIGH")
    ordered = sorted(limits, key=lambda limit: ORDER.index(limit[0]))
    return Confidence(level, tuple(reason for _, reason in ordered) or ("all evidence agrees",))
