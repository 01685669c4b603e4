"""Completions side by side: the screen, and the index of what can be loaded into it."""

from __future__ import annotations

from typing import Any

from epm.viewer import html
from epm.viewer.data.run import Run
from epm.viewer.data.seeking import sought
from epm.viewer.data.shards import script


def screen(run: Run, path: str) -> str:
    """The screen without its cards, which a script loads."""
    return html.page("samples", path, "Samples", run, "samples")


def index(run: Run) -> str:
    """What the scripts know before they load a completion; and the first part, which is small."""
    rows, results = run.completions.rows, run.results
    notices = list(run.completions.problems)
    if run.completions.unscored:
        notices.append("Nothing has scored these yet: the run is not finished.")
    tasks: dict[str, dict[str, Any]] = {}
    seeks = sought(results.definition if results else None)
    for row in rows:
        tasks.setdefault(row.task, {"items": {}})["items"].setdefault(row.item, "")
    for task, about in tasks.items():
        asked = run.prompts.get(task, {})
        about["items"] = {item: asked.get(item, "") for item in about["items"]}
        record = results.tasks.get(task) if results else None
        about["system"] = record.system_prompt if record else None
    first = run.shard(0) or ""
    return first + script(
        "samples",
        {
            "run": run.key,
            "notices": notices,
            "issue": results.identity.issue if results else None,
            "conditions": list(dict.fromkeys(row.condition for row in rows)),
            "tasks": tasks,
            "metrics": [
                {"name": name, "label": label, "seeks": seeks.get(name)}
                for name, label in run.metrics.items()
            ],
            "replicates": list(dict.fromkeys(row.replicate for row in rows)),
            "shards": [
                {"condition": shard.condition, "tasks": shard.tasks, "n": len(shard.rows)}
                for shard in run.shards
            ],
        },
    )
