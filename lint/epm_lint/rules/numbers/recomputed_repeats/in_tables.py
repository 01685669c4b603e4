"""What a table itself says twice: the N of a row, and a fit under each kind of error."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.qualifier_words import qualifier_of
from epm_lint.reading.statements import Binding, Qualifier
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.records import Record, TableReading
from epm_lint.reading.tables.tested import degrees_of
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Outcome

_OF_ERRORS = frozenset({"errors", "standard errors", "errors by", "se type", "covariance"})
_FIX = "correct the one that is wrong"


def in_tables(reading: Reading, tally: Tally) -> None:
    """Hold what a table says twice against each other."""
    for table in reading.tables:
        for record in table.records:
            if not record.entries or record.entries[0].passage.quoted:
                continue
            _size(record, tally)
        if table.headers and table.headers[0].casefold() in _OF_ERRORS:
            _fits(table, tally)


def _size(record: Record, tally: Tally) -> None:
    """The N of a row's label, and that of its column N."""
    stated = column_of(record.raw).size
    for entry in record.entries:
        given = entry.alone
        if stated is None or given is None or entry.header.strip(" *_`") != "N":
            continue
        if given.is_whole and f"N={stated.raw}" in record.raw.replace(" ", ""):
            _same(given, stated, f"the row's label says N={shown(stated)}", tally)


def _fits(table: TableReading, tally: Tally) -> None:
    """Other standard errors change neither the estimate nor its degrees of freedom.

    But clustered ones have as many as there are clusters, less one.
    """
    if not table.records or table.columns.count(Role.ESTIMATE) != 1:
        return
    first = table.records[0]
    of_first, freedom = first.get(Role.ESTIMATE), degrees_of(first, None)
    for record in table.records[1:]:
        entry = record.get(Role.ESTIMATE)
        value = entry.alone if entry else None
        known = of_first.alone if of_first else None
        if value is None or known is None or value.unit != known.unit:
            continue
        where = f"on line {first.line}, with other errors, it is"
        _same(value, known, f"{where} {shown(known)}", tally)
        own = degrees_of(record, None)
        if _is_clustered(first) or _is_clustered(record):
            continue
        if len(own) == len(freedom) == 1 and own[0].value != freedom[0].value:
            message = f"says df={shown(own[0])}; {where} {shown(freedom[0])}"
            tally.hold(value, Outcome.INCONSISTENT, message, _FIX, binding=Binding.SUBJECT)


def _is_clustered(record: Record) -> bool:
    return any(qualifier_of(word) is Qualifier.CLUSTERED for word in record.words)


def _same(number: Number, other: Number, what: str, tally: Tally) -> None:
    agrees = (
        number.range.meets(other.range)
        if number.places or number.unit
        else (number.value == other.value)
    )
    outcome = Outcome.CONSISTENT if agrees else Outcome.INCONSISTENT
    message = f"says {shown(number)}; {what}"
    tally.hold(number, outcome, message, _FIX, binding=Binding.SUBJECT, uses=(other,))
