"""`epm lint --issue N` and `epm lint --all`: results on GitHub, linted from a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from epm.bot import backfill
from epm.bot.judging import Judge
from epm.checkout import Checkout
from epm.errors import EpmError
from epm.github.interface import GitHub
from epm.linting.settings import Settings
from epm_lint.model import Report
from epm_lint.output import table

_OF_FILES = ("title", "created", "label", "results", "repo", "fix", "diff", "watch", "statistics")


def run(
    parsed: argparse.Namespace,
    environment: Mapping[str, str],
    folder: Path,
    connect: Callable[[str], GitHub],
) -> int:
    """Print the report on one issue, or a line for each open result; nothing is written.

    Args:
        parsed: of `epm lint` without a PATH.
        environment: names the repository where the checkout does not.
        folder: where the checkout is.
        connect: makes the client of a repository.
    """
    _refuse_contradictions(parsed)
    name = repository(environment, folder)
    settings = Settings(_names(parsed.select), _names(parsed.ignore), parsed.fail_on, parsed.config)
    settings.check()
    github, judge = connect(name), Judge.at(folder, name, settings)
    if parsed.all:
        tally = backfill.lint_all(github, judge)
        reports = [line.report for line in tally if line.report]
        shown = backfill.table(tally)
        code = backfill.exit_code(tally, judge)
    else:
        judged = judge.judge(github.issue(parsed.issue), github)
        if judged.report is None:
            raise EpmError(f"issue {parsed.issue}: {'; '.join(judged.notes)}")
        reports = [judged.report]
        shown = table.render(judged.report)
        code = judge.configuration.exit_code(judged.report)
    print(shown if parsed.format == "table" else _rendered(parsed.format, reports), end="")  # noqa: T201
    return 0 if parsed.exit_zero and code == 1 else code


def repository(environment: Mapping[str, str], folder: Path) -> str:
    """`owner/name`: of the workflow, else of the checkout's origin."""
    if name := environment.get("GITHUB_REPOSITORY", "").strip():
        return name
    found = Checkout.at(folder)
    if found is None or found.name is None:
        raise EpmError(
            "this folder does not tell which repository on GitHub is meant",
            "change into a clone of it, or set GITHUB_REPOSITORY=owner/name",
        )
    return found.name


def _rendered(form: str, reports: Sequence[Report]) -> str:
    render: Callable[[Sequence[Report]], str] = import_module(f"epm_lint.output.{form}").render
    return render(reports)


def _refuse_contradictions(parsed: argparse.Namespace) -> None:
    if parsed.all and (parsed.paths or parsed.issue is not None):
        raise EpmError("--all lints every open result on GitHub", "leave PATH and --issue out")
    if not parsed.all and parsed.issue is None:
        raise EpmError("there is nothing to lint", "name a PATH, --issue N or --all")
    for name in _OF_FILES:
        if getattr(parsed, name):
            raise EpmError(f"--{name} is for files, not for issues on GitHub", "leave it out")


def _names(given: Sequence[str]) -> list[str]:
    return [name for part in given for name in part.replace(",", " ").split()]
