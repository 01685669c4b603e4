"""What the models of one task have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from epm.errors import EpmError
from epm.importing.lm_eval.documents import Documents
from epm.importing.lm_eval.outputs import Cell, shots, version
from epm.results import TaskRecord


def agreed(
    cells: Sequence[Cell], documents: Mapping[Cell, Documents]
) -> tuple[dict[str, TaskRecord], list[str]]:
    """The tasks, and notes on what was asked otherwise of different models.

    Raises:
        EpmError: a document is another one with another model.
    """
    by_task: dict[str, list[Cell]] = {}
    for cell in cells:
        by_task.setdefault(cell.task, []).append(cell)
    tasks: dict[str, TaskRecord] = {}
    notes: list[str] = []
    for task, own in by_task.items():
        known: dict[str, tuple[Cell, str]] = {}
        for cell in own:
            for item, given in documents[cell].hashes.items() if cell in documents else ():
                first, other = known.setdefault(item, (cell, given))
                if other != given:
                    raise EpmError(
                        f"document {item} of {task} is another in {documents[cell].name} than in "
                        f"{documents[first].name} (doc_hash)",
                        "import runs of one data set: with other documents under the same ids no "
                        "model can be compared",
                    )
        tasks[task] = TaskRecord(items=tuple(sorted(known, key=_in_order)))
        notes += _otherwise(task, own)
    return tasks, notes


def _in_order(item: str) -> tuple[int, str]:
    return (int(item) if item.isdecimal() else -1, item)


def _otherwise(task: str, cells: Sequence[Cell]) -> list[str]:
    found = []
    first, *others = cells
    for cell in others:
        for what, before, after in (
            ("the version", version(first), version(cell)),
            ("the number of few-shot examples", shots(first), shots(cell)),
            (
                "the hash of what was asked",
                first.output.part("task_hashes").get(task, ""),
                cell.output.part("task_hashes").get(task, ""),
            ),
        ):
            if before and after and before != after:
                shown = f" ({after} and {before})" if len(str(before)) < 20 else ""
                found.append(
                    f"{task}: {what} of {cell.condition} is not that of {first.condition}{shown}."
                )
    return found
