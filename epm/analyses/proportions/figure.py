"""How rates look: dots with intervals, or curves over training where checkpoints were sampled."""

from __future__ import annotations

from itertools import pairwise

from epm.analyses.proportions.block import ConditionProportion, Proportion, ProportionsBlock
from epm.analyses.shown import about, group, interval_of, left_out, outcome, subtitle
from epm.figures.charts import Axis, Chart, Dot, DotChart, Panel, PanelsChart, ScatterPoint
from epm.results import Interval, Results
from epm.values import Unavailable
from epm.writing.filters import percent


def chart(_name: str, block: ProportionsBlock, results: Results) -> Chart | None:
    """Rates by condition, the highest first; over training where there are steps.

    Of a condition alone, its rates by task.
    """
    stepped = {name: rate for name, rate in block.conditions.items() if rate.steps}
    if stepped:
        return _over_training(block, results, stepped)
    if not block.conditions:
        return _reported(block, results) if block.reported else None
    shown: dict[str, Proportion] = {**block.conditions}
    if len(shown) == 1:
        (rate,) = block.conditions.values()
        shown |= {task: each for task, each in rate.tasks.items() if len(rate.tasks) > 1}
    ordered = sorted(shown.items(), key=lambda each: -each[1].estimate)
    rates = dict.fromkeys(percent(rate.estimate) for _, rate in reversed(ordered))
    several = any(rate.seeds for rate in block.conditions.values())
    label = outcome(results, block.metric)
    called = about(results, block.metric, block.label).replace(": ", ", ")
    return DotChart(
        title=f"{called}: {' to '.join([*rates][:: max(1, len(rates) - 1)])}",
        subtitle=subtitle(results),
        axis=Axis(label, "proportion"),
        dots=[
            Dot(
                name,
                rate.estimate,
                interval_of(rate).lower,
                interval_of(rate).upper,
                group(results, name),
                [each.estimate for each in rate.seeds.values()]
                if isinstance(rate, ConditionProportion)
                else [],
            )
            for name, rate in ordered
        ],
        interval="95% interval by seed and item" if several else "95% interval",
        note=left_out(block),
    )


def _reported(block: ProportionsBlock, results: Results) -> DotChart:
    """Rates from elsewhere, their counts unknown."""
    label = outcome(results, block.metric)
    several = any(len(by_task) > 1 for by_task in block.reported.values())
    return DotChart(
        title=f"{label}, as reported",
        subtitle=subtitle(results),
        axis=Axis(label, "proportion"),
        dots=[
            Dot(
                f"{name}, {task}" if several else name,
                rate.estimate,
                *_bars(rate.interval),
                group(results, name),
            )
            for name, by_task in block.reported.items()
            for task, rate in by_task.items()
        ],
        interval="95% interval",
        note=left_out(block),
    )


def _bars(interval: Interval | Unavailable) -> tuple[float | None, float | None]:
    return (None, None) if isinstance(interval, Unavailable) else (interval.lower, interval.upper)


NARROW = 25
"""Of how many parts of the whole course the smallest between two checkpoints is a sliver."""


def _crowded(stepped: dict[str, ConditionProportion]) -> bool:
    """Whether evenly spaced steps would lie on each other at the beginning."""
    steps = sorted({int(step) for rate in stepped.values() for step in rate.steps})
    return len(steps) > 2 and steps[-1] - steps[0] > NARROW * min(
        after - before for before, after in pairwise(steps)
    )


def _over_training(
    block: ProportionsBlock, results: Results, stepped: dict[str, ConditionProportion]
) -> PanelsChart:
    label = outcome(results, block.metric)
    return PanelsChart(
        title=f"{label} over training",
        subtitle=subtitle(results),
        x=Axis("optimiser step", log1p=_crowded(stepped)),
        y=Axis(label, "proportion"),
        panels=[
            Panel(
                condition,
                group(results, condition),
                [
                    ScatterPoint(
                        step,
                        each.estimate,
                        interval_of(each).lower,
                        interval_of(each).upper,
                        x=float(step),
                    )
                    for step, each in rate.steps.items()
                ],
            )
            for condition, rate in stepped.items()
        ],
        interval="95% interval",
        note=left_out(block),
    )
