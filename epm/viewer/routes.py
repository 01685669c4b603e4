"""From an address to what is there: the one function that both carriers call.

An address is a relative path that ends in the suffix of what it is; links are relative, so that a
page has the same bytes from a server and from a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from epm.errors import EpmError
from epm.files import read_own
from epm.viewer import html
from epm.viewer.data.discussion import Discussion, discussion
from epm.viewer.data.issues import exported
from epm.viewer.data.library import Library
from epm.viewer.data.run import Run
from epm.viewer.screens import (
    compare,
    figures,
    files,
    history,
    issue,
    lint,
    matrix,
    numbers,
    page,
    runs,
    samples,
    tasks,
)

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".json": "application/json; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_ISSUE = re.compile(r"issues/(\d{1,9})(?:/([0-9a-f]{12}))?\.html")
_OF_RUN = re.compile(r"r/([^/]+/[^/]+)/(.+)")
_SHARD = re.compile(r"samples/(\d{1,6})\.js")
_FIGURE = re.compile(r"figures/([^/]+\.(?:png|jpe?g|gif|webp))", re.IGNORECASE)
_STATIC = re.compile(r"static/[a-z]+\.(?:css|js|svg)")


class Content(NamedTuple):
    """What an address leads to."""

    body: bytes
    type: str


def content(library: Library, path: str) -> Content | None:
    """What is at an address; None where there is nothing. A folder has its `index.html`."""
    path = f"{path}index.html" if not path or path.endswith("/") else path
    body = _content(library, path)
    if body is None:
        return None
    suffix = f".{path.rpartition('.')[2]}"
    encoded = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    return Content(encoded, TYPES.get(suffix, "application/octet-stream"))


def addresses(library: Library) -> Iterator[str]:
    """Every address that an export has; a server also says whether a run has changed."""
    yield from ("index.html", "tasks.html", "compare.html")
    yield from (f"static/{file.name}" for file in sorted(html.STATIC.iterdir()))
    found = exported(library.top)
    for card in found.cards if found else ():
        about = discussion(library.top, card.number)
        if about is not None:
            yield f"issues/{card.number}.html"
            yield from (f"issues/{card.number}/{edit}.html" for edit in about.states)
    for run in library.runs():
        yield from (f"r/{run.key}/{name}" for name in _names(run))


def _content(library: Library, path: str) -> str | bytes | None:
    if path == "index.html":
        return runs.screen(library.glances(), path)
    if path == "tasks.html":
        return tasks.screen(exported(library.top), library.glances(), library.top, path)
    if path == "compare.html":
        return compare.screen(list(library.places()), path)
    if _STATIC.fullmatch(path):
        file = html.STATIC / path.removeprefix("static/")
        return file.read_bytes() if file.is_file() else None
    if found := _ISSUE.fullmatch(path):
        about = discussion(library.top, int(found[1]))
        all_runs = library.glances()
        of_it = (run.key for run in all_runs if _number(library, run.identity) == int(found[1]))
        return issue.screen(about, found[2] or "", path, of_it) if about else None
    found = _OF_RUN.fullmatch(path)
    run = library.run(found[1]) if found else None
    if not found or not run:
        return None
    if found[2] in _DISCUSSED:
        return _DISCUSSED[found[2]](run, path, _about(library, run))
    return _of_run(run, found[2], path)


def _about(library: Library, run: Run) -> Discussion | None:
    """What was said on GitHub about a run, as far as it was exported."""
    number = _number(library, run.identity)
    return discussion(library.top, number) if number is not None else None


def _number(library: Library, identity: tuple[str, str, int | None]) -> int | None:
    """The exported issue that is a run's page, or is about its experiment."""
    found = exported(library.top)
    return found.about(*identity) if found else None


def _of_run(run: Run, name: str, path: str) -> str | bytes | None:
    if name in _SCREENS:
        return _SCREENS[name](run, path)
    if name == "version.txt":
        return run.stamp()
    if name in _DATA:
        return _DATA[name](run)
    if name.startswith("raw/"):
        return files.raw(run, name.removeprefix("raw/"))
    if found := _FIGURE.fullmatch(name):
        return picture(run, found[1])
    if found := _SHARD.fullmatch(name):
        return run.shard(int(found[1]))
    return None


_DISCUSSED = {
    "index.html": page.screen,
    "history.html": history.screen,
}
_SCREENS = {
    "numbers.html": numbers.screen,
    "matrix.html": matrix.screen,
    "samples.html": samples.screen,
    "figures.html": figures.screen,
    "files.html": files.screen,
    "lint.html": lint.screen,
}
_DATA = {
    "numbers.js": numbers.data,
    "summary.js": compare.summary,
    "samples/index.js": samples.index,
}


def _names(run: Run) -> Iterator[str]:
    """The addresses of a run, below its own."""
    yield from _DISCUSSED
    yield from _SCREENS
    yield "summary.js"
    yield from (f"raw/{name}" for name in files.RAW)
    if not run.numbers.why:
        yield "numbers.js"
    for file in sorted((run.folder / "figures").glob("*")):
        # a name with a line break, or that is no text, cannot be listed
        if _FIGURE.fullmatch(f"figures/{file.name}") and file.name.isprintable():
            yield f"figures/{file.name}"
    if run.has_completions:
        yield "samples/index.js"
        yield from (f"samples/{shard.number}.js" for shard in run.shards)


def picture(run: Run, name: str) -> bytes | None:
    """The bytes of a figure's file; None where it is no plain file of the run's."""
    try:
        return read_own(run.folder / "figures" / name, within=run.folder)
    except (OSError, EpmError, ValueError):
        return None
