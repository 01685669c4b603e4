"""The report as a table in plain text."""

from __future__ import annotations

from collections.abc import Iterator

from lint.model import Finding, Report, Row, Status
from lint.quoting import visible

_SIGNS = {
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
_TITLE_WIDTH = 33
_WIDTH = 99
_MOST_FINDINGS = 20


def render(report: Report) -> str:
    """The table, with the findings below their row and the counts in the last line."""
    counts = report.counts
    counted = ", ".join(f"{counts[status]} {_WORDS[status]}" for status in counts if counts[status])
    lines = [
        f"{'Check':{_TITLE_WIDTH}}Status  Detail",
        "-" * _WIDTH,
        *(line for row in report.rows for line in _row(row)),
        "",
        f"Result: {report.status} — {counted or 'no rule ran'}",
    ]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> Iterator[str]:
    status = row.verdict.status
    sign = f"{_SIGNS[status]} {status}"
    yield f"{row.rule.title:{_TITLE_WIDTH}}{sign:8}{visible(row.verdict.detail)}".rstrip()
    for finding in row.verdict.findings[:_MOST_FINDINGS]:
        yield _finding(finding)
    if (hidden := len(row.verdict.findings) - _MOST_FINDINGS) > 0:
        yield f"    … and {hidden} more"


def _finding(finding: Finding) -> str:
    fix = f" ({finding.fix})" if finding.fix else ""
    return f"    line {finding.line}: {visible(finding.message + fix)}"
