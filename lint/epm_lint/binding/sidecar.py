"""A figure's data, as `epm.figures` leaves it beside the picture: `rates.json` beside `rates.png`.

The sidecar holds `data`, `data_sha256` of its canonical JSON and `png_sha256`. It can be read where
the figure's address is pinned to a commit of the checkout at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from epm_lint.binding.leaves import leaves
from epm_lint.binding.manifest import Drawn
from epm_lint.model import Finding, Page
from epm_lint.page.links import LinkMention, mentions
from epm_lint.quoting import quote

_LARGEST = 5_000_000
_MOST = 2_000
_SHOWN = ("value", "lower", "upper", "beside")
"""Of a dot or a point. Its `x` may be the logarithm of what the results hold, or a fold's."""


def faults(page: Page, drawn: tuple[Drawn, ...]) -> Iterator[Finding]:
    """Figures that are not those rendered, or show what the results do not hold."""
    repository = page.repository
    if repository is None:
        return
    by_name = {one.name.rpartition("/")[2]: one for one in drawn}
    for mention in mentions(page.document):
        address = mention.address
        if not (mention.figure and address.pinned):
            continue
        if not address.is_in(repository.name) or not address.path.lower().endswith(".png"):
            continue
        picture = repository.read(address.ref, address.path)
        sidecar = repository.read(address.ref, f"{address.path[:-4]}.json")
        was = by_name.get(address.path.rpartition("/")[2])
        yield from _as_rendered(mention, picture, sidecar, was)
        if data := _data(sidecar):
            yield from _as_the_results(page, mention, data)


def _as_rendered(
    mention: LinkMention, picture: bytes | None, sidecar: bytes | None, was: Drawn | None
) -> Iterator[Finding]:
    import hashlib

    again = "commit the figure that was rendered with these results"
    name = quote(mention.address.path)
    found = hashlib.sha256(picture).hexdigest() if picture else None
    if was and found and found != was.png_sha256:
        yield Finding(f"{name} is not the figure that was rendered", mention.line, fix=again)
    whole = _parsed(sidecar)
    if whole is None:
        return
    if "data" in whole and "data_sha256" in whole:
        digest = hashlib.sha256(_canonical(whole["data"]).encode()).hexdigest()
        if digest != whole["data_sha256"]:
            yield Finding(f"the data of {name} was altered after it was drawn", mention.line)
        elif was and digest != was.data_sha256:
            message = f"the data of {name} is not what was rendered"
            yield Finding(message, mention.line, fix=again)
    if found and whole.get("png_sha256") not in (None, found):
        yield Finding(f"the data beside {name} is that of another picture", mention.line, fix=again)


def _as_the_results(page: Page, mention: LinkMention, data: Mapping[str, Any]) -> Iterator[Finding]:
    """Each number that the figure gives of a condition is one that the results hold of it."""
    conditions = (page.results or {}).get("conditions")
    if page.results is None or not isinstance(conditions, Mapping):
        return
    by_name: dict[str, set[float]] = {}
    for leaf in leaves(page.results, frozenset(map(str, conditions))):
        if len(leaf.names) == 1:
            by_name.setdefault(next(iter(leaf.names)), set()).add(leaf.value)
    for name, mark in islice(_marks(data), _MOST):
        for key in _SHOWN:
            value = mark.get(key) if name in by_name else None
            if isinstance(value, int | float) and not _is_in(value, by_name[name]):
                message = (
                    f"{quote(mention.address.path)} shows {quote(key)} {value:.4g} for "
                    f"{quote(name)}; the results hold no such value"
                )
                yield Finding(message, mention.line, fix="draw the figure again")


def _marks(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything that is drawn of a condition: what has its name and a value, at any depth."""
    if isinstance(node, Mapping):
        if isinstance(name := node.get("name"), str) and "value" in node:
            yield name, node
        node = list(node.values())
    if isinstance(node, list):
        for below in node:
            yield from _marks(below)


def _is_in(value: float, known: set[float]) -> bool:
    return value in known or any(abs(value - other) <= 1e-9 for other in known)


def _data(sidecar: bytes | None) -> Mapping[str, Any] | None:
    data = (_parsed(sidecar) or {}).get("data")
    return data if isinstance(data, Mapping) else None


def _parsed(sidecar: bytes | None) -> Mapping[str, Any] | None:
    from epm_lint import strict_json

    if not sidecar or len(sidecar) > _LARGEST:
        return None
    try:
        whole = strict_json.loads(sidecar)
    except ValueError:
        return None
    return whole if isinstance(whole, Mapping) else None


def _canonical(value: Any) -> str:
    """As `epm.definition.canonical_json` writes it."""
    import json

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
