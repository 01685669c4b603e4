"""What the samples of a log scored."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from epm.errors import EpmError
from epm.evaluation.logs.logs import Log, reading

if TYPE_CHECKING:
    from inspect_ai.log import EvalSampleSummary, EvalScore
    from inspect_ai.scorer import Score

UNNAMED = "88F74D2C"
"""What inspect calls the only score of a sample in logs that did not name it."""

ERROR, UNSCORED, NOT_RUN = "error", "unscored", "not run"


@dataclass
class Scores:
    """Values and exclusions of one log, by metric, epoch and item."""

    metrics: tuple[str, ...]
    """The log's headline first."""
    epochs: tuple[int, ...]
    values: dict[str, dict[int, dict[str, float]]]
    excluded: dict[str, dict[int, Counter[str]]]
    planned: tuple[str, ...] = ()
    """Items that were to be asked, in their order; with a limit, fewer than the data set has."""
    run: tuple[str, ...] = ()
    """Items of which the log has a sample."""
    asked: list[tuple[str | int, int]] = field(default_factory=list)
    """Id and epoch of every sample, as the log has them."""
    inputs: dict[str, str] = field(default_factory=dict)
    """What an item asks, as a hash."""
    clusters: dict[str, str] = field(default_factory=dict)
    cluster: str = ""
    """What the log's own standard error takes for a cluster."""
    on_unit_scale: set[str] = field(default_factory=set)
    unreadable: dict[str, Counter[str]] = field(default_factory=dict)
    """Values that are no scores, by metric."""
    cut: Counter[str] = field(default_factory=Counter)
    """Samples that were stopped, by the kind of limit."""
    scored_in_spite: int = 0
    """Samples with an error and a score."""

    def levels(self) -> dict[str, set[float]]:
        """The values that each metric gave."""
        return {
            metric: {value for items in by_epoch.values() for value in items.values()}
            for metric, by_epoch in self.values.items()
        }

    def by_item(self, metric: str) -> dict[str, list[float]]:
        """Values of all epochs, by item."""
        found: dict[str, list[float]] = {}
        for items in self.values[metric].values():
            for item, value in items.items():
                found.setdefault(item, []).append(value)
        return found

    def notes(self, log: Log) -> Iterator[str]:
        """What a reader should know of how this was scored."""
        dataset = log.header.eval.dataset.samples
        if dataset and self.planned and len(self.planned) < dataset:
            yield f"{log.cell}: {len(self.planned)} of {dataset} items were run."
        for kind, n in sorted(self.cut.items()):
            yield f"{log.cell}: {_samples(n)} stopped by a {kind} limit."
        if self.scored_in_spite:
            yield f"{log.cell}: {_samples(self.scored_in_spite)} scored in spite of an error."
        for metric, values in self.unreadable.items():
            example = next(iter(values))
            yield (
                f"{log.cell}, {metric}: {_samples(values.total())} left out whose value is no "
                f"score (such as {example}); Inspect counts 0 for it."
            )
        if log.header.invalidated:
            yield f"{log.cell}: some samples were marked as invalid in the log; they are counted."


def _samples(n: int) -> str:
    return "one sample was" if n == 1 else f"{n} samples were"


def read_scores(log: Log, expected: tuple[str, ...] = ()) -> Scores:
    """Take the scores from a log's summaries.

    Args:
        log: of a finished run.
        expected: metrics that it has also where no sample has a score.

    Raises:
        EpmError: it cannot be read, has no samples, or has one twice.
    """
    from inspect_ai.log import read_eval_log_sample_summaries

    with reading(log.name):
        summaries = read_eval_log_sample_summaries(str(log.path))
    if not summaries:
        raise EpmError(
            f"{log.name} ({log.cell}) has no samples in it",
            "run it with --log-samples, or leave it out",
        )
    metrics = _metrics(log, summaries, expected)
    epochs = tuple(sorted({*range(1, log.epochs + 1), *(each.epoch for each in summaries)}))
    scores = Scores(
        metrics,
        epochs,
        {name: {} for name in metrics},
        {name: {} for name in metrics},
        cluster=_cluster(log),
    )
    seen: set[tuple[str, int]] = set()
    for each in summaries:
        item = str(each.id)
        if (item, each.epoch) in seen:
            raise EpmError(
                f"{log.name} ({log.cell}) has the sample {item!r} twice in epoch {each.epoch}",
                "give every sample of the data set an id of its own",
            )
        seen.add((item, each.epoch))
        _take(scores, log, each, item)
    _finish(scores, log, seen)
    return scores


def _take(scores: Scores, log: Log, each: EvalSampleSummary, item: str) -> None:
    scores.asked.append((each.id, each.epoch))
    asked = _hash(each.input)
    if scores.inputs.setdefault(item, asked) != asked:
        raise EpmError(f"{log.name} ({log.cell}) asks sample {item!r} in two ways", "mend the log")
    value = (each.metadata or {}).get(scores.cluster) if scores.cluster else None
    if value is not None and value == value:
        scores.clusters[item] = str(value)
    if each.limit:
        scores.cut[each.limit] += 1
    given = given_scores(each.scores, log)
    if each.error and given:
        scores.scored_in_spite += 1
    for metric, score in judged(given, each.error, each.limit, scores.metrics).items():
        if isinstance(score, float):
            scores.values[metric].setdefault(each.epoch, {})[item] = score
            continue
        scores.excluded[metric].setdefault(each.epoch, Counter())[score] += 1
    for metric, (raw, _) in given.items():
        if metric in scores.values and not isinstance(raw, int | float):
            scores.on_unit_scale.add(metric)
        if isinstance(raw, bool):
            scores.on_unit_scale.add(metric)
        if number(raw) is None and raw is not None:
            scores.unreadable.setdefault(metric, Counter())[_shown(raw)] += 1


