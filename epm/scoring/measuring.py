"""Score kept samples and tally them: what was measured, before any statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from epm.definition import (
    Definition,
    Excluded,
    Fluency,
    Item,
    Judge,
    JudgeAnswer,
    LogLikelihood,
    Score,
    Scorer,
)
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
from epm.scoring.judges.answers import Judged, as_json
from epm.scoring.judges.questions import Question, Row, items_of, question


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
        for task in definition.experiment.prompted
    }


def measure(
    definition: Definition, samples: Iterable[Row], judged: Judged | None = None
) -> Measurements:
    """Score every sample by every scorer, and tally the scores.

    Args:
        definition: with the scorers, and the items that some of them compare with.
        samples: lines of samples files, those of checkpoints with their `step`, and lines of
            likelihoods and fluency. What Inspect scored is left out: its scores are no scorer's of
            ours.
        judged: what judges answered, where there are any.

    Returns:
        Measurements by condition, task, metric and replicate, in the order of the samples.

    Raises:
        EpmError: a sample is of an item that the definition does not have.
    """
    items = items_of(definition)
    tallies: dict[tuple[str, str, str, str], _Tally] = {}
    scorers = definition.experiment.scorers
    together: dict[tuple[str, str, str, str], _Pairs] = {}
    evaluated = {task.name for task in definition.experiment.evaluated}
    for row in samples:
        if row["task"] in evaluated:
            continue
        item, name = _item(items, row), _replicate(row)
        scores = _scores(scorers, row, item, judged or {})
        for scorer in scorers:
            if scorer.name not in scores:
                continue
            place = (row["condition"], row["task"], scorer.name, name)
            tallies.setdefault(place, _Tally(scorer)).add(item.id, scores[scorer.name])
        for first, second in joint_metrics(definition):
            if first not in scores or second not in scores:
                continue
            place = (row["condition"], row["task"], joint(first, second), name)
            together.setdefault(place, _Pairs()).add(item.id, scores[first], scores[second])
    measurements: Measurements = {}
    for (condition, task, metric, name), measured in (
        *((place, tally.measurement()) for place, tally in tallies.items()),
        *((place, pairs.measurement()) for place, pairs in together.items()),
    ):
        by_task = measurements.setdefault(condition, {})
        by_task.setdefault(task, {}).setdefault(metric, {})[name] = measured
    return measurements


def scored(
    definition: Definition, samples: Iterable[Row], judged: Judged | None = None
) -> Iterator[dict[str, Any]]:
    """The samples with their scores by metric; an exclusion is a text, its reason.

    Those that were judged have also the judges' answers, by metric. What Inspect scored is left as
    it is.
    """
    items = items_of(definition)
    evaluated = {task.name for task in definition.experiment.evaluated}
    for row in samples:
        if row["task"] in evaluated:
            yield dict(row)
            continue
        item = _item(items, row)
        scores = _scores(definition.experiment.scorers, row, item, judged or {})
        answers = {
            scorer.name: {"key": key, **as_json(answer)}
            for scorer in definition.judges
            for key, answer in _answer(scorer, row, item, judged or {})
        }
        yield {
            **{name: part for name, part in row.items() if name != "judged"},
            **({"judged": answers} if answers else {}),
            "scores": {
                name: score.reason if isinstance(score, Excluded) else score
                for name, score in scores.items()
            },
        }


def _answer(
    judge: Judge, row: Row, item: Item, judged: Judged
) -> Iterator[tuple[str, JudgeAnswer]]:
    """The key of what was asked about a row, and the answer; nothing where nothing was asked."""
    asked = question(judge, row["text"], item)
    if isinstance(asked, Question):
        yield asked.key, judged[asked.key]


def _judgement(judge: Judge, row: Row, item: Item, judged: Judged) -> Score:
    asked = question(judge, row["text"], item)
    return asked if isinstance(asked, Excluded) else judge.read(judged[asked.key])


def _scores(scorers: Sequence[Scorer], row: Row, item: Item, judged: Judged) -> dict[str, Score]:
    """By metric, for those scorers that score what the row is: a completion, or likelihoods."""
    if "log_likelihoods" in row:
        sums, tokens = row["log_likelihoods"], row["tokens"]
        return {
            scorer.name: scorer.score_likelihoods(sums, tokens, item)
            for scorer in scorers
            if isinstance(scorer, LogLikelihood)
        }
    if "log_probability" in row:
        return {
            scorer.name: scorer.score_log_probability(row["log_probability"], row["tokens"])
            for scorer in scorers
            if isinstance(scorer, Fluency)
        }
    return {
        scorer.name: _judgement(scorer, row, item, judged)
        if isinstance(scorer, Judge)
        else scorer.score(row["text"], item)
        for scorer in scorers
        if scorer.needs in ("text", "judgement")
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


def joint_metrics(definition: Definition) -> list[tuple[str, str]]:
    """Pairs of metrics whose scores of the same answers some analysis asks for."""
    return list(dict.fromkeys(pair for spec in definition.analyses for pair in spec.joint()))


class _Pairs:
    """Two metrics' scores of the same answers, in one condition, task and replicate."""

    def __init__(self) -> None:
        self._scores: list[tuple[str, bool | float, bool | float]] = []
        self._excluded: Counter[str] = Counter()

    def add(self, item: str, first: Score, second: Score) -> None:
        if isinstance(first, Excluded):
            self._excluded[first.reason] += 1
        elif isinstance(second, Excluded):
            self._excluded[second.reason] += 1
        else:
            self._scores.append((item, first, second))

    def measurement(self) -> Measurement:
        return Joint.of(self._scores, excluded=dict(sorted(self._excluded.items())))


class _Tally:
    """Scores of one condition on one task by one metric in one replicate."""

    def __init__(self, scorer: Scorer) -> None:
        self._counts = scorer.counts
        self._scores: dict[str, list[float]] = {}
        self._excluded: Counter[str] = Counter()

    def add(self, item: str, score: Score) -> None:
        if isinstance(score, Excluded):
            self._excluded[score.reason] += 1
        else:
            self._scores.setdefault(item, []).append(float(score))

    def measurement(self) -> Measurement:
        excluded = dict(sorted(self._excluded.items()))
        if self._counts:
            items = {item: (int(sum(s)), len(s)) for item, s in self._scores.items()}
            return Count(items=items, excluded=excluded)
        sums = {item: (sum(s), sum(v * v for v in s), len(s)) for item, s in self._scores.items()}
        return Mean(items=sums, excluded=excluded)
