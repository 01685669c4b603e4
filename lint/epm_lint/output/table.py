"""The report as a table in plain text."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.model import Finding, Report, Row, Status
from epm_lint.quoting import visible

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
_TITLE_WIDTH = 33
_WIDTH = 99
MOST_FINDINGS = 20


def render(report: Report) -> str:
    """The table, with the findings below their row and the counts in the last line."""
    width = max([_TITLE_WIDTH, *(len(row.rule.title) + 1 for row in report.rows)])
    lines = [
        f"{'Check':{width}}Status  Detail",
        "-" * _WIDTH,
        *(line for row in report.rows for line in _row(row, width)),
        "",
        f"Result: {report.status} — {counted(report)}",
    ]
    return "\n".join(lines) + "\n"


def counted(report: Report) -> str:
    """How many rows have each status, the most severe first, those that none has left out."""
    counts = report.counts
    shown = (f"{counts[status]} {_WORDS[status]}" for status in counts if counts[status])
    return ", ".join(shown) or "no rule ran"


def _row(row: Row, width: int) -> Iterator[str]:
    status = row.verdict.status
    sign = f"{SIGNS[status]} {status}"
    yield f"{row.rule.title:{width}}{sign:8}{visible(row.verdict.detail)}".rstrip()
    for finding in row.verdict.findings[:MOST_FINDINGS]:
        yield _finding(finding)
    if (hidden := len(row.verdict.findings) - MOST_FINDINGS) > 0:
        yield f"    … and {hidden} more"


def _finding(finding: Finding) -> str:
    fix = f" ({finding.fix})" if finding.fix else ""
    return f"    line {finding.line}: {visible(finding.message + fix)}"
