"""What a page prints twice is the same twice: its text says what its tables say.

Held against the tables are correlations, their p-values and corrected p-values in prose (same
method and layer, or the same point left out), observed and predicted rates and the intervals of a
named row, its source rate in headings and sentences, the range of the rates, and n per persona;
and against each other the thresholds and VIFs that a page states and the sha256 of a file. Two
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

import re
from collections.abc import Sequence

from epm_lint.model import Page, Rule, Verdict
from epm_lint.numbers.forms import (
    Correlation,
    Diagnostic,
    Inside,
    Prediction,
    PValue,
    Statement,
)
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.tables import Record, Role
from epm_lint.numbers.values import Number
from epm_lint.quoting import clip
from epm_lint.recomputing import Tally, is_claimed, printed, shown
from epm_lint.statistics.answers import Outcome
from epm_lint.trials import Sampled, in_tables, stated_sizes
from epm_lint.values import dataclass

_EARLIER = re.compile(r"#\d|previous|earlier|\bprior\b|reviewer|former", re.IGNORECASE)
_WITHOUT = re.compile(r"without|drop|left out|leaving out|exclu|omit|remov", re.IGNORECASE)
_WITHIN = re.compile(r"within", re.IGNORECASE)
_PERMUTED = re.compile(r"permut", re.IGNORECASE)
_RUN = re.compile(r"\brates? (?:run|range|lie|vary|go|are)s? (?:from|between)\s\Z", re.IGNORECASE)
_RATE_OF = re.compile(r"\bsource rates? (?:of |is |was |at )?\Z", re.IGNORECASE)
_HASHED = re.compile(r"([\w./-]{1,120}\.\w{1,8})[\s,:`(]{1,4}sha256[\s:=`]{1,3}([0-9a-f]{12,64})")
_HASH = re.compile("[0-9a-f]{12,64}")
_STOP = re.compile(r"[;.]\s")
_NEAR = 90
_FIX = "correct the one that is wrong"


@dataclass(frozen=True, slots=True)
class Printed:
    """A correlation, or a p, in a table."""

    line: int
    kind: str
    """`all`, `without` or `partial`; of a p also its correction, or `permutation`."""
    method: str
    layer: int | None
    numbers: tuple[Number | None, ...]
    n: int | None = None


def check(page: Page) -> Verdict:
    """Each quantity that stands on the page twice is the same."""
    tally = Tally("repeat")
    reading = read(page.document, page.title)
    _correlations(reading, tally)
    _rows(reading, tally)
    _rates(reading, tally)
    _stated(reading, tally)
    _hashes(page, reading, tally)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _hold(number: Number, others: Sequence[Number], where: str, tally: Tally) -> None:
    """A number that is none of some others, one of which it should be."""
    value = printed(number)
    known = [each for other in others if (each := printed(other, number.unit))]
    if value is None or not known:
        return
    agrees = any(value.range.meets(each.range) for each in known)
    outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
    right = " or ".join(dict.fromkeys(shown(other) for other in others[:3]))
    tally.hold(number, outcome, f"says {shown(number)}; {where} has {right}", _FIX)


def _words(passage: Passage, said: Statement) -> str:
    """The labels of a cell, or the sentence so far."""
    spot = passage.spot
    labels = f"{spot.row_label} | {spot.header} | " if spot else ""
    before = _STOP.split(passage.text[max(0, said.start - _NEAR) : said.start])[-1]
    return f"{labels}{before}{passage.text[said.start : said.start + 20]}"


def _kind(passage: Passage, said: Correlation | PValue) -> str:
    words = _words(passage, said)
    if isinstance(said, PValue):
        return said.correction or ("permutation" if _PERMUTED.search(words) else "")
    if said.partial:
        return "partial"
    if _WITHIN.search(words):
        return ""
    return "without" if _WITHOUT.search(words) else "all"


def _in_tables(reading: Reading) -> list[Printed]:
    found: list[Printed] = []
    for passage, said in reading.statements:
        if passage.place is not Place.CELL or not isinstance(said, Correlation | PValue):
            continue
        kind = _kind(passage, said)
        method = said.method
        if isinstance(said, Correlation):
            numbers: tuple[Number | None, ...] = (said.coefficient, said.p)
        else:
            numbers = (said.p,)
        if kind:
            n = int(said.n.value) if isinstance(said, Correlation) and said.n else None
            found.append(Printed(passage.line, kind, method, said.layer, numbers, n))
    return found


def _correlations(reading: Reading, tally: Tally) -> None:
    known = _in_tables(reading)
    points = {len(table.records) for table in reading.tables if Role.COSINE in table.columns}
    points |= {each.n for each in known if each.n}
    for passage, said in reading.statements:
        if passage.spot or not isinstance(said, Correlation | PValue):
            continue
        if not is_claimed(passage, said) or not (kind := _kind(passage, said)):
            continue
        n = int(said.n.value) if isinstance(said, Correlation) and said.n else None
        if n is None and (_EARLIER.search(passage.text) or (said.layer is None and kind == "all")):
            continue
        if kind == "all" and n is not None and n not in points:
            continue
        same = [
            each
            for each in known
            if each.kind == kind
            and (each.method == said.method or isinstance(said, PValue))
            and (None in (each.layer, said.layer) or each.layer == said.layer)
        ]
        numbers = (said.coefficient, said.p) if isinstance(said, Correlation) else (said.p,)
        _nearest(numbers, same, tally)


def _nearest(numbers: Sequence[Number | None], same: Sequence[Printed], tally: Tally) -> None:
    """All numbers of a statistic are those of one and the same cell."""
    best: tuple[int, Printed] | None = None
    for each in same:
        agreeing = sum(_agree(a, b) for a, b in zip(numbers, each.numbers, strict=True))
        if best is None or agreeing > best[0]:
            best = agreeing, each
    if best is None:
        return
    for number, other in zip(numbers, best[1].numbers, strict=True):
        if number and other:
            _hold(number, [other], f"the table's line {best[1].line}", tally)


def _agree(a: Number | None, b: Number | None) -> bool:
    first, second = (printed(each) if each else None for each in (a, b))
    return first is None or second is None or first.range.meets(second.range)


def _rows(reading: Reading, tally: Tally) -> None:
    """Observed, predicted and interval of a named row, in a sentence that names it."""
    rows: dict[str, Record] = {}
    for table in reading.tables:
        if Role.PREDICTED in table.columns:
            rows |= {record.label: record for record in table.records}
    for said in reading.said if rows else ():
        passage = said.passage
        if passage.spot or passage.quoted:
            continue
        for each in said.statements:
            if not isinstance(each, Prediction | Inside) or not is_claimed(passage, each):
                continue
            named = [name for name in rows if name in passage.text]
            if len(named) != 1:
                continue
            record = rows[named[0]]
            if isinstance(each, Prediction):
                _cell(each.observed, record, Role.OBSERVED, tally)
                _cell(each.predicted, record, Role.PREDICTED, tally)
            elif each.interval and (entry := record.get(Role.INTERVAL)) and entry.spans:
                where = f"the table's line {record.line}"
                _hold(each.interval.low, [entry.spans[0].low], where, tally)
                _hold(each.interval.high, [entry.spans[0].high], where, tally)


def _cell(number: Number, record: Record, role: Role, tally: Tally) -> None:
    entry = record.get(role)
    if entry and entry.number:
        _hold(number, [entry.number], f"the table's line {record.line}", tally)


def _rates(reading: Reading, tally: Tally) -> None:
    """Source rates of named rows, the range of all, and their n."""
    sampled: dict[str, Sampled] = {}
    lines: set[int] = set()
    for each in in_tables(reading):
        spot = each.passage.spot
        if spot and "bystander" not in spot.header.casefold() and each.rate:
            lines.add(spot.table_line)
            sampled.setdefault(spot.row_label.partition(" (")[0].strip(), each)
    if len(lines) != 1:
        return
    rates = [each.rate for each in sampled.values() if each.rate]
    ordered = sorted(rates, key=lambda rate: rate.proportion)
    for passage, numbers in reading.passages:
        if passage.spot or passage.quoted or _EARLIER.search(passage.text):
            continue
        for at, number in enumerate(numbers):
            before = passage.text[max(0, number.start - 40) : number.start]
            if _RUN.search(before) and at + 1 < len(numbers):
                _hold(number, ordered[:1], "the table's lowest rate", tally)
                _hold(numbers[at + 1], ordered[-1:], "the table's highest rate", tally)
            elif _RATE_OF.search(before):
                named = [name for name in sampled if name in re.findall(r"[\w-]+", passage.text)]
                if len(named) == 1:
                    _rate(number, sampled[named[0]], tally)
    _trials(reading, {each.n for each in sampled.values() if each.k is not None}, tally)


def _rate(number: Number, sampled: Sampled, tally: Tally) -> None:
    where = f"the table's line {sampled.passage.line}"
    if number.fraction and sampled.count and sampled.count.fraction:
        agrees = number.fraction == sampled.count.fraction
        outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
        right = shown(sampled.count)
        tally.hold(number, outcome, f"says {shown(number)}; {where} has {right}", _FIX)
    elif not number.fraction and sampled.rate:
        _hold(number, [sampled.rate], where, tally)


def _trials(reading: Reading, trials: set[int | None], tally: Tally) -> None:
    if len(trials) != 1 or (n := trials.pop()) is None:
        return
    for said in stated_sizes(reading):
        if said.per in ("persona", "cell"):
            outcome = Outcome.CONSISTENT if int(said.n.value) == n else Outcome.INCONSISTENT
            message = (
                f"says {shown(said.n)} per {clip(said.per, 40)}; the table's counts are of {n}"
            )
            tally.hold(said.n, outcome, message, _FIX)


def _stated(reading: Reading, tally: Tally) -> None:
    """Thresholds, and the VIF: a page has one of each."""
    first: dict[tuple[str, bool], Number] = {}
    found: list[tuple[tuple[str, bool], Number]] = []
    for passage, said in reading.statements:
        if not isinstance(said, Diagnostic) or not is_claimed(passage, said):
            continue
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
    if _HASH.fullmatch(value):
        first[name] = value, 1
    for passage, numbers in reading.passages:
        if "sha256" not in passage.text or passage.quoted:
            continue
        for found in _HASHED.finditer(passage.text):
            name, value = found.groups()
            known, line = first.setdefault(name, (value, passage.line))
            number = next((n for n in numbers if n.start <= found.start(2) < n.end), None)
            if number is None or line == number.line:
                continue
            agrees = known.startswith(value) or value.startswith(known)
            outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
            message = f"{clip(name, 40)} has another sha256 on line {line}"
            tally.hold(number, outcome, message, _FIX)


RULE = Rule("recomputed-repeats", "Repeats agree", check, doc=__doc__)
