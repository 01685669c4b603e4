"""One body and all that is known of it: title, files beside it, results, repository."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import epm_lint
from epm.errors import EpmError
from epm.linting.checkouts import GitRefused, checkout_at, nearby
from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.binding.record import FILE as RECORD
from epm_lint.engine import decoded
from epm_lint.formats import PLAIN
from epm_lint.values import dataclass

if TYPE_CHECKING:
    from epm.linting.results import ResultsFile
    from epm_lint.configuration import Configuration
    from epm_lint.model import RenderedRecord, Repository

STDIN = "-"
RESULTS = "results.json"
LONGEST, FOR_PEOPLE = 65_536, 8_000
"""Characters of an issue's body, as far as anybody knows, and those that people write on a page."""
_LONGEST_TITLE = 10_000


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller says of a body, which then is not looked up."""

    title: str | None = None
    created: date | None = None
    labels: tuple[str, ...] = ()
    issue: int | None = None
    results: tuple[Path, ...] = ()
    repository: Path | None = None
    page_format: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A body that can be linted, also again with another text."""

    path: str
    text: str
    configuration: Configuration
    known: dict[str, Any]

    def report(self, text: str | None = None) -> epm_lint.Report:
        """The report on the body, or on another text in its place."""
        text = self.text if text is None else text
        try:
            return self._linted(text, self.known)
        except GitRefused:
            return self._linted(text, {**self.known, "repository": None})

    def _linted(self, text: str, known: dict[str, Any]) -> epm_lint.Report:
        rules = self.configuration.rules
        try:
            return epm_lint.lint(text, rules=rules, path=self.path, **known)
        except epm_lint.LintError as error:
            raise EpmError(f"{self.path}: {error}") from None


def body_at(
    path: str, given: Given, configuration: Configuration, say: Callable[[str], None]
) -> Body:
    """The body at a path, with what lies around it.

    Args:
        path: a file's, or `-` for standard input.
        given: what need not be looked up.
        configuration: which rules it is held to.
        say: is told what a reader of the report should know, in one line.
    """
    try:
        text = decoded(_read(path))
    except epm_lint.LintError as error:
        raise EpmError(f"{path}: {error}") from None
    _tell_length(path, text, say)
    folder = folder_of(path)
    repository = checkout_at(given.repository) if given.repository else nearby(folder)
    known: dict[str, Any] = {
        "title": _title(path, folder, say) if given.title is None else given.title,
        "created": given.created,
        "labels": given.labels,
        "issue": given.issue,
        "beside": _Beside(folder),
        "repository": repository,
        "page_format": given.page_format,
        "formats": configuration.formats,
    }
    if found := _results(path, text, folder, given, repository, say):
        known |= found.known
    known["record"] = _record(text, folder, given, repository)
    return Body(path, text, configuration, known)


_UNREAD = "can-be-linted"


def is_unread(report: epm_lint.Report) -> bool:
    """Whether a report is about what could not be linted."""
    return [row.rule.slug for row in report.rows] == [_UNREAD]


def unread(path: str, why: str) -> epm_lint.Report:
    """The report on what could not be linted: an error in every form."""
    from epm_lint.model import Row, Rule, Status, Verdict

    rule = Rule(_UNREAD, "Can be linted", Verdict.passed)
    return epm_lint.Report(path, PLAIN, (Row(rule, Verdict(Status.ERROR, why)),))


def folder_of(path: str) -> Path:
    """Where the files lie that a body names."""
    return Path.cwd() if path == STDIN else Path(path).parent


class _Beside:
    """The files beside a body, by the relative name that its Markdown gives them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: object) -> bool:
        relative = Path(str(name))
        if relative.is_absolute() or ".." in relative.parts:
            return False
        try:
            return (self._folder / relative).is_file()
        except (OSError, ValueError):  # too long a name, or a NUL in it
            return False


def _read(path: str) -> bytes:
    most = epm_lint.LARGEST_BODY + 1
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(most)
        with Path(path).open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise EpmError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except ValueError:  # a NUL in the path
        raise EpmError(f"cannot read {path!r}: no such name", "check the path") from None


def _title(path: str, folder: Path, say: Callable[[str], None]) -> str | None:
    if path == STDIN or not os.path.lexists(folder / "title.txt"):
        return None
    from epm.files import NotAFileOfItsOwn, read_own

    try:
        content = read_own(folder / "title.txt", _LONGEST_TITLE, within=folder)
    except NotAFileOfItsOwn as error:
        say(str(error))
        return None
    except OSError:
        return None
    return content.decode("utf-8", "replace").strip()


def _tell_length(path: str, text: str, say: Callable[[str], None]) -> None:
    """Long before it is published: by then nobody wants to shorten anything."""
    if len(text) > LONGEST - FOR_PEOPLE:
        size = f"{len(text):,} characters, {len(text.encode('utf-8', 'replace')):,} bytes"
        say(
            f"{path} has {size}; an issue holds some {LONGEST:,} characters, of which people need "
            f"some {FOR_PEOPLE:,}: publishing puts its numbers manifest and long tables into files "
            "beside the results, and shortens its samples"
        )


def _record(
    text: str, folder: Path, given: Given, repository: Repository | None
) -> RenderedRecord | None:
    """What epm rendered the page as: from beside its results, never from the page itself."""
    from epm.linting import records

    for path in given.results:
        if found := records.beside(path.parent):
            return found
    if "results=" in text[:2_000] and repository is not None:
        try:
            if found := records.named_by(text, repository):
                return found
        except GitRefused:
            pass
    return records.beside(folder)


def _results(
    path: str,
    text: str,
    folder: Path,
    given: Given,
    repository: Repository | None,
    say: Callable[[str], None],
) -> ResultsFile | None:
    kept = any((folder / name).is_file() for name in (RECORD, NUMBERS))
    run = kept and (folder / RESULTS).is_file()
    if not given.results and "results=" not in text[:2_000] and not run:
        return None
    from epm.linting import results

    if given.results:
        return results.at(given.results, text)

    try:
        try:
            found = results.named_by(text, folder, repository)
        except GitRefused:
            found = results.named_by(text, folder, None)
        if found is None and run:  # whatever its first line says, it lies in a run's folder
            return results.at(folder / RESULTS, text)
        return found
    except EpmError as error:
        say(f"{path}: {error}; linted without results")
        return None
