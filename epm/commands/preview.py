"""`epm preview`: look at a page while it is written."""

from __future__ import annotations

import argparse
import gc
import secrets
import sys
import webbrowser
from pathlib import Path
from threading import Event, Thread

from epm.errors import EpmError
from epm.exit_codes import CLEAN
from epm.linting.bodies import Given
from epm.linting.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm preview` understands."""
    parser.add_argument("path", metavar="BODY.md", help="the page, which need not be there yet")
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the results it reports (default: the file that its first line names; repeatable)",
    )
    parser.add_argument("--port", type=int, metavar="N", help="default: 7266, or the next free one")
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")


def run(parsed: argparse.Namespace) -> int:
    """Show the page until Ctrl-C."""
    from epm.viewer.preview import feed, looking, serving, watching

    path = Path(parsed.path)
    # a pipe would be waited for, and nothing be shown
    if (path.exists() and not path.is_file()) or not path.parent.is_dir():
        raise EpmError(f"{parsed.path} is no file", "name the page's own file")
    given, settings = Given(results=tuple(parsed.results)), Settings()
    newest = feed.Feed(secrets.token_hex(4))
    looks = looking.Looks(parsed.path, given, settings, newest)
    looks.look()  # so that the first browser waits for nothing
    gc.collect()
    gc.freeze()  # what is loaded now stays, and need not be searched for garbage at each save
    with serving.serve(newest, parsed.port) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        there = "is" if path.exists() else "is not there yet, and will be"
        told = f"epm: {parsed.path} {there} shown at {server.url} — Ctrl-C ends"
        print(told, file=sys.stderr, flush=True)  # noqa: T201
        if not parsed.no_open:
            webbrowser.open(server.url)
        try:
            # in the main thread, where a lint that takes too long can be interrupted
            watching.watch(parsed.path, given, settings, looks.look, Event())
        except KeyboardInterrupt:
            print(file=sys.stderr)  # noqa: T201
        finally:
            newest.close()
            server.shutdown()
    return CLEAN
