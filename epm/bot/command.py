"""`epm bot`: read the event that started the workflow, and answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from epm.bot import answers, backfill, reply, summary
from epm.bot.dispatch import Lint, LintAll, Nothing, Obey, dispatch
from epm.bot.judging import Judge, Judgement
from epm.bot.reply import Workflow
from epm.bot.signature import Signature
from epm.bot.telling import Telling
from epm.bot.verdicts import keep_verdict
from epm.exit_codes import CLEAN, COULD_NOT
from epm.github import events
from epm.github.interface import GitHub, Issue
from epm.github.outputs import write_output
from epm_lint.model import Status
from epm_lint.output import github as log_lines
from epm_lint.quoting import visible


def run(
    environment: Mapping[str, str],
    folder: Path,
    connect: Callable[[str], GitHub],
    log: TextIO,
) -> int:
    """Answer the event; 0 also where a body fails, as that is said in the comment.

    Args:
        environment: of the workflow's step.
        folder: the checkout of the default branch.
        connect: makes the client of a repository.
        log: of the step; the runner takes orders from it.
    """
    event = events.read(environment)
    wanted = dispatch(event)
    if isinstance(wanted, Nothing):
        log.write(f"epm: {visible(wanted.why)}\n")
        return CLEAN
    github = connect(event.repository)
    judge = Judge.at(folder, event.repository)
    match wanted:
        case Lint(issue):
            return _lint(github, judge, issue, environment, log)
        case LintAll(number):
            tally = backfill.comment_all(github, judge, number, Signature.of(environment))
            summary.add(environment, backfill.markdown(tally))
            log.write(backfill.table(tally))
            return COULD_NOT if any(line.trouble for line in tally) else CLEAN
        case Obey():
            return _obey(github, judge, wanted, folder, environment, log)


def _lint(
    github: GitHub, judge: Judge, issue: Issue, environment: Mapping[str, str], log: TextIO
) -> int:
    telling = Telling.of(environment.get("EPM_BROKEN_PAGE", ""))
    outcome = keep_verdict(github, judge, issue, Signature.of(environment), telling)
    log.write(f"epm: issue {issue.number}: {_verdict(outcome.judged)}, {outcome.writes} write(s)\n")
    if (report := outcome.judged.report) is None:
        return CLEAN
    log.write(log_lines.render([report]))
    summary.add(environment, summary.full(report))
    return COULD_NOT if report.status is Status.ERROR else CLEAN


def _obey(
    github: GitHub,
    judge: Judge,
    order: Obey,
    folder: Path,
    environment: Mapping[str, str],
    log: TextIO,
) -> int:
    workflow = Workflow.of(environment)
    if workflow.ended:
        return _tell_end(github, order, folder, workflow, log)

    def lint() -> None:
        _lint(github, judge, order.issue, environment, log)

    answer = answers.obey(github, order, folder, lint, workflow)
    if answer.start and environment.get("GITHUB_OUTPUT"):
        for name in ("experiment", "profile", "runner", "publish"):
            write_output(environment, name, getattr(answer.start, name))
    log.write(f"epm: {len(order.asked)} command(s) answered\n")
    return CLEAN  # what could not be done is said in the reply; a run that was asked for goes on


def _tell_end(github: GitHub, order: Obey, folder: Path, workflow: Workflow, log: TextIO) -> int:
    """The job that a comment started is over: whoever asked is told where they asked."""
    if start := answers.start_of(order, folder):
        reply.end(github, order.issue, order.comment.id, start, workflow)
    log.write("epm: told how the run ended\n")
    return CLEAN


def _verdict(judged: Judgement) -> str:
    return str(judged.report.status) if judged.report else "not checked"
