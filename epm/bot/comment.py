"""The one comment: verdict and failures first, the rest folded away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from epm.bot import memory, patch
from epm.bot.dispatch import LABEL, is_result
from epm.bot.judging import Judgement
from epm.bot.memory import Changes, Memory
from epm.bot.places import Places
from epm.github.interface import LONGEST_BODY, Issue, body_hash
from epm.github.markers import Marker
from epm.github.text import fenced
from epm.report.render import templates_folder
from epm_lint.model import Report, Row, Status
from epm_lint.output import table
from epm_lint.output.markdown import inert
from epm_lint.output.table import SIGNS, counted

if TYPE_CHECKING:
    from jinja2 import Template

MARKER = Marker("clean-result-lint")
_CLOSING = "<!-- /epm:clean-result-lint -->"

_TOLD, _PATCH, _TABLE = 26_000, 12_000, 14_000
"""Characters for each part; with what stands around them, less than GitHub takes."""
_MOST_FINDINGS = 8
_LONGEST_ROW = 240


def compose(judged: Judgement, existing: str | None, again: bool = False) -> str | None:
    """The comment for an issue; None where the existing one says all of that already.

    Args:
        judged: what is to be said.
        existing: our comment as it stands, or that of the account which kept it before.
        again: write it also where nothing has changed.
    """
    before = memory.read(existing, _CLOSING) if existing else None
    context = _context(judged)
    core = body_hash(_render(context, ""))[:16]
    if before and before.core == core and not again:
        return None
    found = memory.findings(judged.report) if judged.report else {}
    since = ""
    if before and before.found and found is not None and judged.report:
        since = _since(memory.changes(before, found), judged.report)
    stamp = f"{judged.issue.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    content = _render(context, since)
    return MARKER.wrap(memory.written(Memory(core, stamp, found, context["retired"]), content))


def stamp(existing: str) -> str:
    """When the issue was last touched, as of the report that a comment of ours shows."""
    before = memory.read(existing, _CLOSING)
    return before.stamp if before else ""


def is_retired(existing: str) -> bool:
    """Whether a comment of ours says that the issue is not checked any more."""
    before = memory.read(existing, _CLOSING)
    return before is not None and before.retired


def _context(judged: Judgement) -> dict[str, Any]:
    context: dict[str, Any] = {"label": LABEL, "retired": not is_result(judged.issue.labels)}
    if context["retired"]:
        return {**context, "verdict": "not checked"}
    if judged.report is None:
        return {**context, "verdict": "not possible", "problem": "; ".join(judged.notes)}
    report = judged.report
    suggestion = patch.suggested(judged.issue.body, report, _PATCH)
    return {
        **context,
        "problem": "",
        "verdict": f"{SIGNS[report.status]} {report.status}",
        "counted": counted(report),
        "notes": judged.notes,
        "told": list(_told(report, judged.issue)),
        "patch": fenced(suggestion, "diff") if suggestion else "",
        "table": fenced(_table(report)),
    }


def _render(context: dict[str, Any], since: str) -> str:
    text = _template().render(**context, since=since)
    if len(text) > LONGEST_BODY - 9_000:
        # many characters that are escaped: the parts that can be had elsewhere go first
        text = _template().render(**{**context, "patch": ""}, since=since)
    return text.strip() + "\n"


@cache
def _template() -> Template:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # it is Markdown: `inert` escapes
    )
    environment.filters["inert"] = inert
    return environment.get_template("lint_comment.md.j2")


def _told(report: Report, issue: Issue) -> Iterator[str]:
    rows = sorted(report.rows, key=lambda row: -row.verdict.status.severity)
    told = [row for row in rows if row.verdict.status.severity > Status.PASS.severity]
    places = Places(issue)
    budget = _TOLD
    for place, row in enumerate(told):
        entry = list(_row(row, places))
        budget -= sum(len(line) + 1 for line in entry)
        if budget < 0:
            yield f"- … and {len(told) - place} more checks, in the table below"
            return
        yield from entry


def _row(row: Row, places: Places) -> Iterator[str]:
    sign, verdict = SIGNS[row.verdict.status], row.verdict
    yield f"- {sign} **{inert(row.rule.title)}** `{row.rule.slug}`: {inert(verdict.detail)}"
    for finding in verdict.findings[:_MOST_FINDINGS]:
        fix = f" — {inert(finding.fix)}" if finding.fix else ""
        yield f"  - {places.of(finding.line)}: {inert(finding.message)}{fix}"
    if (hidden := len(verdict.findings) - _MOST_FINDINGS) > 0:
        yield f"  - … and {hidden} more"


def _table(report: Report) -> str:
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


def _since(changed: Changes, report: Report) -> str:
    titles = {row.rule.slug: row.rule.title for row in report.rows}
    parts = [
        f"{count.total()} {word} ({_named(count, titles)})"
        for word, count in (("fixed", changed.fixed), ("new", changed.new))
        if count
    ]
    return f" Since the last verdict: {', '.join(parts)}." if parts else ""


def _named(count: Counter[str], titles: dict[str, str]) -> str:
    names = [inert(titles.get(slug, slug)) for slug in count]
    return ", ".join(names[:6] + ["…"] * (len(names) > 6))
