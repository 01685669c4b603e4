"""A table is worth what stands in it: the columns that say where a value is from, and no blank.

A format may limit how many tables a section has, ask for columns by their headers, and that nothing
in the section is left to fill in.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Methodology

    **Training:**

    | Parameter | Value |
    |---|---|
    | learning rate | 1e-5 |

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Methodology

    **Training:**

    | Parameter | Value | Source |
    |---|---|---|
    | learning rate | 1e-5 | plan.md |
"""

from collections.abc import Iterator

from epm_lint.markdown.blocks import Table, title_key
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches, within
from epm_lint.page.placeholders import blank_in, is_placeholder
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """Each section has its tables, with the columns asked for and nothing left blank."""
    asked = stretches(page, "section-tables")
    if not asked:
        return Verdict.skipped("no section of which the format asks for tables")
    faults = [fault for stretch in asked for fault in _faults(stretch)]
    return judged(faults, f"{sum(len(one.tables) for one in asked)} table(s)")


def _faults(stretch: Stretch) -> Iterator[Fault]:
    asks, tables = stretch.asks, stretch.tables
    miscounted = [
        *within(len(tables), asks.tables, "tables", stretch.name, stretch.line, asks.severity)
    ]
    yield from miscounted
    headers = [{title_key(cell.text) for cell in table.rows[0].cells} for table in tables]
    wanted = {title_key(column) for column in asks.columns}
    missing = not tables and any(fault.severity == asks.severity for fault in miscounted)
    if asks.columns and not missing and not any(wanted <= found for found in headers):
        shown = ", ".join(asks.columns)
        message = f"no table in '{stretch.name}' has the column(s) {shown}"
        line = tables[0].line if tables else stretch.line
        yield Fault(Finding(message, line, fix="add them"), asks.severity)
    if asks.filled:
        for line, blank in _blanks(stretch):
            message = f"left to fill in: {quote(blank)}"
            yield Fault(Finding(message, line, fix="fill it in"), asks.severity)


def _blanks(stretch: Stretch) -> Iterator[tuple[int, str]]:
    for block in stretch.blocks():
        if isinstance(block, Table):
            for row in block.rows[1:]:
                for cell in row.cells[1:]:
                    if any(map(str.isalnum, cell.text)) and is_placeholder(cell.text):
                        yield row.line, cell.text.strip()
        for prose in block.prose:
            if blank := blank_in(prose.source):
                yield prose.line, blank


RULE = Rule("section-tables", "Section tables", check, doc=__doc__)
