"""How a dose and its response look: the rate at every dose, and the fitted curve."""

from __future__ import annotations

from epm.analyses.dose_response.block import DoseResponseBlock, HalfRate, Logistic
from epm.analyses.shown import interval_of, outcome, predictor, subtitle
from epm.figures.charts import Axis, Line, ScatterChart, ScatterPoint
from epm.results import Results
from epm.writing.filters import percent


def chart(_name: str, block: DoseResponseBlock, results: Results) -> ScatterChart:
    """Rates with their intervals against the dose; the 50% dose is marked where it was spanned."""
    rates = [dose.estimate for dose in block.doses.values()]
    label = outcome(results, block.metric)
    dose = "optimiser step" if block.dose == "step" else predictor(results, block.dose)
    logistic = block.logistic if isinstance(block.logistic, Logistic) else None
    half = logistic.half_rate if logistic else None
    return ScatterChart(
        title=f"{label}: {percent(rates[0])} at the lowest {dose}, {percent(rates[-1])} at the "
        f"highest, {percent(max(rates))} at most",
        subtitle=subtitle(results),
        x=Axis(dose, log=block.scale == "log", log1p=block.scale == "log1p"),
        y=Axis(label, "proportion"),
        points=[
            ScatterPoint(
                "",
                dose.estimate,
                interval_of(dose).lower,
                interval_of(dose).upper,
                replicates=[k / n for k, n in dose.trainings.values()]
                if len(dose.trainings) > 1
                else [],
                x=dose.dose,
            )
            for dose in block.doses.values()
        ],
        interval="95% interval",
        line=Line(
            "logistic fit",
            [at.dose for at in logistic.curve],
            [at.rate for at in logistic.curve],
            [at.interval.lower for at in logistic.curve],
            [at.interval.upper for at in logistic.curve],
            "its 95% interval",
        )
        if logistic
        else None,
        marks=[(half.estimate, "fitted rate 50%")]
        if isinstance(half, HalfRate) and not half.extrapolated
        else [],
    )
