"""What a definition and its results name: conditions, tasks, metrics, analyses and gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from epm_lint.values import dataclass

_TOGETHER = " & "
"""Between the names of two metrics whose scores are counted together."""


class Kind(StrEnum):
    """What kind of thing a plan names, as messages call it."""

    CONDITION = "condition"
    TASK = "task"
    METRIC = "metric"
    ANALYSIS = "analysis"
    GATE = "gate"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Planned:
    """Something that was planned, and what the results have of it."""

    kind: Kind
    name: str
    labels: tuple[str, ...] = ()
    """What a page may call it instead."""
    absence: str | None = None
    """Why it has no result, empty where the results do not say; None where it has one."""
    block: Any = None
    """Of an analysis: what was computed."""
    is_target: bool = False
    """Of a task: whether the condition of the same name is about it."""


def planned(results: Mapping[str, Any]) -> tuple[Planned, ...]:
    """All that the results and the definition in them name, in that order."""
    definition = _mapping(results.get("definition"))
    return (
        *_conditions(results, definition),
        *_tasks(results, definition),
        *_metrics(results, definition),
        *_analyses(results, definition),
        *_gates(results, definition),
    )


def _conditions(results: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Planned]:
    measured = _mapping(results.get("measurements"))
    records = _mapping(results.get("conditions"))
    for name in _names(records, definition.get("conditions")):
        missing = _mapping(_mapping(records.get(name)).get("missing"))
        reason = "; ".join(dict.fromkeys(map(str, missing.values())))
        yield Planned(Kind.CONDITION, name, (), None if measured.get(name) else reason)


def _tasks(results: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Planned]:
    measured = {str(task) for _, task, _ in _measured(results)}
    records = _mapping(results.get("conditions"))
    for name in _names(results.get("tasks"), definition.get("tasks")):
        target = _mapping(records.get(name)).get("target") == name
        absence = None if name in measured else ""
        yield Planned(Kind.TASK, name, (), absence, is_target=target)


def _metrics(results: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Planned]:
    measured = {part for _, _, metric in _measured(results) for part in metric.split(_TOGETHER)}
    records = _mapping(results.get("metrics"))
    scorers = {
        str(scorer["name"]): scorer
        for scorer in _sequence(definition.get("scorers"))
        if isinstance(scorer, Mapping) and "name" in scorer
    }
    for name in _names(records, scorers):
        labels = _labels(name, records.get(name), scorers.get(name))
        yield Planned(Kind.METRIC, name, labels, None if name in measured else "")


def covariate_labels(results: Mapping[str, Any]) -> Iterator[str]:
    """What covariates are called on a page."""
    for name, record in _mapping(results.get("covariates")).items():
        yield from _labels(name, record, None)


def _analyses(results: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Planned]:
    blocks, specs = _mapping(results.get("analyses")), _mapping(definition.get("analyses"))
    for name in _names(blocks, specs):
        block = _mapping(blocks.get(name))
        labels = _labels(name, block, specs.get(name))
        if name not in blocks:
            yield Planned(Kind.ANALYSIS, name, labels, "")
        elif "unavailable" in block:
            yield Planned(Kind.ANALYSIS, name, labels, str(block["unavailable"]))
        else:
            yield Planned(Kind.ANALYSIS, name, labels, None, block)


def _gates(results: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Planned]:
    for name in _names(results.get("gates"), definition.get("gates")):
        yield Planned(Kind.GATE, name, (name.replace("_", " "),))


def _measured(results: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Condition, task and metric of every measurement."""
    for condition, by_task in _mapping(results.get("measurements")).items():
        for task, by_metric in _mapping(by_task).items():
            for metric, found in _mapping(by_metric).items():
                if found:
                    yield str(condition), str(task), str(metric)


def _labels(name: str, *records: Any) -> tuple[str, ...]:
    given = (str(_mapping(record).get("label") or "") for record in records)
    return tuple(dict.fromkeys(filter(None, (*given, name.replace("_", " ")))))


def _names(*groups: Any) -> dict[str, None]:
    """The names that any of them has, in their order."""
    return dict.fromkeys(str(name) for group in groups for name in _mapping(group))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
