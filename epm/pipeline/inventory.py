"""What a run folder holds: every file with its hash, so that a change to any of them is noticed.

The record is written at the end of `epm run` and whenever the page is written again. What a stage
wrote is also vouched for by its own manifest, from the moment that the stage is finished. A folder
that was published, or whose run was interrupted, has no record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from epm.errors import EpmError
from epm.files import (
    dump_json,
    hashed,
    hashed_within,
    joint_sha256,
    sha256_if_any,
    write_atomically,
)

RECORD = "inventory.json"

WRITTEN_BY_PEOPLE = frozenset({"body.md"})
"""Files that may be edited; the next page keeps what people wrote in them."""


def write(folder: Path) -> None:
    """Record what the folder holds now."""
    there = (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name != RECORD
    )
    files = hashed_within(folder, there)
    write_atomically(folder / RECORD, dump_json({"files": files, "sha256": joint_sha256(files)}))


def forget(folder: Path) -> None:
    """Remove the record: from now on what is in the folder changes by right."""
    (folder / RECORD).unlink(missing_ok=True)


def check(folder: Path, remedy: str) -> None:
    """Refuse a folder in which anything but what people write was changed.

    Raises:
        EpmError: which files, and the remedy.
    """
    if damaged := [name for name in changed(folder) if name not in WRITTEN_BY_PEOPLE]:
        more = f" and {len(damaged) - 1} more" if damaged[1:] else ""
        raise EpmError(f"{folder / damaged[0]}{more} changed since it was written", remedy)


@contextmanager
def renewed(folder: Path, remedy: str) -> Iterator[None]:
    """Check a folder, let files in it be written anew, and then record it anew if it was recorded.

    Also where writing breaks off: the next change to any of its files is to be noticed.

    Raises:
        EpmError: as `check` does, before anything is written.
    """
    check(folder, remedy)
    recorded = (folder / RECORD).exists()
    forget(folder)
    try:
        yield
    finally:
        if recorded:
            write(folder)


def changed(folder: Path) -> list[str]:
    """Files that are not what they were when the record was written, or are gone.

    The record itself is among them when it cannot be trusted; nothing is where there is none.
    """
    try:
        value = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files: dict[str, str] = value["files"]
        if value["sha256"] != joint_sha256(files) or value.keys() != {"files", "sha256"}:
            return [RECORD]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [RECORD]
    found = hashed((folder / name for name in files), sha256_if_any)
    return [name for name, sha256 in files.items() if found[folder / name] != sha256]
