"""How a mixed model looks: its fitted rate along the predictor, over the conditions' rates."""

from __future__ import annotations

from epm.analyses.mixed_model.block import MixedModelBlock, MixedModelFit
from epm.analyses.proportions.block import ProportionsBlock
from epm.analyses.shown import group, headline, interval_of, left_out, outcome, predictor, subtitle
from epm.figures.charts import Axis, Line, ScatterChart, ScatterPoint
from epm.results import Results


def chart(_name: str, block: MixedModelBlock, results: Results) -> ScatterChart | None:
    """The fitted rate with its interval; arms are two points and have no figure."""
    if block.predictor is None or not isinstance(block.fit, MixedModelFit):
        return None
    fitted = block.fit.fitted
    rates = next(
        (
            other.conditions
            for other in results.analyses.values()
            if isinstance(other, ProportionsBlock)
            and other.metric == block.metric
            and sum(rate.successes for rate in other.conditions.values()) == block.fit.successes
        ),
        {},
    )
    covariates = {
        name: results.conditions[name].covariates.get(
            block.predictor, results.conditions[name].factors.get(block.predictor)
        )
        for name in rates
    }
    return ScatterChart(
        title=headline(results, block.metric, block.verdict),
        subtitle=subtitle(results),
        x=Axis(predictor(results, block.predictor)),
        y=Axis(outcome(results, block.metric), "proportion"),
        points=[
            ScatterPoint(
                name,
                rate.estimate,
                interval_of(rate).lower,
                interval_of(rate).upper,
                group(results, name),
                [each.estimate for each in rate.seeds.values()],
                x=float(x),
            )
            for name, rate in rates.items()
            for x in [covariates[name]]
            if isinstance(x, int | float)
        ],
        interval="95% interval",
        line=Line(
            "fitted rate",
            [at.x for at in fitted],
            [at.rate for at in fitted],
            [at.interval.lower for at in fitted],
            [at.interval.upper for at in fitted],
            "its 95% interval",
        ),
        note=left_out(block),
    )
