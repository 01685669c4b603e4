"""What a log of Inspect tells of the machine, taken out of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.privacy import public

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

CONTENT = frozenset(
    {"input", "choices", "target", "messages", "output", "content", "text", "attachments"}
    | {"scores", "score", "changes", "samples", "sample_ids", "replaced"}
)
"""Parts of a log that hold what was asked and answered, which is as the data set has it."""

RANDOM = frozenset({"uuid", "id", "span_id", "parent_id", "timestamp", "completed", "event"})
"""Names and moments that Inspect gives things."""


def write(log: EvalLog, path: Path, task_file: str, told: Mapping[str, Any]) -> None:
    """Write a log without absolute paths and the names of this user and machine.

    Besides, it says what only the provider knows.

    Args:
        log: whole, with its samples.
        path: where to.
        task_file: of the task, from the experiment's folder on.
        told: kept in the log's metadata, under `epm`.
    """
    from inspect_ai.log import EvalLog, write_eval_log

    value = log.model_dump(mode="json", exclude_none=True)
    samples = value.pop("samples", None)
    value = _scrubbed(value)
    value["samples"] = [_scrubbed(sample) for sample in samples or ()]
    value["eval"]["task_file"] = task_file
    value["eval"].get("dataset", {}).pop("location", None)
    value["eval"]["metadata"] = {**(value["eval"].get("metadata") or {}), "epm": dict(told)}
    write_eval_log(EvalLog.model_validate(value), str(path), format="eval")


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        if "traceback_ansi" in value:  # colours cut paths into pieces
            value = {**value, "traceback_ansi": value.get("traceback", "")}
        return {
            _public(name): part if name in CONTENT or name in RANDOM else _scrubbed(part)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_scrubbed(part) for part in value]
    return _public(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _public(text: str) -> str:
    return public(text)
