"""A finished run's figures and page: drawn, written and linted."""

from __future__ import annotations

import sys
from pathlib import Path

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.exit_codes import CLEAN, COULD_NOT, FINDINGS
from epm.files import write_atomically
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.report.render import render
from epm.results import load
from epm_lint.model import Status
from epm_lint.output import table


def draw(folder: Path, definition: Definition) -> None:
    """Draw the figures of a run from its results."""
    from epm.figures import hero, trajectory

    results = load(folder / "results.json")
    figures = folder / "figures"
    subtitle = f"{definition.profile.model_name}, {definition.profile.scale}"
    hero(
        figures,
        conditions=results.conditions,
        cosines=results.cosines,
        statistics=results.statistics,
        reference=definition.experiment.reference,
        subtitle=subtitle,
    )
    trajectory(
        figures,
        conditions=results.conditions,
        statistics=results.statistics,
        subtitle=subtitle,
    )


def write(folder: Path, loaded: LoadedExperiment) -> int:
    """Body, title and lint report; FINDINGS when more is wrong than what people have to write."""
    page = render(folder, loaded.folder)
    body = body_at(
        str(page.body),
        Given(title=page.title),
        Settings().of(folder),
        lambda line: print(f"epm: {line}", file=sys.stderr),  # noqa: T201
    )
    report = body.report()
    write_atomically(folder / "lint.txt", table.render(report))
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    if report.status is Status.ERROR:
        return COULD_NOT
    return FINDINGS if failed - {"human-tldr", "human-summary"} else CLEAN
