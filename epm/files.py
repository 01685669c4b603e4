"""Files that are whole or absent: atomic writes, hashes, JSON lines, one process at a time."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from epm.errors import EpmError

_LARGE = 1 << 20
"""Bytes of a file whose hash takes longer than it takes to start a thread."""

_NUMBERS = re.compile(r"(?<=\[)\n\s+-?[\d.eE+-]+(?:,\n\s+-?[\d.eE+-]+)*\n\s+(?=\])")
"""A list of nothing but numbers; a string holds no line break, so it is never one."""


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes.

    Raises:
        OSError: it cannot be read, or is no plain file: a named pipe would be waited for.
    """
    stream = _opened(path)
    if stream is None:
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    with stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_if_any(path: Path) -> str:
    """The same; '' where there is no such file, or none that can be read."""
    try:
        return file_sha256(path)
    except OSError:
        return ""


def hashed(paths: Iterable[Path], by: Callable[[Path], str] = file_sha256) -> dict[Path, str]:
    """Hashes of files by path, large ones several at a time: a gigabyte takes half a second.

    Args:
        paths: of the files; each is read once.
        by: what is called with each, in threads; what it raises is raised.
    """
    each = list(dict.fromkeys(paths))
    large = [path for path in each if _size(path) >= _LARGE]
    found: dict[Path, str] = {}
    if len(large) > 1:
        with ThreadPoolExecutor() as threads:
            found = dict(zip(large, threads.map(by, large), strict=True))
    return {path: found[path] if path in found else by(path) for path in each}


def hashed_within(
    folder: Path, paths: Iterable[Path], by: Callable[[Path], str] = file_sha256
) -> dict[str, str]:
    """The same, by the files' paths within a folder."""
    return {
        path.relative_to(folder).as_posix(): sha256 for path, sha256 in hashed(paths, by).items()
    }


def _size(path: Path) -> int:
    """In bytes; 0 where there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _opened(path: Path, flags: int = 0) -> io.BufferedReader | None:
    """A regular file to read; None for anything else, without waiting for a pipe."""
    # Windows has no such pipes, and no flag
    usual = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, usual | flags)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def text_sha256(text: str) -> str:
    """Hex sha256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def folder_sha256(folder: Path) -> str:
    """Hex sha256 over the names and contents of all files in a folder, hidden ones left out.

    Raises:
        OSError: something in it cannot be read, or is neither a plain file nor a folder.
    """
    paths = (
        path
        for path in folder.rglob("*")
        if not path.is_dir()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return joint_sha256(hashed_within(folder, paths))


def joint_sha256(hashes: Mapping[str, str]) -> str:
    """Hex sha256 over hashes by name, in the order of the names."""
    ordered = dict(sorted(hashes.items()))
    return hashlib.sha256(json.dumps(ordered, ensure_ascii=True).encode()).hexdigest()


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
    stream = _opened(path, getattr(os, "O_NOFOLLOW", 0))
    if stream is None:
        raise NotAFileOfItsOwn(path, "it is no regular file")
    return stream


def read_own(path: Path, most: int = -1, within: Path | None = None) -> bytes:
    """The bytes of a regular file, at most so many of them; see `open_own`."""
    with open_own(path, within) as stream:
        return stream.read(most)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, also after a crash, sees the old content or the new one.

    A file that is replaced keeps its permissions; a new one has those that the umask leaves.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(OSError):
            before = path.stat().st_mode
            if stat.S_ISREG(before):
                temporary.chmod(stat.S_IMODE(before))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def held(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a folder for one process; the system lets go of it when the process dies.

    The folder itself is locked: a lock file could be removed, and then held twice.

    Args:
        folder: made where it is missing.
        wait: until another process lets go of it.

    Raises:
        EpmError: another process holds it, and is not waited for.
    """
    handle = _locked(folder, wait)
    if handle is None:
        with _held_by_file(folder, wait):
            yield
        return
    try:
        yield
    finally:
        os.close(handle)


def _locked(folder: Path, wait: bool) -> int | None:
    """An open folder that is locked; None where folders cannot be locked."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        return None
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if os.path.samestat(os.fstat(handle), folder.stat()):
                return handle
        except FileNotFoundError:
            pass  # removed in between
        except BlockingIOError:
            os.close(handle)
            raise _busy(folder) from None
        except OSError as error:
            os.close(handle)
            # as on some network file systems
            if error.errno in (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP):
                return None
            raise
        os.close(handle)


@contextmanager
def _held_by_file(folder: Path, wait: bool) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}.lock", timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(folder) from None
    try:
        yield
    finally:
        lock.release()


def _busy(folder: Path) -> EpmError:
    return EpmError(f"another epm is running in {folder}", "wait for it, or stop it and run again")


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
