"""The p-values that a page gives together: one test at several layers, or in several conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from epm_lint.numbers.forms import Correlation, PValue, Statement, Test
from epm_lint.numbers.reading import Reading
from epm_lint.numbers.tables import Entry, Record, Role, TableReading
from epm_lint.numbers.values import Kind, Number
from epm_lint.recomputing import printed, shown
from epm_lint.statistics.ranges import Range
from epm_lint.values import dataclass

_LEVEL = re.compile(r"(?:α|alpha)(?:\s?[=<≤]\s?|\s(?:of\s)?)\Z", re.IGNORECASE)
_MOST = 40
USUAL_ALPHA = Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class Member:
    """One raw p-value of a family."""

    p: Number
    method: str
    layer: int | None
    label: str
    """What a message calls it: "Pearson L25", "villain"."""

    @property
    def range(self) -> Range | None:
        """What it may be, rounded as it is."""
        known = printed(self.p)
        return known.range.within(0, 1) if known else None

    def __str__(self) -> str:
        """Its name and its p."""
        relation = self.p.relation or "="
        return f"{self.label} p{relation}{shown(self.p)}"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A p-value that a table gives as corrected, with the place of its raw one in the family."""

    p: Number
    correction: str
    place: int


@dataclass(frozen=True, slots=True)
class Family:
    """The raw p-values of one row or one column of a table, or of one passage."""

    method: str
    line: int
    members: tuple[Member, ...]
    adjusted: tuple[Adjusted, ...] = ()
    alternatives: tuple[tuple[Number, ...], ...] = ()
    """Other raw p's of the same tests, permutation p's say, in the order of the members."""

    @property
    def layers(self) -> frozenset[int]:
        """The layers that it covers."""
        return frozenset(member.layer for member in self.members if member.layer is not None)


def families(reading: Reading) -> tuple[Family, ...]:
    """Every family in the page's tables; where they hold none by layer, those of its passages."""
    found = [family for table in reading.tables for family in _in_table(table)]
    if not any(family.layers for family in found):
        found += [
            family
            for said in reading.said
            if not said.passage.spot and not said.passage.quoted
            for family in in_passage(said.statements)
        ]
    return tuple(found[:_MOST])


def alphas(reading: Reading) -> tuple[Fraction, ...]:
    """The levels of significance that a page names, and the usual one."""
    named = {
        Fraction(number.proportion)
        for passage, numbers in reading.passages
        for number in numbers
        if number.kind is Kind.LEVEL and _LEVEL.search(passage.text[: number.start][-12:])
    }
    return tuple(sorted(named | {USUAL_ALPHA}))


def significant_at(p: Number, alpha: Fraction) -> bool | None:
    """Whether a printed p is at most alpha; None where its rounding leaves it open."""
    known = printed(p)
    if known is None:
        return None
    allowed = known.range
    if allowed.high <= alpha:
        return True
    return False if allowed.low > alpha or _is_over(known.relation, known.value, alpha) else None


def _is_over(relation: str, value: Fraction, alpha: Fraction) -> bool:
    return relation in (">", "≥") and value >= alpha


def in_passage(statements: tuple[Statement, ...]) -> Iterator[Family]:
    """The correlations by layer of one passage; of one layer said twice with another p, none."""
    by_method: dict[str, dict[int, Correlation]] = {}
    for said in statements:
        if isinstance(said, Correlation) and said.p and said.layer is not None:
            if said.partial or said.quoted or said.hypothetical:
                continue
            members = by_method.setdefault(said.method, {})
            if (known := members.get(said.layer)) and known.p and known.p.value != said.p.value:
                by_method[said.method] = {}
                continue
            members.setdefault(said.layer, said)
    for method, at in by_method.items():
        if len(at) > 1:
            yield Family(
                method,
                min(said.p.line for said in at.values() if said.p),
                tuple(
                    Member(said.p, method, layer, _called(method, layer, ""))
                    for layer, said in at.items()
                    if said.p
                ),
            )


def _in_table(table: TableReading) -> Iterator[Family]:
    yield from _rows(table)
    if len(table.records) > 1:
        yield from _columns(table)


