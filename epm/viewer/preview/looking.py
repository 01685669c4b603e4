"""What a browser shows of a file that is being written."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING

import epm_lint
from epm.errors import EpmError
from epm.linting.bodies import Given, body_at, folder_of
from epm.linting.checkouts import nearby
from epm.linting.settings import Settings
from epm.viewer.carried import carried
from epm.viewer.html import POLICY
from epm.viewer.markdown import MarginMark, render
from epm.viewer.preview.feed import Feed, Look
from epm.viewer.preview.pictures import Picture, Pictures
from epm_lint.engine import decoded
from epm_lint.model import Finding, Report, Status
from epm_lint.output.table import SIGNS, counted
from epm_lint.timeout import LONGEST_RUN, TimeIsUp, deadline

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
_LEVELS = {
    Status.PASS: "advice",
    Status.AWAITING: "awaiting",
    Status.WARN: "warn",
    Status.FAIL: "fail",
    Status.ERROR: "fail",
}
_PATIENCE = 0.1
"""Seconds of work that a lint may take before the page is shown without waiting for it."""
_LONGEST_TOLD = 600
"""Characters of a finding in the margin."""


@dataclass
class Looks:
    """Makes a look of each state of one file, and hands it on."""

    path: str
    given: Given
    settings: Settings
    feed: Feed
    _marks: tuple[MarginMark, ...] = ()
    _verdict: Report | None = None
    _shown: tuple[str, dict[str, Picture]] = ("", {})
    _took: float = 0.0
    _title: str = ""
    _said: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Read, judge and show the file as it is now.

        What cannot be read or judged is said above the page, which stays as it was last.
        """
        self._said = []
        try:
            self._look()
        except TimeIsUp:
            self._show(trouble=f"the page takes longer than {LONGEST_RUN:g} s to show")
        except Exception as error:  # the preview goes on, whatever one page does to it
            told = f"internal error: {type(error).__name__}: {error}; please report it"
            self._show(trouble=told)

    def _look(self) -> None:
        try:
            text = _text(self.path)
        except EpmError as error:
            before = ". Below is what the file held before." if self._shown[0] else ""
            self._show(trouble=f"{error}{before}")
            return
        if self._took > _PATIENCE:
            self._render(text)
            self._show(judging=True)
        started = thread_time()
        trouble = ""
        try:
            text = self._judge()
        except (EpmError, epm_lint.LintError) as error:
            self._marks, self._verdict = (), None
            trouble = f"not judged: {self._named(str(error))}"
        self._took = thread_time() - started
        self._render(text)
        self._show(trouble=trouble)

    def _judge(self) -> str:
        """Judge the file; its text."""
        body = body_at(
            self.path,
            self.given,
            self.settings.of(folder_of(self.path)),
            lambda line: self._said.append(self._named(line)),
        )
        report = body.report()
        self._marks, self._verdict = tuple(_marks(report)), report
        self._title = str(body.known["title"] or "")
        return body.text

    def _named(self, line: str) -> str:
        """The line without the folder, which the reader knows."""
        return line.replace(self.path, Path(self.path).name)

    def _render(self, text: str) -> None:
        folder = folder_of(self.path)
        pictures = Pictures(folder, nearby(folder))
        with deadline(LONGEST_RUN):
            html = render(text, marks=self._marks, picture=pictures.place).html
        heading = f"<h1>{escape(self._title)}</h1>\n" if self._title else ""
        self._shown = (carried(heading + html), pictures.found)

    def _show(self, *, trouble: str = "", judging: bool = False) -> None:
        report = self._verdict
        bar = _template("bar").render(
            file=Path(self.path).name,
            titled=bool(self._title),
            sign=f"{SIGNS[report.status]} {report.status}" if report else "",
            level=_LEVELS.get(report.status, "") if report else "",
            counts=counted(report) if report else "",
            marks=len(self._marks),
            said=self._said,
            trouble=trouble,
            judging=judging,
        )
        html, pictures = self._shown
        title = f"{report.status if report else '–'} {Path(self.path).name}"
        self.feed.show(Look(title, bar, html, pictures))


def document(name: str, look: Look) -> str:
    """The whole document that a browser loads first."""
    return _template("preview").render(policy=POLICY, name=name, look=look)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html.j2")


def _text(path: str) -> str:
    name = Path(path).name
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would be waited for
            raise EpmError(f"{name} is no file")
        with Path(path).open("rb") as stream:
            return decoded(stream.read(epm_lint.LARGEST_BODY + 1))
    except FileNotFoundError:
        raise EpmError(f"{name} is not there") from None
    except OSError as error:
        raise EpmError(f"{name} cannot be read ({error.strerror})") from None
    except epm_lint.LintError as error:
        raise EpmError(f"{name}: {error}") from None


def _marks(report: Report) -> Iterator[MarginMark]:
    """One for each finding, with an id that stays while others come and go."""
    given: dict[str, int] = {}
    for row in report.rows:
        level, verdict = _LEVELS.get(row.verdict.status), row.verdict
        told = verdict.findings
        if level is None or (level == "advice" and not told):
            continue
        for finding in told or (Finding(verdict.detail, 1),):
            slug = row.rule.slug
            given[slug] = given.get(slug, 0) + 1
            yield MarginMark(
                finding.line, level, row.rule.title, _message(finding), f"m-{slug}-{given[slug]}"
            )


def _message(finding: Finding) -> str:
    fix = f" — {finding.fix}" if finding.fix else ""
    follows = "".join(f" · follows, line {one.line}: {one.message}" for one in finding.follows)
    text = re.sub(r"\s+", " ", f"{finding.message}{fix}{follows}")
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 1]}…"
