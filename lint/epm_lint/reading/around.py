"""What stands around a passage and is said of it: by its section, its row, its labels."""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.qualifiers import general
from epm_lint.reading.statements import Qualifier
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.text.passages import Place


class Declaration:
    """What a passage says of all p-values, and of all intervals."""

    __slots__ = ("everywhere", "ground", "of_intervals", "of_p")

    def __init__(self, ground: Ground, of_p: set[Qualifier], of_intervals: set[Qualifier]) -> None:
        self.ground, self.of_p, self.of_intervals = ground, of_p, of_intervals
        self.everywhere = "throughout" in ground.words


def declarations(grounds: Sequence[Ground]) -> tuple[Declaration, ...]:
    """Every sentence that speaks of p-values or intervals in general."""
    return tuple(Declaration(ground, *found) for ground in grounds if any(found := general(ground)))


def declare(grounds: Sequence[Ground], told: Sequence[Declaration]) -> None:
    """Tell each passage what its section says of all p-values and intervals."""
    for said in told:
        if said.ground.passage.spot is not None:
            continue
        sections = said.ground.passage.sections
        for ground in grounds:
            if said.everywhere or ground.passage.sections[: len(sections)] == sections:
                ground.declared |= said.of_p
                ground.declared_intervals |= said.of_intervals


def beside(grounds: Sequence[Ground]) -> None:
    """Tell each cell the words of its row's cells that hold no number, and the row's N."""
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
        sizes = [g.operands[0].number for g in row if len(g.operands) == 1 and _is_size(g)]
        for ground in row:
            ground.beside = words
            if len(sizes) == 1:
                ground.stated_size = sizes[0]


def _is_size(ground: Ground) -> bool:
    """Whether a cell is the row's N, in a column that is called just that."""
    spot = ground.passage.spot
    return (
        spot is not None and spot.header.strip(" *_`") == "N" and ground.operands[0].number.is_whole
    )


def label(ground: Ground) -> None:
    """Tell a cell the N of its row or column, and which coefficient it starts with."""
    spot = ground.passage.spot
    if spot is None or ground.passage.place is not Place.CELL or not ground.operands:
        return
    labels = [column_of(label) for label in (spot.row_label if spot.column else "", spot.header)]
    ground.stated_size = next((column.size for column in labels if column.size), ground.stated_size)
    first = ground.operands[0]
    number = first.number
    if first.token or first.role is not Part.BARE or number.unit or abs(number.amount) > 1:
        return
    for column in labels:
        if column.role is Role.CORRELATION:
            first.role, first.name = Part.CORRELATION, column.name
            return
