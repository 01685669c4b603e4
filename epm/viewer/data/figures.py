"""A run's figures: the picture that was published, and the data that it was drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from epm.definition import canonical_json
from epm.errors import EpmError
from epm.files import read_own
from epm.results import Results
from epm.results.measurements import TOGETHER
from epm.viewer.data.run import Run
from epm.viewer.data.tally import Selection
from epm_lint import strict_json

_LARGEST = 5_000_000
_NEAR = 1e-9


@dataclass
class Figure:
    """One figure, as far as it is there."""

    name: str
    picture: bool
    data: Mapping[str, Any] | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The finding, else the figure's name."""
        return str((self.data or {}).get("title") or self.name)


def figures_of(run: Run) -> list[Figure]:
    """All figures of a run, in the order of their names; those of analyses first."""
    folder = run.folder / "figures"
    names = sorted(
        {path.stem for path in folder.glob("*.png")} | {p.stem for p in folder.glob("*.json")}
    )
    order = list(run.results.analyses if run.results else ())
    names.sort(key=lambda name: order.index(name) if name in order else len(order))
    return [_figure(run, name) for name in names]


def _figure(run: Run, name: str) -> Figure:
    png, sidecar = (_bytes(run, f"{name}{suffix}") for suffix in (".png", ".json"))
    figure = Figure(name, png is not None)
    if png is None:
        figure.problems.append(
            f"there is no figures/{name}.png: what is drawn here is all there is"
        )
    if sidecar is None:
        figure.problems.append(
            f"there is no figures/{name}.json: the picture cannot be held against its data"
        )
        return figure
    try:
        whole = strict_json.loads(sidecar)
        figure.data = whole["data"]
        if not isinstance(figure.data, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        figure.data = None
        figure.problems.append(f"figures/{name}.json is no sidecar of epm's")
        return figure
    digest = hashlib.sha256(canonical_json(figure.data).encode("utf-8", "replace")).hexdigest()
    if digest != whole.get("data_sha256"):
        figure.problems.append("its data were altered after it was drawn: their hash is another")
    if png is not None and hashlib.sha256(png).hexdigest() != whole.get("png_sha256"):
        figure.problems.append("the picture is not the one that these data were drawn as")
    return figure


def _bytes(run: Run, name: str) -> bytes | None:
    try:
        return read_own(run.folder / "figures" / name, _LARGEST, within=run.folder)
    except (OSError, EpmError, ValueError):
        return None


def behind_mark(run: Run, figure: str, name: str, value: float | None) -> Selection | None:
    """The completions of what is drawn under a name, where their mean score is its value."""
    results = run.results
    if results is None or run.no_completions:
        return None
    fitting = []
    for selection in _candidates(results, figure, name):
        counted = run.tally.count(selection)
        if counted.scored and (
            value is None or abs(counted.total / counted.scored - value) < _NEAR
        ):
            fitting.append(selection)
    by_cells = {frozenset(each.cells): each for each in fitting}
    return next(iter(by_cells.values())) if len(by_cells) == 1 else None


def of_pair(run: Run, figure: str, name: str) -> Selection | None:
    """All completions of both sides of what is named 'a - b'."""
    results = run.results
    if results is None or run.no_completions or " - " not in name:
        return None
    metric, tasks = _outcome(results, figure)
    for a, b in product(results.conditions, repeat=2):
        if name == f"{a} - {b}" and metric is not None:
            cells = tuple(
                (each, task)
                for each in (a, b)
                for task in _tasks(results, each, metric, tasks or "all")
            )
            found = Selection(metric, cells)
            return found if run.tally.count(found).scored else None
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
    return measured if which == "all" else [task for task in measured if task in which]
