"""What the harness says of its results, beside the same by us."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from epm.importing.lm_eval.documents import SAME
from epm.importing.lm_eval.outputs import Cell, Key, Output
from epm.results.imported import ReportedNumber

NOT_MEASURED = "groups are not measured again here"


def tasks(
    cells: Sequence[Cell],
    kept: Mapping[Cell, Mapping[Key, Mapping[str, float | None]]],
    named: Mapping[Key, str],
) -> Iterator[ReportedNumber]:
    """Every metric of every task, and its standard error where there is one."""
    for cell in cells:
        for key, number in cell.numbers.items():
            values = [v for v in kept.get(cell, {}).get(key, {}).values() if v is not None]
            mean = math.fsum(values) / len(values) if values else None
            stderr = _stderr(values)
            yield _number(cell, named[key], number.value, mean, "")
            if number.stderr is not None:
                why = "its own formula, or a bootstrap" if stderr is not None else ""
                yield _number(cell, f"{named[key]}, stderr", number.stderr, stderr, why)


def _stderr(values: Sequence[float]) -> float | None:
    """Of a mean of independent documents, with n-1."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def _number(cell: Cell, name: str, value: float, ours: float | None, why: str) -> ReportedNumber:
    if ours is None:
        why = "taken as it is reported: there are no scores of documents to compute it from"
    elif math.isclose(value, ours, rel_tol=SAME, abs_tol=SAME):
        why = ""
    else:
        why = why or "the documents' scores do not give this number: one of the files was changed"
    return ReportedNumber(
        condition=cell.condition, task=cell.task, name=name, value=value, ours=ours, why=why
    )


def groups(
    outputs: Sequence[Output], cells: Sequence[Cell], named: Mapping[Key, str]
) -> Iterator[ReportedNumber]:
    """Means over the tasks of a group; the files do not say how they are weighted."""
    by_name = {(cell.output, cell.task): cell for cell in cells}
    for output in outputs:
        for group, inside in output.groups.items():
            own = [by_name[output, task] for task in inside if (output, task) in by_name]
            if not own:
                continue
            for key, number in output.numbers(group).items():
                name = f"{named.get(key, key.metric)} of the group"
                for shown, value, why in (
                    (name, number.value, _weighting(key, number.value, own, len(inside))),
                    (f"{name}, stderr", number.stderr, NOT_MEASURED),
                ):
                    if value is not None:
                        yield ReportedNumber(
                            condition=output.condition,
                            task=group,
                            name=shown,
                            value=value,
                            why=why,
                        )


def _weighting(key: Key, value: float, own: Sequence[Cell], tasks: int) -> str:
    numbers = [(cell.numbers[key].value, cell.effective) for cell in own if key in cell.numbers]
    total = sum(n for _, n in numbers)
    if len(numbers) < tasks:
        return NOT_MEASURED
    plain = math.fsum(number for number, _ in numbers) / len(numbers)
    by_size = math.fsum(number * n for number, n in numbers) / total if total else math.nan
    same = [
        how
        for how, mean in (("weighted by documents", by_size), ("not weighted", plain))
        if math.isclose(mean, value, rel_tol=SAME, abs_tol=SAME)
    ]
    if len(same) == 1:
        return f"the mean of its {tasks} tasks, {same[0]}; {NOT_MEASURED}"
    return f"the mean of its {tasks} tasks; {NOT_MEASURED}" if same else NOT_MEASURED
