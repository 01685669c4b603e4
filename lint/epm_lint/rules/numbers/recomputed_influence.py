"""A point pulls at a fit by its place, its distance, or both; a page should not mix them up.

"High leverage" is held against the leverage 1/n + (x - mean)²/Σ(x - mean)², which a table gives or
which follows from its column of cosines: a point below the mean leverage p/n has none, and over
2p/n it counts as high (Hoaglin & Welsch 1978, Am. Stat. 32, 17-22; p = 2 for a line). "Influential"
is held against Cook's distance (Cook 1977, Technometrics 19, 15-18) and the threshold that the page
gives, else 4/n (Bollen & Jackman 1985). "The only" is wrong where another point is over the
threshold too. Below the mean, or against the page's own threshold, it is an error; in between, a
doubt. Yes-or-no columns of a table are held in the same way.

Bad:

    | Persona | Leverage |
    |---|---|
    | librarian | 0.210 |
    | villain | 0.250 |
    | comedian | 0.240 |
    | doctor | 0.340 |
    | assistant | 0.960 |

    Librarian is the only high-leverage point.

Good:

    | Persona | Leverage |
    |---|---|
    | librarian | 0.210 |
    | villain | 0.250 |
    | comedian | 0.240 |
    | doctor | 0.340 |
    | assistant | 0.960 |

    Assistant is the only high-leverage point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import quote
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.predicted import sizes
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Diagnostic, Influence
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, TableReading
from epm_lint.rules.tally import Tally

_PARAMETERS = 2
_FEWEST = 5
_MEASURES = {"high leverage": "leverage", "influential": "cook"}
_QUESTIONS = (("leverage", "leverage"), ("influential", "cook"))
_NAMES = {"leverage": "leverage", "cook": "Cook's distance"}


@dataclass
class Diagnostics:
    """What a page tells of its points' pull: values by name, thresholds, and how many there are."""

    values: dict[str, dict[str, Range]] = field(
        default_factory=lambda: {"leverage": {}, "cook": {}}
    )
    thresholds: dict[str, set[Fraction]] = field(
        default_factory=lambda: {"leverage": set(), "cook": set()}
    )
    points: int = 0
    numbers: dict[str, dict[str, Number]] = field(
        default_factory=lambda: {"leverage": {}, "cook": {}}
    )
    """Where a table or a sentence gives each value."""
    from_column: str = ""
    """The header of the column that the leverages follow from; empty where a table gives them."""

    def threshold(self, measure: str) -> tuple[Fraction, str] | None:
        """What a value has to be over, and where that is from."""
        given = self.thresholds[measure]
        if given:
            told_apart = max(given) - min(given) > Fraction(1, 100)
            return None if told_apart else (max(given), "the page's threshold")
        if not self.points:
            return None
        if measure == "cook":
            return Fraction(4, self.points), f"4/n for n={self.points}"
        return Fraction(2 * _PARAMETERS, self.points), f"2p/n for p=2, n={self.points}"


def check(page: Page) -> Verdict:
    """Who is called influential, or of high leverage, is."""
    reading = read(page.document, page.title)
    known = _diagnostics(reading)
    tally = Tally("claim")
    for said in reading.statements:
        if not isinstance(said, Influence) or said.quoted or said.hypothetical:
            continue
        if measure := _MEASURES.get(said.claim):
            for name in said.subjects or reading.names_of_row(said.passage):
                _claim(said, name, measure, known, tally)
    for table in reading.tables:
        for record in table.records:
            for entry in record.entries:
                _answer(record.label, entry, known, tally)
    return tally.verdict()


def _claim(said: Influence, name: str, measure: str, known: Diagnostics, tally: Tally) -> None:
    value = known.values[measure].get(name.casefold())
    line = said.line
    number = known.numbers[measure].get(name.casefold())
    uses = (number,) if number else ()
    bound = known.threshold(measure)
    if value is None or bound is None:
        return
    threshold, source = bound
    tally.count += 1
    mean = Fraction(_PARAMETERS, known.points) if known.points else None
    is_over = value.low > threshold
    if said.negated:
        if is_over:
            fact = f"{_facts(name, value, measure)} is over {_is(threshold, source)}"
            message = f"{quote(said.text)}: {fact}"
            tally.add(Finding(message, line, fix="say that it is", uses=uses), sure=False)
        return
    others = _over(known, measure, threshold, but=name) if said.only else []
    if value.high < threshold:
        low = measure == "leverage" and mean is not None and value.high < mean
        message = f"{quote(said.text)}: {_facts(name, value, measure)} is below " + (
            f"even the mean p/n={float(mean or 0):.3f}, and not over {_is(threshold, source)}"
            if low
            else _is(threshold, source)
        )
        message += _derived(known, measure)
        message += f"; over it: {', '.join(others)}" if others else ""
        own = measure == "cook" and bool(known.thresholds["cook"])
        fix = "say what it is: influential, by Cook's distance" if measure == "leverage" else ""
        found = Finding(message, line, fix=fix or "say what the figure says", uses=uses)
        tally.add(found, sure=low or own)
    elif others:
        message = f"{quote(said.text)}: also over {_is(threshold, source)}: {', '.join(others)}"
        message += _derived(known, measure)
        tally.add(Finding(message, line, fix="name them all", uses=uses), sure=True)


