"""Files that are whole or absent: atomic writes, hashes, JSON lines."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from epm.errors import EpmError

_NUMBERS = re.compile(r"(?<=\[)\n\s+-?[\d.eE+-]+(?:,\n\s+-?[\d.eE+-]+)*\n\s+(?=\])")
"""A list of nothing but numbers; a string holds no line break, so it is never one."""


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with open_own(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_sha256(text: str) -> str:
    """Hex sha256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def joint_sha256(paths: Sequence[Path]) -> str:
    """A file's own sha256; for several, the sha256 over theirs."""
    if len(paths) == 1:
        return file_sha256(paths[0])
    return hashlib.sha256("\n".join(map(file_sha256, paths)).encode()).hexdigest()


class NotAFileOfItsOwn(EpmError):
    """A symbolic link, a pipe, a device or a folder where a file should be."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not read: {why}", "put the file itself there")


def open_own(path: Path, within: Path | None = None) -> io.BufferedReader:
    """Open a regular file to read it: no link is followed, and no pipe is waited for.

    Args:
        path: the file's.
        within: a folder that it has to lie in, also where folders on the way are links.

    Raises:
        NotAFileOfItsOwn: it is anything but a regular file, or lies elsewhere.
        OSError: it cannot be read.
    """
    if path.is_symlink():
        raise NotAFileOfItsOwn(path, "it is a symbolic link")
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        raise NotAFileOfItsOwn(path, f"it lies outside {within}")
    own = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_RDONLY | own)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotAFileOfItsOwn(path, "it is no regular file")
    return os.fdopen(handle, "rb")


def read_own(path: Path, most: int = -1, within: Path | None = None) -> bytes:
    """The bytes of a regular file, at most so many of them; see `open_own`."""
    with open_own(path, within) as stream:
        return stream.read(most)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, also after a crash, sees the old content or the new one."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def dump_json(value: Any) -> str:
    """JSON for people and for diffs: one indent, keys in the order given, numbers side by side."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return _NUMBERS.sub(lambda match: " ".join(match[0].split()), text) + "\n"


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def gzipped(text: str) -> bytes:
    """Compressed without a time stamp, so that equal text gives equal bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as stream:
        stream.write(text.encode())
    return buffer.getvalue()


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a `.jsonl` or `.jsonl.gz` file."""
    with open_own(path) as stream:
        unpacked = gzip.GzipFile(fileobj=stream) if path.suffix == ".gz" else stream
        for line in io.TextIOWrapper(unpacked, encoding="utf-8"):
            yield json.loads(line)
