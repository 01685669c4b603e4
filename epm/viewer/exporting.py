"""The carrier without a server: the same pages as files, which work by double click."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from epm.errors import EpmError
from epm.files import read_own, write_atomically
from epm.viewer.data.library import Library
from epm.viewer.routes import addresses, content

MANIFEST = "files.txt"
"""The sha256 of everything that was written, as `sha256sum` writes it."""


def export(library: Library, folder: Path) -> dict[str, int]:
    """Write every page.

    Args:
        library: what is shown.
        folder: made where it is missing; an earlier export is replaced.

    Returns:
        How many bytes each file has, by its name.

    Raises:
        EpmError: the folder holds what no export has written.
    """
    _check(folder)
    if not (folder / MANIFEST).exists():  # so that one that breaks off can be made again
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / MANIFEST, "")
    written: dict[str, int] = {}
    hashes: dict[str, str] = {}
    for path in addresses(library):
        found = content(library, path)
        if found is None:
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, found.body)
        written[path] = len(found.body)
        hashes[path] = hashlib.sha256(found.body).hexdigest()
    for old in _written(folder) - hashes.keys():
        with suppress(OSError):  # gone, or a folder now
            (folder / old).unlink()
    lines = "".join(f"{digest}  {path}\n" for path, digest in hashes.items())
    write_atomically(folder / MANIFEST, lines)
    return written


def _written(folder: Path) -> set[str]:
    """What an earlier export has left here, as far as it lies within."""
    try:
        text = read_own(folder / MANIFEST).decode("utf-8", "replace")
    except (OSError, EpmError):
        return set()
    names = {line.partition("  ")[2] for line in text.split("\n")}
    return {
        name
        for name in names
        if name and "\0" not in name and ".." not in Path(name).parts and name[0] != "/"
    }


def _check(folder: Path) -> None:
    if folder.is_file():
        raise EpmError(f"{folder} is a file", "name a folder with --export")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise EpmError(
            f"{folder} holds other files, which an export would lie among",
            "name an empty folder, or one that was exported to before",
        )
