"""The lines of a file that gzip has packed, as far as they can be read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

LARGEST = 2**30
"""Bytes of text that are read of one file."""
_AT_ONCE = 2**16
"""Bytes that are unpacked in one go: some hundred lines, which a processor's cache holds."""
_MAGIC = b"\x1f\x8b"
_WITH_SUMS = 31
"""What zlib calls a stream with the head and the sums of gzip."""


class TooLarge(Exception):
    """More text than is read of one file."""


def lines(stream: BinaryIO) -> Iterator[str]:
    """Its lines, without their ends; bytes that are no UTF-8 are replaced.

    Raises:
        EOFError: it breaks off; every whole line was given.
        OSError: it cannot be read, or is not packed by gzip.
        TooLarge: it has more than `LARGEST` bytes of text.
        zlib.error: it is damaged; every whole line before the damage was given.
    """
    begun: list[bytes] = []
    size = 0
    for piece in _unpacked(stream):
        size += len(piece)
        begun.append(piece)
        if b"\n" in piece:
            *whole, rest = b"".join(begun).split(b"\n")
            begun = [rest]
            for line in whole:
                yield line.decode("utf-8", "replace")
        if size > LARGEST:
            raise TooLarge
    yield b"".join(begun).decode("utf-8", "replace")


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """What is in its members, one after the other, as far as their sums are right.

    In large pieces: `gzip` unpacks 8 kB at a time, and takes half as long again.
    """
    packed = stream.read(_AT_ONCE)
    if packed[:2] != _MAGIC[: len(packed)]:
        raise gzip.BadGzipFile
    member = zlib.decompressobj(_WITH_SUMS)
    while packed:
        before = member.copy()
        try:
            piece = member.decompress(packed)
        except zlib.error:
            yield from _up_to_the_damage(before, packed)
            raise
        yield piece
        packed = member.unused_data or stream.read(_AT_ONCE)
        if member.eof:
            while packed and not (packed := packed.lstrip(b"\0")):  # padding
                packed = stream.read(_AT_ONCE)
            if packed:
                member = zlib.decompressobj(_WITH_SUMS)
    if not member.eof:
        raise EOFError


def _up_to_the_damage(member: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    for at in range(len(packed)):
        try:
            yield member.decompress(packed[at : at + 1])
        except zlib.error:
            return
