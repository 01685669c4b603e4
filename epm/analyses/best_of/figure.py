"""How the best of several predictors looks: all that were tried, and the interval of the choice."""

from __future__ import annotations

from epm.analyses.best_of.block import BestOfBlock
from epm.analyses.shown import outcome, predictor, subtitle
from epm.figures.charts import Axis, Dot, DotChart
from epm.results import Results
from epm.values import Unavailable


def chart(_name: str, block: BestOfBlock, results: Results) -> DotChart | None:
    """Pearson's r of every candidate; the one that leads with the interval that knows of it."""
    found = block.pearson
    if isinstance(found, Unavailable):
        return None
    ordered = sorted(found.candidates, key=lambda name: -abs(found.candidates[name].coefficient))
    lead = predictor(results, found.leads)
    bars = None if isinstance(found.interval, Unavailable) else found.interval
    return DotChart(
        title=f"{lead} goes with {outcome(results, block.metric)} most, of {len(ordered)} tried",
        subtitle=subtitle(results),
        axis=Axis("Pearson r", signed=True),
        dots=[
            Dot(
                predictor(results, name),
                found.candidates[name].coefficient,
                bars.lower if bars and name == found.leads else None,
                bars.upper if bars and name == found.leads else None,
                emphasised=name == found.leads,
            )
            for name in ordered
        ],
        interval="95% interval that knows of the choice",
        reference=0.0,
        reference_label="no relation",
    )
