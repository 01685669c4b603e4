"""All that a page says with numbers, read once for all rules that ask."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar, overload

from epm_lint.markdown.document import Document
from epm_lint.reading.around import Declaration, beside, declarations, declare, label
from epm_lint.reading.forms.rates.scales import SCALE_STEMS, may_state_scale, scale_of
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import TRIALS, Part
from epm_lint.reading.number import Number, count_of
from epm_lint.reading.saying import statements
from epm_lint.reading.statements import Qualifier, SampleSize, Span, Statement, Term
from epm_lint.reading.tables.claims import table_claims
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.frame import Declared
from epm_lint.reading.tables.records import TableReading, names_in, read_tables
from epm_lint.reading.tables.rows import row_statements
from epm_lint.reading.tables.sums import sums
from epm_lint.reading.text.passages import Passage, Place, passages
from epm_lint.values import cached_property

_EACH = ("persona", "cell", "condition", "arm", "model", "source persona")

_NEAR = 8
"""How many tables on either side of a sentence it may speak of."""


Said = TypeVar("Said", bound=Statement)
Told = TypeVar("Told", bound=Statement)


class Reading:
    """A page's grounds, tables and statements, each made when it is first asked for."""

    def __init__(self, pieces: Sequence[Passage]) -> None:
        self.passages = tuple(pieces)
        self._by_section: dict[tuple[str, ...], list[TableReading]] = {}
        self._declarations: tuple[Declaration, ...] = ()

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(passage.text.casefold() for passage in self.passages)

    @cached_property
    def _whole(self) -> str:
        return "\n".join(self._folded)

    def mentions(self, *stems: str) -> bool:
        """Whether one of some stems, in small letters, stands anywhere on the page."""
        return any(stem in self._whole for stem in stems)

    def mentioning(self, *stems: str) -> Iterator[Ground]:
        """The grounds of the passages in which one of some stems, in small letters, stands.

        What looks for a pattern looks there alone: to find a stem costs a fraction of trying one.
        """
        stems = tuple(stem for stem in stems if stem in self._whole)
        for place, folded in enumerate(self._folded if stems else ()):
            if any(stem in folded for stem in stems):
                yield self.grounds[place]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the rows of the page's tables are about, each once."""
        return names_in(self.passages)

    @cached_property
    def grounds(self) -> tuple[Ground, ...]:
        """Each passage with its tokens and operands."""
        made = tuple(Ground(passage, self.names) for passage in self.passages)
        self._declarations = declarations(made)
        declare(made, self._declarations)
        beside(made)
        for ground in made:
            label(ground)
        return made

    @cached_property
    def tables(self) -> tuple[TableReading, ...]:
        """The page's tables."""
        found = tuple(read_tables(self.grounds))
        by_ground = self.said
        for table in found:
            for record in table.records:
                for entry in record.entries:
                    entry.statements = by_ground.get(id(entry.ground), ())
        return found

    @cached_property
    def said(self) -> dict[int, tuple[Statement, ...]]:
        """What each passage says by itself, by the identity of its ground."""
        return {id(ground): tuple(statements(ground)) for ground in self.grounds}

    @cached_property
    def of_tables(self) -> tuple[Statement, ...]:
        """What the rows and columns of the tables say, and the sentences about them."""
        found: list[Statement] = []
        stated = self.grounds if self.mentions(*SCALE_STEMS) else ()
        scales = {s for ground in stated if (s := _scale(ground))}
        scale = scales.pop() if len(scales) == 1 else None
        for table in self.tables:
            declared = self._declared(table)
            declared.scale = scale
            found += row_statements(table, declared)
            found += sums(table)
        for ground in self.grounds if self.tables else ():
            if ground.passage.spot is None and ground.passage.place is not Place.TITLE:
                found += table_claims(ground, self._near(ground.passage))
        return tuple(found)

    def _near(self, passage: Passage) -> list[TableReading]:
        """The tables of a passage's section, some before it and some after."""
        sections = passage.sections
        if sections not in self._by_section:
            self._by_section[sections] = [
                table for table in self.tables if _same_section(table.sections, sections)
            ]
        tables = self._by_section[sections]
        place = bisect_left([table.line for table in tables], passage.line)
        return tables[max(0, place - _NEAR) : place + _NEAR]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All that is said, passage by passage, then table by table."""
        own = [statement for ground in self.grounds for statement in self.said[id(ground)]]
        return (*own, *self.of_tables)

    @overload
    def claimed(self, one: type[Said], /) -> Iterator[Said]: ...
    @overload
    def claimed(self, one: type[Said], other: type[Told], /) -> Iterator[Said | Told]: ...
    @overload
    def claimed(self, *kinds: type[Said]) -> Iterator[Said]: ...
    def claimed(self, *kinds: type[Statement]) -> Iterator[Statement]:
        """Every statement of some kinds that the page makes itself, and means."""
        return (said for said in self.statements if isinstance(said, kinds) and said.is_claimed)

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number, in the order of the page."""
        return (number for ground in self.grounds for number in ground.numbers)

    @property
    def read(self) -> int:
        """How many numbers count or measure."""
        return sum(number.kind.is_quantity for number in self.numbers)

    @property
    def bound(self) -> int:
        """How many of them belong to a statement."""
        return len({place for said in self.statements for place in _places(said)})

    @cached_property
    def trials(self) -> int | None:
        """The n of each cell, persona or condition, if the page has a single one."""
        found = {n for size in self.stated_sizes if (n := count_of(size.n))}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def stated_sizes(self) -> tuple[SampleSize, ...]:
        """What the page says of the n of each cell, persona or condition."""
        return tuple(
            said
            for ground in self.grounds
            for said in self.said[id(ground)]
            if isinstance(said, SampleSize)
            and said.per in _EACH
            and (said.symbol == "n" or said.noun in TRIALS)
            and said.is_claimed
            and not said.of_others
        )

    def names_of_row(self, passage: Passage) -> tuple[str, ...]:
        """The one name of the page's rows that stands in the row of a cell."""
        spot = passage.spot
        if spot is None:
            return ()
        found = self._names_by_row.get((spot.table_line, spot.row), set())
        return tuple(found) if len(found) == 1 else ()

    @cached_property
    def _names_by_row(self) -> dict[tuple[int, int], set[str]]:
        found: dict[tuple[int, int], set[str]] = {}
        for ground in self.grounds:
            if spot := ground.passage.spot:
                names = ground.named_in(0, len(ground.words))
                found.setdefault((spot.table_line, spot.row), set()).update(names)
        return found

    def _declared(self, table: TableReading) -> Declared:
        declared = Declared()
        grounds = [g for g in (table.caption, *table.notes) if g is not None]
        near = {id(g) for g in grounds}
        of_p: set[Qualifier] = set()
        of_intervals: set[Qualifier] = set()
        for said in self._declarations:
            passage = said.ground.passage
            same = _same_section(passage.sections, table.sections)
            # what is folded away is said of what lies in the same fold
            same = same and set(passage.folds) <= set(table.folds)
            if id(said.ground) in near or (same and passage.spot is None):
                of_p |= said.of_p
                of_intervals |= said.of_intervals
        declared.of_p, declared.of_intervals = frozenset(of_p), frozenset(of_intervals)
        declared.trials = self.trials
        if table.caption is not None:
            declared.caption_trials = _caption_trials(table, table.caption)
        return declared


