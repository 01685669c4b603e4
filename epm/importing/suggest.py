"""A map to begin with, from the columns and values of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.importing.files import content

_NAMES: Mapping[str, tuple[str, ...]] = {
    "condition": ("condition", "arm", "model", "variant", "method", "group", "coefficient", "dose"),
    "item": ("item", "prompt_id", "question_id", "item_id", "doc_id", "id", "prompt", "question"),
    "task": ("task", "dataset", "benchmark", "eval"),
    "seed": ("seed",),
    "epoch": ("epoch",),
    "step": ("step", "checkpoint"),
    "excluded": ("status", "error", "excluded"),
}
"""Columns that are usually called so; the first that is there is taken."""

_HEAD = """# A map to begin with: look over every line. docs/importing.md has the words of a map.
# issue = 311  # the issue that the page is for
# title = "…"
# baseline = ""  # the condition that others are compared with
"""


def suggested(kind: str, paths: Sequence[Path]) -> str:
    """A map for a table or a JSON file.

    Raises:
        EpmError: the files need none, cannot be read, or hold nothing to measure.
    """
    if kind not in ("table", "json"):
        raise EpmError(f"{kind} needs no map", f"`epm import {kind} {paths[0]} --issue N`")
    whole = content(paths[0])
    if kind == "table":
        if not (isinstance(whole, list) and whole and isinstance(whole[0], dict)):
            raise EpmError(f"{paths[0]} has no rows with named columns", "name a table")
        parts = list(_of_rows(whole, ""))
    else:
        parts = [part for pointer, rows in _places(whole, "") for part in _of_rows(rows, pointer)]
    if not parts:
        raise EpmError(f"{paths[0]} holds no numbers that stand in rows", "write the map by hand")
    return _HEAD + "".join(parts)


def _places(value: Any, pointer: str) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Objects that lie side by side and have the same members."""
    members = list(value.values()) if isinstance(value, dict) else value
    if isinstance(members, list) and len(members) > 1:
        rows = [part for part in members if isinstance(part, dict)]
        if len(rows) == len(members) and all(rows[0].keys() == row.keys() for row in rows):
            starred: list[Mapping[str, Any]] = [{"*1": n, **row} for n, row in _named(value)]
            yield f"{pointer}/*", starred
            return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(part, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    else:
        yield from ((str(number), part) for number, part in enumerate(value))


def _of_rows(rows: Sequence[Mapping[str, Any]], pointer: str) -> Iterator[str]:
    columns = _columns(rows)
    known = {
        role: name
        for role, names in _NAMES.items()
        if (name := next((each for each in names if each in columns), None))
    }
    words = [name for name, values in columns.items() if all(isinstance(v, str) for v in values)]
    condition = known.get("condition") or next((w for w in words if w not in known.values()), "")
    if not condition:
        return
    used = {condition, *known.values()}
    common = [f'at = "{pointer}"'] if pointer else []
    common.append(f"condition = {json.dumps(_template(condition, columns))}")
    for role in ("task", "item", "seed", "epoch", "step"):
        if role in known and known[role] != condition:
            common.append(f"{role} = {json.dumps('{' + known[role] + '}')}")
    if "excluded" in known and known["excluded"] != condition:
        common.append(f"excluded = {json.dumps(known['excluded'])}")
    if _numbers(columns[condition]):
        common.append(f"factors = [{json.dumps(condition)}]")
    for metric, lines in _measures(columns, used):
        body = "\n".join([f"metric = {json.dumps(metric)}", *common, *lines])
        yield f"\n[[measure]]\n{body}\n"


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Values by column, those of nested objects by their path; empty cells left out."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            parts = (
                ((f"{name}/{part}", each) for part, each in value.items())
                if isinstance(value, dict)
                else ((name, value),)
            )
            for column, each in parts:
                if each is not None and not isinstance(each, dict | list):
                    columns.setdefault(column, []).append(each)
    return columns


def _measures(columns: Mapping[str, list[Any]], used: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Metric and lines: k with n beside it, and columns of scores or of numbers."""
    taken = set(used)
    for name in columns:
        stem, _, last = name.rpartition("/")
        trials = f"{stem}/n" if stem else "n"
        if last in ("k", "hits", "successes") and trials in columns:
            taken |= {name, trials}
            lines = [f"successes = {json.dumps(name)}", f"trials = {json.dumps(trials)}"]
            yield stem.rpartition("/")[2] or "hits", lines
    for name, values in columns.items():
        if name in taken or not _numbers(values) or name.rpartition("/")[2] in ("n", "sample"):
            continue
        lines = [f"score = {json.dumps(name)}"]
        if error := next(
            (each for each in (f"{name}_stderr", f"{name}_sem", f"{name}_se") if each in columns),
            None,
        ):
            taken.add(error)
            lines = [f"value = {json.dumps(name)}", f"stderr = {json.dumps(error)}"]
        yield name.replace("/", " "), lines


def _numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _template(column: str, columns: Mapping[str, list[Any]]) -> str:
    """Numbers say of what they are."""
    field = "{" + column + "}"
    return f"{column} {field}" if _numbers(columns[column]) else field
