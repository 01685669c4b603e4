"""The reports as JSON, version 1: fields may be added within a version, never changed or removed.

A status is PASS, AWAITING (a person has still to write), WARN, FAIL, or SKIP; ERROR where a rule
itself broke.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from epm_lint.model import Finding, Report, Row

VERSION = 1


def render(reports: Sequence[Report]) -> str:
    """One JSON object that holds all bodies."""
    value = {"version": VERSION, "files": [_file(report) for report in reports]}
    return dumped(value)


def dumped(value: object) -> str:
    """The value as JSON, in which a GitHub runner finds no order such as `##[add-mask]x`."""
    return json.dumps(value, indent=1, ensure_ascii=False).replace("##[", "#\\u0023[") + "\n"


def _file(report: Report) -> dict[str, Any]:
    return {
        "path": report.path,
        "format": report.format,
        "status": report.status,
        "counts": report.counts,
        "checks": [_check(row) for row in report.rows],
    }


def _check(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {
        "rule": row.rule.slug,
        "title": row.rule.title,
        "status": row.verdict.status,
        "detail": row.verdict.detail,
        "findings": [_finding(finding) for finding in row.verdict.findings],
    }
    if row.verdict.standings:
        value["numbers"] = [dict(standing) for standing in row.verdict.standings]
    return value


def _finding(finding: Finding) -> dict[str, Any]:
    value: dict[str, Any] = {"line": finding.line, "message": finding.message}
    for name in ("end_line", "column", "fix"):
        if (given := getattr(finding, name)) is not None:
            value[name] = given
    if finding.edits:
        value["edits"] = [asdict(edit) for edit in finding.edits]
        value["safe"] = finding.safe
    if finding.follows:
        value["follows"] = [asdict(one) for one in finding.follows]
    return value
