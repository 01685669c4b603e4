"""What the linter says of a page: rule by rule, and beside the lines that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from epm.viewer import html
from epm.viewer.data.run import Run
from epm.viewer.markdown import MarginMark
from epm_lint.model import Finding, Row, Status
from epm_lint.quoting import visible

_NEWLINE = re.compile("\r\n?|\n")
"""What ends a line of Markdown; a form feed or U+2028 does not."""
_LEVELS = {
    Status.FAIL: "fail",
    Status.ERROR: "fail",
    Status.WARN: "warn",
    Status.AWAITING: "awaiting",
}


@dataclass(frozen=True)
class Found:
    """A finding, and its key on both screens."""

    key: str
    finding: Finding
    level: str
    source: list[tuple[int, str]] = field(default_factory=list)
    """Numbered lines of the page."""


def screen(run: Run, path: str) -> str:
    """All rules: those with something to do first, then the others as lists."""
    report = run.report
    found = _found(run)
    rows = list(report.rows if report else ())
    silent = [row for row in rows if row.rule.slug not in found]
    passed = [row for row in silent if row.verdict.status is Status.PASS]
    skipped = [row for row in silent if row.verdict.status is Status.SKIP]
    rest = [row for row in rows if row not in passed and row not in skipped]
    rest.sort(key=lambda row: -row.verdict.status.severity)
    return html.page(
        "lint",
        path,
        "Lint",
        run,
        "lint",
        report=report,
        open=[(row, found.get(row.rule.slug, [])) for row in rest],
        passed=passed,
        skipped=skipped,
    )


def marks(run: Run) -> list[MarginMark]:
    """The findings for the margin of the page; each leads to the lint screen and back."""
    return [
        MarginMark(
            each.finding.line,
            each.level,
            slug,
            f"{each.finding.message} — {fix}"
            if (fix := each.finding.fix)
            else each.finding.message,
            each.key,
            f"lint.html#{each.key}",
        )
        for slug, of_rule in _found(run).items()
        for each in of_rule
    ]


def _found(run: Run) -> dict[str, list[Found]]:
    rows = run.report.rows if run.report else ()
    found: dict[str, list[Found]] = {}
    number = 0
    for row in rows:
        for finding in row.verdict.findings:
            number += 1
            each = Found(f"f{number}", finding, _level(row), list(_source(run, finding)))
            found.setdefault(row.rule.slug, []).append(each)
    return found


def _level(row: Row) -> str:
    return _LEVELS.get(row.verdict.status, "advice")


def _source(run: Run, finding: Finding) -> Iterator[tuple[int, str]]:
    lines = _NEWLINE.split((run.body or "").removeprefix("\ufeff"))
    end = min(finding.end_line or finding.line, finding.line + 4)
    for number in range(finding.line, end + 1):
        if 0 < number <= len(lines):
            parts = lines[number - 1][:400].split("\t")
            yield number, "\t".join(map(visible, parts))