def _places(value: object) -> Iterator[tuple[int, int]]:
    """Where the numbers of a statement, or of a part of one, stand."""
    if isinstance(value, Number):
        yield id(value.passage), value.start
    elif isinstance(value, Statement | Term):
        for field in fields(value):
            if field.name != "passage":
                yield from _places(getattr(value, field.name))
    elif isinstance(value, Span):
        yield from _places((value.low, value.high))
    elif isinstance(value, tuple):
        for part in value:
            yield from _places(part)


def _caption_trials(table: TableReading, caption: Ground) -> dict[int, Number]:
    """By column, the one n that a caption gives, if it names all that the column measures."""
    sizes = [o for o in caption.operands if o.role is Part.N and o.number.is_whole]
    words = set(caption.words)
    if len(sizes) != 1 or sizes[0].number.mantissa < 20 or caption.words[:1] != ["table"]:
        return {}
    return {
        place: sizes[0].number
        for place, column in enumerate(table.held)
        if column.role is Role.RATE and words & set(column.words)
        if words >= {word for word in column.words if word[0].isalpha() and word != "rate"}
    }


def _same_section(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one section is the other, or lies in it."""
    least = min(len(one), len(other))
    return one[:least] == other[:least]


def _scale(ground: Ground) -> tuple[Fraction, Fraction, Fraction] | None:
    if ground.passage.spot is not None or not may_state_scale(ground.words):
        return None
    for start, end in ground.sentences:
        scale = scale_of(ground, start, end) if end - start > 3 else None
        if scale and scale.highest < 1000:
            return scale.lowest, scale.highest, scale.grain
    return None


@lru_cache(maxsize=2)
def read(document: Document, title: str | None = None) -> Reading:
    """Read a page's numbers; asked again about the same document, it answers at once."""
    return Reading(tuple(passages(document, title)))
