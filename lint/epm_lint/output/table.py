"""The report as a table in plain text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from epm_lint.model import Finding, Report, Row, Status
from epm_lint.quoting import visible
from epm_lint.values import dataclass

SIGNS = {
    Status.PASS: "✓",
    Status.WARN: "!",
    Status.FAIL: "✗",
    Status.SKIP: "–",
    Status.ERROR: "‼",
}
_WORDS = {
    Status.ERROR: "broke",
    Status.FAIL: "failed",
    Status.WARN: "warned",
    Status.PASS: "passed",
    Status.SKIP: "skipped",
}
_COLOURS = {
    Status.PASS: "32",
    Status.WARN: "33",
    Status.FAIL: "31",
    Status.SKIP: "2",
    Status.ERROR: "1;31",
}
_NARROWEST = 20
_TITLE_WIDTH = 33
_WIDTH = 99
MOST_FINDINGS = 20
MOST_CONSEQUENCES = 6


@dataclass(frozen=True, slots=True)
class Look:
    """How the table is drawn."""

    colour: bool = False
    """With the escapes of a terminal."""
    width: int | None = None
    """Columns to keep to; None where lines may be as long as they are."""


PLAIN = Look()


def render(report: Report, look: Look = PLAIN) -> str:
    """The table, with the findings below their row and the counts in the last line."""
    width = max([_TITLE_WIDTH, *(len(row.rule.title) + 1 for row in report.rows)])
    result = _coloured(f"Result: {report.status}", report.status, look)
    lines = [
        f"{'Check':{width}}Status  Detail",
        "-" * min(_WIDTH, look.width or _WIDTH),
        *(line for row in report.rows for line in _row(row, width, look)),
        "",
        f"{result} — {counted(report)}",
    ]
    return "\n".join(lines) + "\n"


def counted(report: Report) -> str:
    """How many rows have each status, the most severe first, those that none has left out."""
    counts = report.counts
    shown = (f"{counts[status]} {_WORDS[status]}" for status in counts if counts[status])
    return ", ".join(shown) or "no rule ran"


def _row(row: Row, width: int, look: Look) -> Iterator[str]:
    status = row.verdict.status
    sign = f"{SIGNS[status]} {status}"
    detail = visible(row.verdict.detail)
    first, *rest = _folded(detail, width + 8, look)
    yield f"{row.rule.title:{width}}{_coloured(f'{sign:8}', status, look)}{first}".rstrip()
    yield from rest
    for finding in row.verdict.findings[:MOST_FINDINGS]:
        yield from _finding(finding, look)
    if (hidden := len(row.verdict.findings) - MOST_FINDINGS) > 0:
        yield f"    … and {hidden} more"


def _finding(finding: Finding, look: Look) -> Iterator[str]:
    fix = f" ({finding.fix})" if finding.fix else ""
    first, *rest = _folded(f"line {finding.line}: {visible(finding.message + fix)}", 4, look)
    yield f"    {first}"
    yield from rest
    for one in finding.follows[:MOST_CONSEQUENCES]:
        text = f"follows, line {one.line}: {visible(one.message)}"
        first, *rest = _folded(text, 6, look)
        yield f"      {first}"
        yield from rest
    if (hidden := len(finding.follows) - MOST_CONSEQUENCES) > 0:
        yield f"      … and {hidden} more that follow"


def _folded(text: str, column: int, look: Look) -> list[str]:
    """The text from a column on, its further lines indented as far as there is room for that."""
    if look.width is None or column + len(text) <= look.width:
        return [text]
    indent = column if column + _NARROWEST <= look.width else 6
    first, *rest = wrap(
        text,
        max(look.width, indent + _NARROWEST),
        initial_indent=" " * column,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [first[column:], *rest]


def _coloured(text: str, status: Status, look: Look) -> str:
    return f"\x1b[{_COLOURS[status]}m{text}\x1b[0m" if look.colour else text
