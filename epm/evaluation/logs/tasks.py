"""What the logs of one task have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from epm.errors import EpmError
from epm.evaluation.logs.logs import MODEL_ARGUMENT, Log, settings
from epm.evaluation.logs.scores import Scores
from epm.results import TaskRecord
from epm.results.imported import in_a_word


def agreed(scores: Mapping[Log, Scores]) -> tuple[dict[str, TaskRecord], list[str]]:
    """The tasks, and notes on where their clusters come from.

    Raises:
        EpmError: an item of one task is asked otherwise of another model, or stands in another
            cluster: what has one id is then not one item.
    """
    tasks: dict[str, TaskRecord] = {}
    notes: list[str] = []
    for task, logs in _by_task(scores).items():
        items: dict[str, None] = {}
        asked: dict[str, tuple[Log, str]] = {}
        clusters: dict[str, tuple[Log, str]] = {}
        for log, each in logs.items():
            items |= dict.fromkeys(each.planned)
            for name, own, known in (
                ("asked otherwise", each.inputs, asked),
                (f"in another {each.cluster}", each.clusters, clusters),
            ):
                for item, value in own.items():
                    first, other = known.setdefault(item, (log, value))
                    if other != value:
                        raise EpmError(
                            f"sample {item!r} of {task} is {name} in {log.name} than in "
                            f"{first.name}",
                            "import runs of one data set: with other questions under the same ids "
                            "no model can be compared",
                        )
        found = {item: cluster for item, (_, cluster) in clusters.items()}
        named = dict.fromkeys(each.cluster for each in logs.values() if each.cluster)
        if found:
            notes.append(
                f"{task}: items with the same {next(iter(named))} are one cluster, as in the logs."
            )
        tasks[task] = TaskRecord(items=tuple(items), clusters=found)
    return tasks, notes


def check_scorers(scores: Mapping[Log, Scores]) -> Iterator[str]:
    """Hold the logs of one task to the same scorers.

    Raises:
        EpmError: two have none in common.
    """
    for task, logs in _by_task(scores).items():
        (first, known), *others = logs.items()
        union = dict.fromkeys(metric for each in logs.values() for metric in each.metrics)
        for log, each in others:
            if not set(each.metrics) & set(known.metrics):
                raise EpmError(
                    f"{task} was scored by {', '.join(known.metrics)} in {first.name}, but by "
                    f"{', '.join(each.metrics)} in {log.name}",
                    "score both alike with `inspect score`, or import them one by one",
                )
        for log, each in logs.items():
            if lacking := [metric for metric in union if metric not in each.metrics]:
                yield f"{log.cell} was not scored by {', '.join(lacking)}."
        for log, _ in others:
            for name, options in _options(log).items():
                before = _options(first).get(name, options)
                if before != options:
                    yield (
                        f"{task}: {name} was set otherwise in {log.name} than in {first.name}; "
                        "what differs may be the scorer's doing."
                    )


def check_settings(scores: Mapping[Log, Scores]) -> Iterator[str]:
    """Say where models of one task were run with other settings."""
    for task, logs in _by_task(scores).items():
        first, *others = logs
        for log in others:
            known, own = settings(first), settings(log)
            for name in dict.fromkeys([*known, *own]):
                if not name.startswith(MODEL_ARGUMENT) and known.get(name) != own.get(name):
                    yield (
                        f"{task}: {name} is {in_a_word(own.get(name))} for {log.condition}, but "
                        f"{in_a_word(known.get(name))} for {first.condition}."
                    )


def _by_task(scores: Mapping[Log, Scores]) -> dict[str, dict[Log, Scores]]:
    found: dict[str, dict[Log, Scores]] = {}
    for log, each in scores.items():
        found.setdefault(log.task, {})[log] = each
    return found


def _options(log: Log) -> dict[str, object]:
    return {scorer.name: scorer.options or {} for scorer in log.header.eval.scorers or ()}