def _rows(table: TableReading) -> Iterator[Family]:
    """A row of several p's, with the rows that go on from it."""
    for record in table.records:
        if record.under:
            continue
        raw = {_column(entry): found for entry in record.entries if (found := _raw(entry))}
        members = [
            Member(p, method, entry.layer, _called(method, entry.layer, _header(entry)))
            for entry in record.entries
            if _column(entry) in raw
            for p, method in [raw[_column(entry)]]
        ]
        places = {column: place for place, column in enumerate(raw)}
        below = [other for other in table.records if other.under and _is_under(other, record)]
        by_layer = all(member.layer is not None for member in members)
        if len(members) > 1 and (below or by_layer):
            yield Family(
                members[0].method,
                record.line,
                tuple(members),
                tuple(_adjusted(below, places)),
                tuple(_others(below, places)),
            )


def _is_under(other: Record, record: Record) -> bool:
    spot = record.entries[0].passage.spot if record.entries else None
    label = spot.row_label if spot else record.label
    return other.under in (record.label, label) and other.line > record.line


def _raw(entry: Entry) -> tuple[Number, str] | None:
    """The one uncorrected p of a cell."""
    found: list[tuple[Number, str]] = []
    for said in entry.statements:
        if isinstance(said, Correlation) and said.p and not said.partial:
            found.append((said.p, said.method))
        elif isinstance(said, Test) and said.p:
            found.append((said.p, said.statistic))
        elif isinstance(said, PValue) and not said.correction:
            found.append((said.p, said.method))
    return found[0] if len(found) == 1 and entry.role is not Role.ADJUSTED_P else None


def _adjusted(below: list[Record], places: dict[int, int]) -> Iterator[Adjusted]:
    for record in below:
        for entry in record.entries:
            if _column(entry) in places:
                for said in entry.statements:
                    if isinstance(said, PValue) and said.correction:
                        yield Adjusted(said.p, said.correction, places[_column(entry)])


def _others(below: list[Record], places: dict[int, int]) -> Iterator[tuple[Number, ...]]:
    for record in below:
        found = {
            places[_column(entry)]: raw[0]
            for entry in record.entries
            if _column(entry) in places and (raw := _raw(entry))
        }
        if len(found) == len(places):
            yield tuple(found[place] for place in range(len(places)))


def _columns(table: TableReading) -> Iterator[Family]:
    """A column of p's beside columns of corrected ones."""
    plain = [place for place, role in enumerate(table.columns) if role is Role.P]
    corrected = [place for place, role in enumerate(table.columns) if role is Role.ADJUSTED_P]
    if len(plain) != 1:
        return
    members: list[Member] = []
    adjusted: list[Adjusted] = []
    for record in table.records:
        cells = {_column(entry): entry for entry in record.entries}
        p = _only(cells.get(plain[0]))
        if p is None or record.under:
            continue
        for column in corrected:
            value = _only(cells.get(column))
            correction = _correction(_header(cells[column])) if column in cells else ""
            if value and correction:
                adjusted.append(Adjusted(value, correction, len(members)))
        layer = cells[plain[0]].layer
        members.append(Member(p, "", layer, record.label))
    if len(members) > 1:
        yield Family("", table.line, tuple(members), tuple(adjusted))


def _only(entry: Entry | None) -> Number | None:
    """The number of a cell that holds one alone."""
    numbers = [n for n in entry.numbers if n.kind.is_quantity] if entry else []
    fits = len(numbers) == 1 and not numbers[0].unit and 0 <= numbers[0].value <= 1
    return numbers[0] if fits else None


def _correction(header: str) -> str:
    lowered = header.casefold()
    named = [name for name in ("bonferroni", "holm") if name in lowered]
    return named[0] if len(named) == 1 else ""


def _column(entry: Entry) -> int:
    return entry.passage.spot.column if entry.passage.spot else -1


def _header(entry: Entry) -> str:
    return entry.passage.spot.header if entry.passage.spot else ""


def _called(method: str, layer: int | None, header: str) -> str:
    name = method.capitalize() if len(method) > 2 else method
    where = f"L{layer}" if layer is not None else header
    return " ".join(part for part in (name, where) if part)
