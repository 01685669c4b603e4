"""`epm lint`: its arguments, and what becomes of the reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from epm.errors import EpmError
from epm.exit_codes import CLEAN, COULD_NOT, FINDINGS
from epm.linting.bodies import STDIN, Body, Given, is_unread
from epm.linting.jobs import MOST, lint_all, lint_one
from epm.linting.look import look_of
from epm.linting.pages import named
from epm.linting.settings import Settings
from epm_lint.formats.shipped import NAMES
from epm_lint.quoting import as_line, visible

if TYPE_CHECKING:
    from epm_lint import Report
    from epm_lint.output.table import Look

FORMATS = ("table", "concise", "json", "github", "sarif", "junit", "markdown")
_FOR_PEOPLE = ("table", "concise")
_COUNTED = ("table", "concise", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm lint` understands."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="body files; - is standard input; with none, --issue N is linted on GitHub",
    )
    parser.add_argument("--all", action="store_true", help="lint every open result on GitHub")
    about = parser.add_argument_group("what is known of the body")
    about.add_argument("--title", help="the issue's title (default: title.txt beside the body)")
    about.add_argument("--created", type=_day, metavar="DAY", help="when the issue was made")
    about.add_argument(
        "--label", action="append", default=[], help="a label of the issue (repeatable)"
    )
    about.add_argument("--issue", type=int, metavar="N", help="the issue's own number")
    about.add_argument(
        "--results",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the results it reports: epm's own, any other JSON, CSV, a log of Inspect, results of "
        "lm-eval (default: the file that its first line names; repeatable)",
    )
    about.add_argument(
        "--repo",
        type=Path,
        metavar="DIR",
        help="the checkout that its links are looked up in (default: the one it lies in)",
    )
    about.add_argument(
        "--format-of-page",
        metavar="NAME",
        help="the page format (default: the one that the page claims or has): "
        f"{', '.join(NAMES)}, or one of your own",
    )
    rules = parser.add_argument_group("what it is held to (`epm rule` lists the rules)")
    rules.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULE",
        help="run only these, whatever the configuration says: a rule, a family (numbers), or a "
        "glob (recomputed-*); repeatable, or with commas",
    )
    rules.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help="leave these out too (repeatable, or with commas)",
    )
    rules.add_argument("--fail-on", choices=("awaiting", "warn", "fail"), help="what exits with 1")
    rules.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="default: the nearest epm.toml, or pyproject.toml with [tool.epm.lint]",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="lint many files in so many processes, 0 for one a processor (default: 1)",
    )
    shown = parser.add_argument_group("what comes of it")
    shown.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    shown.add_argument("--statistics", action="store_true", help="only count, rule by rule")
    shown.add_argument("--exit-zero", action="store_true", help="exit with 0 despite findings")
    mending = shown.add_mutually_exclusive_group()
    mending.add_argument("--fix", action="store_true", help="mend what can be mended safely")
    mending.add_argument("--diff", action="store_true", help="show what --fix would change")
    mending.add_argument("--watch", action="store_true", help="lint again whenever a file changes")
    shown.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: also mend where what the page says may change",
    )


def run(parsed: argparse.Namespace) -> int:
    """Lint files, or results on GitHub where no file is named."""
    if parsed.paths and not parsed.all:
        return run_on_files(parsed)
    from epm.bot import terminal
    from epm.checkout import Checkout
    from epm.github.client import connect

    found = Checkout.at(Path.cwd())
    host = found.host if found else None
    return terminal.run(
        parsed, os.environ, Path.cwd(), lambda name: connect(name, os.environ, host=host)
    )


def run_on_files(parsed: argparse.Namespace) -> int:
    """Lint all bodies; 0 clean, 1 findings, 2 where a body could not be linted or a rule broke."""
    _refuse_contradictions(parsed)
    settings = Settings(_names(parsed.select), _names(parsed.ignore), parsed.fail_on, parsed.config)
    settings.check()
    given = Given(
        parsed.title,
        parsed.created,
        tuple(parsed.label),
        parsed.issue,
        tuple(parsed.results),
        parsed.repo,
        parsed.format_of_page,
    )
    if parsed.format not in _FOR_PEOPLE and isinstance(sys.stdout, TextIOWrapper):
        # machines read nothing else; a name may hold bytes that are no text
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    paths = named(parsed.paths, _say, settings.formats_of)
    if parsed.watch:
        from epm.linting.watch import watch

        watch(paths, given, settings, lambda: _lint(parsed, paths, given, settings))
        return CLEAN
    return _lint(parsed, paths, given, settings)


def _lint(
    parsed: argparse.Namespace, paths: Sequence[str], given: Given, settings: Settings
) -> int:
    reports: list[Report] = []
    worst = CLEAN
    told: set[str] = set()
    mending = parsed.fix or parsed.diff
    linted = (
        (lint_one(path, given, settings, lambda body: _mended(body, parsed)) for path in paths)
        if mending
        else lint_all(paths, given, settings, _jobs(parsed.jobs))
    )
    for one in linted:
        for line in (*one.said, one.refused):
            if line and line not in told:  # one broken configuration is that of many bodies
                _say(line)
        if one.refused:
            told.add(one.refused)
        reports.append(one.report)
        code = COULD_NOT if one.refused else one.code
        worst = max(worst, CLEAN if parsed.exit_zero and code == FINDINGS else code)
    if parsed.format in _FOR_PEOPLE:  # they have been told on the other stream
        reports = [report for report in reports if not is_unread(report)]
    if not parsed.diff:
        stream = sys.stderr if parsed.fix and STDIN in parsed.paths else sys.stdout
        _show(reports, parsed, stream)
    return worst


def _jobs(asked: int) -> int:
    """0 stands for one process a processor."""
    if not 0 <= asked <= MOST:
        raise EpmError(f"--jobs {asked} is no number of processes", f"take 1 to {MOST}, or 0")
    return asked or os.cpu_count() or 1


def _mended(body: Body, parsed: argparse.Namespace) -> Report:
    """Fix the body, or show how; the report on what then is on the disk."""
    from epm.linting import mending

    return mending.mended(body, unsafe=parsed.unsafe_fixes, write=parsed.fix, say=_say)


def _show(reports: Sequence[Report], parsed: argparse.Namespace, stream: TextIO) -> None:
    if parsed.statistics:
        from epm_lint.output import statistics

        counted = statistics.render_json if parsed.format == "json" else statistics.render
        stream.write(counted(reports))
    elif parsed.format == "table":
        headed = len(reports) > 1 or len(parsed.paths) > 1
        stream.writelines(_tables(reports, look_of(stream), headed=headed))
    else:
        render: Callable[[Sequence[Report]], str] = import_module(
            f"epm_lint.output.{parsed.format}"
        ).render
        stream.write(render(reports))
    stream.flush()


def _tables(reports: Sequence[Report], look: Look, *, headed: bool) -> Iterator[str]:
    from epm_lint.output import table

    for report in reports:
        if headed:
            yield f"{as_line(report.path)}:\n"
        yield table.render(report, look)


def _say(line: str) -> None:
    """A line for people: standard output is for reports alone."""
    print(f"epm: {visible(line)}", file=sys.stderr)  # noqa: T201


def _refuse_contradictions(parsed: argparse.Namespace) -> None:
    if parsed.unsafe_fixes and not (parsed.fix or parsed.diff):
        raise EpmError("--unsafe-fixes changes nothing by itself", "add --fix or --diff")
    if parsed.statistics and parsed.format not in _COUNTED:
        raise EpmError(
            f"--statistics has no form for {parsed.format}", f"take {' or '.join(_COUNTED)}"
        )
    if parsed.paths.count(STDIN) > 1:
        raise EpmError("standard input can be read once", "name - once")
    if parsed.watch and STDIN in parsed.paths:
        raise EpmError("standard input cannot be watched", "name a file")


def _names(given: Sequence[str]) -> list[str]:
    return [name for part in given for name in part.replace(",", " ").split()]


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        message = f"{text!r} is no day; write it as 2026-05-15"
        raise argparse.ArgumentTypeError(message) from None
