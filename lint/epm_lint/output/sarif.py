"""SARIF 2.1.0, for code scanning and editors that read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from epm_lint.model import Edit, Finding, Report, Row, Rule, Status
from epm_lint.output.json import dumped
from epm_lint.quoting import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Status.WARN: "warning", Status.FAIL: "error"}


def render(reports: Sequence[Report]) -> str:
    """One run that holds all bodies; a rule that broke is a notification, not a result."""
    rules = {row.rule.slug: row.rule for report in reports for row in report.rows}
    indices = {slug: index for index, slug in enumerate(rules)}
    broken = [
        _notification(report, row, indices)
        for report in reports
        for row in report.rows
        if row.verdict.status is Status.ERROR
    ]
    run = {
        "tool": {"driver": {"name": "epm lint", "rules": [_rule(r) for r in rules.values()]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not broken, "toolExecutionNotifications": broken}],
        "results": [
            result
            for report in reports
            for row in report.rows
            for result in _results(report, row, indices)
        ],
    }
    value = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return dumped(value)


def _rule(rule: Rule) -> dict[str, Any]:
    why, _, _ = (rule.doc or rule.title).strip().partition("\n")
    described = {
        "id": rule.slug,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why},
    }
    return described | ({"help": {"text": rule.doc.strip()}} if rule.doc else {})


def _results(report: Report, row: Row, indices: dict[str, int]) -> Iterator[dict[str, Any]]:
    if not (level := _LEVELS.get(row.verdict.status)):
        return
    for finding in row.verdict.findings or (Finding(row.verdict.detail, 1),):
        fix = f" ({finding.fix})" if finding.fix else ""
        result: dict[str, Any] = {
            "ruleId": row.rule.slug,
            "ruleIndex": indices[row.rule.slug],
            "level": level,
            "message": {"text": visible(finding.message + fix)},
            "locations": [_location(report, _region(finding))],
        }
        if finding.follows:
            result["relatedLocations"] = [
                _location(report, {"startLine": one.line})
                | {"message": {"text": visible(f"follows ({one.rule}): {one.message}")}}
                for one in finding.follows
            ]
        if finding.edits:
            result["fixes"] = [_fix(report, finding)]
        yield result


def _notification(report: Report, row: Row, indices: dict[str, int]) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": visible(row.verdict.detail)},
        "associatedRule": {"id": row.rule.slug, "index": indices[row.rule.slug]},
        "locations": [_location(report, {"startLine": 1})],
    }


def _fix(report: Report, finding: Finding) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _deleted(edit), "insertedContent": {"text": edit.text}}
        for edit in finding.edits
    ]
    change = {"artifactLocation": {"uri": _uri(report.path)}, "replacements": replacements}
    return {
        "description": {"text": visible(finding.fix or finding.message)},
        "artifactChanges": [change],
    }


def _deleted(edit: Edit) -> dict[str, int]:
    return {
        "startLine": edit.line,
        "startColumn": edit.column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }


def _region(finding: Finding) -> dict[str, int]:
    region = {"startLine": finding.line}
    if finding.column is not None:
        region["startColumn"] = finding.column
    if finding.end_line is not None:
        region["endLine"] = finding.end_line
    return region


def _location(report: Report, region: dict[str, int]) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(report.path)},
            "region": region,
        }
    }


def _uri(path: str) -> str:
    pure = PurePath(path)
    if pure.is_absolute():
        return pure.as_uri()
    return quote(pure.as_posix(), errors="surrogateescape")
