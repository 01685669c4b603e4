"""`epm lint --watch`: the report beside your editor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from epm.linting.bodies import Given, folder_of
from epm.linting.settings import Settings, files_above

INTERVAL = 0.2
"""In seconds; asking for a time stamp costs next to nothing, and works on every file system."""


def watch(
    paths: Sequence[str], given: Given, settings: Settings, lint: Callable[[], object]
) -> None:
    """Lint now and whenever a body, or what is known of it, changes; until Ctrl-C."""
    try:
        while True:
            seen = _stamps(paths, given, settings)
            settings.forget()
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[H")
            lint()
            print(f"epm: watching {len(paths)} file(s), Ctrl-C ends", file=sys.stderr, flush=True)  # noqa: T201
            while _stamps(paths, given, settings) == seen:
                time.sleep(INTERVAL)
    except KeyboardInterrupt:
        return


def _stamps(
    paths: Sequence[str], given: Given, settings: Settings
) -> dict[Path, tuple[int, int] | None]:
    files = [file for file in (*given.results, settings.file) if file]
    for path in paths:
        folder = folder_of(path)
        files += [Path(path), folder / "title.txt", folder / "results.json"]
        if settings.file is None:
            files += files_above(folder)
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, int] | None:
    """When a file was last written, and its size: both, as clocks are coarse."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
