"""Read a table as records: what each column and row gives, so that a rule can recompute it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from epm_lint.numbers.forms import Statement
from epm_lint.numbers.grammar import layer_of
from epm_lint.numbers.kinds import is_card
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.spans import spans
from epm_lint.numbers.tails import method_of
from epm_lint.numbers.values import Number, Span
from epm_lint.values import dataclass


class Role(StrEnum):
    """What the numbers of a column, or of a row, are."""

    INTERVAL = "interval"
    COUNT = "k/n"
    CORRELATION = "correlation"
    ADJUSTED_P = "adjusted p"
    P = "p"
    COOK = "cook"
    LEVERAGE = "leverage"
    VIF = "vif"
    RESIDUAL = "residual"
    HALF_WIDTH = "half-width"
    OBSERVED = "observed"
    PREDICTED = "predicted"
    COSINE = "cosine"
    N = "n"
    K = "k"
    RATE = "rate"
    LAYER = "layer"
    NAME = "name"
    VERDICT = "verdict"
    """yes or no, inside or outside."""
    OTHER = "other"


_ROLES = (
    (Role.VERDICT, re.compile(r"\?\s*\Z")),
    (Role.HALF_WIDTH, re.compile(r"half-?width|\bhw\b", re.IGNORECASE)),
    (Role.INTERVAL, re.compile(r"\b[CP]Is?\b|interval|\bHDI\b|\bCrI\b|\bband\b", re.IGNORECASE)),
    (Role.COUNT, re.compile(r"\bk\s?/\s?n\b|hits? ?/ ?n|count|successes\s?/", re.IGNORECASE)),
    (
        Role.ADJUSTED_P,
        re.compile(r"\bHolm\b|Bonferroni|\bFDR\b|adjusted p|corrected p|\bq\Z", re.IGNORECASE),
    ),
    (Role.COOK, re.compile(r"\bcook['’]?s\b", re.IGNORECASE)),
    (Role.LEVERAGE, re.compile(r"\bleverages?\b|\bhat\b", re.IGNORECASE)),
    (Role.VIF, re.compile(r"\bVIF\b", re.IGNORECASE)),
    (Role.RESIDUAL, re.compile(r"\bresiduals?\b", re.IGNORECASE)),
    (Role.OBSERVED, re.compile(r"\bobserved\b", re.IGNORECASE)),
    (Role.PREDICTED, re.compile(r"\bpredict(?:ed|ion)\b|\bfitted\b", re.IGNORECASE)),
    (
        Role.CORRELATION,
        re.compile(r"(?<![\w²])(?:r|ρ|rho|τ|tau)(?![\w²])|pearson|spearman|kendall|correlation"),
    ),
    (Role.CORRELATION, re.compile(r"Pearson|Spearman|Kendall|Correlation")),
    (Role.P, re.compile(r"\bp(?:-?values?)?\b|permutation", re.IGNORECASE)),
    (Role.COSINE, re.compile(r"\bcos(?:ine)?\b", re.IGNORECASE)),
    (Role.RATE, re.compile(r"(?<!learning )rates?\b|accuracy|%|proportion|percent", re.IGNORECASE)),
    (Role.N, re.compile(r"(?<!\w)[nN](?!\w)|\btrials\b|sample size|\bsamples\b")),
    (Role.K, re.compile(r"(?<!\w)k(?!\w)|\bhits\b|successes", re.IGNORECASE)),
    (Role.LAYER, re.compile(r"\blayers?\b(?! \d)", re.IGNORECASE)),
    (
        Role.NAME,
        re.compile(
            r"\b(?:persona|condition|model|name|source|category|group|system|method)s?\b", re.I
        ),
    ),
)
_CONTINUES = re.compile(r"\s*[—–↳-]\s")
_NEW = re.compile(r"\s?\([^()]{0,40}\)\s*\Z")
_NAMED = re.compile(
    r"(?:new |source )?(?:persona|condition|model|name|group|system|method)s?", re.IGNORECASE
)
_MOST_NAMES = 100
_YES = re.compile(r"\W{0,3}(?:yes|pass|inside|true|✓)\b", re.IGNORECASE)
_NO = re.compile(r"\W{0,3}(?:no|fail|outside|false|✗)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A passage with its numbers and what is said with them."""

    passage: Passage
    numbers: tuple[Number, ...]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell with what its row and column say it is."""

    role: Role
    passage: Passage
    numbers: tuple[Number, ...]
    spans: tuple[Span, ...]
    statements: tuple[Statement, ...]
    layer: int | None = None
    method: str = ""
    """The interval's, where a label names it."""

    @property
    def number(self) -> Number | None:
        """The first number that may be a result."""
        return next((number for number in self.numbers if number.kind.can_be_result), None)

    @property
    def affirms(self) -> bool | None:
        """What a yes-or-no cell says."""
        text = self.passage.text
        return True if _YES.match(text) else False if _NO.match(text) else None


