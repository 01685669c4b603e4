"""The headline score: of each task, the score that its logs put first.

Tasks of one panel often have scorers of their own, so that no metric is measured on all of them.
What they share is that each has one score that stands for it; Inspect calls it the headline.
"""

from __future__ import annotations

from collections.abc import Mapping

from epm.evaluation.logs.logs import Log
from epm.evaluation.logs.scores import Scores

NAME = "headline"
LABEL = "headline score"


def by_task(scores: Mapping[Log, Scores], on_unit_scale: frozenset[str]) -> dict[str, str]:
    """The metric that is each task's headline, where a score over all tasks can be made of them.

    Args:
        scores: of every log.
        on_unit_scale: metrics whose scale ends at 0 and 1.

    Returns:
        Empty where one metric is the headline of all tasks, or the logs of a task do not agree
        on theirs, or one has another scale.
    """
    found: dict[str, str] = {}
    for log, each in scores.items():
        if not each.metrics or found.setdefault(log.task, each.metrics[0]) != each.metrics[0]:
            return {}
    names = {name for each in scores.values() for name in each.metrics}
    apart = len(set(found.values())) > 1 and NAME not in names
    return found if apart and on_unit_scale.issuperset(found.values()) else {}


def note(headlines: Mapping[str, str]) -> str:
    """Which score it is of each task."""
    listed = ", ".join(f"{metric} on {task}" for task, metric in headlines.items())
    return f"The headline score is the one that the logs put first: {listed}."


def alone(scores: Mapping[Log, Scores], headlines: Mapping[str, str]) -> frozenset[str]:
    """Metrics that are the headline wherever they were measured: it tells all that they do."""
    names = {name for each in scores.values() for name in each.metrics}
    return frozenset(
        name
        for name in names
        if headlines
        and all(headlines[log.task] == name for log, each in scores.items() if name in each.metrics)
    )
