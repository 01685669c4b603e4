"""What of a plan stands in no table of its page: what was not run, and what no analysis lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from epm.analyses.block import Block
from epm.results import Results
from epm.results.measurements import TOGETHER

_LISTING = ("proportions", "means", "exclusions", "influence")
"""Kinds of analysis whose tables have a row for every condition."""


class NotRun(NamedTuple):
    """Something that was planned and has no result."""

    kind: str
    name: str
    reason: str


def not_run(results: Results) -> list[NotRun]:
    """What the definition or the results name and nothing was measured of, with the reason.

    Analyses that have no answer are not among them: their reason is in the results.
    """
    return [*_not_run(results)]


def _not_run(results: Results) -> Iterator[NotRun]:
    definition: Any = results.definition or {}
    measured = [
        (condition, task, metric)
        for condition, by_task in results.measurements.items()
        for task, by_metric in by_task.items()
        for metric, found in by_metric.items()
        if found
    ]
    for name in _names(results.conditions, definition.get("conditions")):
        if not results.measurements.get(name):
            record = results.conditions.get(name)
            reasons = dict.fromkeys(record.missing.values()) if record else {}
            yield NotRun("condition", name, "; ".join(reasons) or "it was not measured")
    asked = {task for _, task, _ in measured}
    for name in _names(results.tasks, definition.get("tasks")):
        if name not in asked:
            yield NotRun("task", name, "no condition was measured on it")
    scored = {part for _, _, metric in measured for part in metric.split(TOGETHER)}
    scorers = {scorer["name"]: scorer for scorer in definition.get("scorers") or []}
    for name in _names(results.metrics, scorers):
        if name not in scored:
            yield NotRun("metric", name, "nothing was measured by it")
    for kind, found in (("analysis", results.analyses), ("gate", results.gates)):
        planned = definition.get("analyses" if kind == "analysis" else "gates")
        for name in _names(planned):
            if name not in found:
                yield NotRun(kind, name, "it is not in the results")


def unlisted(results: Results) -> list[str]:
    """Conditions that were measured and that no analysis lists one by one."""
    listed = {
        name
        for block in results.analyses.values()
        if isinstance(block, Block) and block.kind in _LISTING
        for name in getattr(block, "conditions", ())
    }
    return [n for n in results.conditions if results.measurements.get(n) and n not in listed]


def tasks_apart(results: Results) -> list[str]:
    """Tasks that are not the target of the condition of their own name."""
    return [
        name
        for name in results.tasks
        if name not in results.conditions or results.conditions[name].target != name
    ]


def _names(*groups: Mapping[str, Any] | None) -> dict[str, None]:
    """The names that any of them has, in their order."""
    return dict.fromkeys(name for group in groups for name in group or ())
