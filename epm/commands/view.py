"""`epm view`: runs, pages and completions in a browser, or exported as files."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from epm.exit_codes import CLEAN

if TYPE_CHECKING:
    from epm.viewer.data.library import Library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm view` understands."""
    parser.add_argument(
        "named",
        nargs="*",
        metavar="RUN",
        help="run folders, bodies, or experiments such as issue-246 (default: all that are here)",
    )
    parser.add_argument(
        "--export",
        type=Path,
        metavar="DIR",
        help="write the pages as files, which open by double click, in place of serving them",
    )
    parser.add_argument(
        "--github",
        action="store_true",
        help="first export the repository's issues, comments and timelines from GitHub into "
        "runs/github; without it nothing is asked of anybody",
    )
    parser.add_argument("--port", type=int, metavar="N", help="default: 7246, or the next free one")
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")


def run(parsed: argparse.Namespace) -> int:
    """Fetch what is asked for, then serve until Ctrl-C, or export."""
    from epm.viewer.data.library import Library

    library = Library(parsed.named, Path.cwd())
    if parsed.github:
        _fetch(library.top)
    if parsed.export is not None:
        return _export(library, parsed.export)
    from epm.viewer.serving import serve

    with serve(library, parsed.port) as server:
        print(f"epm: serving {server.url}, on this machine alone; Ctrl-C ends", file=sys.stderr)  # noqa: T201
        if not parsed.no_open:
            import webbrowser

            webbrowser.open(server.url)
        gc.freeze()  # what is loaded now stays, and need not be searched while runs are read
        try:
            server.serve_forever(0.2)
        except KeyboardInterrupt:
            return CLEAN
    return CLEAN


def _fetch(top: Path) -> None:
    from epm.bot.terminal import repository
    from epm.checkout import Checkout
    from epm.github.client import connect
    from epm.viewer.fetching import fetch

    found = Checkout.at(Path.cwd())
    name = repository(os.environ, Path.cwd())
    github = connect(name, os.environ, host=found.host if found else None)
    count = fetch(github, top, _say)
    _say(f"exported {count} {'issue' if count == 1 else 'issues'} of {name} into runs/github")


def _say(line: str) -> None:
    print(f"epm: {line}", file=sys.stderr)  # noqa: T201


def _export(library: Library, folder: Path) -> int:
    from epm.viewer.exporting import export

    written = export(library, folder)
    size = sum(written.values())
    runs = list(library.places())
    print(f"{folder / 'index.html'}: {len(written)} files, {size / 1e6:.1f} MB")  # noqa: T201
    print(f"copied: pages, figures and completions of {', '.join(runs) or 'no run'}")  # noqa: T201
    return CLEAN
