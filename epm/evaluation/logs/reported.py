"""What a log says of itself, beside the same by us."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.evaluation.logs.logs import Log
from epm.evaluation.logs.scores import NOT_RUN, Scores, metric_of
from epm.results.imported import ReportedNumber

if TYPE_CHECKING:
    from inspect_ai.log import EvalMetric, EvalScore

SAME = 1e-9
"""Relative difference that is rounding."""


def numbers(log: Log, scores: Scores) -> Iterator[ReportedNumber]:
    """Every number of a log's results; one that is not finite says nothing and is left out."""
    results = log.header.results
    for score in results.scores if results else ():
        metric = metric_of(score, scores.metrics)
        for number in score.metrics.values():
            if not math.isfinite(number.value):
                continue
            ours = _ours(score, number, metric, scores)
            yield ReportedNumber(
                condition=log.condition,
                task=log.task,
                name=_name(score, number, metric),
                value=number.value,
                ours=ours,
                why=_why(score, number, metric, ours, scores),
            )
        if metric in scores.excluded:
            yield from _unscored(log, score, metric, scores)


def _unscored(log: Log, score: EvalScore, metric: str, scores: Scores) -> Iterator[ReportedNumber]:
    """How many samples it says have no score, where there are any by it or by us."""
    said = score.unscored_samples
    lost = sum(
        n
        for by_reason in scores.excluded[metric].values()
        for reason, n in by_reason.items()
        if reason != NOT_RUN
    )
    if said is not None and (said or lost):
        same = said == lost
        yield ReportedNumber(
            condition=log.condition,
            task=log.task,
            name=f"{metric}, unscored samples" + (f" ({score.reducer})" if score.reducer else ""),
            value=said,
            ours=lost,
            why=""
            if same
            else "counts items that lost every epoch to the scorer; ours are all answers without "
            "a score, those that ended in an error among them",
        )


def _name(score: EvalScore, number: EvalMetric, metric: str) -> str:
    """As in 'match, accuracy (mean)' and 'choice, stderr by passage'."""
    group = getattr(number, "group", None)
    word = _word(number) if not group else f"{group} {_word(number)}"
    by = f" by {cluster}" if (cluster := (number.params or {}).get("cluster")) else ""
    return f"{metric}, {word}{by}" + (f" ({score.reducer})" if score.reducer else "")


def _word(number: EvalMetric) -> str:
    return number.name.rpartition("/")[2]


def _averaged(score: EvalScore, scores: Scores) -> bool:
    """Whether the tool, too, takes the mean of an item's epochs."""
    return score.reducer in (None, "mean") or len(scores.epochs) == 1


def _ours(score: EvalScore, number: EvalMetric, metric: str, scores: Scores) -> float | None:
    """The mean over items of the mean of their epochs, or its standard error."""
    if metric not in scores.values or not _averaged(score, scores):
        return None
    means = {
        item: math.fsum(values) / len(values) for item, values in scores.by_item(metric).items()
    }
    if not means or getattr(number, "group", None):
        return None
    word, cluster = _word(number), (number.params or {}).get("cluster")
    centre = math.fsum(means.values()) / len(means)
    if word in ("accuracy", "mean"):
        return centre
    if word in ("stderr", "std", "var") and len(means) > 1:
        if cluster:
            return _clustered(means, centre, scores.clusters) if word == "stderr" else None
        variance = math.fsum((v - centre) ** 2 for v in means.values()) / (len(means) - 1)
        return {
            "var": variance,
            "std": math.sqrt(variance),
            "stderr": math.sqrt(variance / len(means)),
        }[word]
    return None


def _clustered(means: dict[str, float], centre: float, clusters: dict[str, str]) -> float | None:
    """Of a mean, with its sums of residuals by cluster, times G/(G-1) for G clusters."""
    sums: dict[str, list[float]] = {}
    for item, value in means.items():
        sums.setdefault(clusters.get(item, item), []).append(value - centre)
    groups = len(sums)
    if groups < 2:
        return None
    squares = math.fsum(math.fsum(residuals) ** 2 for residuals in sums.values())
    return math.sqrt(squares * groups / (groups - 1)) / len(means)


def _why(
    score: EvalScore, number: EvalMetric, metric: str, ours: float | None, scores: Scores
) -> str:
    if metric not in scores.values:
        return "no sample of the log has this score"
    if not _averaged(score, scores):
        return f"takes the {score.reducer} of an item's epochs, where ours takes their mean"
    if ours is None:
        return "not computed here"
    if math.isclose(ours, number.value, rel_tol=SAME, abs_tol=SAME):
        return ""
    if unreadable := scores.unreadable.get(metric):
        return (
            f"{unreadable.total()} values that are no scores (such as {next(iter(unreadable))}) "
            "count 0 there and are left out here"
        )
    values = [v for items in scores.values[metric].values() for v in items.values()]
    if _word(number) in ("accuracy", "mean") and math.isclose(
        math.fsum(values) / len(values), number.value, rel_tol=SAME, abs_tol=SAME
    ):
        return "a mean over all samples, where ours is over the means of items"
    return (
        "the scores of the log's samples do not give this number: they were changed after it was "
        "computed, or are converted otherwise there"
    )
