"""What the trajectory figure shows, from conditions and statistics; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from epm.figures.plotted import interval_name, shown_interval
from epm.results import CompleteCondition, MissingCondition, PersonaProportions, Statistics


@dataclass(frozen=True)
class Panel:
    """One condition, in the order that panels have."""

    persona: str
    category: str
    seeds: list[int]


@dataclass(frozen=True)
class Step:
    """A condition's rate after so many steps, with its interval, as fractions.

    That of step 0 is not drawn.
    """

    persona: str
    step: int
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SeedStep:
    """The same of one seed among several."""

    persona: str
    seed: int
    step: int
    successes: int
    trials: int
    rate: float


@dataclass(frozen=True)
class Traced:
    """Everything the figure shows."""

    subtitle: str
    interval: str
    """What the band is."""
    categories: list[str]
    panels: list[Panel]
    points: list[Step]
    replicates: list[SeedStep]
    """Empty where there is one seed; from the first checkpoint on."""
    missing: list[str]


def traced(
    conditions: Mapping[str, CompleteCondition | MissingCondition],
    statistics: Statistics,
    *,
    subtitle: str,
) -> Traced:
    """Choose what the figure shows: every condition that was sampled during training."""
    grown = {
        persona: condition
        for persona, condition in conditions.items()
        if isinstance(condition, CompleteCondition) and condition.trajectory
    }
    return Traced(
        subtitle=subtitle,
        interval=interval_name(statistics),
        categories=list(dict.fromkeys(c.category for c in conditions.values())),
        panels=[
            Panel(persona, condition.category, [each.seed for each in condition.replicates])
            for persona, condition in grown.items()
        ],
        points=[
            point for persona in grown for point in _steps(persona, statistics.personas[persona])
        ],
        replicates=[
            point for persona, condition in grown.items() for point in _seeds(persona, condition)
        ],
        missing=[persona for persona in conditions if persona not in grown],
    )


def _steps(persona: str, proportions: PersonaProportions) -> Iterator[Step]:
    for each in proportions.trajectory:
        source = each.source
        interval = shown_interval(proportions, source)
        yield Step(
            persona=persona,
            step=each.step,
            successes=source.successes,
            trials=source.trials,
            rate=source.estimate,
            lower=interval.lower,
            upper=interval.upper,
        )


def _seeds(persona: str, condition: CompleteCondition) -> Iterator[SeedStep]:
    for replicate in condition.replicates:
        for point in condition.trajectory:
            if point.step and point.seed == replicate.seed:
                yield SeedStep(
                    persona=persona,
                    seed=replicate.seed,
                    step=point.step,
                    successes=point.rate.successes,
                    trials=point.rate.trials,
                    rate=point.rate.estimate,
                )
