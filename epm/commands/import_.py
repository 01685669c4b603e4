"""`epm import`: make a run of results that were made elsewhere."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.exit_codes import CLEAN

if TYPE_CHECKING:
    from epm.importing.found import Found
    from epm.importing.mapping import Map


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm import` understands."""
    parser.add_argument(
        "kind",
        choices=("inspect", "lm-eval", "table", "json"),
        help="what made the files: Inspect, lm-evaluation-harness, or a script of your own",
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="logs, tables, or folders of them"
    )
    parser.add_argument(
        "--map",
        type=Path,
        metavar="MAP.toml",
        help="how columns or places become measurements (docs/importing.md); of a table or JSON",
    )
    parser.add_argument(
        "--suggest", action="store_true", help="print a map for the files, to be looked over"
    )
    parser.add_argument(
        "--experiment",
        metavar="ISSUE",
        help="take analyses, gates and words from experiments/<issue>/experiment.py, as issue-311",
    )
    parser.add_argument("--issue", type=int, metavar="N", help="the issue that the page is for")
    parser.add_argument("--title", help="of the page (default: what was compared)")


def run(parsed: argparse.Namespace) -> int:
    """Read the files, analyse them, draw, write and lint the page."""
    started = time.monotonic()
    if parsed.suggest:
        from epm.importing.suggest import suggested

        print(suggested(parsed.kind, parsed.files), end="")  # noqa: T201
        return CLEAN
    return _imported(parsed, started)


def _imported(parsed: argparse.Namespace, started: float) -> int:
    from rich.console import Console

    from epm import discovery, page, terminal
    from epm.errors import resources
    from epm.files import file_sha256
    from epm.importing.folder import Import, repository, write
    from epm.pipeline import inventory
    from epm.privacy import command_line

    experiment = home = None
    if parsed.experiment:
        loaded = discovery.load_imported(
            parsed.experiment, discovery.experiments_folder(Path.cwd())
        )
        experiment, home = loaded.experiment, loaded.folder
    given, found = _found(parsed)
    issue = experiment.issue if experiment else parsed.issue or (given.issue if given else None)
    if issue is None:
        raise EpmError(
            "which issue is the page for?", "name it: --issue 311, or `issue = 311` in the map"
        )
    if issue < 1:
        raise EpmError(f"issue {issue} is no issue's number", "give the number of an issue")
    title = parsed.title or (experiment.title if experiment else given.title if given else "")
    for note in found.notes:
        print(f"epm: {note}", file=sys.stderr)  # noqa: T201
    what = Import(
        source=parsed.kind,
        found=found,
        issue=issue,
        title=title or found.title,
        command=command_line(["epm", *sys.argv[1:]]),
        repository=repository(home),
        map_sha256=file_sha256(parsed.map) if parsed.map else "",
        experiment=experiment,
        home=home,
    )
    with resources("the import", what.folder):
        folder = write(what, started)
        status = page.write(folder, home or folder)
        inventory.write(folder)
    terminal.summary(Console(), folder, clean=status == CLEAN)
    return status


def _found(parsed: argparse.Namespace) -> tuple[Map | None, Found]:
    if parsed.kind in ("inspect", "lm-eval"):
        if parsed.map:
            raise EpmError(
                f"{parsed.kind} needs no map", "leave --map out; names come from the files"
            )
        if parsed.kind == "inspect":
            from epm.importing import inspect_logs

            return None, inspect_logs.read(parsed.files)
        from epm.importing import lm_eval

        return None, lm_eval.read(parsed.files)
    if parsed.map is None:
        raise EpmError(
            f"a {'table' if parsed.kind == 'table' else 'JSON file'} needs a map",
            f"`epm import {parsed.kind} {parsed.files[0]} --suggest > map.toml` begins one",
        )
    from epm.importing import files, mapping

    given = mapping.read(parsed.map)
    read = files.table if parsed.kind == "table" else files.own_json
    return given, read(parsed.files, given)
