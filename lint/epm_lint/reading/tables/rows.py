"""What the rows of a table say: statistics, rates, means, differences, bound by headers."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.statements import Statement
from epm_lint.reading.tables.differences import difference_columns, differences
from epm_lint.reading.tables.estimates import estimates
from epm_lint.reading.tables.frame import Declared, Frame
from epm_lint.reading.tables.means import compared, means, over_seeds
from epm_lint.reading.tables.rates import Rates
from epm_lint.reading.tables.records import TableReading
from epm_lint.reading.tables.tested import tested, verdicts


def row_statements(table: TableReading, declared: Declared) -> Iterator[Statement]:
    """Every statement of a table's rows."""
    frame = Frame(table, declared)
    rates = Rates(frame)
    differing = difference_columns(table)
    for record in table.records:
        if not record.entries or record.entries[0].passage.quoted:
            continue
        yield from tested(frame, record)
        yield from estimates(frame, record)
        yield from rates.read(record)
        yield from means(frame, record)
        yield from compared(frame, record)
        yield from differences(frame, record, differing)
        yield from over_seeds(frame, record)
        yield from verdicts(frame, record)
