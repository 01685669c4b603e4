"""The documents of a task: a line for each of them and each filter."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.importing.gathering import is_score
from epm.importing.lm_eval.outputs import Cell, Key

SAME = 1e-9
"""Relative difference that is rounding."""


@dataclass
class Documents:
    """Scores of one model on one task, by document."""

    name: str
    """Of the file, on the page."""
    path: Path
    hashes: dict[str, str] = field(default_factory=dict)
    """Of what each document asks."""
    values: dict[Key, dict[str, Any]] = field(default_factory=dict)
    """As the file has them."""
    untold: str = ""
    """Why the scores cannot be told apart, where they cannot."""

    def by_item(self, cell: Cell) -> dict[Key, dict[str, float | None]]:
        """The scores of those metrics that are a mean over documents.

        Of a metric that is computed over all documents at once (a perplexity, BLEU, a correlation)
        a document has no score of its own.
        """
        found: dict[Key, dict[str, float | None]] = {}
        for key, number in cell.numbers.items():
            values = {item: score(value) for item, value in self.values.get(key, {}).items()}
            scored = [value for value in values.values() if value is not None]
            if self.untold or not scored:
                continue
            mean = math.fsum(scored) / len(scored)
            same = math.isclose(mean, number.value, rel_tol=SAME, abs_tol=SAME)
            if same or _aggregation(cell, key) == "mean":
                found[key] = values
        return found


def score(value: Any) -> float | None:
    """A number; None for what is none, as a pair of texts is."""
    return float(value) if is_score(value) else None


def _aggregation(cell: Cell, key: Key) -> str:
    listed = cell.config.get("metric_list")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("metric") == key.metric:
            return str(each.get("aggregation", ""))
    return ""


def read_documents(cell: Cell) -> Documents | None:
    """Read the scores; None where documents were not logged.

    Raises:
        EpmError: the file is damaged, or is not of this run.
    """
    path = cell.documents
    if path is None:
        return None
    shown = cell.output.name.rpartition("/")[0]
    found = Documents(f"{shown}/{path.name}" if shown else path.name, path)
    keys = list(cell.numbers)
    filters = list(dict.fromkeys(key.filter for key in keys))
    seen: dict[str, int] = {}
    named = True
    for number, line in lines(path, found.name):
        item, through = str(line.get("doc_id")), line.get("filter")
        if "doc_id" not in line:
            raise EpmError(f"{found.name}, line {number}: no doc_id", "it is no file of documents")
        nth = seen[item] = seen.get(item, 0) + 1
        if through is None:
            # before the end of 2024 no line said it: documents by filter, in the filters' order
            named = False
            through = filters[nth - 1] if nth <= len(filters) else f"no. {nth}"
        _hold_hash(found, cell, item, line)
        for key in keys:
            if key.filter != through or key.metric not in line:
                continue
            values = found.values.setdefault(key, {})
            if item in values:
                raise EpmError(
                    f"{found.name}, line {number}: document {item} stands twice"
                    + (f" for the filter {through}" if len(filters) > 1 else ""),
                    "it is of two runs, or damaged",
                )
            values[item] = line[key.metric]
    _check_number(found, cell, seen)
    if not named and len(filters) > 1 and not _as_reported(found, cell):
        found.untold = (
            f"{found.name} does not say which filter a line is of, so that no document has a score"
        )
    return found


def _hold_hash(found: Documents, cell: Cell, item: str, line: Mapping[str, Any]) -> None:
    given = line.get("doc_hash")
    if not isinstance(given, str):
        text = json.dumps(line.get("doc"), sort_keys=True, ensure_ascii=True)
        given = hashlib.sha256(text.encode()).hexdigest()
    if found.hashes.setdefault(item, given) != given:
        raise EpmError(
            f"{found.name} ({cell.condition} on {cell.task}) has two documents with the doc_id "
            f"{item}",
            "it is of two runs, or damaged",
        )


def _check_number(found: Documents, cell: Cell, seen: Mapping[str, int]) -> None:
    if cell.effective and len(seen) != cell.effective:
        raise EpmError(
            f"{found.name} has {len(seen)} documents, but {cell.output.name} says that "
            f"{cell.effective} were run",
            "it is cut short or of another run; without it the reported numbers are imported",
        )


def _as_reported(found: Documents, cell: Cell) -> bool:
    """Whether every filter's scores give the number that is reported of it."""
    kept = found.by_item(cell)
    for key, number in cell.numbers.items():
        values = [value for value in kept.get(key, {}).values() if value is not None]
        if not values:
            return False
        mean = math.fsum(values) / len(values)
        if not math.isclose(mean, number.value, rel_tol=SAME, abs_tol=SAME):
            return False
    return True


