"""Which conditions are steered alike, so that the page says once how."""

from __future__ import annotations

from typing import Any

from epm.results import Results


def steered_alike(results: Results) -> list[list[str]]:
    """Names of the steered conditions, those that differ in nothing but the coefficient together.

    None where nothing was steered, or where it was measured elsewhere.
    """
    defined: Any = (results.definition or {}).get("conditions", {})
    groups: list[tuple[dict[str, Any], list[str]]] = []
    for name, condition in results.conditions.items():
        how = defined.get(name, {}).get("intervention")
        if not (condition.steering and how):
            continue
        rest = {part: how[part] for part in ("direction", "layer", "norm")}
        names = next((names for known, names in groups if known == rest), None)
        if names is None:
            groups.append((rest, [name]))
        else:
            names.append(name)
    return [names for _, names in groups]
