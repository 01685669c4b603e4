"""The report as a comment on the issue: verdict and failures first, the rest folded away.

A body's text is data here too. What it says must not ping people, leave links on other issues, or
become markup; `inert` sees to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from epm_lint.model import Finding, Report, Row, Status
from epm_lint.output.table import MOST_CONSEQUENCES, MOST_FINDINGS, SIGNS, counted
from epm_lint.patterns import Pattern
from epm_lint.quoting import visible

BUDGET = 60_000
"""In characters, of the 65,536 that GitHub takes; the rest is for what a bot adds."""

_LONGEST = 600
_BREAK = "\u200b"
_REFERENCES = Pattern(r"@(?=\w)|#(?=\d)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
_MARKUP = Pattern(r"[\\`*_\[\]|~$<>&]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def render(reports: Sequence[Report], budget: int = BUDGET) -> str:
    """All bodies; where it gets too long, what is least severe is left out, and that is said."""
    share = budget // max(len(reports), 1)
    return "\n".join(_report(report, share) for report in reports)


def inert(text: str) -> str:
    """Text that a reader sees as it is and that does nothing: one line, cut when very long.

    Entities are decoded first, since they would be after us.
    """
    shown = visible(unescape(visible(text)))
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1] + "…"
    return _MARKUP.sub(_escaped, _REFERENCES.sub(lambda match: match.group() + _BREAK, shown))


def _escaped(mark: re.Match[str]) -> str:
    return _ENTITIES.get(mark.group(), f"\\{mark.group()}")


def _report(report: Report, budget: int) -> str:
    rows = sorted(report.rows, key=lambda row: -row.verdict.status.severity)
    told = [row for row in rows if row.verdict.status.severity > Status.PASS.severity]
    quiet = [row for row in report.rows if row.verdict.status.severity <= Status.PASS.severity]
    heading = f"### {SIGNS[report.status]} {report.status} — {counted(report)}"
    lines = [heading, "", f"`epm lint` on {inert(report.path)}, format {report.format}", ""]
    lines += _within([list(_told(row)) for row in told], budget * 3 // 4, "\n- … and {} more")
    if quiet:
        left = budget - sum(len(line) + 1 for line in lines)
        lines += [
            "",
            f"<details><summary>{len(quiet)} passed or skipped</summary>",
            "",
            "| Check | Status | Detail |",
            "|---|---|---|",
            *_within([[_quiet(row)] for row in quiet], left, "| … and {} more | | |"),
            "",
            "</details>",
        ]
    return "\n".join(lines) + "\n"


def _within(entries: Sequence[list[str]], budget: int, rest: str) -> Iterator[str]:
    for place, entry in enumerate(entries):
        budget -= sum(len(line) + 1 for line in entry)
        if budget < 200:
            yield rest.format(len(entries) - place)
            return
        yield from entry


def _told(row: Row) -> Iterator[str]:
    sign, verdict = SIGNS[row.verdict.status], row.verdict
    yield f"- {sign} **{inert(row.rule.title)}** `{row.rule.slug}`: {inert(verdict.detail)}"
    for finding in verdict.findings[:MOST_FINDINGS]:
        yield from _finding(finding)
    if (hidden := len(verdict.findings) - MOST_FINDINGS) > 0:
        yield f"  - … and {hidden} more"


def _finding(finding: Finding) -> Iterator[str]:
    fix = f" — {inert(finding.fix)}" if finding.fix else ""
    yield f"  - line {finding.line}: {inert(finding.message)}{fix}"
    for one in finding.follows[:MOST_CONSEQUENCES]:
        yield f"    - follows, line {one.line}: {inert(one.message)}"
    if (hidden := len(finding.follows) - MOST_CONSEQUENCES) > 0:
        yield f"    - … and {hidden} more that follow"


def _quiet(row: Row) -> str:
    status = row.verdict.status
    title, detail = inert(row.rule.title), inert(row.verdict.detail)
    return f"| {title} | {SIGNS[status]} {status} | {detail} |"
