"""`epm lint --fix` and `--diff`: what the fixes make of a body."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.linting.bodies import STDIN, Body
from epm.linting.pages import is_page
from epm_lint.fixes import settled, without_stubs
from epm_lint.quoting import as_line

if TYPE_CHECKING:
    from epm_lint import Report

_NO_NEWLINE = "\\ No newline at end of file\n"


def mended(body: Body, *, unsafe: bool, write: bool, say: Callable[[str], None]) -> Report:
    """Apply the fixes, or only print them as a diff; the report on the body as it then stands."""
    if not is_page(body.text):
        say(f"{body.path} is no result page, so nothing in it is mended")
        return body.report()
    reports: dict[str, Report] = {}

    def report(text: str) -> Report:
        """Each text is linted once."""
        if text not in reports:
            reports[text] = body.report(text)
        return reports[text]

    text, findings = settled(body.text, lambda now: without_stubs(now, report(now)), unsafe)
    if write:
        if body.path == STDIN:
            _write_out(text)
        elif text != body.text:
            _write(Path(body.path), text)
        if findings:
            say(f"fixed {len(findings)} finding(s) in {body.path}")
        return report(text)
    lines = "".join(_diff(body.path, body.text, text))
    # a terminal obeys control characters, a workflow's log obeys words; `patch` wants both as is
    obeyed = sys.stdout.isatty() or os.environ.get("GITHUB_ACTIONS") == "true"
    sys.stdout.write(_printable(lines) if obeyed else lines)
    if findings:
        say(f"{len(findings)} finding(s) in {body.path} can be fixed")
    return report(body.text)


def _write(path: Path, text: str) -> None:
    """Write a body anew: through links, and with the permissions it had."""
    from epm.files import write_atomically

    target = path.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        write_atomically(target, text.encode("utf-8"))
        target.chmod(mode)
    except OSError as error:
        raise EpmError(f"cannot write {path}: {error.strerror}", "check who may write it") from None


def _write_out(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def _diff(path: str, before: str, after: str) -> Iterator[str]:
    from difflib import unified_diff

    names = (path, path) if path == STDIN else (f"a/{path}", f"b/{path}")
    if Path(path).is_absolute():
        names = (path, path)
    for line in unified_diff(_lines(before), _lines(after), *names):
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"


def _lines(text: str) -> list[str]:
    """The lines with their ends; unlike `splitlines`, what `patch` takes for a line."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _printable(text: str) -> str:
    *lines, _ = text.split("\n")
    return "".join(f"{as_line(line.removesuffix(chr(13)))}\n" for line in lines)
