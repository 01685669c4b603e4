"""How rates look: dots with intervals, or curves over training where checkpoints were sampled."""

from __future__ import annotations

from epm.analyses.proportions.block import ConditionProportion, Proportion, ProportionsBlock
from epm.figures.charts import Axis, Chart, Dot, DotChart, Panel, PanelsChart, ScatterPoint
from epm.results import Interval, Results
from epm.values import Unavailable
from epm.writing.filters import percent


def chart(name: str, block: ProportionsBlock, results: Results) -> Chart | None:
    """Rates by condition, the highest first; over training where there are steps."""
    if len(block.conditions) < 2:
        return None
    label = results.metrics[block.metric].label
    stepped = {n: rate for n, rate in block.conditions.items() if rate.steps}
    if stepped:
        return _over_training(block, results, stepped, label)
    ordered = sorted(block.conditions.items(), key=lambda each: -each[1].estimate)
    rates = [rate.estimate for _, rate in ordered]
    several = any(rate.seeds for rate in block.conditions.values())
    return DotChart(
        title=f"{label} runs from {percent(min(rates))} to {percent(max(rates))}",
        subtitle=subtitle(results),
        axis=Axis(block.label, "proportion"),
        dots=[
            Dot(
                condition,
                rate.estimate,
                shown(rate).lower,
                shown(rate).upper,
                group(results, condition),
                [each.estimate for each in rate.seeds.values()],
            )
            for condition, rate in ordered
        ],
        interval="95% interval by seed and item" if several else "95% interval",
        note=left_out(block),
    )


def subtitle(results: Results) -> str:
    """Model and scale in one line."""
    profile = (results.definition or {}).get("profile")
    name = profile.get("model_name", "") if isinstance(profile, dict) else ""
    return ", ".join(filter(None, [str(name), results.identity.scale]))


def group(results: Results, condition: str) -> str:
    """The first factor in words that some conditions share; '' where there is none."""
    factors = results.conditions[condition].factors
    for name, level in factors.items():
        levels = [c.factors.get(name) for c in results.conditions.values()]
        if isinstance(level, str) and 1 < len({*levels} - {None}) < len(levels) - levels.count(
            None
        ):
            return level.replace("_", " ")
    return ""


def shown(rate: Proportion) -> Interval:
    """The clustered interval where there is one, else Wilson's."""
    return rate.wilson if isinstance(rate.clustered, Unavailable) else rate.clustered


def left_out(block: ProportionsBlock) -> str:
    """What is not shown."""
    return f"Not shown, for want of data: {', '.join(block.left_out)}." if block.left_out else ""


def _over_training(
    block: ProportionsBlock,
    results: Results,
    stepped: dict[str, ConditionProportion],
    label: str,
) -> PanelsChart:
    return PanelsChart(
        title=f"{label} over training",
        subtitle=subtitle(results),
        x=Axis("optimiser step"),
        y=Axis(block.label, "proportion"),
        panels=[
            Panel(
                condition,
                group(results, condition),
                [
                    ScatterPoint(
                        step, each.estimate, shown(each).lower, shown(each).upper, x=float(step)
                    )
                    for step, each in rate.steps.items()
                ],
            )
            for condition, rate in stepped.items()
        ],
        interval="95% interval",
        note=left_out(block),
    )
