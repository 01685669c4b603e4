"""A table as records: each cell with what its column and its row say it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from epm_lint.patterns import Pattern
from epm_lint.reading.ground import Ground, is_card, layer_of, span_of
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import Span, Statement
from epm_lint.reading.tables.columns import Column, Role, column_of
from epm_lint.reading.text.passages import Passage, Place
from epm_lint.values import cached_property

_CONTINUES = Pattern(r"\s*[—–↳-]\s")
_NEW = Pattern(r"\s?\([^()]{0,40}\)\s*\Z")
_NAMED = Pattern(
    r"(?:new |source )?(?:persona|condition|model|name|group|system|method)s?", re.IGNORECASE
)
_MOST_NAMES = 100
_YES = Pattern(r"\W{0,3}(?:yes|pass|inside|true|✓)\b", re.IGNORECASE)
_NO = Pattern(r"\W{0,3}(?:no|fail|outside|false|✗)\b", re.IGNORECASE)
_SUMMARIES = frozenset(
    """
        total totals sum all overall average mean averages median sd std spread max min pooled
        combined macro micro
    """.split()
)
_TOTALS = frozenset(["total", "totals", "sum"])
_MEANS = frozenset(["average", "mean", "avg"])


class Entry:
    """A cell with what its row and column say it is."""

    def __init__(self, ground: Ground, column: Column, role: Role, layer: int | None, method: str):
        self.ground = ground
        self.passage: Passage = ground.passage
        self.column = column
        self.role = role
        self.layer = layer
        self.method = method
        """The interval's, where a label names it."""
        self.statements: tuple[Statement, ...] = ()
        self.place = self.passage.spot.column if self.passage.spot else -1
        """The column that it stands in."""

    @property
    def header(self) -> str:
        """Its column's header."""
        return self.passage.spot.header if self.passage.spot else ""

    @cached_property
    def number(self) -> Number | None:
        """The first number that may be a result."""
        return next((n for n in self.ground.numbers if n.kind.can_be_result), None)

    @cached_property
    def alone(self) -> Number | None:
        """The number of a cell that holds one alone, in the unit of its column."""
        operands = self.ground.operands
        if len(operands) != 1 or operands[0].high or operands[0].role is Part.COUNT:
            return None
        operand = operands[0]
        words = self.ground.words
        rest = [w for t, w in enumerate(words) if t != operand.token]
        if any(w[0].isalnum() and w not in ("p", "pp", "points", "n", "k") for w in rest):
            return None
        number = operand.number
        if number.kind is Kind.FOREIGN:
            return None
        return number.with_unit(self.column.unit)

    @cached_property
    def leading(self) -> Number | None:
        """The number that a cell starts with: 0.71 of "0.71 ± 0.05", 16.2 of "16.2% (13/80)"."""
        operands = self.ground.operands
        if not operands or operands[0].start > 1 or operands[0].high:
            return None
        number = operands[0].number
        return None if number.fraction else number.with_unit(self.column.unit)

    @cached_property
    def count(self) -> Number | None:
        """k/n, if the cell gives one."""
        found = [o.number for o in self.ground.operands if o.role is Part.COUNT]
        return found[0] if len(found) == 1 else None

    @cached_property
    def spread(self) -> Number | None:
        """What stands behind ± in the cell."""
        found = next((o.number for o in self.ground.operands if o.role is Part.HALF), None)
        return found.with_unit(self.column.unit) if found else None

    @cached_property
    def span(self) -> Span | None:
        """The interval that the cell gives."""
        for operand in self.ground.operands:
            if operand.role is Part.INTERVAL and operand.high:
                return span_of(operand)
        if self.role is not Role.INTERVAL:
            return None
        found = [
            o for o in self.ground.operands if o.role in (Part.BARE, Part.PERCENT, Part.COUNTED)
        ]
        return Span(found[0].number, found[1].number) if len(found) == 2 else None

    @cached_property
    def level(self) -> Number | None:
        """The 95% that its column's header gives for its intervals."""
        level = self.column.level or (
            column_of(self.passage.spot.row_label).level if self.passage.spot else 0
        )
        return Number.percentage(100 * level) if level else None

    @property
    def affirms(self) -> bool | None:
        """What a yes-or-no cell says."""
        text = self.passage.text
        return True if _YES.match(text) else False if _NO.match(text) else None

    def operand(self, *roles: Part) -> Operand | None:
        """The first operand of some parts in the cell."""
        return next((o for o in self.ground.operands if o.role in roles), None)


class Record:
    """A row: its label, and its entries in order of the columns."""

    def __init__(
        self, label: str, raw: str, under: str, line: int, row: int, entries: tuple[Entry, ...]
    ):
        self.label = label
        """Without brackets after it: "helpful_assistant (new)" is helpful_assistant."""
        self.raw = raw
        """The text of its first cell."""
        self.under = under
        """For a row that goes on ("— Holm"), the label of the row it belongs to."""
        self.line = line
        self.row = row
        self.entries = entries
        self.words = frozenset(re.findall(r"[a-z]+", raw.casefold()))
        """The words of its label."""
        self._by_place = {entry.place: entry for entry in reversed(entries)}

    def get(self, role: Role) -> Entry | None:
        """The first entry of a role."""
        return next((entry for entry in self.entries if entry.role is role), None)

    def at(self, place: int) -> Entry | None:
        """The entry of a column."""
        return self._by_place.get(place)

    @property
    def is_summary(self) -> bool:
        """Whether it sums the other rows up."""
        first = self.raw.casefold().strip(" *_:").split(" ")[0]
        return first in _SUMMARIES and not self.raw[:1].isdigit()

    @property
    def is_total(self) -> bool:
        """Whether it is called the sum of the others."""
        return self.is_summary and bool(_TOTALS & self.words)

    @property
    def is_mean(self) -> bool:
        """Whether it is called the mean of the others."""
        return self.is_summary and bool(_MEANS & self.words)


