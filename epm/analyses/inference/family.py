"""Several effects that answer one question: corrected p, and a verdict on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import stats

from epm.analyses.block import Adjusted, Effect, ExpectedEffect, Scale, Verdict
from epm.analyses.inference.score_intervals import standard_error
from epm.analyses.inference.verdict import around, detectable, effect, judge
from epm.definition.analysis import AnalysisSpec
from epm.values import LEVEL, Interval, Unavailable

Name = TypeVar("Name")


@dataclass(frozen=True)
class Inference:
    """An effect, with its interval and its smallest detectable effect at any level."""

    effect: Effect
    at: Callable[[float], Interval]
    detectable: Callable[[float], float]


def from_error(estimate: float, se: float, df: float | None) -> Inference:
    """A finding whose interval is estimate ± q·se; se above 0."""
    return Inference(
        effect(estimate, se, df),
        lambda level: around(estimate, se, df, level),
        lambda level: detectable(se, df, level),
    )


def from_interval(
    estimate: float, at: Callable[[float], Interval], p: float | Unavailable
) -> Inference:
    """A finding whose interval does not come from a standard error; it has none."""
    none = Unavailable(unavailable="the interval does not rest on a standard error")
    return Inference(
        Effect(estimate=estimate, se=none, df=None, interval=at(LEVEL), p=p),
        at,
        lambda level: detectable(standard_error(at(level)), None, level),
    )


def adjusted(ps: Sequence[float]) -> list[Adjusted]:
    """Each p corrected over all of them.

    With m values: Bonferroni min(1, m·p); Holm the running maximum, in order of p, of
    min(1, (m-i+1)·p_(i)); Benjamini and Hochberg the running minimum, from the largest p, of
    m·p_(i)/i (`scipy.stats.false_discovery_control`).

    Source: Holm (1979), Scand. J. Stat. 6, 65-70; Benjamini and Hochberg (1995), J. R. Stat. Soc. B
    57, 289-300.
    """
    if not ps:
        return []
    values = np.array(ps)
    m, order = len(values), np.argsort(values, kind="stable")
    holm = np.empty(m)
    holm[order] = np.maximum.accumulate(np.minimum(1, (m - np.arange(m)) * values[order]))
    bh = stats.false_discovery_control(values, method="bh")
    return [
        Adjusted(holm=float(holm[i]), bonferroni=min(1.0, m * float(p)), bh=min(1.0, float(bh[i])))
        for i, p in enumerate(ps)
    ]


def corrected(ps: Mapping[Name, float | Unavailable]) -> dict[Name, Adjusted]:
    """Corrected p by name, of those that have one; none where they are fewer than two."""
    known = {name: p for name, p in ps.items() if isinstance(p, float)}
    if len(known) < 2:
        return {}
    return dict(zip(known, adjusted(list(known.values())), strict=True))


def holm_levels(ps: Sequence[float]) -> list[float]:
    """Level of the interval that leaves zero out just where Holm's procedure rejects.

    The effect of rank k of m, by p, is tested at α/(m - k + 1) up to the first that is not
    rejected, whose level holds for all that follow: their intervals are simultaneous ones.

    Source: Holm (1979), Scand. J. Stat. 6, 65-70; Guilbaud (2008), Biom. J. 50, 678-692, for the
    intervals that go with it.
    """
    levels = [LEVEL] * len(ps)
    left, stopped = len(ps), False
    for at in np.argsort(ps, kind="stable"):
        levels[at] = 1 - (1 - LEVEL) / left
        stopped = stopped or ps[at] >= (1 - LEVEL) / left
        left -= 0 if stopped else 1
    return levels


def judged(
    spec: AnalysisSpec,
    findings: Mapping[str, Inference],
    *,
    named: str | None,
    unit: str,
    scale: Scale,
    expected: Mapping[str, ExpectedEffect],
) -> tuple[dict[str, Verdict | Unavailable], str | None]:
    """A verdict on each of a family, and which of them the whole rests on.

    The effect that was named before the data were seen, or the only one, is judged by its 95%
    interval; the others by the intervals of Holm's procedure. Where none was named, the whole
    rests on the clearest that is supported, else on the first that cannot be told, else on the
    first that is excluded.

    Args:
        spec: the question.
        findings: the effects by name; those without a p are judged by their 95% interval.
        named: the effect named before the data were seen, if any.
        unit: of the effects, in words.
        scale: how they are printed.
        expected: the parent's, by name, where there are any.
    """
    sole = named if named is not None else next(iter(findings)) if len(findings) == 1 else None
    ps = {name: f.effect.p for name, f in findings.items() if isinstance(f.effect.p, float)}
    levels = dict(zip(ps, holm_levels(list(ps.values())), strict=True))
    verdicts: dict[str, Verdict | Unavailable] = {}
    for name, finding in findings.items():
        level = LEVEL if name == sole else levels.get(name, LEVEL)
        verdicts[name] = judge(
            spec if name == sole else replace(spec, expected=None),
            finding.effect,
            unit=unit,
            scale=scale,
            smallest=finding.detectable(level),
            expected=expected.get(name),
            decided_by=finding.at(level),
        )
    if sole is not None:
        return verdicts, sole if sole in verdicts else None
    order = sorted(verdicts, key=lambda name: ps.get(name, 1.0))
    for says in ("supported", "cannot tell", "excluded"):
        for name in order:
            verdict = verdicts[name]
            if isinstance(verdict, Verdict) and verdict.says == says:
                return verdicts, name
    return verdicts, None
