"""What logs measured: metrics, and scores by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from epm.evaluation.logs.logs import Log
from epm.evaluation.logs.scores import Scores
from epm.results import Count, Mean, Measurement, MetricRecord
from epm.results.measurements import sums


def yes_or_no(scores: Mapping[Log, Scores]) -> frozenset[str]:
    """Metrics whose every value is 0 or 1, wherever it stands: one metric is of one kind."""
    levels: dict[str, set[float]] = {}
    for each in scores.values():
        for metric, values in each.levels().items():
            levels.setdefault(metric, set()).update(values)
    return frozenset(metric for metric, values in levels.items() if values <= {0.0, 1.0})


def metric_records(
    scores: Mapping[Log, Scores], counted: frozenset[str]
) -> dict[str, MetricRecord]:
    """Headlines of the logs first: the first of all is what analyses by default are about."""
    headlines = [each.metrics[0] for each in scores.values() if each.metrics]
    # the headline of most logs first; those of equally many in the logs' order
    most = sorted(dict.fromkeys(headlines), key=lambda name: -Counter(headlines)[name])
    names = dict.fromkeys([*most, *(name for each in scores.values() for name in each.metrics)])
    bounded = {name for each in scores.values() for name in each.on_unit_scale}
    unbounded = {
        name
        for each in scores.values()
        for name, values in each.levels().items()
        if any(not 0 <= value <= 1 for value in values)
    }
    return {
        name: MetricRecord(label=name, lower=0.0, upper=1.0)
        if name in counted or (name in bounded and name not in unbounded)
        else MetricRecord(label=name)
        for name in names
    }


def measurement(
    each: Scores, metric: str, epochs: Iterable[int], counted: bool, where: str
) -> Measurement | None:
    """The scores of some epochs, tallied by item; None where there is nothing.

    Args:
        each: of one log.
        metric: which.
        epochs: several are trials of an item.
        counted: whether scores are yes or no.
        where: named when something is wrong.

    Raises:
        EpmError: scores are too large.
    """
    values: dict[str, list[float]] = {}
    excluded: Counter[str] = Counter()
    for epoch in epochs:
        for item, value in each.values[metric].get(epoch, {}).items():
            values.setdefault(item, []).append(value)
        excluded.update(each.excluded[metric].get(epoch, Counter()))
    reasons = dict(sorted(excluded.items()))
    if not (values or reasons):
        return None
    if counted:
        counts = {item: (int(sum(v)), len(v)) for item, v in values.items()}
        return Count(items=counts, excluded=reasons)
    return Mean(items={item: sums(own, where) for item, own in values.items()}, excluded=reasons)