class TableReading:
    """A table's columns and records."""

    def __init__(self, line: int, headers: tuple[str, ...], columns: tuple[Column, ...]):
        self.line = line
        self.headers = headers
        self.held = columns
        self.records: tuple[Record, ...] = ()
        self.grounds: tuple[Ground, ...] = ()
        """The grounds of its header cells."""
        self.caption: Ground | None = None
        """The paragraph right before it."""
        self.notes: tuple[Ground, ...] = ()
        """The paragraphs right behind it."""
        self.sections: tuple[str, ...] = ()
        self.folds: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Role, ...]:
        """The role of each column."""
        return tuple(column.role for column in self.held)

    @property
    def rows(self) -> tuple[Record, ...]:
        """The records that sum nothing up and go on from none."""
        return tuple(r for r in self.records if not r.is_summary and not r.under)


def names_in(passages: Iterable[Passage]) -> tuple[str, ...]:
    """What the rows of tables are about, each once: personas, conditions, models."""
    found = (
        _NEW.sub("", passage.text.strip()).strip()
        for passage in passages
        if passage.place is Place.CELL and passage.spot and passage.spot.column == 0
        if _NAMED.fullmatch(passage.spot.header) and not is_card(passage)
    )
    return tuple(dict.fromkeys(name for name in found if len(name) > 1))[:_MOST_NAMES]


def read_tables(grounds: Sequence[Ground]) -> Iterator[TableReading]:
    """The tables that passages stand in, in the order of the page, with what stands around them."""
    members: list[Ground] = []
    before: Ground | None = None
    waiting: TableReading | None = None
    for ground in [*grounds, None]:
        spot = ground.passage.spot if ground else None
        line = members[0].passage.spot.table_line if members and members[0].passage.spot else -1
        if members and (spot is None or spot.table_line != line):
            table = _table(line, members)
            table.caption = before
            if waiting:
                yield waiting
            waiting, members, before = table, [], None
        if ground is None:
            break
        if spot is not None:
            members.append(ground)
        else:
            if (
                waiting is not None
                and set(ground.passage.folds) <= set(waiting.folds)
                and ground.passage.place is not Place.HEADING
                and len(waiting.notes) < 3
            ):
                waiting.notes = (*waiting.notes, ground)
            elif waiting is not None:
                yield waiting
                waiting = None
            before = ground
    if waiting:
        yield waiting


def _table(line: int, members: Sequence[Ground]) -> TableReading:
    rows: dict[int, dict[int, Ground]] = {}
    for ground in members:
        if (spot := ground.passage.spot) and ground.passage.place is not Place.ALT:
            rows.setdefault(spot.row, {})[spot.column] = ground
    headers = rows.pop(0, {})
    width = 1 + max((column for row in (headers, *rows.values()) for column in row), default=0)
    labels = [headers[at].passage.text.strip() if at in headers else "" for at in range(width)]
    columns = tuple(column_of(label) for label in labels)
    if columns and not _is_numeric([row[0] for row in rows.values() if 0 in row]):
        columns = (replace(columns[0], role=Role.NAME), *columns[1:])
    table = TableReading(line, tuple(labels), columns)
    table.grounds = tuple(headers.values())
    table.sections, table.folds = members[0].passage.sections, members[0].passage.folds
    records: list[Record] = []
    above = ""
    for number, row in rows.items():
        first = next(iter(row.values())).passage
        label = first.spot.row_label if first.spot else ""
        under = above if _CONTINUES.match(label) else ""
        above = under or label
        entries = tuple(
            _entry(ground, columns[column], label, under)
            for column, ground in row.items()
            if column or columns[0].role not in (Role.NAME, Role.OTHER, Role.TOTAL)
        )
        records.append(
            Record(_NEW.sub("", label).strip(), label, under, first.line, number, entries)
        )
    table.records = tuple(records)
    return table


def _is_numeric(cells: Sequence[Ground]) -> bool:
    """Whether most cells of a column start with a number."""
    starting = [g for g in cells if g.operands and g.operands[0].start == 0]
    return 2 * len(starting) > len(cells)


def _entry(ground: Ground, column: Column, label: str, under: str) -> Entry:
    """A column that says nothing, or only a layer, leaves it to the row to say what it is."""
    header = ground.passage.spot.header if ground.passage.spot else ""
    role: Role = Role.OTHER if column.role in (Role.LAYER, Role.NAME) else column.role
    by_row = column_of(label)
    if role is Role.OTHER and by_row.role not in (Role.NAME, Role.VERDICT, Role.TOTAL, Role.LAYER):
        role = by_row.role
    if role is Role.OTHER and any(o.role is Part.COUNT for o in ground.operands):
        role = Role.COUNT
    if role is Role.OTHER:
        role = column.role
    return Entry(
        ground,
        column,
        role,
        layer_of(header) or layer_of(label) or layer_of(under),
        column.method or by_row.method,
    )
