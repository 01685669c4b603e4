"""What stands around a passage and is said of it: by its section, its row, its labels."""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Role as Part
from epm_lint.reading.qualifiers import general
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.text.passages import Place


def declare(grounds: Sequence[Ground]) -> None:
    """Tell each passage what its section says of all p-values and intervals."""
    told = [
        (ground.passage.sections, "throughout" in ground.words, found)
        for ground in grounds
        if ground.passage.spot is None and any(found := general(ground))
    ]
    for sections, everywhere, (of_p, of_intervals) in told:
        for ground in grounds:
            if everywhere or ground.passage.sections[: len(sections)] == sections:
                ground.declared |= of_p
                ground.declared_intervals |= of_intervals


def beside(grounds: Sequence[Ground]) -> None:
    """Tell each cell the words of its row's cells that hold no number: a note, a method."""
    rows: dict[tuple[int, int], list[Ground]] = {}
    for ground in grounds:
        if (spot := ground.passage.spot) and spot.row and ground.passage.place is Place.CELL:
            rows.setdefault((spot.table_line, spot.row), []).append(ground)
    for row in rows.values():
        words = [
            w
            for g in row
            if not g.operands and g.passage.spot and g.passage.spot.column
            for w in g.words
        ]
        for ground in row if words else ():
            ground.beside = words


def label(ground: Ground) -> None:
    """Tell a cell the N of its row or column, and which coefficient it starts with."""
    spot = ground.passage.spot
    if spot is None or ground.passage.place is not Place.CELL or not ground.operands:
        return
    labels = [column_of(label) for label in (spot.row_label if spot.column else "", spot.header)]
    ground.stated_size = next((column.size for column in labels if column.size), None)
    first = ground.operands[0]
    number = first.number
    if first.token or first.role is not Part.BARE or number.unit or abs(number.amount) > 1:
        return
    for column in labels:
        if column.role is Role.CORRELATION:
            first.role, first.name = Part.CORRELATION, column.name
            return
