"""Two runs side by side: the screen, and what of each run is compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from epm.results import labels
from epm.viewer import html
from epm.viewer.data import words
from epm.viewer.data.run import Run
from epm.viewer.data.shards import script
from epm_lint.binding.pointers import escape

_LONGEST = 200
_MOST = 4_000
_ASIDE = frozenset({"analyses", "figure", "glossary", "choices", "gates"})
"""Parts of a definition that say what is computed and told, not how completions came to be."""
_INTERVALS = ("interval", "clustered", "wilson", "bounded")
"""Of an estimate, the first that exists."""


def screen(keys: Sequence[str], path: str) -> str:
    """The screen; a script fills in what differs."""
    return html.page("compare", path, "Compare", screen="compare", keys=keys)


def summary(run: Run) -> str:
    """Settings and numbers of a run, by their names."""
    results = run.results
    settings: dict[str, str] = {}
    if results is not None:
        definition = {k: v for k, v in (results.definition or {}).items() if k not in _ASIDE}
        datasets = definition.pop("datasets", None)
        if isinstance(datasets, dict):
            definition["datasets"] = {name: _hashed(each) for name, each in datasets.items()}
        made = results.provenance.model_dump(mode="json")
        kept = {name: made[name] for name in ("model", "engine", "imported") if name in made}
        settings = dict(_settings({**definition, **kept}, ""))
    return script(
        f"summary {run.key}",
        {
            "key": run.key,
            "title": run.title,
            "why": run.no_results,
            "completions": run.no_completions,
            "settings": settings,
            "numbers": list(_numbers(run)),
        },
    )


def _settings(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Name and value of everything in nested objects; long values by their hash."""
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _settings(below, f"{name} › {key}" if name else str(key))
        return
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
        text = f"{len(text):,} characters, sha256 {digest}…"
    yield name, text


def _hashed(items: Any) -> str:
    """A data set in one line: its items are compared where its completions are."""
    text = json.dumps(items, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    size = f"{len(items)} items, " if isinstance(items, Mapping | list) else ""
    return f"{size}sha256 {digest}…"


def _numbers(run: Run) -> Iterator[dict[str, Any]]:
    """Measurements over their replicates, and estimates of analyses with their intervals."""
    estimates = _estimates(run.raw.get("analyses", {}), "/analyses")
    yield from islice(chain(_measured(run), estimates), _MOST)


def _measured(run: Run) -> Iterator[dict[str, Any]]:
    from epm.viewer.screens.matrix import pooled

    for condition, by_task in (run.results.measurements if run.results else {}).items():
        for task, by_metric in by_task.items():
            for metric, by_replicate in by_metric.items():
                ends = [m for name, m in by_replicate.items() if "step" not in labels(name)]
                whole = pooled(ends)
                if whole is not None and whole.value is not None:
                    yield {
                        "name": f"measured: {metric}, {condition} on {task}",
                        "value": whole.value,
                        "text": whole.text,
                    }


def _estimates(node: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if not isinstance(node, Mapping):
        return
    estimate = node.get("estimate")
    if isinstance(estimate, int | float) and not isinstance(estimate, bool):
        number: dict[str, Any] = {"name": words.pointer(pointer), "value": estimate}
        interval = next((node[n] for n in _INTERVALS if _is_interval(node.get(n))), None)
        if interval is not None:
            number |= {"lower": interval["lower"], "upper": interval["upper"]}
        yield number
    for key, below in node.items():
        if key not in ("seeds", "runs", "steps"):
            yield from _estimates(below, f"{pointer}/{escape(key)}")


def _is_interval(value: Any) -> bool:
    return isinstance(value, Mapping) and {"lower", "upper"} <= value.keys()
