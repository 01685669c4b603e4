"""How means look: dots with intervals, the highest first."""

from __future__ import annotations

from epm.analyses.means.block import ConditionMean, Estimate, MeansBlock
from epm.analyses.shown import about, group, left_out, outcome, subtitle
from epm.figures.charts import Axis, Dot, DotChart
from epm.results import Results
from epm.values import Unavailable


def chart(_name: str, block: MeansBlock, results: Results) -> DotChart | None:
    """Means by condition, over tasks where that is asked; of a condition alone, by task."""
    if not block.conditions:
        return None
    found = {name: _leading(mean) for name, mean in block.conditions.items()}
    if len(found) == 1:
        (mean,) = block.conditions.values()
        found |= {task: each for task, each in mean.tasks.items() if len(mean.tasks) > 1}
    seeds = {name: mean.seeds.values() for name, mean in block.conditions.items()}
    ordered = sorted(found, key=lambda name: -found[name].estimate)
    record = results.metrics[block.metric]
    label = outcome(results, block.metric)
    unit = f" ({record.unit})" if record.unit else ""
    return DotChart(
        title=about(results, block.metric, block.label)
        + (" by condition" if len(block.conditions) > 1 else ""),
        subtitle=subtitle(results),
        axis=Axis(f"{label}{unit}", block.scale),
        dots=[
            Dot(
                name,
                found[name].estimate,
                *_bars(found[name]),
                group(results, name),
                [each.estimate for each in seeds.get(name, ())],
            )
            for name in ordered
        ],
        interval="95% interval",
        reference=block.reference,
        reference_label="" if block.reference is None else "what means are held against",
        note=left_out(block),
    )


def _leading(mean: ConditionMean) -> Estimate:
    return mean.average if isinstance(mean.average, Estimate) else mean


def _bars(mean: Estimate) -> tuple[float | None, float | None]:
    bars = mean.bounded or mean.interval
    return (None, None) if isinstance(bars, Unavailable) else (bars.lower, bars.upper)
