"""A finished run's page: written and linted."""

from __future__ import annotations

import sys
from pathlib import Path

from epm.exit_codes import CLEAN, COULD_NOT, FINDINGS
from epm.files import write_atomically
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.report.render import render
from epm_lint.model import Status
from epm_lint.output import table


def write(folder: Path, templates: Path) -> int:
    """Body, title and lint report; FINDINGS when more is wrong than what awaits human text.

    Args:
        folder: of the run.
        templates: the experiment's folder; the prose is the default where it has no templates.
    """
    page = render(folder, templates)
    if page.set_aside:
        _say(
            f"{page.body.name} was edited outside of what people write, which is written anew: "
            f"the page as it was is {page.set_aside}"
        )
    body = body_at(str(page.body), Given(title=page.title), Settings().of(folder), _say)
    report = body.report()
    write_atomically(folder / "lint.txt", table.render(report))
    if report.status is Status.ERROR:
        return COULD_NOT
    return FINDINGS if report.status is Status.FAIL else CLEAN


def _say(line: str) -> None:
    print(f"epm: {line}", file=sys.stderr)  # noqa: T201
