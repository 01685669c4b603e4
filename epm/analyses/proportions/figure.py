"""How rates look: dots with intervals, or curves over training where checkpoints were sampled."""

from __future__ import annotations

from itertools import pairwise

from epm.analyses.proportions.block import ConditionProportion, ProportionsBlock
from epm.analyses.shown import group, interval_of, left_out, outcome, subtitle
from epm.figures.charts import Axis, Chart, Dot, DotChart, Panel, PanelsChart, ScatterPoint
from epm.results import Results
from epm.writing.filters import percent


def chart(_name: str, block: ProportionsBlock, results: Results) -> Chart | None:
    """Rates by condition, the highest first; over training where there are steps."""
    if len(block.conditions) < 2:
        return None
    stepped = {name: rate for name, rate in block.conditions.items() if rate.steps}
    if stepped:
        return _over_training(block, results, stepped)
    ordered = sorted(block.conditions.items(), key=lambda each: -each[1].estimate)
    rates = [rate.estimate for _, rate in ordered]
    several = any(rate.seeds for _, rate in ordered)
    label = outcome(results, block.metric)
    return DotChart(
        title=f"{block.label}, {label}: {percent(min(rates))} to {percent(max(rates))}",
        subtitle=subtitle(results),
        axis=Axis(label, "proportion"),
        dots=[
            Dot(
                condition,
                rate.estimate,
                interval_of(rate).lower,
                interval_of(rate).upper,
                group(results, condition),
                [each.estimate for each in rate.seeds.values()],
            )
            for condition, rate in ordered
        ],
        interval="95% interval by seed and item" if several else "95% interval",
        note=left_out(block),
    )


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
