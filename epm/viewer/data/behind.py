"""From a pointer to the completions that its number counts.

A number of an analysis stands on those conditions, tasks and replicates whose measurements add up
to the counts beside it, and on no others. Where none do, or several would, it is said that nothing
is known behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from epm.results import Count, Mean, Results, labels
from epm.viewer.data.candidates import cells, replicates
from epm.viewer.data.earlier_results import stored
from epm.viewer.data.run import Run
from epm.viewer.data.tally import Counted, Selection, is_meant
from epm_lint.binding.pointers import resolve

_COUNTS = (("successes", "trials"), ("total", "n"), ("total", "scored"))
"""Members that say k, or the sum of scores, and n."""
_CLOSE = 1e-9


@dataclass(frozen=True)
class Behind:
    """What stands behind a number."""

    selection: Selection | None = None
    k: float | None = None
    """Successes, or the sum of scores; as stored."""
    n: int | None = None
    counts: bool = True
    """Whether scores are yes or no, so that k counts completions."""
    found: Counted | None = None
    """The same, counted again in the completions."""
    why: str = ""
    """Why there is no completion to be seen."""
    of: str = ""
    """Which of both the number is: 'k', 'n', or '' where it is computed from them.

    'lost' and 'asked' are counts too, of those without a score and of both together; 'lost:REASON'
    is one of those that were lost for a reason.
    """
    named: int | None = None
    """The number itself, where it counts those that were lost or asked."""

    @property
    def agrees(self) -> bool:
        """Whether the completions give the stored counts."""
        if self.found is None or self.n is None or self.k is None:
            return False
        total = self.found.yes if self.counts else self.found.total
        near = abs(total - self.k) <= _CLOSE * max(1.0, abs(self.k))
        named = self.named is None or self.named == self.found.size(self.of)
        return self.found.scored == self.n and near and named


def behind(run: Run, pointer: str) -> Behind:
    """What a pointer's number stands on."""
    results = run.results
    if results is None:
        return Behind(why=run.no_results)
    if not pointer.startswith("/"):
        return Behind(why="it counts or adds up other values of the results, as its pointer says")
    steps = [_plain(step) for step in pointer.split("/")[1:]]
    if run.schema == 1:
        return _of_schema_1(run, steps)
    if steps[0] == "measurements":
        return _counted(run, _measured(results, steps))
    if steps[0] == "analyses" and len(steps) > 2:
        return _counted(run, _analysed(run, results, steps))
    return Behind(why=_ASIDE.get(steps[0], "it is no count of completions"))


_ASIDE = {
    "definition": "it is a setting of the experiment",
    "identity": "it names the run",
    "provenance": "it says how the run was made",
    "tracking": "it says where the run was logged",
    "conditions": "it is known of the condition itself",
    "covariates": "it describes a predictor, which is computed from the model and not sampled",
    "parent": "it comes from the parent experiment, whose completions are not here",
    "tasks": "it describes a task",
    "metrics": "it describes a metric",
    "gates": "it was fixed beforehand, or is a number of an analysis that is held against it",
}


def _plain(step: str) -> str:
    return step.replace("~2", " ").replace("~1", "/").replace("~0", "~")


def _counted(run: Run, given: Behind) -> Behind:
    """With what the completions give, or why they cannot."""
    if given.selection is None:
        return given
    if run.no_completions:
        return replace(given, why=run.no_completions)
    if given.selection.metric not in run.tally.metrics:
        label = run.metrics.get(given.selection.metric, given.selection.metric)
        why = f"no completion has a score of {label!r}: it was measured otherwise, as by weighing"
        return replace(given, why=f"{why} choices or tokens by their probability")
    found = run.tally.count(given.selection)
    steps = [name for name in given.selection.replicates or () if "step" in labels(name)]
    if steps and not (found.scored or found.lost):
        drawn = any(row.replicate in steps for row in run.completions.rows)
        unscored = (
            "nothing has scored the completions of checkpoints that are here: `epm analyse` does"
        )
        alone = "the completions of checkpoints are kept in the run folder alone"
        return replace(given, why=unscored if drawn else alone)
    return replace(given, found=found)


def _of_schema_1(run: Run, steps: Sequence[str]) -> Behind:
    """Counted where it stood; see `epm.viewer.data.earlier_results`."""
    untrained = dict.fromkeys(
        row.task for row in run.completions.rows if row.condition == "base_model"
    )
    found = stored(run.raw, steps, list(untrained))
    if isinstance(found, str):
        return Behind(why=found or _ASIDE.get(steps[0], "it is no count of completions"))
    return _counted(run, Behind(found.selection, found.k, found.n, of=found.of))


# ---------------------------------------------------------------- measurements


