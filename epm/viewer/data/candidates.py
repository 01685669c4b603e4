"""Which measurements the counts of an analysis may add up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from epm.results import Results, labels

UNTRAINED = "0"
"""The step of training that stands for the model before it."""


def _after(steps: Sequence[str], name: str) -> str | None:
    """The step behind one of that name."""
    at = next((at for at, step in enumerate(steps[:-1]) if step == name), None)
    return None if at is None else steps[at + 1]


def cells(
    results: Results, analysis: str, steps: Sequence[str], node: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, str], ...]]:
    """Sets of conditions with tasks that counts may be of, the likelier first."""
    conditions = _conditions(results, steps, node)
    if any(step.endswith("_without") for step in steps):
        without = _spec(results, analysis).get("also_without")
        aside = set(without) if isinstance(without, list) else set()
        conditions = [name for name in conditions if name not in aside]
    known = [name for name in conditions if name in results.conditions]
    if not known:
        return
    if _after(steps, "steps") == UNTRAINED:
        targets = [results.conditions[name].target for name in known]
        for name, record in results.conditions.items():
            if record.role == "baseline" and all(
                target in results.measurements.get(name, {}) for target in targets
            ):
                yield tuple((name, target) for target in targets if target)
        return
    asked = _outcome_tasks(results, analysis)
    if task := _after(steps, "tasks"):
        yield tuple(product(known, [task]))
        return
    for tasks in [asked] if asked else ["target", "off_target", "all"]:
        found: list[tuple[str, str]] = []
        for name in known:
            measured = list(results.measurements.get(name, {}))
            target = results.conditions[name].target
            wanted: dict[str, list[str | None]] = {
                "target": [target] if target in measured else [],
                "off_target": [task for task in measured if task != target],
                "all": [*measured],
            }
            named = wanted[tasks] if isinstance(tasks, str) else [t for t in tasks if t in measured]
            found += [(name, task) for task in named if task is not None]
        if found:
            yield tuple(found)
    if not asked:  # an analysis of an import may name its tasks
        for name in known[:1] if len(known) == 1 else []:
            yield from (((name, task),) for task in results.measurements.get(name, {}))


def _conditions(results: Results, steps: Sequence[str], node: Mapping[str, Any]) -> list[str]:
    if pair := _after(steps, "pairs"):
        for a, b, rest in paired(results, pair):
            if not rest:
                return [a] if steps[-1] == "a" else [b] if steps[-1] == "b" else []
        return []
    if name := _after(steps, "conditions"):
        return [name]
    listed = node.get("conditions")
    if isinstance(listed, list):
        return [str(name) for name in listed]
    return [name for name, record in results.conditions.items() if record.role != "baseline"]


def paired(results: Results, name: str) -> Iterator[tuple[str, str, str]]:
    """Conditions that 'a - b', or 'a - b, task', may name, and the task; '' for none."""
    for minus in re.finditer("(?= - )", name):
        a, both = name[: minus.start()], name[minus.start() + 3 :]
        if a not in results.conditions:
            continue
        for end in (*(comma.start() for comma in re.finditer(", ", both)), len(both)):
            if (b := both[:end]) in results.conditions:
                yield a, b, both[end + 2 :]


def _outcome_tasks(results: Results, analysis: str) -> str | list[str] | None:
    """Which tasks the definition says; None where it says nothing."""
    outcome = _spec(results, analysis).get("outcome")
    tasks = outcome.get("tasks") if isinstance(outcome, dict) else None
    if isinstance(tasks, str) and tasks in ("target", "off_target", "all"):
        return tasks
    return [str(task) for task in tasks] if isinstance(tasks, list) else None


def _spec(results: Results, analysis: str) -> Mapping[str, Any]:
    """An analysis as the definition has it."""
    specs = (results.definition or {}).get("analyses")
    spec = specs.get(analysis) if isinstance(specs, dict) else None
    return spec if isinstance(spec, dict) else {}


def replicates(
    results: Results, metric: str, places: Sequence[tuple[str, str]], steps: Sequence[str]
) -> tuple[str, ...] | None:
    """Those of a seed or a step that the pointer names; None where it names none."""
    seed, step = _after(steps, "seeds"), _after(steps, "steps")
    if step == UNTRAINED or (seed is None and step is None):
        return None
    names = dict.fromkeys(
        name
        for condition, task in places
        for name in results.measurements[condition][task].get(metric, {})
    )
    of_seed = [name for name in names if seed in (None, labels(name).get("seed"))]
    at_step = [name for name in of_seed if labels(name).get("step") == step]
    # the last step of a training is its end, which no replicate is named by
    return tuple(at_step or [name for name in of_seed if "step" not in labels(name)])
