"""Lint many bodies, one by one or in several processes: the same reports in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.linting.bodies import STDIN, Body, Given, body_at, folder_of, unread
from epm.linting.settings import Settings
from epm_lint.values import dataclass

if TYPE_CHECKING:
    from epm_lint import Report

MOST = 256
"""More processes than this are a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Linted:
    """What became of one body."""

    report: Report
    code: int = 0
    """The exit code that its configuration gives the report."""
    said: tuple[str, ...] = ()
    """What a reader of the report should know, line by line."""
    refused: str = ""
    """Why it could not be linted."""


def lint_one(
    path: str,
    given: Given,
    settings: Settings,
    judge: Callable[[Body], Report] = Body.report,
) -> Linted:
    """Lint the body at a path; one that cannot be linted has a report that says so."""
    said: list[str] = []
    try:
        body = body_at(path, given, settings.of(folder_of(path)), said.append)
        report = judge(body)
    except EpmError as error:
        return Linted(unread(path, str(error)), said=tuple(said), refused=str(error))
    return Linted(report, body.configuration.exit_code(report), tuple(said))


def lint_all(
    paths: Sequence[str], given: Given, settings: Settings, jobs: int = 1
) -> Iterator[Linted]:
    """Lint the bodies at some paths in so many processes, in the order of the paths.

    Standard input is read in this process, and then so is everything.

    Raises:
        EpmError: where a process was lost, killed for its memory for example.
    """
    jobs = min(jobs, len(paths))
    if jobs < 2 or STDIN in paths:
        yield from (lint_one(path, given, settings) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    work = partial(_light, given=given, settings=settings)
    try:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(work, paths, chunksize=1 + len(paths) // (8 * jobs))
    except BrokenProcessPool:
        raise EpmError("a process that linted was lost", "take fewer --jobs") from None


def _light(path: str, given: Given, settings: Settings) -> Linted:
    """The same without the page as it was read: to hand that over takes longer than to read it."""
    linted = lint_one(path, given, settings)
    return Linted(linted.report.without_reading(), linted.code, linted.said, linted.refused)
