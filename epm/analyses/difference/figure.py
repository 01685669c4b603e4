"""How differences look: a dot and its interval a pair, by task where tasks are compared."""

from __future__ import annotations

from epm.analyses.difference.block import Comparison, DifferenceBlock
from epm.analyses.shown import about, headline, left_out, outcome, subtitle
from epm.figures.charts import Axis, Dot, DotChart
from epm.results import Results
from epm.values import Unavailable


def chart(_name: str, block: DifferenceBlock, results: Results) -> DotChart | None:
    """Differences against a line at 0, the parent's apart."""
    dots = []
    for name, pair in block.pairs.items():
        if isinstance(pair, Unavailable):
            continue
        averaged = pair.average if isinstance(pair.average, Comparison) else None
        dots.append(_dot(name, averaged or pair.overall, emphasised=True))
        dots += [_dot(f"{name}, {task}", found, task) for task, found in pair.tasks.items()]
    if not dots:
        return None
    verdict = block.verdict
    expected = None
    if verdict and not isinstance(verdict, Unavailable) and verdict.expected:
        was = verdict.expected
        bars = None if isinstance(was.interval, Unavailable) else was.interval
        expected = Dot(
            was.source, was.estimate, bars.lower if bars else None, bars.upper if bars else None
        )
    return DotChart(
        title=headline(results, block.metric, verdict)
        if verdict
        else about(results, block.metric, block.label),
        subtitle=subtitle(results),
        axis=Axis(
            f"difference in {outcome(results, block.metric)}",
            block.scale,
            signed=True,
        ),
        dots=dots,
        interval="95% interval of the difference",
        reference=0.0,
        reference_label="no difference",
        expected=expected,
        note=left_out(block),
    )


def _dot(name: str, found: Comparison, task: str = "", *, emphasised: bool = False) -> Dot:
    bars = None if isinstance(found.interval, Unavailable) else found.interval
    return Dot(
        name,
        found.estimate,
        bars.lower if bars else None,
        bars.upper if bars else None,
        task,
        emphasised=emphasised,
    )
