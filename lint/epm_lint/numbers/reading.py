"""All that a page says with numbers, read once for all rules that ask."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from epm_lint.markdown.document import Document
from epm_lint.numbers.context import Context, contexts
from epm_lint.numbers.forms import Statement
from epm_lint.numbers.passages import Passage, passages
from epm_lint.numbers.statements import statements
from epm_lint.numbers.tables import Said, TableReading, names_in, read_tables
from epm_lint.numbers.tokens import numbers
from epm_lint.numbers.values import Number
from epm_lint.values import dataclass


@dataclass(frozen=True)
class Reading:
    """The numbers of a page, passage by passage; what else is asked for is read then."""

    passages: tuple[tuple[Passage, tuple[Number, ...]], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the rows of the page's tables are about, each once."""
        return names_in(passage for passage, _ in self.passages)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """Each passage with what is said in it."""
        return tuple(
            Said(passage, found, statements(passage, found, self.names))
            for passage, found in self.passages
        )

    @cached_property
    def tables(self) -> tuple[TableReading, ...]:
        """The page's tables."""
        return tuple(read_tables(self.said))

    @property
    def statements(self) -> Iterator[tuple[Passage, Statement]]:
        """What is said, in the order of the page."""
        return ((said.passage, statement) for said in self.said for statement in said.statements)

    @cached_property
    def numbers(self) -> tuple[tuple[Passage, Number, Context], ...]:
        """Every number with its passage and its context, in the order of the page."""
        return tuple(
            (passage, number, context)
            for passage, found in self.passages
            for number, context in zip(found, contexts(passage, found, self.names), strict=True)
        )


@lru_cache(maxsize=8)
def read(document: Document, title: str | None = None) -> Reading:
    """Read a page's numbers; asked again about the same document, it answers at once."""
    return Reading(tuple((passage, numbers(passage)) for passage in passages(document, title)))