def _finish(scores: Scores, log: Log, seen: set[tuple[str, int]]) -> None:
    """Items that were planned, and samples that never came to be."""
    present = dict.fromkeys(item for item, _ in seen)
    ids = [str(each) for each in log.header.eval.dataset.sample_ids or ()]
    if len(set(ids)) < len(ids):
        twice = next(name for name, n in Counter(ids).items() if n > 1)
        raise EpmError(
            f"{log.name} ({log.cell}) has the sample id {twice!r} twice in its data set",
            "give every sample of the data set an id of its own",
        )
    order = dict.fromkeys([*ids, *(str(item) for item, _ in scores.asked)])
    scores.planned = tuple(order)
    scores.run = tuple(item for item in order if item in present)
    for epoch in scores.epochs:
        lost = sum((item, epoch) not in seen for item in order)
        for metric in scores.metrics if lost else ():
            scores.excluded[metric].setdefault(epoch, Counter())[NOT_RUN] += lost
    computed = log.header.results.scores if log.header.results else []
    for score in computed:
        names = {metric.name.rpartition("/")[2] for metric in score.metrics.values()}
        if "accuracy" in names or score.scorer.rpartition("/")[2] == "f1":
            scores.on_unit_scale.add(metric_of(score, scores.metrics))
    if scores.cluster and any(item not in scores.clusters for item in scores.run):
        _clusters_of_samples(scores, log)


def _clusters_of_samples(scores: Scores, log: Log) -> None:
    """Summaries of old versions have no metadata, so it is taken from the samples."""
    from epm.evaluation.logs.completions import samples

    for sample in samples(log, scores.asked):
        value = sample.metadata.get(scores.cluster)
        if value is not None and value == value:
            scores.clusters.setdefault(str(sample.id), str(value))


def given_scores(scores: Mapping[str, Score] | None, log: Log) -> dict[str, tuple[Any, str]]:
    """Value and reason by metric; a score of several values is one metric for each."""
    found: dict[str, tuple[Any, str]] = {}
    for name, score in (scores or {}).items():
        if name == UNNAMED and log.header.results and log.header.results.scores:
            name = log.header.results.scores[0].name
        reason = str(score.reason or "").replace("_", " ")
        for metric, value in _parts(name, score.value):
            found[metric] = (value, reason)
    return found


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"{name}/{key}", part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"{name}/{index}", part) for index, part in enumerate(value))
    else:
        yield name, value


def judged(
    given: Mapping[str, tuple[Any, str]],
    error: object,
    limit: str | None,
    metrics: Iterable[str],
) -> dict[str, float | str]:
    """A value by metric, or the reason why there is none."""
    found: dict[str, float | str] = {}
    for metric in metrics:
        raw, reason = given.get(metric) or given.get(metric.partition("/")[0]) or (None, "")
        value = number(raw)
        if value is not None and math.isfinite(value):
            found[metric] = value
        elif raw is not None and value is None:
            found[metric] = "no score"
        elif raw is None and error:
            found[metric] = ERROR
        elif raw is None and limit:
            found[metric] = f"{limit} limit"
        else:
            found[metric] = reason or (UNSCORED if value is None or value != value else "infinite")
    return found


def number(raw: Any) -> float | None:
    """A value as inspect's own conversion has it; None where it can read none, and would say 0."""
    from inspect_ai.scorer import value_to_float

    if raw is None or isinstance(raw, Mapping | list | tuple):
        return None
    if isinstance(raw, str) and raw not in ("C", "I", "P", "N"):
        try:
            known = math.isfinite(float(raw))
        except ValueError:
            known = raw.lower() in ("yes", "no", "true", "false")
        if not known:
            return None
    return float(value_to_float()(raw))


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _metrics(
    log: Log, summaries: Iterable[EvalSampleSummary], expected: tuple[str, ...]
) -> tuple[str, ...]:
    """All that the log scored: its headline first, then in the order of its results."""
    from inspect_ai.log import headline_metric

    given = dict.fromkeys(
        (metric, isinstance(value, float) and math.isnan(value))
        for each in summaries
        for metric, (value, _) in given_scores(each.scores, log).items()
    )
    # where a score of several values could not be given at all, it has no parts
    parts = {metric.partition("/")[0] for metric, _ in given if "/" in metric}
    empty = {metric for metric, _ in given if metric in parts and (metric, False) not in given}
    names = dict.fromkeys(metric for metric, _ in given if metric not in empty)
    results = log.header.results
    ordered: list[str] = []
    if headline := headline_metric(log.header):
        ordered.append(metric_of(headline.score, names))
    ordered += [metric_of(score, names) for score in (results.scores if results else ())]
    found = tuple(dict.fromkeys([*(name for name in ordered if name in names), *names, *expected]))
    if not found:
        raise EpmError(
            f"{log.name} ({log.cell}): no sample has a score",
            "score it with `inspect score`, or leave it out",
        )
    return found


def metric_of(score: EvalScore, metrics: Iterable[str]) -> str:
    """The metric that an entry of the log's results is of."""
    part = f"{score.scorer}/{score.name}"
    return part if part in metrics else score.name


def _cluster(log: Log) -> str:
    """Which metadata the log's metrics take for a cluster."""
    results = log.header.results
    for score in results.scores if results else ():
        for metric in score.metrics.values():
            if cluster := (metric.params or {}).get("cluster"):
                return str(cluster)
    return ""


def _hash(asked: Any) -> str:
    """Of an input; the ids of its messages are drawn anew in every run."""
    text = (
        asked
        if isinstance(asked, str)
        else json.dumps([[message.role, message.text] for message in asked])
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
