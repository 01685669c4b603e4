"""All that a page says with numbers, read once for all rules that ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from functools import cached_property, lru_cache

from epm_lint.markdown.document import Document
from epm_lint.reading.forms.amounts.changes import changes
from epm_lint.reading.forms.amounts.expressions import arithmetic
from epm_lint.reading.forms.amounts.lists import means_of_lists
from epm_lint.reading.forms.amounts.parts import parts
from epm_lint.reading.forms.amounts.per_item import per_item
from epm_lint.reading.forms.claims.exclusions import exclusions
from epm_lint.reading.forms.claims.influence import diagnostics, influences
from epm_lint.reading.forms.claims.insides import insides, predictions
from epm_lint.reading.forms.claims.multiplicity import multiplicities
from epm_lint.reading.forms.claims.significance import significances
from epm_lint.reading.forms.claims.strengths import strengths
from epm_lint.reading.forms.claims.wording import confidences, independences
from epm_lint.reading.forms.rates.comparisons import comparisons
from epm_lint.reading.forms.rates.means import mean_differences, means
from epm_lint.reading.forms.rates.proportions import rates_of
from epm_lint.reading.forms.rates.sample_sizes import sample_sizes
from epm_lint.reading.forms.rates.scales import scale_of
from epm_lint.reading.forms.statistics.impossible import impossibles
from epm_lint.reading.forms.statistics.parts import Taken
from epm_lint.reading.forms.statistics.tests import intervals, p_values, tests
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import TRIALS
from epm_lint.reading.lexicon import Role as Part
from epm_lint.reading.number import Number
from epm_lint.reading.qualifiers import Qualified, count_of, general
from epm_lint.reading.statements import Qualifier, SampleSize, Span, Statement, Term
from epm_lint.reading.tables.claims import table_claims
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.frame import Declared
from epm_lint.reading.tables.records import TableReading, names_in, read_tables
from epm_lint.reading.tables.rows import row_statements
from epm_lint.reading.tables.sums import sums
from epm_lint.reading.text.passages import Passage, Place, passages

_EACH = ("persona", "cell", "condition", "arm", "model", "source persona")
_VERDICT_WORDS = frozenset(
    {"significant", "significantly", "n.s", "ns", "insignificant", "non-significant"}
)
_SURVIVAL = frozenset(
    {
        "survives",
        "survive",
        "survived",
        "withstands",
        "passes",
        "passed",
        "clears",
        "robust",
        "holds",
        "hold",
    }
)
_HOLDING = frozenset({"zero", "0", "nil", "one", "unity", "null", "1"})
_STRENGTH = frozenset(
    """
        strengthens strengthen strengthened strengthening weakens weaken weakened weakening
        stronger weaker attenuates
    """.split()
)


class Reading:
    """A page's grounds, tables and statements, each made when it is first asked for."""

    def __init__(self, pieces: Sequence[Passage]) -> None:
        self.passages = tuple(pieces)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the rows of the page's tables are about, each once."""
        return names_in(self.passages)

    @cached_property
    def grounds(self) -> tuple[Ground, ...]:
        """Each passage with its tokens and operands."""
        made = tuple(Ground(passage, self.names) for passage in self.passages)
        _declare(made)
        _beside(made)
        for ground in made:
            _label(ground)
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
        return {id(ground): tuple(_statements(ground)) for ground in self.grounds}

    @cached_property
    def of_tables(self) -> tuple[Statement, ...]:
        """What the rows and columns of the tables say, and the sentences about them."""
        found: list[Statement] = []
        scales = {s for ground in self.grounds if (s := _scale(ground))}
        scale = scales.pop() if len(scales) == 1 else None
        for table in self.tables:
            declared = self._declared(table)
            declared.scale = scale
            found += row_statements(table, declared)
            found += sums(table)
        if self.tables:
            for ground in self.grounds:
                if ground.passage.spot is None and ground.passage.place is not Place.TITLE:
                    near = [
                        t for t in self.tables if _same_section(t.sections, ground.passage.sections)
                    ]
                    found += table_claims(ground, near)
        return tuple(found)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All that is said, passage by passage, then table by table."""
        own = [statement for ground in self.grounds for statement in self.said[id(ground)]]
        return (*own, *self.of_tables)

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
        found = {
            name
            for ground in self.grounds
            if (other := ground.passage.spot)
            and (other.table_line, other.row) == (spot.table_line, spot.row)
            for name in ground.named_in(0, len(ground.words))
        }
        return tuple(found) if len(found) == 1 else ()

    def _declared(self, table: TableReading) -> Declared:
        declared = Declared()
        grounds = [g for g in (table.caption, *table.notes) if g is not None]
        near = {id(g) for g in grounds}
        of_p: set[Qualifier] = set()
        of_intervals: set[Qualifier] = set()
        for ground in self.grounds:
            same = _same_section(ground.passage.sections, table.sections)
            if id(ground) in near or (same and ground.passage.spot is None):
                p, intervals = general(ground)
                of_p |= p
                of_intervals |= intervals
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
    """By column, the one n that a caption gives, if it names what the column measures."""
    sizes = [o for o in caption.operands if o.role is Part.N and o.number.is_whole]
    words = set(caption.words)
    if len(sizes) != 1 or sizes[0].number.mantissa < 20 or caption.words[:1] != ["table"]:
        return {}
    return {
        place: sizes[0].number
        for place, column in enumerate(table.held)
        if column.role is Role.RATE and words & set(column.words)
    }


def _same_section(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one section is the other, or lies in it."""
    least = min(len(one), len(other))
    return one[:least] == other[:least]


