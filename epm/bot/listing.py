"""What a report lists in the comment: each check that is not clean, and the table of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from epm.bot.places import Places
from epm.bot.pointers import apart, titled
from epm.bot.signature import Signature
from epm_lint.model import Finding, Report, Row, Status
from epm_lint.output import table
from epm_lint.output.markdown import inert
from epm_lint.output.table import MOST_CONSEQUENCES, SIGNS

_TOLD, _TABLE = 26_000, 14_000
"""Characters of each; with what stands around them, less than GitHub takes."""
_MOST_FINDINGS = 8
_LONGEST_ROW = 240


def told(report: Report, places: Places, signature: Signature) -> Iterator[str]:
    """Lines of Markdown: what broke, failed or warned, the most severe first."""
    rows = sorted(report.rows, key=lambda row: -row.verdict.status.severity)
    wrong = [row for row in rows if row.verdict.status.severity > Status.PASS.severity]
    budget = _TOLD
    for place, row in enumerate(wrong):
        entry = list(_row(row, places, signature))
        budget -= sum(len(line) + 1 for line in entry)
        if budget < 0:
            yield f"- … and {len(wrong) - place} more checks, in the table below"
            return
        yield from entry


def checks(report: Report) -> str:
    """The table of all checks, without findings, as far as there is room."""
    rows = tuple(replace(row, verdict=replace(row.verdict, findings=())) for row in report.rows)
    shown, budget = [], _TABLE
    for line in table.render(replace(report, rows=rows)).splitlines():
        cut = line if len(line) <= _LONGEST_ROW else f"{line[: _LONGEST_ROW - 1]}…"
        budget -= len(cut) + 1
        if budget < 0:
            shown.append("… and more, in the job summary")
            break
        shown.append(cut)
    return "\n".join(shown)


def _row(row: Row, places: Places, signature: Signature) -> Iterator[str]:
    sign, verdict, slug = SIGNS[row.verdict.status], row.verdict, row.rule.slug
    page = signature.rule(slug)
    name = f"[`{slug}`]({page})" if page else f"`{slug}`"
    yield f"- {sign} **{inert(row.rule.title)}** {name}: {inert(verdict.detail)}"
    for finding in verdict.findings[:_MOST_FINDINGS]:
        yield from _finding(finding, places)
    if (hidden := len(verdict.findings) - _MOST_FINDINGS) > 0:
        yield f"  - … and {hidden} more"


def _finding(finding: Finding, places: Places) -> Iterator[str]:
    fix = f" — {inert(finding.fix)}" if finding.fix else ""
    yield f"  - {places.of(finding.line)}: {_message(finding.message)}{fix}"
    for one in finding.follows[:MOST_CONSEQUENCES]:
        yield f"    - follows, {places.of(one.line)}: {_message(one.message)}"
    if (hidden := len(finding.follows) - MOST_CONSEQUENCES) > 0:
        yield f"    - … and {hidden} more that follow"


def _message(text: str) -> str:
    return "".join(
        titled(inert(piece), pointer) if pointer else _inert(piece)
        for piece, pointer in apart(text)
    )


def _inert(text: str) -> str:
    """Inert, with the blanks around it."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return f"{text[:start]}{inert(text[start:end])}{text[end:] if end > start else ''}"
