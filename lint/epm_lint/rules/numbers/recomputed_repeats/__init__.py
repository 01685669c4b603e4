"""What a page prints twice is the same twice: its text says what its tables say.

Held against the tables are correlations, their p-values and corrected p-values in prose (same
method and layer, or the same point left out), observed and predicted rates and the intervals of a
named row, its source rate in headings and sentences, its mean, the range of the rates, and n per
persona; and against each other the thresholds and VIFs that a page states, the sha256 of a file,
the N of a row's label and of its column, and the estimate of one fit with each kind of error. Two
prints agree where some value rounds to both. What has another N, layer or source is another
quantity: earlier work, a sentence that names an issue, and whatever cannot surely be placed are
left alone.

Bad:

    At layer 20, Spearman ρ=-0.47 (p=0.0060, N=12).

    | Statistic | L20 |
    |---|---|
    | Spearman ρ (N=12) | -0.739 (p=0.0060) |

Good:

    At layer 20, Spearman ρ=-0.74 (p=0.0060, N=12).

    | Statistic | L20 |
    |---|---|
    | Spearman ρ (N=12) | -0.739 (p=0.0060) |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from epm_lint.model import Page, Rule, Verdict
from epm_lint.quoting import clip
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.remarks import hashes
from epm_lint.reading.statements import (
    Binding,
    Correlation,
    Diagnostic,
    Inside,
    Mean,
    Prediction,
    Proportion,
    PValue,
    Qualifier,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Record
from epm_lint.reading.text.mentions import is_earlier, rate_mentions, words_of
from epm_lint.reading.text.passages import Passage, Place
from epm_lint.rules.numbers.recomputed_repeats.in_tables import in_tables
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Outcome
from epm_lint.values import dataclass

_OF_THE_STATISTIC = frozenset(
    """
        pearson spearman kendall rho tau correlation correlations coefficient primary statistic
        value estimate result all conditions
    """.split()
)
_HEXADECIMAL = frozenset("0123456789abcdef")
_FIX = "correct the one that is wrong"


@dataclass(frozen=True, slots=True)
class InTable:
    """A correlation, or a p, in a table."""

    line: int
    kind: str
    """`all`, `without` or `partial`; of a p also its correction, or `permutation`."""
    method: str
    layer: int | None
    numbers: tuple[Number | None, ...]
    n: int | None = None
    names: frozenset[str] = frozenset()
    """The words by which its row and column name what is correlated."""


def check(page: Page) -> Verdict:
    """Each quantity that stands on the page twice is the same."""
    tally = Tally("repeat")
    reading = read(page.document, page.title)
    _correlations(reading, tally)
    _rows(reading, tally)
    _rates(reading, tally)
    _means(reading, tally)
    _stated(reading, tally)
    _hashes(page, reading, tally)
    in_tables(reading, tally)
    return tally.verdict()


def _hold(number: Number, others: Sequence[Number], where: str, tally: Tally) -> None:
    """A number that is none of some others, one of which it should be."""
    known = [other.with_unit(number.unit) for other in others]
    if not known or number.fraction:
        return
    agrees = any(number.range.meets(each.range) or _rounds_to(number, each) for each in known)
    outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
    right = " or ".join(dict.fromkeys(shown(other) for other in others[:3]))
    message = f"says {shown(number)}; {where} has {right}"
    tally.hold(number, outcome, message, _FIX, binding=Binding.SUBJECT, uses=others)


def _rounds_to(number: Number, other: Number) -> bool:
    """Whether they are one value, of which each gives some digits: "over 0.67" is said of 0.667."""
    return abs(number.value - other.value) <= max(number.step, other.step) / 2


# ---------------------------------------------------------------------- correlations


def _kind(said: Correlation | PValue) -> str:
    if isinstance(said, PValue):
        return said.correction or ("permutation" if said.has(Qualifier.RESAMPLED) else "")
    if said.partial:
        return "partial"
    if said.data is not None and said.data.group:
        return ""
    return "without" if said.data is not None and said.data.without is not None else "all"


def _tabled(reading: Reading) -> list[InTable]:
    found: list[InTable] = []
    for said in reading.statements:
        if not isinstance(said, Correlation | PValue) or said.passage.place is not Place.CELL:
            continue
        if kind := _kind(said):
            numbers, n = _given(said)
            names = frozenset(_named(said.passage))
            found.append(InTable(said.line, kind, said.method, said.layer, numbers, n, names))
    return found


def _named(cell: Passage) -> Iterator[str]:
    """The words of a cell's labels, but for those of the statistic itself."""
    if cell.spot:
        words = words_of(f"{cell.spot.row_label} {cell.spot.header}")
        yield from (word for word in words if word not in _OF_THE_STATISTIC)


