"""A table of cosines and rates holds all that its correlations and fits are made of.

From the one table that gives each row a cosine and a rate, at the layer that its title names, these
are recomputed wherever the page prints them: Pearson's r and Spearman's ρ of all rows, of all but
one ("r without it"), and of the rows of a category; each row's leverage, Cook's distance and
studentised residual; and predictions and 95% prediction intervals of the rows that have them, from
the fit of the other rows or of all (formulas and sources in
`epm_lint/statistics/least_squares.py`).
Cosines may be any that round to what is printed. Where most do not follow, the table itself is
doubted, in one finding.

Bad:

    | Persona | Cosine (L20) | Source rate | k/n |
    |---|---|---|---|
    | librarian | +0.389 | 67% | 67/100 |
    | villain | -0.407 | 57% | 57/100 |
    | comedian | -0.312 | 63% | 63/100 |
    | doctor | +0.310 | 32% | 32/100 |

    At layer 20, Pearson r=-0.50 (N=4).

Good:

    | Persona | Cosine (L20) | Source rate | k/n |
    |---|---|---|---|
    | librarian | +0.389 | 67% | 67/100 |
    | villain | -0.407 | 57% | 57/100 |
    | comedian | -0.312 | 63% | 63/100 |
    | doctor | +0.310 | 32% | 32/100 |

    At layer 20, Pearson r=-0.30 (N=4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import clip, quote
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.statements import Correlation, Subset
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.tables.records import Entry, Record, TableReading
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Outcome, match
from epm_lint.statistics.fits import Points, Statistic, points_of
from epm_lint.statistics.least_squares import pearson, spearman, through
from epm_lint.statistics.tails import StudentT
from epm_lint.values import dataclass

_MOST_FINDINGS = 4
_FIX = "correct it, or the row of the table that it follows from"


@dataclass(frozen=True, slots=True)
class Claim:
    """A printed statistic, and what it is of: any of these may be meant."""

    number: Number
    name: str
    meant: tuple[tuple[Statistic, tuple[int, ...]], ...]
    unit: str = ""


def check(page: Page) -> Verdict:
    """Correlations, diagnostics and predictions follow from the page's own table."""
    tally = Tally("statistic")
    reading = read(page.document, page.title)
    _once(reading, tally)
    points = points_of(reading)
    if points is None and tally.doubtful:
        return tally.verdict()
    if points is None:
        return Verdict.skipped("no table that gives each row a cosine and a rate")
    for claim in _claims(reading, points):
        _judge(claim, points, tally)
    findings = tally.findings
    if len(findings) > _MOST_FINDINGS and 2 * len(findings) > tally.count:
        message = (
            f"{len(findings)} of {tally.count} statistics do not follow from this table's cosines "
            f"and rates, the first of them on line {findings[0].line}: {findings[0].message}"
        )
        uses = tuple(number for finding in findings for number in finding.uses)
        fix = "correct the row that is wrong"
        findings = [Finding(message, points.line, fix=fix, uses=uses)]
        used = tuple(tally.used)
        return Verdict.warned(tally.detail, findings).with_numbers(used, dict(tally.left))
    return tally.verdict()


def _once(reading: Reading, tally: Tally) -> None:
    """Each persona has one row in a table of cosines, or of diagnostics."""
    for table in reading.tables:
        if not {Role.COSINE, Role.LEVERAGE, Role.COOK} & set(table.columns):
            continue
        if Role.NAME not in table.columns[:1]:
            continue
        seen: dict[str, int] = {}
        for record in table.records:
            number = next((entry.number for entry in record.entries if entry.number), None)
            if number is None or record.under or record.entries[0].passage.quoted:
                continue
            first = seen.setdefault(record.label, record.line)
            if first != record.line:
                message = f"{quote(record.label)} has a row already, on line {first}"
                fix = "give each its own name"
                tally.hold(number, Outcome.INCONSISTENT, message, fix)


def _judge(claim: Claim, points: Points, tally: Tally) -> None:
    value = claim.number.with_unit(claim.unit)
    if value.bound or value.fraction:
        return
    right = ""
    best = Outcome.INCONSISTENT
    for statistic, rows in claim.meant:
        try:
            allowed = points.allowed(statistic, rows)
        except (ZeroDivisionError, ValueError):
            return
        if isnan(allowed.low):
            return
        right = right or value.like(allowed.middle)
        if match(value, allowed) is Outcome.CONSISTENT:
            best = Outcome.CONSISTENT
            break
    message = (
        f"says {shown(claim.number)}; {claim.name} of the table on line {points.line} is {right}"
    )
    if right:
        meant = {row for _, members in claim.meant for row in members}
        uses = [n for row in meant for n in (points.cosines[row], *points.rates[row])]
        tally.hold(claim.number, best, message, _FIX, uses=uses)


def _claims(reading: Reading, points: Points) -> Iterator[Claim]:
    for said in reading.claimed(Correlation):
        yield from _correlation(said, points)
    for table in reading.tables:
        if table.line != points.line:
            yield from _diagnostics(table, points)
            yield from _predictions(table, points)
            yield from _slopes(table, points)


