"""See that a file was saved, as soon as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

from epm.checkout import reach
from epm.linting.bodies import RESULTS, Given, folder_of
from epm.linting.settings import Settings, files_above
from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.binding.record import FILE as RECORD
from epm_lint.page.companion import FILE as TABLES

INTERVAL = 0.005
"""In seconds between two looks at the file's own time stamp, which take some microseconds."""
_AROUND = 4
"""How many of these pass until the dozen files around it are looked at."""
GRACE = 0.15
"""In seconds: an editor may empty or remove a file right before it writes it."""
_BESIDE = ("title.txt", RESULTS, NUMBERS, RECORD, TABLES)

Stamps = dict[Path, tuple[int, int, int] | None]


def watch(
    path: str, given: Given, settings: Settings, look: Callable[[], None], stop: Event
) -> None:
    """Look now and whenever the file, or what is known of it, changes; until told to stop.

    Args:
        path: the file's.
        given: what the caller says of it.
        settings: which rules it is held to; read again where their files change.
        look: reads and shows it.
        stop: ends the watch.
    """
    file = Path(path)
    around = _around(path, given, settings)
    configuring = around[len(_BESIDE) + len(given.results) :]
    before: Stamps = {}
    turn = 0
    while not stop.is_set():
        others = {one: _stamp(one) for one in around} if turn % _AROUND == 0 else {}
        seen = {**before, **others, file: _stamp(file)}
        turn += 1
        if seen == before:
            stop.wait(INTERVAL)
            continue
        if before.get(file) and not (seen[file] or (0, 0, 0))[1]:
            seen[file] = _once_written(file, stop)
        if any(seen[one] != before.get(one) for one in configuring):
            settings.forget()
        before = seen  # taken before the look: what is saved during it is looked at next
        look()


def _once_written(file: Path, stop: Event) -> tuple[int, int, int] | None:
    """The stamp of a file that is empty or gone, as soon as it holds something again."""
    for _ in range(round(GRACE / INTERVAL)):
        stop.wait(INTERVAL)
        if (now := _stamp(file)) and now[1]:
            return now
    return _stamp(file)


def _around(path: str, given: Given, settings: Settings) -> list[Path]:
    folder = folder_of(path)
    configuring = [settings.file] if settings.file else files_above(folder)
    git = reach(folder)[-1] / ".git"
    history = [git / "HEAD", git / "logs" / "HEAD", git / "FETCH_HEAD"]
    return [*(folder / name for name in _BESIDE), *given.results, *configuring, *history]


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """When a file was last written, its size, and which file it is: clocks are coarse."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
