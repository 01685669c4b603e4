"""Score kept samples and tally them: what was measured, before any statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from epm.definition import Definition, Excluded, Item, Score, Scorer
from epm.errors import EpmError
from epm.results import (
    Count,
    Joint,
    Mean,
    Measurement,
    Measurements,
    MetricRecord,
    TaskRecord,
    joint,
    replicate,
)

Row = Mapping[str, Any]
"""A line of a samples file."""


def metric_records(scorers: Sequence[Scorer]) -> dict[str, MetricRecord]:
    """What the results say of each metric."""
    return {
        scorer.name: MetricRecord(
            label=scorer.label or scorer.name.replace("_", " "),
            lower=_end(scorer, "lower"),
            upper=_end(scorer, "upper"),
            near_miss=scorer.near_miss,
        )
        for scorer in scorers
    }


def _end(scorer: Scorer, name: str) -> float | None:
    value = getattr(scorer, name, None)
    return value if isinstance(value, int | float) and abs(value) != float("inf") else None


def task_records(definition: Definition) -> dict[str, TaskRecord]:
    """What the results say of each task."""
    return {
        task.name: TaskRecord(
            items=tuple(item.id for item in task.items),
            dataset=task.dataset,
            clusters={item.id: item.cluster for item in task.items if item.cluster},
            system_prompt=task.system_prompt,
        )
        for task in definition.experiment.tasks
    }


def measure(definition: Definition, samples: Iterable[Row]) -> Measurements:
    """Score every sample by every scorer, and tally the scores.

    Args:
        definition: with the scorers, and the items that some of them compare with.
        samples: lines of samples files, those of checkpoints with their `step`.

    Returns:
        Measurements by condition, task, metric and replicate, in the order of the samples; of the
        pairs of metrics that an analysis asks for, their scores of the same answers as well.

    Raises:
        EpmError: a sample is of an item that the definition does not have.
    """
    items = _items(definition)
    tallies: dict[tuple[str, str, str, str], _Tally] = {}
    scorers = definition.experiment.scorers
    pairs = counted_together(definition)
    for row in samples:
        item = _item(items, row)
        scores = {scorer.name: scorer.score(row["text"], item) for scorer in scorers}
        condition, task, name = row["condition"], row["task"], _replicate(row)
        for scorer in scorers:
            place = (condition, task, scorer.name, name)
            tallies.setdefault(place, _Single(scorer)).add(item.id, scores[scorer.name])
        for first, second in pairs:
            place = (condition, task, joint(first, second), name)
            tallies.setdefault(place, _Pair()).add(item.id, scores[first], scores[second])
    measurements: Measurements = {}
    for (condition, task, metric, name), tally in tallies.items():
        by_task = measurements.setdefault(condition, {})
        by_task.setdefault(task, {}).setdefault(metric, {})[name] = tally.measurement()
    return measurements


def counted_together(definition: Definition) -> tuple[tuple[str, str], ...]:
    """Pairs of metrics that an analysis wants on the same answers."""
    return tuple(dict.fromkeys(pair for spec in definition.analyses for pair in spec.joint()))


def scored(definition: Definition, samples: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The samples with their scores by metric; an exclusion is a text, its reason."""
    items = _items(definition)
    for row in samples:
        item = _item(items, row)
        scores = {s.name: s.score(row["text"], item) for s in definition.experiment.scorers}
        yield {
            **row,
            "scores": {
                name: score.reason if isinstance(score, Excluded) else score
                for name, score in scores.items()
            },
        }


def _items(definition: Definition) -> dict[tuple[str, str], Item]:
    return {
        (task.name, item.id): item for task in definition.experiment.tasks for item in task.items
    }


def _item(items: Mapping[tuple[str, str], Item], row: Row) -> Item:
    found = items.get((row["task"], row["item"]))
    if found is None:
        raise EpmError(
            f"a sample is of item '{row['item']}' of task '{row['task']}', which the definition "
            "does not have",
            "run with the definition that the samples were drawn by, or with --fresh",
        )
    return found


def _replicate(row: Row) -> str:
    step = {"step": row["step"]} if "step" in row else {}
    return replicate(seed=row["seed"], **step)


class _Tally:
    """Scores of one condition on one task in one replicate."""

    def __init__(self) -> None:
        self.excluded: Counter[str] = Counter()

    def add(self, item: str, *scores: Score) -> None:
        """Count one answer; without any of its scores, by the reason of the first that it lacks."""
        lacking = [score.reason for score in scores if isinstance(score, Excluded)]
        if lacking:
            self.excluded[lacking[0]] += 1
        else:
            self.keep(item, *(score for score in scores if not isinstance(score, Excluded)))

    def keep(self, item: str, *scores: bool | float) -> None:
        raise NotImplementedError

    def measurement(self) -> Measurement:
        raise NotImplementedError


class _Single(_Tally):
    """By one metric."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self._counts = scorer.counts
        self._scores: dict[str, list[float]] = {}

    def keep(self, item: str, *scores: bool | float) -> None:
        self._scores.setdefault(item, []).extend(map(float, scores))

    def measurement(self) -> Measurement:
        excluded = dict(sorted(self.excluded.items()))
        if self._counts:
            items = {item: (int(sum(s)), len(s)) for item, s in self._scores.items()}
            return Count(items=items, excluded=excluded)
        sums = {item: (sum(s), sum(v * v for v in s), len(s)) for item, s in self._scores.items()}
        return Mean(items=sums, excluded=excluded)


class _Pair(_Tally):
    """By two metrics together."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: list[tuple[str, bool | float, bool | float]] = []

    def keep(self, item: str, *scores: bool | float) -> None:
        first, second = scores
        self._pairs.append((item, first, second))

    def measurement(self) -> Measurement:
        return Joint.of(self._pairs, excluded=dict(sorted(self.excluded.items())))
