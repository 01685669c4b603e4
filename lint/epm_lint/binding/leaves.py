"""The numbers of a results file, each with what its pointer says it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_MOST = 20_000
_DEEPEST = 12
_LONGEST = 400
_ASIDE = frozenset({"definition", "provenance", "tracking", "identity", "schema_version"})
"""Parts of a results file that say how it came to be, and hold no results."""
_BY_SEED = frozenset({"replicates", "trajectory"})
_LAYER = Pattern(r"(?:layer[_ -]?|L)?(\d{1,3})\Z")
_WORD = Pattern(r"[^\W_]+")
_METHODS = ("pearson", "spearman", "kendall")
_TELLING = (
    ("threshold", re.compile(r".*(?:threshold|gate|alpha)\Z")),
    ("p", re.compile(r"(?:.*_)?p(?:_?value)?\Z|holm\Z|bonferroni\Z")),
    ("coefficient", re.compile(r"(?:.*_)?(?:r|rho|coefficient|correlation|tau)\Z|r_without\Z")),
    ("predicted", re.compile(r"(?:.*_)?predicted\Z")),
    ("half", re.compile(r"(?:.*_)?(?:half_width|pi_half)\Z")),
    ("rate", re.compile(r"(?:.*_)?(?:rate|estimate|observed|accuracy)\Z")),
    ("low", re.compile(r"low(?:er)?\Z")),
    ("high", re.compile(r"(?:high|upper)\Z")),
    ("cosine", re.compile(r".*cosines?")),
    ("cook", re.compile(r".*cook")),
    ("leverage", re.compile(r".*leverage")),
    ("vif", re.compile(r".*vif")),
    ("tokens", re.compile(r".*tokens?")),
    ("k", re.compile(r"(?:successes|hits|k|covered)\Z")),
    ("n", re.compile(r"(?:n|trials|total|n_per_\w{1,30})\Z")),
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number of the results, and what the steps of its pointer say."""

    pointer: str
    value: float
    kind: str
    """`p`, `coefficient`, `rate`, `low`, `cosine`, …; of others, the last step itself."""
    names: frozenset[str]
    """The conditions among the steps."""
    layer: int | None
    method: str
    words: frozenset[str]
    n: float | None = None
    """The N that stands beside it, or the trials."""


def names_of(results: Mapping[str, Any], on_page: Collection[str]) -> frozenset[str]:
    """The conditions that a results file knows: its own list, and keys that the page names."""
    conditions = results.get("conditions")
    named = {str(key) for key in conditions} if isinstance(conditions, Mapping) else set()
    return frozenset(named | (set(on_page) & set(_keys(results, 0))))


def new_names(results: Mapping[str, Any]) -> tuple[str, ...]:
    """The conditions that are said to be new."""
    conditions = results.get("conditions")
    if not isinstance(conditions, Mapping):
        return ()
    return tuple(
        name
        for name, condition in conditions.items()
        if isinstance(condition, Mapping) and condition.get("new") is True
    )


def _keys(node: Any, depth: int) -> Iterator[str]:
    if isinstance(node, Mapping) and depth < _DEEPEST:
        for key, value in node.items():
            yield str(key)
            yield from _keys(value, depth + 1)


def leaves(results: Mapping[str, Any], names: Collection[str]) -> tuple[Leaf, ...]:
    """Every number of a results file that may be a result."""
    found: list[Leaf] = []
    for key, node in results.items():
        if key not in _ASIDE:
            for leaf in _leaves(node, f"/{_escaped(key)}", (str(key),), frozenset(names), None):
                found.append(leaf)
                if len(found) >= _MOST:
                    return tuple(found)
    return tuple(found)


def _escaped(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _leaves(
    node: Any, pointer: str, steps: tuple[str, ...], names: frozenset[str], n: float | None
) -> Iterator[Leaf]:
    if len(steps) > _DEEPEST or len(pointer) > _LONGEST:
        return
    if isinstance(node, Mapping):
        beside = next((node[k] for k in ("n", "trials") if _is_number(node.get(k))), n)
        for key, value in node.items():
            if key == "clusters" and not _BY_SEED.isdisjoint(steps):
                continue  # of each seed's every question: thousands, and no page speaks of one
            path = f"{pointer}/{_escaped(key)}"
            yield from _leaves(value, path, (*steps, str(key)), names, beside)
    elif isinstance(node, list) and len(node) <= _LONGEST:
        for place, value in enumerate(node):
            yield from _leaves(value, f"{pointer}/{place}", steps, names, n)
    elif _is_number(node):
        yield _leaf(pointer, steps, float(node), names, n)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and value == value


def _leaf(
    pointer: str, steps: tuple[str, ...], value: float, names: frozenset[str], n: float | None
) -> Leaf:
    own = tuple(step for step in steps if step not in names and not _LAYER.match(step))
    layers = [int(found[1]) for step in steps if (found := _LAYER.match(step))]
    words = frozenset(word for step in own for word in _WORD.findall(step.casefold()))
    last = own[-1].casefold() if own else ""
    return Leaf(
        pointer,
        value,
        _kind(last),
        frozenset(step for step in steps if step in names),
        layers[0] if len(layers) == 1 else None,
        _method(last, words),
        words,
        n,
    )


def _kind(last: str) -> str:
    return next((kind for kind, form in _TELLING if form.match(last)), last)


def _method(last: str, words: frozenset[str]) -> str:
    for method in _METHODS:
        if method in words:
            return method
    if last in ("r", "r_without") or last.endswith("_r"):
        return "pearson"
    return "spearman" if last.endswith("rho") else ""
