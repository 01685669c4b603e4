"""`epm render`: write the body and title of a finished run again."""

from __future__ import annotations

import argparse
from pathlib import Path

from epm.commands import selection
from epm.errors import resources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm render` understands."""
    selection.add_arguments(parser)
    parser.add_argument("--run", type=Path, metavar="DIR", help="the run folder to render")


def run(parsed: argparse.Namespace) -> int:
    """Write the page of a run folder, and lint it."""
    from epm import page
    from epm.pipeline import inventory
    from epm.pipeline.run import run_folder
    from epm.report import narrative

    loaded, definition = selection.resolve(parsed)
    narrative.check(loaded.folder)
    folder = parsed.run or run_folder(definition, loaded.repository / "runs")
    again = f"`epm run {definition.experiment.slug}` as before makes it again"
    with resources("writing the page", folder), inventory.renewed(folder, again):
        status = page.write(folder, loaded)
    for name in ("body.md", "title.txt", "lint.txt"):
        print(folder / name)  # noqa: T201
    return status