def _given(said: Correlation | PValue) -> tuple[tuple[Number | None, ...], int | None]:
    """The numbers of a statement that may stand in a table too, and its N."""
    if isinstance(said, PValue):
        return (said.p,), None
    n = said.n.mantissa if said.n and said.n.is_whole else None
    return (said.coefficient, said.p), n


def _correlations(reading: Reading, tally: Tally) -> None:
    known = _tabled(reading)
    points = {len(table.records) for table in reading.tables if Role.COSINE in table.columns}
    points |= {each.n for each in known if each.n}
    earlier = {id(g.passage) for g in reading.grounds if is_earlier(g)} if known else set()
    for said in reading.claimed(Correlation, PValue):
        if said.passage.spot:
            continue
        kind = _kind(said)
        own = isinstance(said, Correlation)
        numbers, n = _given(said)
        if not kind or (
            n is None and (id(said.passage) in earlier or (said.layer is None and kind == "all"))
        ):
            continue
        if kind == "all" and n is not None and n not in points:
            continue
        # a page may have several analyses of as many points: the same one names the same things
        words = words_of(said.passage.text)
        same = [
            each
            for each in known
            if each.kind == kind
            and (each.method == said.method or not own)
            and _same_place(each, said.layer, n)
            and (each.layer is not None or kind != "all" or each.names <= words)
        ]
        # a p alone is told from another analysis' by its layer
        if own or said.layer is not None:
            _nearest(numbers, same, tally)


def _same_place(each: InTable, layer: int | None, n: int | None) -> bool:
    """Whether a cell is of the same layer; without one named, of the same N at least."""
    if layer is not None or each.kind != "all":
        return each.layer == layer or (each.kind != "all" and None in (each.layer, layer))
    return n is not None and each.n == n


def _nearest(numbers: Sequence[Number | None], same: Sequence[InTable], tally: Tally) -> None:
    """All numbers of a statistic are those of one and the same cell."""
    best: tuple[int, InTable] | None = None
    for each in same:
        agreeing = sum(_agree(a, b) for a, b in zip(numbers, each.numbers, strict=True))
        if best is None or agreeing > best[0]:
            best = agreeing, each
    if best is None:
        return
    pairs = [(a, b) for a, b in zip(numbers, best[1].numbers, strict=True) if a and b]
    if len(pairs) > 1 and not any(_agree(a, b) for a, b in pairs):
        return  # another statistic
    for number, other in zip(numbers, best[1].numbers, strict=True):
        if number and other:
            _hold(number, [other], f"the table's line {best[1].line}", tally)


def _agree(a: Number | None, b: Number | None) -> bool:
    return a is None or b is None or a.range.meets(b.range)


# ---------------------------------------------------------------------- rows and rates


def _rows(reading: Reading, tally: Tally) -> None:
    """Observed, predicted and interval of a named row, in a sentence that names it."""
    rows: dict[str, Record] = {}
    for table in reading.tables:
        if Role.PREDICTED in table.columns:
            rows |= {record.label: record for record in table.records}
    for ground in reading.grounds if rows else ():
        if ground.passage.spot or ground.passage.quoted:
            continue
        named = [name for name in rows if ground.says(name)]
        if len(named) != 1:
            continue
        record = rows[named[0]]
        where = f"the table's line {record.line}"
        for said in reading.said[id(ground)]:
            if not said.is_claimed:
                continue
            if isinstance(said, Prediction):
                _cell(said.observed, record, Role.OBSERVED, tally)
                _cell(said.predicted, record, Role.PREDICTED, tally)
            elif isinstance(said, Inside) and said.interval:
                entry = record.get(Role.INTERVAL)
                if entry and entry.span:
                    _hold(said.interval.low, [entry.span.low], where, tally)
                    _hold(said.interval.high, [entry.span.high], where, tally)


def _cell(number: Number, record: Record, role: Role, tally: Tally) -> None:
    entry = record.get(role)
    if entry and entry.number:
        _hold(number, [entry.number], f"the table's line {record.line}", tally)


