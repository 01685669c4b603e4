"""A finished run's figures and page: drawn, written and linted."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from epm.analyses.block import Block
from epm.exit_codes import CLEAN, COULD_NOT, FINDINGS
from epm.files import write_atomically
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.report.render import RESULTS, render
from epm.results.reading import load
from epm_lint.model import Status
from epm_lint.output import table


def draw(folder: Path) -> None:
    """Draw the figure of every analysis that has one; figures of other analyses are removed."""
    from epm.figures import write as write_figure

    results = load(folder / RESULTS)
    figures = folder / "figures"
    kept = set()
    for name, block in results.analyses.items():
        if isinstance(block, Block):
            chart = import_module(f"epm.analyses.{block.kind}.figure").chart(name, block, results)
            if chart is not None:
                kept |= {path.name for path in write_figure(figures, name, chart)}
    for path in figures.glob("*") if figures.is_dir() else ():
        if path.name not in kept:
            path.unlink()


def write(folder: Path, templates: Path) -> int:
    """Body, title and lint report; FINDINGS when more is wrong than what awaits human text.

    Args:
        folder: of the run.
        templates: the experiment's folder; the prose is the default where it has no templates.
    """
    page = render(folder, templates)
    body = body_at(
        str(page.body),
        Given(title=page.title),
        Settings().of(folder),
        lambda line: print(f"epm: {line}", file=sys.stderr),  # noqa: T201
    )
    report = body.report()
    write_atomically(folder / "lint.txt", table.render(report))
    if report.status is Status.ERROR:
        return COULD_NOT
    return FINDINGS if report.status is Status.FAIL else CLEAN
