"""From a point of a figure to the completions that it was drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from epm.results import Results
from epm.results.measurements import TOGETHER
from epm.viewer.data.behind import Behind, behind
from epm.viewer.data.candidates import paired
from epm.viewer.data.run import Run
from epm.viewer.data.tally import Selection
from epm_lint.binding.pointers import escape

_NEAR = 1e-9


@dataclass(frozen=True)
class Mark:
    """What is drawn in one place."""

    name: str
    """'' for a point that its place on the x axis names."""
    x: float | None = None
    value: float | None = None
    panel: str = ""
    """The condition whose course over training it is a point of."""
    foretold: bool = False
    """Whether it is what was expected, and drawn apart."""


def mark_of(drawn: Mapping[str, Any], panel: str = "", *, foretold: bool = False) -> Mark:
    """A mark of a sidecar."""
    x, value = (_number(drawn.get(name)) for name in ("x", "value"))
    return Mark(str(drawn.get("name") or ""), x, value, panel, foretold)


def _number(value: Any) -> float | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_one else None


def behind_mark(run: Run, figure: str, mark: Mark) -> Selection | str:
    """The completions that a mark was drawn from, or why none are known.

    Where the analysis of that name holds the mark's counts, it is those that they count; else those
    of the condition that is named, where their mean score is the mark's value.
    """
    if run.results is None:
        return run.no_results
    if run.no_completions:
        return run.no_completions
    if mark.foretold:
        return "it was foretold, or found elsewhere"
    whys = []
    for pointer in _pointers(run.raw, figure, mark):
        given = behind(run, pointer)
        if given.selection is not None and given.found is not None and _is_value(given, mark):
            return given.selection
        whys.append(given.why)
    found = _by_mean(run, run.results, figure, mark) or _of_pair(run, run.results, figure, mark)
    if found is not None:
        return found
    if not (metric := _outcome(run.results, figure)[0]):
        return "it is computed over several conditions"
    if metric not in run.tally.metrics:
        label = run.metrics.get(metric, metric)
        return f"no completion has a score of {label!r}, which was measured otherwise"
    return next(filter(None, whys), f"it is computed from the {metric} of several conditions")


def _is_value(given: Behind, mark: Mark) -> bool:
    if mark.value is None or given.found is None or not given.found.scored:
        return False
    total = given.found.yes if given.counts else given.found.total
    return abs(total / given.found.scored - mark.value) < _NEAR


# ---------------------------------------------------------------- by the analysis


def _pointers(raw: Mapping[str, Any], figure: str, mark: Mark) -> Iterator[str]:
    """Estimates of the analysis that the figure is of which may be the mark's."""
    block = _member(_member(raw, "analyses"), figure)
    conditions = _member(block, "conditions")
    start = f"/analyses/{escape(figure)}"
    if mark.panel:
        yield f"{start}/conditions/{escape(mark.panel)}/steps/{escape(mark.name)}/estimate"
    elif not mark.name:
        for name, dose in _member(block, "doses").items():
            if isinstance(dose, Mapping) and dose.get("dose") == mark.x:
                yield f"{start}/doses/{escape(name)}/estimate"
    elif mark.name in conditions:
        yield f"{start}/conditions/{escape(mark.name)}/estimate"
    elif len(conditions) == 1:  # whose tasks are drawn beside it
        (alone,) = conditions
        if mark.name in _member(_member(conditions, alone), "tasks"):
            yield f"{start}/conditions/{escape(alone)}/tasks/{escape(mark.name)}/estimate"


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = value.get(name)
    return member if isinstance(member, Mapping) else {}


# ---------------------------------------------------------------- by the condition


def _by_mean(run: Run, results: Results, figure: str, mark: Mark) -> Selection | None:
    """Of the condition with that name, the one set of completions that has the mark's mean."""
    fitting = []
    for selection in _candidates(results, figure, mark.panel or mark.name):
        counted = run.tally.count(selection)
        mean = counted.total / counted.scored if counted.scored else None
        if mean is not None and mark.value is not None and abs(mean - mark.value) < _NEAR:
            fitting.append(selection)
    by_cells = {frozenset(each.cells): each for each in fitting}
    return next(iter(by_cells.values())) if len(by_cells) == 1 else None


def _of_pair(run: Run, results: Results, figure: str, mark: Mark) -> Selection | None:
    """All completions of both sides of what is named 'a - b', or 'a - b, task'."""
    metric, tasks = _outcome(results, figure)
    if " - " not in mark.name or metric is None:
        return None
    for a, b, alone in paired(results, mark.name):
        cells = tuple(
            (each, task)
            for each in (a, b)
            for task in _tasks(results, each, metric, [alone] if alone else tasks or "all")
        )
        found = Selection(metric, cells)
        if run.tally.count(found).scored:
            return found
    return None


def _candidates(results: Results, figure: str, name: str) -> Iterator[Selection]:
    if name not in results.conditions:
        return
    metric, tasks = _outcome(results, figure)
    metrics = [metric] if metric else [m for m in results.metrics if TOGETHER not in m]
    for each, which in product(metrics, [tasks] if tasks else ["target", "off_target", "all"]):
        if cells := tuple((name, task) for task in _tasks(results, name, each, which)):
            yield Selection(each, cells)


def _outcome(results: Results, figure: str) -> tuple[str | None, Any]:
    """Metric and tasks of the analysis that a figure is of, as the definition says."""
    specs = (results.definition or {}).get("analyses")
    spec = specs.get(figure) if isinstance(specs, dict) else None
    outcome = (spec.get("y") or spec.get("outcome")) if isinstance(spec, dict) else None
    if isinstance(outcome, dict) and isinstance(outcome.get("metric"), str):
        return str(outcome["metric"]), outcome.get("tasks")
    block = results.analyses.get(figure)
    metric = getattr(block, "metric", None)
    return (metric if isinstance(metric, str) else None), None


def _tasks(results: Results, condition: str, metric: str, which: Any) -> list[str]:
    measured = [
        task
        for task, by_metric in results.measurements.get(condition, {}).items()
        if metric in by_metric
    ]
    target = results.conditions[condition].target
    if which == "target":
        return [task for task in measured if task == target]
    if which == "off_target":
        return [task for task in measured if task != target]
    named = which if isinstance(which, list | tuple) else ()
    return measured if which == "all" else [task for task in measured if task in named]
