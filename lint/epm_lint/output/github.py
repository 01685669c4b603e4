"""Annotations in the log of a GitHub Actions run.

A log is also where the runner takes orders from, so a body's text is escaped: as the runner's own
toolkit does, and control characters before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from epm_lint.model import Report, Row, Status
from epm_lint.quoting import visible

_COMMANDS = {
    Status.AWAITING: "notice",
    Status.WARN: "warning",
    Status.FAIL: "error",
    Status.ERROR: "error",
}


def render(reports: Sequence[Report]) -> str:
    """A workflow command for each finding; none for what passes or is skipped."""
    return "".join(
        f"{line}\n"
        for report in reports
        for row in report.awaiting_first
        for line in _row(report, row)
    )


def _row(report: Report, row: Row) -> Iterator[str]:
    if not (command := _COMMANDS.get(row.verdict.status)):
        return
    title = f"{row.rule.title} ({row.rule.slug})"
    for finding in row.verdict.findings:
        fix = f" ({finding.fix})" if finding.fix else ""
        place = {"line": finding.line, "endLine": finding.end_line, "col": finding.column}
        yield _command(command, report.path, place, title, finding.message + fix)
    if not row.verdict.findings:
        yield _command(command, report.path, {"line": 1}, title, row.verdict.detail)


def _command(
    command: str, path: str, place: dict[str, int | None], title: str, message: str
) -> str:
    given = {"file": PurePath(path).as_posix(), **place, "title": title}
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in given.items() if value is not None
    )
    return f"::{command} {properties}::{_data(message)}"


def _data(text: str) -> str:
    escaped = visible(text).replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