def lines(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a file, numbered from 1.

    Raises:
        EpmError: one is no JSON object.
    """
    try:
        with path.open("rb") as stream:
            for number, text in enumerate(stream, 1):
                if not text.strip():
                    continue
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError) as error:
                    raise EpmError(
                        f"{name}, line {number} is no JSON: {error}", "it is damaged or cut short"
                    ) from None
                if not isinstance(line, dict):
                    raise EpmError(f"{name}, line {number}: no object", "it is of another kind")
                yield number, line
    except OSError as error:
        raise EpmError(f"{path} cannot be read: {error.strerror}", "mend that") from None


def rows(
    documents: Mapping[Cell, Documents],
    kept: Mapping[Cell, Mapping[Key, Mapping[str, float | None]]],
    named: Mapping[Key, str],
    yes_or_no: frozenset[str],
) -> Iterator[dict[str, Any]]:
    """The lines of `samples.jsonl.gz`, one for each document.

    Raises:
        EpmError: a file cannot be read any more.
    """
    for cell, found in documents.items():
        done: set[str] = set()
        for _, line in lines(found.path, found.name):
            item = str(line["doc_id"])
            if item in done:
                continue
            done.add(item)
            prompt, text = said(line)
            scores: dict[str, bool | float | str] = {}
            for key, values in kept[cell].items():
                value = values.get(item)
                if value is None:
                    scores[named[key]] = "unscored"
                else:
                    scores[named[key]] = bool(value) if named[key] in yes_or_no else value
            yield {
                "condition": cell.condition,
                "task": cell.task,
                "item": item,
                "index": 0,
                "prompt": prompt,
                "text": text,
                "scores": scores,
            }


def said(line: Mapping[str, Any]) -> tuple[str, str]:
    """Prompt and answer: what was generated, or the continuation of the largest log-likelihood."""
    asked = _arguments(line.get("arguments"))
    prompt = str(asked[0][0]) if asked and asked[0] else ""
    responses = line.get("resps")
    responses = responses if isinstance(responses, list) else []
    if responses and all(_log_likelihood(each) is not None for each in responses):
        best = max(range(len(responses)), key=lambda n: _log_likelihood(responses[n]) or -math.inf)
        chosen = asked[best] if best < len(asked) else []
        return prompt, str(chosen[1]).strip() if len(chosen) > 1 else ""
    texts = [
        text
        for each in responses
        for text in (each if isinstance(each, list) else [each])
        if isinstance(text, str)
    ]
    return prompt, "\n\n".join(texts)


def _arguments(given: Any) -> list[list[Any]]:
    """Of every request, in either form: named ('gen_args_0': {'arg_0': …}) or in lists."""
    listed = list(given.values()) if isinstance(given, Mapping) else given
    found = []
    for each in listed if isinstance(listed, list) else ():
        parts = list(each.values()) if isinstance(each, Mapping) else each
        found.append(parts if isinstance(parts, list) else [parts])
    return found


def _log_likelihood(given: Any) -> float | None:
    """Of a request's first answer, a number in a text beside whether it is the greedy one."""
    first = given[0] if isinstance(given, list) and given else None
    if not (isinstance(first, list) and len(first) == 2):
        return None
    try:
        return float(first[0])
    except (TypeError, ValueError):
        return None