def _correlation(said: Correlation, points: Points) -> Iterator[Claim]:
    statistic = {"pearson": pearson, "spearman": spearman}.get(said.method)
    data = said.data or Subset()
    if statistic is None or said.partial or data.elsewhere:
        return
    if statistic is spearman and points.has_ties:
        return
    rows = _rows_meant(data, points)
    if rows is None or len(rows) < 3:
        return
    whole = len(rows) == len(points.names)
    if whole and not _is_whole(said, points):
        return
    if said.n and (not said.n.is_whole or said.n.mantissa != len(rows)):
        return
    symbol = "r" if statistic is pearson else "ρ"
    name = symbol if whole else f"{symbol} of {len(rows)} rows"
    yield Claim(said.coefficient, name, ((statistic, tuple(rows)),))


def _rows_meant(data: Subset, points: Points) -> list[int] | None:
    """The rows that a correlation is of; None where it cannot be told."""
    everyone = points.everyone()
    if data.without is not None:
        return points.without(data.without)
    if data.group:
        return [row for row in everyone if data.group in points.groups[row]] or None
    return None if any(name in points.places for name in data.named) else everyone


def _is_whole(said: Correlation, points: Points) -> bool:
    """Whether a correlation is surely that of all rows at the layer of the cosines."""
    if said.layer != points.layer:
        return False
    return said.n is not None or said.passage.spot is not None


def _diagnostics(table: TableReading, points: Points) -> Iterator[Claim]:
    """Leverage, Cook's distance and residual, where all rows have them: the fit is of all."""
    if {record.label for record in table.records} != set(points.names):
        return
    everyone = tuple(points.everyone())
    for record in table.records:
        at = points.places[record.label]
        for entry in record.entries:
            if entry.number and not entry.passage.quoted:
                for name, meant in _diagnosis(entry, at):
                    statistics = tuple((statistic, everyone) for statistic in meant)
                    yield Claim(entry.number, f"{clip(record.label, 40)}'s {name}", statistics)


def _diagnosis(entry: Entry, at: int) -> Iterator[tuple[str, Sequence[Statistic]]]:
    header = entry.header.casefold()
    match entry.role:
        case Role.LEVERAGE:
            yield "leverage", [lambda xs, ys: through(xs, ys).leverage(xs[at])]
        case Role.COOK:
            yield "Cook's distance", [lambda xs, ys: through(xs, ys).cook(xs[at], ys[at])]
        case _ if "dffits" in header:
            yield "DFFITS", [lambda xs, ys: through(xs, ys).dffits(xs[at], ys[at])]
        case Role.RESIDUAL if "student" in header:
            yield (
                "studentised residual",
                [
                    lambda xs, ys: through(xs, ys).studentised(xs[at], ys[at]),
                    lambda xs, ys: through(xs, ys).studentised(xs[at], ys[at], external=False),
                ],
            )


def _slopes(table: TableReading, points: Points) -> Iterator[Claim]:
    """The slope of all rows but the one that each row of a table is "without"."""
    if table.headers[:1] != ("Without",):
        return
    for record in table.records:
        rows = tuple(points.without((record.label, *record.raw.split())) or ())
        if len(rows) < 3:
            continue
        for entry in record.entries:
            if entry.header.casefold() == "slope" and (number := entry.alone):
                name = f"the slope without {clip(record.label, 40)}"
                scales = (1,) if number.unit else (100, 1)
                yield Claim(number, name, tuple((_slope(by), rows) for by in scales))


def _slope(by: int) -> Statistic:
    """In points, or as a part of one: the header need not say which."""
    return lambda xs, ys: by * through(xs, ys).slope


def _predictions(table: TableReading, points: Points) -> Iterator[Claim]:
    """Predictions of some rows, from the fit of the others, or of all."""
    if Role.PREDICTED not in table.columns:
        return
    new = {record.label for record in table.records} & set(points.names)
    named = [row for row in points.everyone() if points.names[row] not in new]
    for record in table.records:
        if record.label in new and len(named) > 2:
            yield from _prediction(record, points, named)


def _prediction(record: Record, points: Points, named: list[int]) -> Iterator[Claim]:
    x_row = points.places[record.label]
    # the predicted row goes last, so that its own rounding counts
    fits = ((*named, x_row), (*points.everyone(), x_row))
    name = clip(record.label, 40)

    interval = record.get(Role.INTERVAL)
    level = interval.column.level if interval else 0.0

    def meant(sign: int) -> tuple[tuple[Statistic, tuple[int, ...]], ...]:
        return tuple((_end(sign, len(rows) - 3, level or 0.95), rows) for rows in fits)

    if (entry := record.get(Role.OBSERVED)) and entry.number:
        yield Claim(entry.number, f"{name}'s rate", ((lambda xs, ys: ys[0], (x_row,)),))
    if (entry := record.get(Role.PREDICTED)) and entry.number:
        yield Claim(entry.number, f"{name}'s prediction", meant(0))
    if interval and interval.span and (level or "PI" in interval.header):
        span = interval.span
        yield Claim(span.low, f"the lower end of {name}'s interval", meant(-1), span.unit)
        yield Claim(span.high, f"the upper end of {name}'s interval", meant(1), span.unit)


def _end(sign: int, df: int, level: float) -> Statistic:
    t = StudentT(df).upper_quantile((1 - level) / 2) if sign else 0.0

    def end(xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
        line = through(xs[:-1], ys[:-1])
        return line.at(xs[-1]) + sign * (line.half_width(xs[-1], t) if sign else 0.0)

    return end


RULE = Rule("recomputed-tables", "Tables recomputed", check, everywhere=True, doc=__doc__)
