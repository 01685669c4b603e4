"""The counts of a results file, in a form that a page can be held to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def trials_of_each(results: Mapping[str, Any]) -> int | None:
    """The n of every source persona, if they all have the same and no other samples another."""
    conditions = mapping(results, "conditions").values()
    sources = {rate[1] for c in conditions if (rate := count(mapping(c, "source")))}
    others = {
        rate[1]
        for c in conditions
        for value in mapping(c, "bystanders").values()
        if (rate := count(value))
    }
    return sources.pop() if len(sources) == 1 and others <= sources else None


def rows_of_each(results: Mapping[str, Any]) -> int | None:
    """The rows of every condition, if they all have the same."""
    profile = mapping(mapping(results, "definition"), "profile")
    total = mapping(profile, "rows").get("total")
    return total if isinstance(total, int) else None


def mapping(value: Any, key: str) -> Mapping[str, Any]:
    """A part of a results file that may be of any shape."""
    part = value.get(key) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def count(value: Any) -> tuple[int, int] | None:
    """The successes and the trials of a rate in a results file."""
    if not isinstance(value, Mapping):
        return None
    k, n = value.get("successes"), value.get("trials")
    return (k, n) if isinstance(k, int) and isinstance(n, int) else None


def cells_of_source(results: Mapping[str, Any], name: str) -> list[dict[str, tuple[int, int]]]:
    """The counts of a condition's source rate by question, for each of its seeds."""
    condition = mapping(mapping(results, "conditions"), name)
    replicates = condition.get("replicates")
    parts = replicates if isinstance(replicates, list) and replicates else [condition]
    found = []
    for part in parts:
        clusters = mapping(part, "source").get("clusters")
        counts = {
            str(cluster.get("cluster")): counted
            for cluster in (clusters if isinstance(clusters, list) else [])
            if isinstance(cluster, Mapping) and (counted := count(cluster))
        }
        if counts:
            found.append(counts)
    return found
