"""JUnit's XML, which every CI server draws: a suite for each body, a case for each rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from epm_lint.model import Finding, Report, Row, Status
from epm_lint.quoting import visible


def render(reports: Sequence[Report]) -> str:
    """All bodies; a warning is a case that passes and says something."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="epm lint" {_totals(reports)}>',
        *(line for report in reports for line in _suite(report)),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _suite(report: Report) -> Iterator[str]:
    counts = f'{_totals([report])} skipped="{report.counts[Status.SKIP]}"'
    yield f'  <testsuite name="{_xml(report.path)}" {counts}>'
    for row in report.rows:
        yield from _case(report, row)
    yield "  </testsuite>"


def _case(report: Report, row: Row) -> Iterator[str]:
    name = f'classname="{_xml(row.rule.slug)}" name="{_xml(row.rule.title)}"'
    opening = f'    <testcase {name} file="{_xml(report.path)}"'
    detail = _xml(row.verdict.detail)
    match row.verdict.status:
        case Status.PASS:
            yield f"{opening}/>"
            return
        case Status.SKIP:
            inner = f'<skipped message="{detail}"/>'
        case Status.WARN:
            inner = f"<system-out>{detail}{_findings(row)}</system-out>"
        case Status.FAIL:
            kind = _xml(row.rule.slug)
            inner = f'<failure message="{detail}" type="{kind}">{_findings(row)}</failure>'
        case Status.ERROR:
            inner = f'<error message="{detail}"/>'
    yield f"{opening}>{inner}</testcase>"


def _findings(row: Row) -> str:
    return "".join(f"\n{_xml(line)}" for each in row.verdict.findings for line in _lines(each))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"line {finding.line}: {finding.message}" + (f" ({finding.fix})" if finding.fix else "")
    yield from (f"  follows, line {one.line}: {one.message}" for one in finding.follows)


def _totals(reports: Sequence[Report]) -> str:
    tests = sum(len(report.rows) for report in reports)
    failures = sum(report.counts[Status.FAIL] for report in reports)
    errors = sum(report.counts[Status.ERROR] for report in reports)
    return f'tests="{tests}" failures="{failures}" errors="{errors}"'


def _xml(text: str) -> str:
    """Text for an element or an attribute, control characters shown as escapes."""
    return escape(visible(text))
