"""Records: what tells the members of a list, the rows of a table and parallel arrays apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from epm_lint.binding.by_words.vocabulary import INTERVAL, telling, words_of

LONGEST_LABEL = 80
MEASURING = frozenset({"metric", "measure", "metric_name", "quantity", "variable", "outcome"})
"""The fields that say what a record measures."""
_NUMBERING = frozenset(
    """
    layer step seed epoch checkpoint dose coefficient strength scale temperature rank k shot fold
    round iteration iter size budget year position depth fewshot token param lr alpha threshold id
    index run
    """.split()
)
"""What a number in a record may be that tells it from the others, and is no result."""
COLUMNS = frozenset({"columns", "header", "headers", "fields", "column_names"})


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) < 1e300


def identity(field: str, value: Any) -> tuple[str, ...]:
    """The words of a field that tells records apart: `layer 8`, or the name alone."""
    if isinstance(value, str):
        return tuple(telling(words_of(value))) or tuple(words_of(value))
    if is_number(value):
        head = next((w for w in reversed(words_of(field)) if ":" not in w), "#")
        return (f"{head}:{_plain(value)}",)
    if isinstance(value, bool):
        return tuple(telling(words_of(field))) if value else ("negation", *telling(words_of(field)))
    return ()


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def identifying(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields whose values tell records apart: short texts, then numberings."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    texts: list[str] = []
    numberings: list[str] = []
    for key in keys:
        values = [record.get(key) for record in records]
        given = [value for value in values if value is not None]
        if not given:
            continue
        if all(isinstance(v, str) and len(v) <= LONGEST_LABEL and v.strip() for v in given):
            if len(set(given)) > 1 or len(records) == 1:
                texts.append(key)
        elif all(isinstance(v, bool) for v in given):
            if len(set(given)) > 1:
                texts.append(key)
        elif all(map(is_number, given)) and len(set(given)) > 1:
            head = next((w for w in reversed(words_of(str(key))) if ":" not in w), "")
            if (
                head in _NUMBERING
                and not any(isinstance(v, float) and not v.is_integer() for v in given)
            ) or (head in _NUMBERING - {"k"} and key == keys[0]):
                numberings.append(key)
    kept: list[str] = []
    for key in [*texts, *numberings]:
        if key in texts or not _tells_apart(records, texts) or _depends(records, key):
            kept.append(key)
    first = keys[0] if keys else ""
    if not _tells_apart(records, kept) and first not in kept and len(records) > 2:
        values = [record.get(first) for record in records]
        if all(map(is_number, values)) and all(
            float(a or 0) < float(b or 0) for a, b in pairwise(values)
        ):
            kept.append(first)
    return kept if _tells_apart(records, kept) else []


def shared_texts(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The short texts that all records have in common."""
    first = records[0]
    texts = {k: v for k, v in first.items() if isinstance(v, str) and 0 < len(v) <= LONGEST_LABEL}
    return {k: v for k, v in texts.items() if all(record.get(k) == v for record in records)}


def _depends(records: Sequence[Mapping[str, Any]], key: str) -> bool:
    return key.casefold() not in ("k", "size", "run", "index", "id")


def _tells_apart(records: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bool:
    return len({tuple(map(str, map(record.get, fields))) for record in records}) == len(records)


def table_in(node: Mapping[str, Any]) -> tuple[list[str], list[list[Any]], str] | None:
    """Rows of values with their names in a list beside them."""
    for key in node:
        columns = node[key]
        if key not in COLUMNS or not isinstance(columns, list):
            continue
        if not columns or not all(isinstance(name, str) for name in columns):
            continue
        for where, rows in node.items():
            if where == key or not isinstance(rows, list) or not rows:
                continue
            if all(isinstance(row, list) and len(row) == len(columns) for row in rows):
                return [str(name) for name in columns], rows, where
    return None


def parallel_arrays(node: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """Arrays of one length, one of which names the others' places."""
    arrays = {
        str(k): v
        for k, v in node.items()
        if isinstance(v, list) and len(v) > 1 and all(isinstance(x, str) or is_number(x) for x in v)
    }
    lengths = [len(v) for v in arrays.values()]
    if len(arrays) < 2 or not lengths:
        return None
    usual = max(set(lengths), key=lambda length: (lengths.count(length), length))
    arrays = {k: v for k, v in arrays.items() if len(v) == usual and not (
        usual == 2 and not INTERVAL.isdisjoint(words_of(k)))}  # fmt: skip
    if len(arrays) < 2:
        return None
    records = [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]
    return arrays if identifying(records) else None
