"""The p-values that a page gives together: one test at several layers, or in several conditions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from epm_lint.reading.forms.claims.significance import USUAL_ALPHA
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Correlation, PValue, Statement, Test
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record, TableReading
from epm_lint.reading.text.kinds import LARGEST_ALPHA
from epm_lint.values import dataclass

_MOST = 40


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
        return self.p.range.within(0, 1)

    def __str__(self) -> str:
        """Its name and its p."""
        relation = self.p.bound or "="
        return f"{self.label} p{relation}{self.p.raw}"


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
            for ground in reading.grounds
            if not ground.passage.spot and not ground.passage.quoted
            for family in in_passage(reading.said[id(ground)])
        ]
    return tuple(found[:_MOST])


_OF_LEVELS = frozenset({"α", "alpha", "significance"})


def alphas(reading: Reading) -> tuple[Fraction, ...]:
    """The levels of significance that a page names, and the usual one."""
    named = {
        number.value
        for ground in reading.grounds
        if not _OF_LEVELS.isdisjoint(ground.words)
        for at, number in enumerate(ground.tokens.numbers)
        if number is not None and number.kind is Kind.LEVEL and number.value <= LARGEST_ALPHA
        if not _OF_LEVELS.isdisjoint(ground.words[max(0, at - 4) : at])
    }
    return tuple(sorted(named | {USUAL_ALPHA}))


def significant_at(p: Number, alpha: Fraction) -> bool | None:
    """Whether a printed p is at most alpha; None where its rounding leaves it open."""
    allowed = p.range
    if allowed.high <= alpha:
        return True
    over = p.bound in (">", "≥") and p.value >= alpha
    return False if allowed.low > alpha or over else None


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
        raw = {entry.place: found for entry in record.entries if (found := _raw(entry))}
        members = [
            Member(p, method, entry.layer, _called(method, entry.layer, entry.header))
            for entry in record.entries
            if entry.place in raw
            for p, method in [raw[entry.place]]
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
    return other.under in (record.label, record.raw) and other.line > record.line


def _raw(entry: Entry) -> tuple[Number, str] | None:
    """The one uncorrected p of a cell."""
    found: list[tuple[Number, str]] = []
    for said in entry.statements:
        if isinstance(said, Correlation) and said.p and not said.partial and not said.correction:
            found.append((said.p, said.method))
        elif isinstance(said, Test) and said.p and not said.correction:
            found.append((said.p, said.statistic))
        elif isinstance(said, PValue) and not said.correction:
            found.append((said.p, said.method))
    return found[0] if len(found) == 1 and entry.role is not Role.ADJUSTED_P else None


def _adjusted(below: list[Record], places: dict[int, int]) -> Iterator[Adjusted]:
    for record in below:
        for entry in record.entries:
            if entry.place in places:
                for said in entry.statements:
                    if isinstance(said, PValue) and said.correction:
                        yield Adjusted(said.p, said.correction, places[entry.place])


def _others(below: list[Record], places: dict[int, int]) -> Iterator[tuple[Number, ...]]:
    for record in below:
        found = {
            places[entry.place]: raw[0]
            for entry in record.entries
            if entry.place in places and (raw := _raw(entry))
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
        p = _only(record.at(plain[0]))
        if p is None or record.under:
            continue
        for column in corrected:
            value = _only(record.at(column))
            correction = table.held[column].name
            if value and correction in ("bonferroni", "holm"):
                adjusted.append(Adjusted(value, correction, len(members)))
        entry = record.at(plain[0])
        members.append(Member(p, "", entry.layer if entry else None, record.label))
    if len(members) > 1:
        yield Family("", table.line, tuple(members), tuple(adjusted))


def _only(entry: Entry | None) -> Number | None:
    """The number of a cell that holds one alone."""
    if entry is None or len(entry.ground.operands) != 1:
        return None
    operand = entry.ground.operands[0]
    number = operand.number
    fits = operand.role in (Part.P, Part.BARE) and not number.unit and 0 <= number.amount <= 1
    return number if fits else None


def _called(method: str, layer: int | None, header: str) -> str:
    name = method.capitalize() if len(method) > 2 else method
    where = f"L{layer}" if layer is not None else header
    return " ".join(part for part in (name, where) if part)
