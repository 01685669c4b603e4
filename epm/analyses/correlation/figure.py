"""How correlations look: coefficients with their intervals, by predictor."""

from __future__ import annotations

from epm.analyses.correlation.block import Coefficients, CorrelationBlock
from epm.analyses.shown import outcome, predictor, subtitle
from epm.figures.charts import Axis, Dot, DotChart
from epm.results import Results
from epm.values import Unavailable

CALLED = {"pearson": "Pearson r", "spearman": "Spearman ρ", "kendall": "Kendall τ"}


def chart(_name: str, block: CorrelationBlock, results: Results) -> DotChart | None:
    """Every coefficient of the family, against a line at 0."""
    dots = []
    for name, pair in block.predictors.items():
        for method, called in CALLED.items():
            found = getattr(pair, method)
            if isinstance(found, Coefficients):
                bars = None if isinstance(found.interval, Unavailable) else found.interval
                dots.append(
                    Dot(
                        f"{predictor(results, name)}, {called}",
                        found.coefficient,
                        bars.lower if bars else None,
                        bars.upper if bars else None,
                        called,
                        emphasised=name == block.verdict_on,
                    )
                )
    if not dots:
        return None
    return DotChart(
        title=f"{outcome(results, block.metric)} and each predictor: coefficients",
        subtitle=subtitle(results),
        axis=Axis("coefficient", signed=True),
        dots=dots,
        interval="95% interval",
        reference=0.0,
        reference_label="no relation",
    )
