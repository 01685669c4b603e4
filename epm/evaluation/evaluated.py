"""What Inspect's logs of a run say: measurements, samples, and how they came to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from epm.definition import InspectTask, Replicate
from epm.errors import EpmError
from epm.evaluation.logs import completions, provenance, reported
from epm.evaluation.logs.logs import Log, reading, require
from epm.evaluation.logs.measured import measurement, metric_records, yes_or_no
from epm.evaluation.logs.scores import Scores, read_scores
from epm.evaluation.logs.tasks import agreed
from epm.results import Joint, Measurements, MetricRecord, TaskRecord, joint, replicate
from epm.results.evaluated import EvaluationRecord
from epm.results.imported import ImportedTask


def log_name(task: InspectTask) -> str:
    """Of a task's log in a subject's folder."""
    return f"{task.name}.eval"


@dataclass(frozen=True)
class Place:
    """Where a log is, and whose."""

    replicate: Replicate
    task: InspectTask
    path: Path
    name: str
    """Relative to the run folder."""


class Evaluated:
    """The logs of a run, read as imported ones are."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Read the logs' headers and scores.

        Raises:
            EpmError: inspect_ai is not installed, or a log cannot be read, or lacks a metric that
                the definition names.
        """
        require()
        self._of: dict[Log, Place] = {}
        self.scores: dict[Log, Scores] = {}
        for place in places:
            log = _log(place)
            self._of[log] = place
            self.scores[log] = _in_order(read_scores(log, place.task.metrics))

    @cached_property
    def _counted(self) -> frozenset[str]:
        return yes_or_no(self.scores)

    @property
    def metrics(self) -> dict[str, MetricRecord]:
        """What the scorers gave."""
        return metric_records(self.scores, self._counted)

    @property
    def tasks(self) -> dict[str, TaskRecord]:
        """Items and clusters, which the logs agree on."""
        return agreed(self.scores)[0]

    def measurements(self, together: Iterable[tuple[str, str]]) -> Measurements:
        """Scores by condition, task, metric and replicate; epochs are trials of an item.

        Args:
            together: pairs of metrics whose scores of the same answers are asked for.
        """
        pairs = list(together)
        found: Measurements = {}
        for log, each in self.scores.items():
            name = replicate(seed=self._of[log].replicate.seed)
            by_metric = found.setdefault(log.condition, {}).setdefault(log.task, {})
            for metric in each.metrics:
                where = f"{log.cell}, {metric}"
                tallied = measurement(each, metric, each.epochs, metric in self._counted, where)
                if tallied is not None:
                    by_metric.setdefault(metric, {})[name] = tallied
            for first, second in pairs:
                if first in each.metrics and second in each.metrics:
                    by_metric.setdefault(joint(first, second), {})[name] = _joint(
                        each, first, second, self._counted
                    )
        return found

    def samples(self) -> Iterator[dict[str, Any]]:
        """Lines of a samples file."""
        for log, each in self.scores.items():
            order = {item: number for number, item in enumerate(each.planned)}
            rows = sorted(
                completions.rows({log: each}, self._counted),
                key=lambda row: (order[row["item"]], row["index"]),
            )
            for row in rows:
                yield {
                    "condition": log.condition,
                    "seed": self._of[log].replicate.seed,
                    **{name: part for name, part in row.items() if name != "condition"},
                }

    def _evaluation(self, log: Log) -> ImportedTask:
        found = provenance.task(log, self.scores[log])
        # what the profile sets is not what a solver of the task asks with
        settings = {n: v for n, v in found.settings.items() if n not in _SAMPLING} | {
            _SAMPLING_NAMES.get(name, name): value for name, value in _told(log)["settings"].items()
        }
        return found.model_copy(update={"created": "", "commit": "", "settings": settings})

    @property
    def record(self) -> EvaluationRecord:
        """How the logs came to be, without what two identical runs do not share."""
        first: dict[tuple[str, str], Log] = {}
        for log in self.scores:
            first.setdefault((log.condition, log.task), log)
        notes = dict.fromkeys(note for log, each in self.scores.items() for note in each.notes(log))
        notes |= dict.fromkeys(_slipped(log) for log in first.values())
        notes.pop("", None)
        return EvaluationRecord(
            inspect=version("inspect_ai"),
            logs=tuple(place.name for place in self._of.values()),
            evaluations=tuple(self._evaluation(log) for log in first.values()),
            reported=tuple(
                number
                for log in first.values()
                for number in reported.numbers(log, self.scores[log])
            ),
            packages=provenance.packages(self.scores),
            notes=tuple(notes),
        )


_SAMPLING_NAMES = {"max_new_tokens": "max_tokens"}
_SAMPLING = ("temperature", "top_p", "max_tokens")


def _told(log: Log) -> dict[str, Any]:
    """What the provider put into a log's metadata."""
    found: dict[str, Any] = (log.header.eval.metadata or {})["epm"]
    return found


def _slipped(log: Log) -> str:
    words = _told(log)["slipped_in"]
    return f"{log.task}: the chat template puts before it “{words}”." if words else ""


def _log(place: Place) -> Log:
    from inspect_ai.log import read_eval_log

    with reading(place.name):
        header = read_eval_log(str(place.path), header_only=True)
    if header.status != "success":
        raise EpmError(
            f"{place.name} is of a run that ended in {header.status}", "run with --fresh"
        )
    return Log(place.name, place.path, header, place.replicate.condition, place.task.name)


def _in_order(scores: Scores) -> Scores:
    """Items as they were planned, whichever was answered first."""
    order = {item: number for number, item in enumerate(scores.planned)}
    for by_epoch in scores.values.values():
        for epoch, values in by_epoch.items():
            by_epoch[epoch] = dict(sorted(values.items(), key=lambda each: order[each[0]]))
    scores.asked.sort(key=lambda each: (order[str(each[0])], each[1]))
    return scores


def _joint(each: Scores, first: str, second: str, counted: frozenset[str]) -> Joint:
    """Two metrics' scores of the same answers."""
    rows: list[tuple[str, bool | float, bool | float]] = []
    for epoch in each.epochs:
        a, b = (
            {item: bool(value) if metric in counted else value for item, value in values.items()}
            for metric in (first, second)
            for values in [each.values[metric].get(epoch, {})]
        )
        rows += [(item, a[item], b[item]) for item in a if item in b]
    lost = len(each.asked) - len(rows)
    return Joint.of(rows, excluded={"without one of the two scores": lost} if lost else {})