@dataclass(frozen=True, slots=True)
class Record:
    """A row: its label, and its entries in order of the columns."""

    label: str
    """Without what stands in brackets after it: "helpful_assistant (new)" is helpful_assistant."""
    under: str
    """For a row that goes on ("— Holm"), the label of the row it belongs to."""
    line: int
    entries: tuple[Entry, ...]

    def get(self, role: Role) -> Entry | None:
        """The first entry of a role."""
        return next((entry for entry in self.entries if entry.role is role), None)


@dataclass(frozen=True, slots=True)
class TableReading:
    """A table's columns and records."""

    line: int
    columns: tuple[Role, ...]
    records: tuple[Record, ...]


@lru_cache(maxsize=512)
def role_of(label: str) -> Role:
    """What a header, or the label of a row, says that the numbers are."""
    return next((role for role, form in _ROLES if form.search(label)), Role.OTHER)


def names_in(passages: Iterable[Passage]) -> tuple[str, ...]:
    """What the rows of tables are about, each once: personas, conditions, models."""
    found = (
        _NEW.sub("", passage.text.strip()).strip()
        for passage in passages
        if passage.place is Place.CELL and passage.spot and passage.spot.column == 0
        if _NAMED.fullmatch(passage.spot.header) and not is_card(passage)
    )
    return tuple(dict.fromkeys(name for name in found if len(name) > 1))[:_MOST_NAMES]


def read_tables(cells: Sequence[Said]) -> Iterator[TableReading]:
    """The tables that passages stand in, in the order of the page."""
    tables: dict[int, list[Said]] = {}
    for said in cells:
        if said.passage.spot:
            tables.setdefault(said.passage.spot.table_line, []).append(said)
    for line, members in tables.items():
        yield _table(line, members)


def _table(line: int, members: Sequence[Said]) -> TableReading:
    rows: dict[int, dict[int, Said]] = {}
    for said in members:
        if spot := said.passage.spot:
            rows.setdefault(spot.row, {})[spot.column] = said
    headers = rows.pop(0, {})
    width = 1 + max((column for row in (headers, *rows.values()) for column in row), default=0)
    labels = [headers[at].passage.text.strip() if at in headers else "" for at in range(width)]
    columns = tuple(role_of(label) for label in labels)
    records: list[Record] = []
    above = ""
    for row in rows.values():
        first = next(iter(row.values())).passage
        label = first.spot.row_label if first.spot else ""
        under = above if _CONTINUES.match(label) else ""
        above = under or label
        entries = tuple(
            _entry(said, columns[column], label, under)
            for column, said in row.items()
            if column or columns[0] not in (Role.NAME, Role.OTHER)
        )
        records.append(Record(_NEW.sub("", label).strip(), under, first.line, entries))
    return TableReading(line, columns, tuple(records))


def _entry(said: Said, column: Role, label: str, under: str) -> Entry:
    """A column that says nothing, or only a layer, leaves it to the row to say what it is."""
    passage, numbers = said.passage, said.numbers
    header = passage.spot.header if passage.spot else ""
    role: Role = Role.OTHER if column in (Role.LAYER, Role.NAME) else column
    if role is Role.OTHER and (by_row := role_of(label)) not in (Role.NAME, Role.VERDICT):
        role = by_row
    if role is Role.OTHER and any(number.fraction for number in numbers):
        role = Role.COUNT
    if role is Role.OTHER:
        role = column
    return Entry(
        role,
        passage,
        numbers,
        tuple(spans(passage.text, numbers)),
        said.statements,
        layer_of(header) or layer_of(label) or layer_of(under),
        method_of(header) or method_of(label),
    )
