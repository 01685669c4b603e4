"""A table with what is said of it from outside: by its caption, its notes, its section."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.qualifier_words import qualifier_of
from epm_lint.reading.statements import (
    Binding,
    Qualifier,
)
from epm_lint.reading.tables.records import Entry, Record, TableReading

_OTHER_COEFFICIENTS = frozenset(
    """
        point-biserial biserial polychoric tetrachoric distance canonical multiple intraclass
        cross-validated concordance biweight weighted disattenuated
    """.split()
)


class Declared:
    """What is said of a table from outside."""

    def __init__(self) -> None:
        self.of_p: frozenset[Qualifier] = frozenset()
        self.of_intervals: frozenset[Qualifier] = frozenset()
        self.trials: int | None = None
        """The n of each cell, persona or condition that the page states, if it is one."""
        self.caption_trials: dict[int, Number] = {}
        """By column, the n that the caption gives for it."""
        self.scale: tuple[Fraction, Fraction, Fraction] | None = None
        """The lowest and highest score, and the grain, where the page states one scale."""


class Frame:
    """A table, what is declared of it, and what its headers state."""

    def __init__(self, table: TableReading, declared: Declared) -> None:
        self.table, self.declared = table, declared
        self.columns = table.held
        self.header_sizes = {
            ground.passage.spot.column: (operand.number, operand.nouns)
            for ground in table.grounds
            if ground.passage.spot
            for operand in ground.operands
            if operand.role is Part.N
        }
        """By column, the n that its header states, and the words behind it."""

    def common(self, entry: Entry, **more: Any) -> dict[str, Any]:
        """The common part of a statement that stands in a cell, bound by its row."""
        words = entry.ground.words
        return entry.ground.common(0, len(words), **{"binding": Binding.ROW, **more})

    def qualifiers(self, record: Record, *entries: Entry) -> tuple[frozenset[Qualifier], list[str]]:
        """What the headers, the row's label and the cells say of a statistic."""
        words = [word for entry in entries for word in entry.column.words]
        words += record.raw.casefold().replace("(", " ").replace(")", " ").split()
        words += [word for entry in entries for word in entry.ground.words]
        words += [
            word
            for entry in record.entries
            if not entry.ground.operands
            for word in entry.ground.words
        ]
        said = {found for word in words if (found := qualifier_of(word))}
        if _OTHER_COEFFICIENTS & set(words):
            said.add(Qualifier.UNKNOWN)
        if any(word.endswith(("-controlled", "-partial", "-adjusted")) for word in words):
            said.add(Qualifier.PARTIAL)
        return frozenset(said), words


def p_of(entry: Entry) -> Number | None:
    """The p of a cell that holds one alone."""
    operand = entry.operand(Part.P)
    if operand is not None and len(entry.ground.operands) == 1:
        return operand.number
    number = entry.alone
    return number if number is not None and not number.unit and not number.fraction else None
