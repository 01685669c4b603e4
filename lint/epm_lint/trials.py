"""Rates as pages give them, each with the count and the number of trials behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from epm_lint.numbers.forms import Rate, SampleSize
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.reading import Reading
from epm_lint.numbers.tables import Entry, Role, Said, TableReading
from epm_lint.numbers.values import Number
from epm_lint.recomputing import is_claimed
from epm_lint.values import dataclass

_LARGEST = 10**9
_SAMPLES = re.compile(
    r"\b(?:completions?|samples?|trials?|answers?|generations?|responses?|draws?|rollouts?)\b", re.I
)
_OTHERS = re.compile(
    r"bystander|untrained|control|baseline|base model|pilot|held.?out|previous|earlier", re.I
)
_SUMMARY = re.compile(
    r"\b(?:mean|average|median|overall|all|total|pooled|sd|spread|max|min)\b", re.I
)
_STARTS = (Role.RATE, Role.COUNT, Role.K)
_NEIGHBOURHOOD = 300


@dataclass(slots=True)
class Sampled:
    """A rate, what it was counted from, and the intervals given for it."""

    passage: Passage
    rate: Number | None = None
    rate_unit: str = ""
    """The unit that the column's title gives."""
    count: Number | None = None
    k: int | None = None
    n: int | None = None
    own: bool = True
    """Whether n stands with the rate, and is not merely the one that the page has."""
    intervals: list[Entry] = field(default_factory=list)
    half_width: Number | None = None

    @property
    def beside(self) -> bool:
        """Whether rate and count are both there."""
        return self.rate is not None and self.k is not None and bool(self.n)


def in_tables(reading: Reading) -> Iterator[Sampled]:
    """The rates of all tables, row by row."""
    stated = trials_of_page(reading)
    before = _before(reading)
    for table in reading.tables:
        if not any(column in _STARTS for column in table.columns):
            continue
        titled = _stated_by(_titles(reading, table))
        near = _stated_by([before[table.line]] if table.line in before else []) or stated
        for record in table.records:
            if record.entries and record.entries[0].passage.quoted:
                continue
            summary = bool(_SUMMARY.search(record.label))
            groups = _groups(table, record.entries)
            sizes = [e for e in record.entries if _column(table, e) is Role.N]
            alone = _whole(sizes[0].number) if len(sizes) == 1 else None
            for group in groups:
                if group.n is None:
                    group.n = alone or titled
                    if (
                        group.n is None
                        and not summary
                        and not _OTHERS.search(_header(group.passage))
                    ):
                        group.n, group.own = near, False
                yield group


def in_prose(reading: Reading) -> Iterator[tuple[Sampled, Rate]]:
    """The rates that sentences and single cells give with an interval or a count."""
    stated = trials_of_page(reading)
    for passage, said in reading.statements:
        if not isinstance(said, Rate) or not is_claimed(passage, said):
            continue
        found = Sampled(passage, said.rate, count=said.count, n=_whole(said.n))
        if said.count and said.count.fraction:
            found.k, found.n = _fraction(said.count)
        elif found.n is None:
            around = passage.text[max(0, said.start - _NEIGHBOURHOOD) : said.end + _NEIGHBOURHOOD]
            if not _OTHERS.search(around):
                found.n, found.own = stated, False
        yield found, said


def trials_of_page(reading: Reading) -> int | None:
    """The n of each cell, persona or condition, if the page has a single one."""
    found = {int(said.n.value) for said in stated_sizes(reading)}
    return found.pop() if len(found) == 1 else None


def stated_sizes(reading: Reading) -> Iterator[SampleSize]:
    """What the page says of the n of each cell, persona or condition."""
    for passage, said in reading.statements:
        if not isinstance(said, SampleSize) or not said.per or not is_claimed(passage, said):
            continue
        around = passage.text[max(0, said.start - 40) : said.end + 20]
        if _OTHERS.search(around) or _whole(said.n) is None:
            continue
        if said.text.startswith("n") or _SAMPLES.search(said.text):
            yield said


def _groups(table: TableReading, entries: tuple[Entry, ...]) -> list[Sampled]:
    """Each rate with the columns that follow it; a count may stand before its rate or after."""
    groups: list[Sampled] = []
    seen: set[Role] = set()
    for entry in entries:
        role = _column(table, entry)
        if role in _STARTS and (not groups or role in seen):
            groups.append(Sampled(entry.passage))
            seen = set()
        if groups:
            seen.add(role)
            _put(groups[-1], role, entry)
    return groups


def _put(group: Sampled, role: Role, entry: Entry) -> None:
    number = entry.number
    match role:
        case Role.RATE:
            group.rate, group.passage = number, entry.passage
            group.rate_unit = "%" if "%" in _header(entry.passage) else ""
        case Role.COUNT if number is not None and number.fraction:
            group.count, (group.k, group.n) = number, _fraction(number)
        case Role.K if group.k is None:
            group.count, group.k = number, _whole(number)
        case Role.INTERVAL if entry.spans:
            group.intervals.append(entry)
        case Role.HALF_WIDTH:
            group.half_width = number


def _column(table: TableReading, entry: Entry) -> Role:
    spot = entry.passage.spot
    return table.columns[spot.column] if spot and spot.column < len(table.columns) else entry.role


def _header(passage: Passage) -> str:
    return passage.spot.header if passage.spot else ""


def _before(reading: Reading) -> dict[int, Said]:
    """The paragraph right before each table, by the table's line."""
    found: dict[int, Said] = {}
    last: Said | None = None
    for said in reading.said:
        if spot := said.passage.spot:
            if last is not None:
                found.setdefault(spot.table_line, last)
        else:
            last = said
    return found


def _titles(reading: Reading, table: TableReading) -> list[Said]:
    return [
        said
        for said in reading.said
        if said.passage.place is Place.HEADER
        and said.passage.spot
        and said.passage.spot.table_line == table.line
    ]


def _stated_by(group: Sequence[Said]) -> int | None:
    """The n that some passages give for all rows."""
    sizes = {
        _whole(stated.n)
        for said in group
        for stated in said.statements
        if isinstance(stated, SampleSize) and stated.text.startswith("n")
    }
    return sizes.pop() if len(sizes) == 1 else None


def _fraction(number: Number) -> tuple[int | None, int | None]:
    k, n = number.fraction or (0, 0)
    return (k, n) if 0 < n <= _LARGEST and 0 <= k <= n else (None, None)


def _whole(number: Number | None) -> int | None:
    if number is None or number.unit or number.decimals > 0 or number.relation in ("<", ">", "≈"):
        return None
    return int(number.value) if 0 < number.value <= _LARGEST else None
