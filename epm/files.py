"""Files that are whole or absent: atomic writes, hashes, JSON lines."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_NUMBERS = re.compile(r"(?<=\[)\n\s+-?[\d.eE+-]+(?:,\n\s+-?[\d.eE+-]+)*\n\s+(?=\])")
"""A list of nothing but numbers; a string holds no line break, so it is never one."""


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_sha256(text: str) -> str:
    """Hex sha256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def joint_sha256(paths: Sequence[Path]) -> str:
    """A file's own sha256; for several, the sha256 over theirs."""
    if len(paths) == 1:
        return file_sha256(paths[0])
    return hashlib.sha256("\n".join(map(file_sha256, paths)).encode()).hexdigest()


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
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)
