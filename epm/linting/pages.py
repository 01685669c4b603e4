"""Which files are result pages: of those that are named, and of those that lie in a folder."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from epm.errors import EpmError
from epm.linting.bodies import STDIN
from epm_lint.binding.record import FILE as RECORD
from epm_lint.formats import Format
from epm_lint.formats.recognition import format_of
from epm_lint.formats.shipped import SENTINELS
from epm_lint.markdown.blocks import title_key
from epm_lint.markdown.document import Document

_NEWLINE = re.compile(r"\r\n|\r|\n")
_HEADINGS = frozenset(map(title_key, ("AI Summary", "AI TL;DR", "Human TL;DR", "Detailed report")))
_LEGACY = frozenset(map(title_key, ("TL;DR", "Methodology")))
_LONGEST_HEADING = 80
_OPENING = 20
"""Lines in which a page says what format it has."""
_LARGEST = 2_000_000
_SUFFIXES = (".md", ".markdown")


def is_page(text: str, own: Sequence[Format] = ()) -> bool:
    """Whether a text is a result page, and not the README beside it.

    Args:
        text: of a file.
        own: formats of the repository.
    """
    lines = [line for line in _NEWLINE.split(text) if len(line) <= _LONGEST_HEADING]
    keys = {title_key(line) for line in lines}
    claims = any(f"<!-- {sentinel} -->" in lines[:_OPENING] for sentinel in SENTINELS)
    opens = text.lstrip("\ufeff ").startswith("<!-- epm:")
    known = opens or claims or bool(keys & _HEADINGS or keys >= _LEGACY)
    return known or (bool(own) and format_of(Document(text), own).format in own)


FormatsOf = Callable[[Path], Sequence[Format]]
"""The formats of its own that a repository has, by a folder in it."""


def named(
    paths: Sequence[str], say: Callable[[str], None], formats_of: FormatsOf = lambda _: ()
) -> list[str]:
    """The files that are meant, each once: folders and globs are looked into.

    Args:
        paths: as on the command line; `-` is standard input.
        say: is told what of a folder is left out, in one line.
        formats_of: whose pages are result pages as well.
    """
    found: dict[str, str] = {}
    for path in paths:
        for file in _meant(path, say, formats_of):
            # `Path.resolve` refuses a link to itself, which is told where the page is read
            found.setdefault(file if file == STDIN else os.path.realpath(file), file)
    return list(found.values())


def _meant(path: str, say: Callable[[str], None], formats_of: FormatsOf) -> Iterator[str]:
    try:
        there, folder = Path(path).exists(), Path(path).is_dir()
    except ValueError:  # a NUL in the path
        there = folder = False
    if path != STDIN and folder:
        yield from _pages_in(Path(path), say, formats_of)
    elif path != STDIN and not there and glob.has_magic(path):
        matched = glob.iglob(path, recursive=True)  # noqa: PTH207 - absolute patterns too
        files = sorted(one for one in matched if Path(one).is_file())
        # where nothing matches, the pattern is the name of a file that cannot be read
        yield from files or [path]
    else:
        yield path


def _pages_in(folder: Path, say: Callable[[str], None], formats_of: FormatsOf) -> Iterator[str]:
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in _SUFFIXES
        and file.name != RECORD  # no page, but what a page was rendered as
        and file.is_file()
        and not any(part.startswith(".") or part == "node_modules" for part in _below(file, folder))
    ]
    pages = [file for file in files if _holds_page(file, formats_of(file.parent))]
    if not pages:
        raise EpmError(
            f"of {len(files)} Markdown file(s) in {folder} none is a result page",
            "name the file itself to lint it all the same",
        )
    if len(pages) < len(files):
        say(f"{folder}: {len(pages)} of {len(files)} Markdown files are result pages")
    yield from map(str, pages)


def _below(file: Path, folder: Path) -> tuple[str, ...]:
    return file.relative_to(folder).parts


def _holds_page(file: Path, own: Sequence[Format]) -> bool:
    try:
        with file.open("rb") as stream:
            return is_page(stream.read(_LARGEST).decode("utf-8", "replace"), own)
    except OSError:
        return True  # linting it says why it cannot be read
