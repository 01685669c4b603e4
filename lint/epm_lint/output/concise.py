"""One line for each finding, as compilers print them: `path:line:column: STATUS rule message`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from epm_lint.model import Finding, Report, Row, Status
from epm_lint.quoting import as_line, visible


def render(reports: Sequence[Report]) -> str:
    """The findings of all bodies; nothing at all where there are none."""
    return "".join(
        f"{line}\n"
        for report in reports
        for row in report.awaiting_first
        for line in _row(report, row)
    )


def _row(report: Report, row: Row) -> Iterator[str]:
    if row.verdict.status.severity <= Status.PASS.severity:
        return
    what = f"{row.verdict.status} {row.rule.slug}"
    path = as_line(report.path)
    for finding in row.verdict.findings:
        fix = f" ({finding.fix})" if finding.fix else ""
        yield f"{path}:{_place(finding)}: {what} {visible(finding.message + fix)}"
    if not row.verdict.findings:
        yield f"{path}:1: {what} {visible(row.verdict.detail)}"


def _place(finding: Finding) -> str:
    return f"{finding.line}" if finding.column is None else f"{finding.line}:{finding.column}"
