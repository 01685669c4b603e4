"""How a slope looks: a point a condition, the fit with its band, the parent's fit dashed."""

from __future__ import annotations

from math import log

from epm.analyses.regression.block import Fit, Prediction, RegressionBlock
from epm.analyses.shown import about, headline, left_out, outcome, predictor, subtitle, uncertainty
from epm.analyses.shown import group as group_of
from epm.figures.charts import Axis, Line, ScatterChart, ScatterPoint
from epm.results import Results
from epm.values import Unavailable


def chart(_name: str, block: RegressionBlock, results: Results) -> ScatterChart | None:
    """The outcome against the predictor; held-out conditions as stars."""
    held_out = {
        name: found
        for name, found in block.predictions.items()
        if isinstance(found, Prediction) and not isinstance(found.observed, Unavailable)
    }
    places = {name: (point.x, point.y, False) for name, point in block.points.items()}
    for name, found in held_out.items():
        x = _x(block, results, name)
        if x is not None and not isinstance(found.observed, Unavailable):
            places[name] = (x, found.observed, True)
    called = ""
    points = []
    for name, (x, y, marked) in places.items():
        bars, seeds, beside, label = uncertainty(results, block.metric, name, y)
        called = called or label
        points.append(
            ScatterPoint(
                name,
                y,
                bars.lower if bars else None,
                bars.upper if bars else None,
                group_of(results, name),
                seeds,
                beside,
                x=x,
                marked=marked,
            )
        )
    xs = [point.x for point in points]
    parent = results.parent
    several = any(point.replicates for point in points)
    logged = "log " if block.x in block.logarithms else ""
    return ScatterChart(
        title=headline(results, block.metric, block.verdict)
        if block.verdict
        else about(results, block.metric, block.label),
        subtitle=subtitle(results),
        x=Axis(f"{logged}{predictor(results, block.x)}"),
        y=Axis(outcome(results, block.metric), block.scale),
        points=points,
        interval="95% interval by seed and item" if several else "95% interval",
        line=Line(
            "least squares",
            [at.x for at in block.line],
            [at.y for at in block.line],
            [at.lower for at in block.line],
            [at.upper for at in block.line],
            "its 95% confidence band",
        )
        if block.line
        else None,
        compared=_line(block.parent, block.x, min(xs), max(xs), parent.label)
        if isinstance(block.parent, Fit) and parent and len(block.parent.terms) == 2
        else None,
        beside_label=called,
        marked_label="not in the fit" if held_out else "",
        note=left_out(block),
    )


def _x(block: RegressionBlock, results: Results, name: str) -> float | None:
    record = results.conditions[name]
    value = record.covariates.get(block.x, record.factors.get(block.x))
    if not isinstance(value, int | float):
        return None
    if block.x not in block.logarithms:
        return float(value)
    return log(value) if value > 0 else None


def _line(fit: Fit, x: str, low: float, high: float, label: str) -> Line:
    start, slope = fit.terms["intercept"].estimate, fit.terms[x].estimate
    return Line(label, [low, high], [start + slope * low, start + slope * high])
