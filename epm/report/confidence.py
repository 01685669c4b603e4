"""How far a result can be believed, derived from its intervals and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from epm.analyses.block import Block, Scale, Verdict
from epm.analyses.limits import Level, Limit
from epm.results import Results
from epm.values import Interval, Unavailable
from epm.writing.filters import amount, effect, span
from epm.writing.tracing import untraced

ORDER: tuple[Level, ...] = ("LOW", "MODERATE", "HIGH")


@dataclass(frozen=True)
class Confidence:
    """A level and the reasons for it, the binding ones first."""

    level: Level
    reasons: tuple[str, ...]


def confidence(results: Results) -> Confidence:
    """The lowest level that any piece of evidence allows.

    LOW: a primary analysis has no answer, or one that cannot tell; a condition is missing; the
    profile allows no more. MODERATE at most: one seed of what was trained, a missing replicate, a
    choice made after outcomes were seen, a gate that was not passed, no primary analysis at all.
    A kind of analysis adds limits of its own (`epm/analyses/<kind>/confidence.py`).
    """
    limits = sorted(_limits(results), key=lambda limit: ORDER.index(limit[0]))
    level = limits[0][0] if limits else "HIGH"
    reasons = [reason for _, reason in limits]
    if level != "LOW":
        reasons = [*_answers(results), *reasons]
    return Confidence(level, tuple({untraced(reason): reason for reason in reasons}.values()))


def _answers(results: Results) -> Iterator[str]:
    """What the primary analyses say, where they say something."""
    for block in primary(results).values():
        if isinstance(block.verdict, Verdict):
            yield answer(block.verdict)


def answer(verdict: Verdict) -> str:
    """A verdict in words, with its interval."""
    found = span(verdict.effect.interval, verdict.scale)
    if verdict.says == "supported":
        return f"zero lies outside the interval {found}"
    expected = verdict.expected
    if verdict.says == "excluded" and expected is not None:
        was = effect(expected.estimate, verdict.scale)
        return f"the interval {found} leaves out an effect like the {was} of {expected.source}"
    if verdict.says == "excluded":
        relevant = _sized(verdict.relevant or 0.0, verdict.scale)
        return f"the interval {found} leaves out every effect of {relevant} or more"
    interval = verdict.effect.interval
    if isinstance(interval, Interval) and not interval.contains(0.0):
        text = f"{found} leaves zero out, but not once corrected for the number of comparisons"
    else:
        text = f"the interval {found} holds zero and sizeable effects alike"
    if isinstance(verdict.detectable, Unavailable):
        return text
    return f"{text}: only an effect of {_sized(verdict.detectable, verdict.scale)} would have shown"


def _sized(value: float, scale: Scale) -> str:
    """A size with its unit, where it has one."""
    return amount(value, scale) + (" points" if scale == "proportion" else "")


def primary(results: Results) -> dict[str, Block]:
    """The blocks that the message rests on."""
    return {
        name: block
        for name, block in results.analyses.items()
        if isinstance(block, Block) and block.primary
    }


def _limits(results: Results) -> Iterator[Limit]:
    definition: Any = results.definition or {}
    profile: Any = definition.get("profile", {})
    cap: Level = profile.get("confidence_cap", "HIGH")
    if cap != "HIGH":
        identity = results.identity
        yield cap, f"the `{identity.profile}` profile ({identity.scale})"
    asked: Any = definition.get("analyses", {})
    for name, spec in asked.items():
        if spec.get("primary") and isinstance(results.analyses.get(name), Unavailable):
            yield "LOW", f"{name.replace('_', ' ')} has no answer"
    for name, block in results.analyses.items():
        if isinstance(block, Unavailable):
            continue
        if block.primary and isinstance(block.verdict, Verdict):
            if block.verdict.says == "cannot tell":
                yield "LOW", answer(block.verdict)
        elif block.primary and isinstance(block.verdict, Unavailable):
            yield "LOW", f"{name.replace('_', ' ')} has no interval"
        room = import_module(f"epm.analyses.{block.kind}.confidence")
        yield from room.limits(block)
    named = any(
        spec.get("primary") and isinstance(results.analyses.get(name), Unavailable)
        for name, spec in asked.items()
    )
    if results.analyses and not primary(results) and not named:
        yield "MODERATE", "no question was named as the primary one"
    yield from _gaps(results)
    if definition.get("choices"):
        yield "MODERATE", "choices made after outcomes were seen (listed in the set-up)"
    for name, gate in results.gates.items():
        if gate.passed is False:
            yield "MODERATE", f"the gate `{name}` was not passed"


def _gaps(results: Results) -> Iterator[Limit]:
    """What is missing, and what was done but once."""
    trained = {name: c for name, c in results.conditions.items() if c.training or c.missing}
    missing = [name for name, c in trained.items() if not results.measurements.get(name)]
    if missing:
        yield "LOW", f"no measurements of {', '.join(missing)}"
    partly = [
        f"{name} under {', '.join(c.missing)}"
        for name, c in trained.items()
        if c.missing and name not in missing
    ]
    if partly:
        yield "MODERATE", f"no adapter of {'; '.join(partly)}"
    if trained and len(results.seeds) == 1:
        yield "MODERATE", "a single seed"