def _measured(results: Results, steps: Sequence[str]) -> Behind:
    """`/measurements/CONDITION/TASK/METRIC/REPLICATE[/items/ITEM[/0|1]]`."""
    if len(steps) < 5:
        return Behind(why="it stands above the measurements themselves")
    condition, task, metric, replicate = steps[1:5]
    try:
        measured = results.measurements[condition][task][metric][replicate]
    except KeyError:
        return Behind(why="the results have no such measurement")
    if not isinstance(measured, Count | Mean):
        kinds = {"joint": "two metrics' scores, counted together", "reported": "reported elsewhere"}
        return Behind(why=f"it is {kinds.get(measured.kind, 'one number without completions')}")
    items = (steps[6],) if len(steps) > 6 and steps[5] == "items" else None
    selection = Selection(metric, ((condition, task),), (replicate,), items)
    k, n = _sums(results, selection)
    last = steps[-1] if len(steps) > 7 or steps[5:6] == ["total"] else ""
    is_count = isinstance(measured, Count)
    of = {"0": "k"}.get(last, "n" if last == ("1" if is_count else "2") else "")
    if last == "1" and not is_count:
        of = ""
    if steps[5:6] == ["excluded"] and len(steps) == 7:
        return Behind(
            selection, k, n, is_count, of=f"lost:{steps[6]}", named=measured.excluded.get(steps[6])
        )
    return Behind(selection, k, n, is_count, of=of)


def _sums(results: Results, selection: Selection) -> tuple[float, int]:
    """k, or the sum of scores, and n of what was measured."""
    k, n = 0.0, 0
    for condition, task in selection.cells:
        by_replicate = (
            results.measurements.get(condition, {}).get(task, {}).get(selection.metric, {})
        )
        for name, measured in by_replicate.items():
            if not is_meant(name, selection.replicates):
                continue
            for item, part in _parts(measured):
                if selection.items is None or item in selection.items:
                    k, n = k + part[0], n + int(part[-1])
    return k, n


def _parts(measured: Any) -> Iterator[tuple[str, Sequence[float]]]:
    if isinstance(measured, Count | Mean):
        yield from measured.items.items()
        if measured.total:
            yield "", measured.total


# ---------------------------------------------------------------- analyses


def _analysed(run: Run, results: Results, steps: Sequence[str]) -> Behind:
    """A number beside counts in an analysis, or computed from several such."""
    block = run.raw.get("analyses", {}).get(steps[1])
    metric = block.get("metric") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or "unavailable" in block:
        return Behind(why="the analysis does not exist")
    if block.get("kind") == "agreement":
        both = f"{block.get('first')} and {block.get('second')}"
        return Behind(why=f"it holds {both} of the same answers together; a card shows both scores")
    found = _counts_above(run.raw, steps)
    if found is None or not isinstance(metric, str):
        return Behind(why=_computed(results, steps[1], block))
    depth, k_name, n_name = found
    node = resolve(run.raw, _pointer(steps[:depth]))
    k, n = node[k_name], node[n_name]
    wanted = [
        Selection(metric, each_cells, names)
        for each_cells in cells(results, steps[1], steps[2:depth], node)
        for names in [replicates(results, metric, each_cells, steps[2:depth])]
        if names != ()
    ]
    fitting: list[Selection] = []
    for each in wanted:
        total, size = _sums(results, each)
        if size == n and abs(total - k) <= _CLOSE * max(1.0, abs(k)):
            fitting.append(each)
    fitting = list(dict.fromkeys(fitting))
    if not fitting:
        return Behind(k=k, n=n, why="no measurements add up to these counts alone")
    if len({frozenset(each.cells) for each in fitting}) > 1:
        return Behind(k=k, n=n, why="several sets of measurements have these very counts")
    counts = all(
        isinstance(measured, Count)
        for condition, task in fitting[0].cells
        for measured in results.measurements[condition][task][metric].values()
    )
    last = steps[-1] if len(steps) == depth + 1 else ""
    of = {k_name: "k", n_name: "n", "lost": "lost", "asked": "asked"}.get(last, "")
    if steps[depth:-1] == ["reasons"]:
        of = f"lost:{steps[-1]}"
    named = None if of in ("k", "n", "") else resolve(run.raw, _pointer(steps))
    return Behind(fitting[0], k, n, counts, of=of, named=named)


def _counts_above(raw: Any, steps: Sequence[str]) -> tuple[int, str, str] | None:
    """How many steps lead to the nearest object around a number that has counts."""
    for depth in range(len(steps) - 1, 2, -1):
        try:
            node = resolve(raw, _pointer(steps[:depth]))
        except ValueError:
            continue
        for k, n in _COUNTS:
            if isinstance(node, Mapping) and _is_number(node.get(k)) and _is_number(node.get(n)):
                return depth, k, n
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pointer(steps: Sequence[str]) -> str:
    escaped = (s.replace("~", "~0").replace("/", "~1").replace(" ", "~2") for s in steps)
    return "".join(f"/{step}" for step in escaped)


def _computed(results: Results, analysis: str, block: Mapping[str, Any]) -> str:
    """What a number is made of that no set of completions stands behind."""
    of = block.get("n")
    specs = (results.definition or {}).get("analyses")
    spec = specs.get(analysis) if isinstance(specs, Mapping) else None
    outcome = spec.get("y") or spec.get("outcome") if isinstance(spec, dict) else None
    metric = (outcome.get("metric") if isinstance(outcome, dict) else None) or block.get("metric")
    size = f" (n = {of} in this analysis)" if isinstance(of, int) else ""
    record = results.metrics.get(metric) if isinstance(metric, str) else None
    what = repr(record.label if record else metric) if metric else "what was measured"
    return (
        f"it is computed from {what} over several conditions or other units{size}; "
        "the matrix leads to the completions of each"
    )
