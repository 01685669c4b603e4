"""All open results at once: `epm lint --all` on a terminal, and the backfill of the workflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from epm.bot.dispatch import is_result
from epm.bot.judging import Judge, Judgement
from epm.bot.signature import Signature
from epm.bot.verdicts import keep_verdict
from epm.errors import EpmError
from epm.github.interface import GitHub, Issue
from epm_lint.model import Report, Status
from epm_lint.output.markdown import inert
from epm_lint.output.table import SIGNS, counted
from epm_lint.quoting import clip, visible

_TITLE = 60


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one issue."""

    issue: Issue
    report: Report | None
    trouble: str = ""
    """Why there is no report, or no comment."""


def comment_all(
    github: GitHub, judge: Judge, number: int | None, signature: Signature | None = None
) -> list[Line]:
    """Bring the comments of all open results up to date, or that of one issue."""
    issues = results(github) if number is None else [github.issue(number)]
    return _each(issues, lambda issue: keep_verdict(github, judge, issue, signature).judged)


def lint_all(github: GitHub, judge: Judge) -> list[Line]:
    """Lint all open results, and write nothing."""
    return _each(results(github), lambda issue: judge.judge(issue, github))


def results(github: GitHub) -> list[Issue]:
    """The open issues that are held to the rules; GitHub knows no search by a label's beginning."""
    return [issue for issue in github.issues() if is_result(issue.labels)]


def table(tally: Sequence[Line]) -> str:
    """For a terminal or a log."""
    rows = [
        f"{f'#{line.issue.number}':>7}  {_sign(line):7} {clip(line.issue.title, _TITLE):{_TITLE}}"
        f"  {visible(_detail(line))}".rstrip()
        for line in tally
    ]
    return "\n".join([*rows, _total(tally)]) + "\n"


def markdown(tally: Sequence[Line]) -> str:
    """For the job summary."""
    rows = [
        f"| {line.issue.number} | {_sign(line)} | {inert(clip(line.issue.title))} "
        f"| {inert(_detail(line))} |"
        for line in tally
    ]
    head = ["| Issue | Status | Title | Checks |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", _total(tally)]) + "\n"


def exit_code(tally: Sequence[Line], judge: Judge) -> int:
    """As of `epm lint`: 0 clean, 1 findings, 2 where one could not be linted."""
    codes = [judge.configuration.exit_code(line.report) for line in tally if line.report]
    return max([*codes, 2 if any(line.trouble for line in tally) else 0])


def _each(issues: Sequence[Issue], do: Callable[[Issue], Judgement]) -> list[Line]:
    """One that goes wrong does not stop the others."""
    tally = []
    for issue in issues:
        try:
            judged = do(issue)
        except EpmError as error:
            tally.append(Line(issue, None, str(error)))
            continue
        unjudged = judged.report is None and is_result(issue.labels)
        tally.append(Line(issue, judged.report, "; ".join(judged.notes) if unjudged else ""))
    return tally


def _sign(line: Line) -> str:
    if line.report is None:
        return "‼ ERROR" if line.trouble else "– SKIP"
    return f"{SIGNS[line.report.status]} {line.report.status}"


def _detail(line: Line) -> str:
    return counted(line.report) if line.report else line.trouble or "no clean-results label"


def _total(tally: Sequence[Line]) -> str:
    failed = sum(1 for line in tally if line.report and line.report.status.exit_code)
    warned = sum(1 for line in tally if line.report and line.report.status is Status.WARN)
    broken = sum(1 for line in tally if line.trouble)
    return f"{len(tally)} issue(s): {failed} fail, {warned} only warn, {broken} not linted"
