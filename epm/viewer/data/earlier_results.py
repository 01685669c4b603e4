"""From a pointer into results of schema 1 to the completions that its number counts.

There every count stood in its place: of a condition on its own task (`source`) or on another
(`bystanders`), of one seed (`replicates`), at a checkpoint (`trajectory`), of an item (`clusters`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from epm.results import replicate
from epm.viewer.data.tally import Selection

_METRIC = "marker"
_BASE = "base_model"
_ASIDE = {
    "statistics": "it is computed over several conditions; the matrix has each one's completions",
    "cosines": "it describes a predictor, which is computed from the model and not sampled",
    "prompt_tokens": "it describes a prompt",
}


class Stored(NamedTuple):
    """Counts, and what they are of."""

    selection: Selection
    k: int
    n: int
    of: str
    """'k' or 'n' where the pointer names one of both."""


def stored(raw: Mapping[str, Any], steps: Sequence[str], based_on: Sequence[str]) -> Stored | str:
    """What a pointer's number stands on, or why it stands on nothing; '' where that is not known.

    Args:
        raw: the results as the file has them.
        steps: of the pointer, without escapes.
        based_on: the tasks that the untrained model has completions of.
    """
    if steps[0] not in ("conditions", _BASE):
        return _ASIDE.get(steps[0], "")
    node: Any = raw
    above: list[Any] = []
    for step in steps:
        try:
            node = node[int(step)] if isinstance(node, list) else node[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return "the results have no such value"
        above.append(node)
    counted = [at for at, one in enumerate(above) if _has_counts(one)]
    if not counted:
        return "it is known of the condition itself"
    depth = counted[-1]
    counts, place = above[depth], list(zip(steps, above, strict=True))[: depth + 1]
    of = {"successes": "k", "trials": "n"}.get(steps[-1], "") if len(steps) == depth + 2 else ""
    selection = _base(place, based_on) if steps[0] == _BASE else _selection(place)
    return Stored(selection, counts["successes"], counts["trials"], of)


def _has_counts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), int) for name in ("successes", "trials")
    )


def _base(place: Sequence[tuple[str, Any]], based_on: Sequence[str]) -> Selection:
    tasks = tuple(based_on) or ("all_personas",)
    return Selection(_METRIC, tuple((_BASE, task) for task in tasks), None, _items(place))


def _selection(place: Sequence[tuple[str, Any]]) -> Selection:
    """`conditions`, a condition, and then what the counts are of."""
    condition, about = place[1]
    names = [step for step, _ in place]
    task = names[names.index("bystanders") + 1] if "bystanders" in names else condition
    seeds = [one["seed"] for one in about.get("replicates", ())]
    pooled = tuple(replicate(seed=seed) for seed in seeds) or None
    if "replicates" in names:
        pooled = (replicate(seed=place[names.index("replicates") + 1][1]["seed"]),)
    elif "trajectory" in names:
        point = place[names.index("trajectory") + 1][1]
        pooled = (replicate(seed=point["seed"], step=point["step"]),)
    return Selection(_METRIC, ((condition, task),), pooled, _items(place))


def _items(place: Sequence[tuple[str, Any]]) -> tuple[str, ...] | None:
    """The item, where the counts are of one."""
    counts = place[-1][1]
    return (str(counts["cluster"]),) if "cluster" in counts else None