def _answer(name: str, entry: Entry, known: Diagnostics, tally: Tally) -> None:
    """A cell that answers "High leverage?"."""
    header = entry.header
    if entry.role is not Role.VERDICT or entry.affirms is None:
        return
    for word, measure in _QUESTIONS:
        value = known.values[measure].get(name.casefold())
        bound = known.threshold(measure)
        if word not in header.casefold() or value is None or bound is None:
            continue
        tally.count += 1
        threshold, source = bound
        if (value.high < threshold) if entry.affirms else (value.low > threshold):
            side = "below" if entry.affirms else "over"
            fact = f"{_facts(name, value, measure)} is {side} {_is(threshold, source)}"
            message = f"{quote(header)}: {fact}"
            fix = f"say {'no' if entry.affirms else 'yes'}"
            own = bool(known.thresholds[measure])
            number = known.numbers[measure].get(name.casefold())
            uses = (number,) if number else ()
            tally.add(Finding(message, entry.passage.line, fix=fix, uses=uses), sure=own)
        break


def _over(known: Diagnostics, measure: str, threshold: Fraction, but: str) -> list[str]:
    return [
        f"{quote(name)} ({float(value.middle):.3f})"
        for name, value in known.values[measure].items()
        if value.low > threshold and name != but.casefold()
    ]


def _facts(name: str, value: Range, measure: str) -> str:
    return f"{_NAMES[measure]} {float(value.middle):.3f} of {quote(name)}"


def _is(threshold: Fraction, source: str) -> str:
    return f"{float(threshold):.3f} ({source})"


def _derived(known: Diagnostics, measure: str) -> str:
    from_column = known.from_column if measure == "leverage" else ""
    return f" (leverage from the column {quote(from_column)})" if from_column else ""


def _diagnostics(reading: Reading) -> Diagnostics:
    known = Diagnostics()
    given = sizes(reading)
    for table in reading.tables:
        _given(table, known, given)
    for said in reading.statements:
        if isinstance(said, Diagnostic) and said.measure in known.values:
            _in_prose(said, known)
    if not known.values["leverage"]:
        for table in reading.tables:
            _from_cosines(table, known, given)
    return known


def _given(table: TableReading, known: Diagnostics, given: frozenset[int]) -> None:
    """A table may hold some of the points only: all leverages of a line add up to 2."""
    for role, measure in ((Role.LEVERAGE, "leverage"), (Role.COOK, "cook")):
        if role in table.columns:
            found = dict(_column(table, role))
            known.numbers[measure].update(found)
            known.values[measure].update({name: n.range for name, n in found.items()})
            total = sum(float(number.value) for number in found.values())
            adds_up = measure == "leverage" and abs(total - _PARAMETERS) < len(found) / 100
            if adds_up or len(found) in given:
                known.points = max(known.points, len(found))


def _column(table: TableReading, role: Role) -> Iterator[tuple[str, Number]]:
    for record in table.records:
        number = (entry := record.get(role)) and entry.number
        if number and record.label and not number.unit and not number.fraction:
            yield record.label.casefold(), number


def _in_prose(said: Diagnostic, known: Diagnostics) -> None:
    """A threshold, or the value of the one point that its sentence names right before."""
    if said.threshold:
        known.thresholds[said.measure].add(said.value.value)
    elif len(said.subjects) == 1:
        name = said.subjects[0].casefold()
        known.values[said.measure].setdefault(name, said.value.range)
        known.numbers[said.measure].setdefault(name, said.value)


def _from_cosines(table: TableReading, known: Diagnostics, given: frozenset[int]) -> None:
    """Leverages from a table's one column of cosines, where it has a rate for each of N points."""
    if table.columns.count(Role.COSINE) != 1 or Role.RATE not in table.columns:
        return
    cosines = dict(_column(table, Role.COSINE))
    if len(cosines) != len(table.records) or len(cosines) not in given or len(cosines) < _FEWEST:
        return
    for name, value in leverages({n: float(c.value) for n, c in cosines.items()}).items():
        # three decimals of a cosine leave the third of a leverage open
        known.values["leverage"][name] = Range(value - 0.002, value + 0.002)
    known.points = known.points or len(cosines)
    known.from_column = next(
        entry.header for entry in table.records[0].entries if entry.role is Role.COSINE
    )


def leverages(xs: Mapping[str, float]) -> dict[str, float]:
    """1/n + (x - mean)²/Σ(x - mean)², the hat matrix's diagonal of a line through points."""
    mean = sum(xs.values()) / len(xs)
    spread = sum((x - mean) ** 2 for x in xs.values())
    if spread == 0:
        return {}
    return {name: 1 / len(xs) + (x - mean) ** 2 / spread for name, x in xs.items()}


RULE = Rule(
    "recomputed-influence",
    "Influence and leverage claims",
    check,
    everywhere=True,
    doc=__doc__,
)