def _scale(ground: Ground) -> tuple[Fraction, Fraction, Fraction] | None:
    if ground.passage.spot is not None:
        return None
    for start, end in ground.sentences:
        scale = scale_of(ground, start, end) if end - start > 3 else None
        if scale and scale.highest < 1000:
            return scale.lowest, scale.highest, scale.grain
    return None


def _declare(grounds: Sequence[Ground]) -> None:
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


def _beside(grounds: Sequence[Ground]) -> None:
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


def _label(ground: Ground) -> None:
    """A cell that starts with a coefficient, in a row or column that says which."""
    spot = ground.passage.spot
    if spot is None or ground.passage.place is not Place.CELL or not ground.operands:
        return
    first = ground.operands[0]
    number = first.number
    if first.token or first.role is not Part.BARE or number.unit or abs(number.amount) > 1:
        return
    for label in (spot.row_label if spot.column else "", spot.header):
        column = column_of(label)
        if column.role is Role.CORRELATION:
            first.role, first.name = Part.CORRELATION, column.name
            first.n = column.size
            return


def _statements(ground: Ground) -> Iterator[Statement]:
    """What a passage says by itself, kind by kind; a kind is tried where its words stand."""
    words = ground.words
    said = frozenset(words)
    if ground.operands:
        yield from _with_numbers(ground, said)
    if said & _VERDICT_WORDS:
        yield from significances(ground, Qualified(ground))
    if said & _SURVIVAL:
        yield from multiplicities(ground)
    if said & _HOLDING:
        yield from exclusions(ground)
    if said & {"inside", "within", "outside", "not"}:
        yield from insides(ground)
    if said & {"leverage", "high-leverage", "influential", "outlier", "outliers"}:
        yield from influences(ground)
    if said & _STRENGTH:
        yield from strengths(ground)
    if said & {"independent", "independently", "non-independent"}:
        yield from independences(ground)
    if "confidence" in said:
        yield from confidences(ground)


def _with_numbers(ground: Ground, said: frozenset[str]) -> Iterator[Statement]:
    qualified, taken = Qualified(ground), Taken()
    roles = {operand.role for operand in ground.operands}
    found = list(tests(ground, qualified, taken))
    yield from found
    yield from impossibles(ground, taken.tokens)
    rates, rate_of = rates_of(ground, qualified, taken)
    yield from rates
    if Part.INTERVAL in roles:
        yield from intervals(ground, qualified, taken)
    if Part.P in roles:
        yield from p_values(ground, qualified, taken)
    if Part.N in roles or Part.COUNTED in roles:
        yield from sample_sizes(ground, taken)
    if len(ground.operands) > 1:
        if Part.COUNT in roles or any(word.startswith("mcnemar") for word in said):
            yield from comparisons(ground, qualified, rate_of)
        yield from arithmetic(ground)
        yield from means(ground)
        if Part.MEAN in roles:
            yield from mean_differences(ground)
        yield from changes(ground, rate_of)
        if ground.passage.spot is None:
            yield from parts(ground)
            yield from per_item(ground)
        if "mean" in said or "average" in said or "averages" in said:
            yield from means_of_lists(ground)
        if "observed" in said:
            yield from predictions(ground)
    elif ground.passage.spot is None:
        yield from means(ground)
    if said & {"cook's", "cook’s", "cook", "leverage", "leverages", "vif", "vifs"}:
        yield from diagnostics(ground)


@lru_cache(maxsize=8)
def read(document: Document, title: str | None = None) -> Reading:
    """Read a page's numbers; asked again about the same document, it answers at once."""
    return Reading(tuple(passages(document, title)))