def _rates(reading: Reading, tally: Tally) -> None:
    """Source rates of named rows, the range of all, and their n."""
    sampled: dict[str, Proportion] = {}
    lines: set[int] = set()
    for said in reading.of_tables:
        spot = said.passage.spot
        if not isinstance(said, Proportion) or not spot or not said.rate:
            continue
        if "bystander" not in spot.header.casefold():
            lines.add(spot.table_line)
            sampled.setdefault(spot.row_label.partition(" (")[0].strip(), said)
    if len(lines) != 1:
        return
    rates = [said.rate for said in sampled.values() if said.rate]
    ordered = sorted(rates, key=lambda rate: rate.value)
    for mention in rate_mentions(reading):
        if mention.name == "lowest":
            _hold(mention.number, ordered[:1], "the table's lowest rate", tally)
        elif mention.name == "highest":
            _hold(mention.number, ordered[-1:], "the table's highest rate", tally)
        elif mention.name in sampled:
            _rate(mention.number, sampled[mention.name], tally)
    _trials(reading, {said.n for said in sampled.values() if said.k is not None}, tally)


def _rate(number: Number, said: Proportion, tally: Tally) -> None:
    where = f"the table's line {said.line}"
    if number.fraction and said.count and said.k is not None:
        agrees = number.fraction == (said.k, said.n)
        outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
        message = f"says {shown(number)}; {where} has {said.k}/{said.n}"
        uses = (said.count,)
        tally.hold(number, outcome, message, _FIX, binding=Binding.SUBJECT, uses=uses)
    elif not number.fraction and said.rate:
        _hold(number, [said.rate], where, tally)


def _trials(reading: Reading, trials: set[int | None], tally: Tally) -> None:
    if len(trials) != 1 or (n := trials.pop()) is None:
        return
    for said in reading.stated_sizes:
        if said.per in ("persona", "cell") and said.n.is_whole:
            outcome = Outcome.CONSISTENT if said.n.mantissa == n else Outcome.INCONSISTENT
            message = (
                f"says {shown(said.n)} per {clip(said.per, 40)}; the table's counts are of {n}"
            )
            tally.hold(said.n, outcome, message, _FIX, binding=Binding.SUBJECT)


def _means(reading: Reading, tally: Tally) -> None:
    """A mean in a sentence that names one row of the page's only table of means."""
    tables = [t for t in reading.tables if t.columns.count(Role.MEAN) == 1]
    tables = [
        t
        for t in tables
        if not {"difference", "diff"} & set(t.held[t.columns.index(Role.MEAN)].words)
    ]
    if len(tables) != 1:
        return
    place = tables[0].columns.index(Role.MEAN)
    for said in reading.claimed(Mean):
        if said.passage.spot:
            continue
        named = [r for r in tables[0].rows if r.words and r.words <= said.words]
        longest = max((len(r.words) for r in named), default=0)
        named = [r for r in named if len(r.words) == longest]
        cell = named[0].at(place) if len(named) == 1 else None
        number = (cell.alone or cell.leading) if cell else None
        if (
            number is not None
            and number.places == said.mean.places
            and number.unit == said.mean.unit
        ):
            _hold(said.mean, [number], f"the table's line {named[0].line}", tally)


# ---------------------------------------------------------------------- thresholds, files


def _stated(reading: Reading, tally: Tally) -> None:
    """Thresholds, and the VIF: a page has one of each."""
    first: dict[tuple[str, bool], Number] = {}
    found: list[tuple[tuple[str, bool], Number]] = []
    for said in reading.claimed(Diagnostic):
        if said.threshold or said.measure == "vif":
            found.append(((said.measure, said.threshold), said.value))
    found += [
        (("vif", False), entry.number)
        for table in reading.tables
        for record in table.records
        for entry in record.entries
        if entry.role is Role.VIF and entry.number
    ]
    places = set()
    for key, number in found:
        if (number.line, number.start) in places:
            continue
        places.add((number.line, number.start))
        known = first.setdefault(key, number)
        if known is not number:
            _hold(number, [known], f"line {known.line}", tally)


def _hashes(page: Page, reading: Reading, tally: Tally) -> None:
    """A file has one sha256."""
    first: dict[str, tuple[str, int]] = {}
    name, value = (page.document.declared(word) or "" for word in ("results", "sha256"))
    if 12 <= len(value) <= 64 and _HEXADECIMAL.issuperset(value):
        first[name] = value, 1
    for name, value, place, number in hashes(reading):
        known, line = first.setdefault(name, (value, place))
        if number is None or line == number.line:
            continue
        agrees = known.startswith(value) or value.startswith(known)
        outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
        message = f"{clip(name, 40)} has another sha256 on line {line}"
        tally.hold(number, outcome, message, _FIX, binding=Binding.SUBJECT)


RULE = Rule("recomputed-repeats", "Repeats agree", check, everywhere=True, doc=__doc__)
