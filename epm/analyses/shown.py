"""What the figures of several kinds of analysis share: names, groups, intervals, titles."""

from __future__ import annotations

import re

from epm.analyses.block import Block, Scale, Verdict
from epm.analyses.means.block import MeansBlock
from epm.analyses.proportions.block import Proportion, ProportionsBlock
from epm.results import Interval, Results
from epm.values import Unavailable
from epm.writing.filters import effect, span


def subtitle(results: Results) -> str:
    """Model and scale in one line."""
    profile = (results.definition or {}).get("profile")
    name = profile.get("model_name", "") if isinstance(profile, dict) else ""
    return ", ".join(filter(None, [str(name or ""), results.identity.scale]))


def group(results: Results, condition: str) -> str:
    """The level of the first factor in words that some conditions share; '' where none does."""
    record = results.conditions.get(condition)
    for name, level in record.factors.items() if record else ():
        levels = [c.factors[name] for c in results.conditions.values() if name in c.factors]
        if isinstance(level, str) and 1 < len(set(levels)) < len(levels):
            return level.replace("_", " ")
    return ""


def interval_of(rate: Proportion) -> Interval:
    """The clustered interval where there is one, else Wilson's."""
    return rate.wilson if isinstance(rate.clustered, Unavailable) else rate.clustered


def left_out(block: Block) -> str:
    """What is not shown, and why."""
    if not block.left_out:
        return ""
    return f"Not shown, for want of data: {', '.join(block.left_out)}."


def predictor(results: Results, name: str) -> str:
    """What a predictor is called on an axis."""
    record = results.covariates.get(name)
    return record.label if record else name.replace("_", " ")


def outcome(results: Results, metric: str) -> str:
    """What a metric is called on an axis."""
    record = results.metrics.get(metric)
    return record.label if record else metric.replace("_", " ")


def about(results: Results, metric: str, label: str) -> str:
    """An analysis by its label, and its metric where the label does not name it."""
    called = outcome(results, metric)
    return label if called.casefold() in label.casefold() else f"{label}: {called}"


def headline(results: Results, metric: str, verdict: Verdict | Unavailable | None) -> str:
    """A finding in a line: the effect, its interval, and what it is compared with."""
    label = outcome(results, metric)
    if not isinstance(verdict, Verdict):
        return label
    found = with_unit(verdict.effect.estimate, verdict.scale)
    text = f"{label}: {found} {verdict.unit}".rstrip()
    if not isinstance(verdict.effect.interval, Unavailable):
        text += f" {span(verdict.effect.interval, verdict.scale)}"
    if verdict.expected is not None:
        text += f", against {effect(verdict.expected.estimate, verdict.scale)} in "
        text += verdict.expected.source
    return re.sub(r"-(?=\d)", "\N{MINUS SIGN}", text)


def with_unit(value: float, scale: Scale) -> str:
    """An effect, of proportions in points."""
    return f"{effect(value, scale)} points" if scale == "proportion" else effect(value, scale)


def uncertainty(
    results: Results, metric: str, condition: str, value: float
) -> tuple[Interval | None, list[float], float | None, str]:
    """What other analyses of the results know of a condition's outcome.

    Returns:
        Its interval, its value in each of several seeds, the same metric where it is off target,
        and what that is called; None, an empty list and '' where nobody knows.
    """
    bars: Interval | None = None
    seeds: list[float] = []
    beside, called = None, ""
    for block in results.analyses.values():
        if isinstance(block, ProportionsBlock) and block.metric == metric:
            rate = block.conditions.get(condition)
            if rate and abs(rate.estimate - value) < SAME:
                bars, seeds = interval_of(rate), [each.estimate for each in rate.seeds.values()]
            elif rate and beside is None:
                beside, called = rate.estimate, block.label
        if isinstance(block, MeansBlock) and block.metric == metric:
            mean = block.conditions.get(condition)
            if mean and abs(mean.estimate - value) < SAME:
                found = mean.bounded or mean.interval
                bars = None if isinstance(found, Unavailable) else found
                seeds = [each.estimate for each in mean.seeds.values()]
    return bars, seeds, beside, called


SAME = 1e-9
"""Two estimates closer than this are of the same answers."""
