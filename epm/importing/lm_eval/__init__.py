"""Output of lm-evaluation-harness: `results_*.json`, and the documents beside it.

A condition is a model, a task a task (groups of them are not measured again), an item a document of
the split. A metric has its filter in its name where it was taken through several. With
`--log_samples` scores are kept by document; without it there is a number with its standard error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from epm.importing.found import Found
from epm.importing.lm_eval import provenance, reported
from epm.importing.lm_eval.documents import Documents, read_documents, rows
from epm.importing.lm_eval.outputs import Cell, Key, find, panel
from epm.importing.lm_eval.tasks import agreed
from epm.results import (
    ONLY,
    ConditionRecord,
    Count,
    Mean,
    Measurement,
    MetricRecord,
    Reported,
)
from epm.results.measurements import sums

SHARES = ("acc", "exact_match", "em", "f1", "mc1", "mc2", "brier")
"""How names of metrics begin whose scale ends at 0 and 1."""


def read(paths: Sequence[Path]) -> Found:
    """What folders of output and results files hold.

    Args:
        paths: `results_*.json` files, and folders that are searched for them.

    Raises:
        EpmError: a file cannot be read or is of another kind, or the files contradict each other.
    """
    outputs = find(paths)
    cells, notes = panel(outputs)
    named = _named(cells)
    documents = {cell: found for cell in cells if (found := read_documents(cell))}
    kept = {cell: found.by_item(cell) for cell, found in documents.items()}
    tasks, task_notes = agreed(cells, documents)
    yes_or_no = _yes_or_no(cells, kept, named)
    return Found(
        conditions={cell.condition: ConditionRecord() for cell in cells},
        tasks=tasks,
        metrics=_metrics(cells, kept, named, yes_or_no),
        measurements=_measurements(cells, documents, kept, named, yes_or_no),
        inputs={**_inputs(outputs), **_inputs(documents.values())},
        models={cell.condition: provenance.model(cell.output) for cell in cells},
        evaluations=tuple(provenance.task(cell, documents.get(cell)) for cell in cells),
        reported=(
            *reported.tasks(cells, kept, named),
            *reported.groups(outputs, cells, named),
        ),
        packages=provenance.packages(outputs),
        notes=(
            *provenance.mocks(outputs),
            *notes,
            *task_notes,
            *_notes(cells, documents, kept, named),
        ),
        samples=partial(rows, documents, kept, named, yes_or_no) if documents else None,
    )


def _inputs(read: Any) -> dict[str, Path]:
    return {each.name: each.path for each in read}


def _named(cells: Sequence[Cell]) -> dict[Key, str]:
    """The names of metrics, with the filter where there are several."""
    filters: dict[str, set[str]] = {}
    for cell in cells:
        for key in cell.numbers:
            filters.setdefault(key.metric, set()).add(key.filter)
    return {
        key: f"{key.metric} ({key.filter})"
        if len(filters[key.metric]) > 1 and key.filter != "none"
        else key.metric
        for cell in cells
        for key in cell.numbers
    }


Kept = Mapping[Cell, Mapping[Key, Mapping[str, float | None]]]
"""Scores by document, where the tool's number is their mean."""


def _yes_or_no(cells: Sequence[Cell], kept: Kept, named: Mapping[Key, str]) -> frozenset[str]:
    levels: dict[str, set[float | None]] = {}
    for cell in cells:
        for key, values in kept.get(cell, {}).items():
            levels.setdefault(named[key], set()).update(values.values())
    return frozenset(name for name, each in levels.items() if each <= {0.0, 1.0, None})


def _metrics(
    cells: Sequence[Cell], kept: Kept, named: Mapping[Key, str], yes_or_no: frozenset[str]
) -> dict[str, MetricRecord]:
    inside: dict[str, bool] = {}
    for cell in cells:
        for key, number in cell.numbers.items():
            values = [*kept.get(cell, {}).get(key, {}).values(), number.value]
            fits = key.metric.startswith(SHARES) and all(
                0 <= v <= 1 for v in values if v is not None
            )
            name = named[key]
            inside[name] = inside.get(name, True) and (fits or name in yes_or_no)
    return {
        name: MetricRecord(label=name, lower=0.0, upper=1.0) if fits else MetricRecord(label=name)
        for name, fits in inside.items()
    }


def _measurements(
    cells: Sequence[Cell],
    documents: Mapping[Cell, Documents],
    kept: Kept,
    named: Mapping[Key, str],
    yes_or_no: frozenset[str],
) -> dict[str, dict[str, dict[str, dict[str, Measurement]]]]:
    measured: dict[str, dict[str, dict[str, dict[str, Measurement]]]] = {}
    for cell in cells:
        by_metric = measured.setdefault(cell.condition, {}).setdefault(cell.task, {})
        for key, number in cell.numbers.items():
            values = kept.get(cell, {}).get(key)
            if values is None:
                found: Measurement = Reported(
                    value=number.value, stderr=number.stderr, n=cell.effective or None
                )
            else:
                where = f"{cell.condition} on {cell.task}, {named[key]}"
                found = _itemised(values, named[key] in yes_or_no, where)
            by_metric[named[key]] = {ONLY: found}
    return measured


def _itemised(values: Mapping[str, float | None], yes_or_no: bool, where: str) -> Measurement:
    lost = sum(value is None for value in values.values())
    excluded = {"unscored": lost} if lost else {}
    scored = {item: value for item, value in values.items() if value is not None}
    if yes_or_no:
        return Count(items={item: (int(v), 1) for item, v in scored.items()}, excluded=excluded)
    return Mean(items={item: sums([v], where) for item, v in scored.items()}, excluded=excluded)


def _notes(
    cells: Sequence[Cell],
    documents: Mapping[Cell, Documents],
    kept: Kept,
    named: Mapping[Key, str],
) -> Iterator[str]:
    for cell in cells:
        where = f"{cell.condition} on {cell.task}"
        if cell.original and cell.effective and cell.effective < cell.original:
            yield f"{where}: {cell.effective} of {cell.original} documents were run."
        if cell not in documents:
            yield f"{where}: {cell.output.name} alone; without its samples no document is known."
            continue
        if documents[cell].untold:
            yield f"{where}: {documents[cell].untold}."
        at_once = [named[key] for key in cell.numbers if key not in kept[cell]]
        if at_once and not documents[cell].untold:
            yield (
                f"{where}: {', '.join(at_once)} is no mean over documents, and stands as the tool "
                "reports it."
            )
