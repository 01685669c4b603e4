"""The lines of a packed file, whole, cut and damaged."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.viewer.data import lines as module
from epm.viewer.data.lines import TooLarge, lines

texts = st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=30))


def many(count: int = 4_000) -> list[str]:
    """More than is unpacked in one go, and hard to compress."""
    chance = random.Random(1)
    return [f"{n} {chance.randbytes(40).hex()}" for n in range(count)]


def read(packed: bytes) -> tuple[list[str], type[Exception] | None]:
    found = []
    try:
        for line in lines(io.BytesIO(packed)):
            found.append(line)
    except (EOFError, OSError, TooLarge, zlib.error) as error:
        return found, type(error)
    return found, None


@given(texts, st.lists(st.integers(0, 900)), st.integers(0, 3))
def test_members_and_padding_are_no_ends_of_lines(
    written: list[str], cuts: list[int], padding: int
) -> None:
    content = "\n".join(written).encode()
    ends = sorted({min(cut, len(content)) for cut in cuts} | {len(content)})
    starts = [0, *ends[:-1]]
    members = [gzip.compress(content[a:b]) for a, b in zip(starts, ends, strict=True)]
    assert read((b"\0" * padding).join(members) + b"\0" * padding) == (written or [""], None)


def test_large_files_and_long_lines() -> None:
    written = [*many(), "x" * 3_000_000, *many()]
    packed = gzip.compress("\n".join(written).encode(), 1)
    assert len(packed) > 3 * module._AT_ONCE
    assert read(packed) == (written, None)


@given(st.integers(0, 10_000))
def test_all_whole_lines_before_a_cut_are_given(at: int) -> None:
    written = many(300)
    packed = gzip.compress(("\n".join(written) + "\n").encode(), 6)
    cut = packed[: at % len(packed)]
    found, error = read(cut)
    assert error is EOFError
    assert found == written[: len(found)]
    expected = zlib.decompressobj(31).decompress(cut).count(b"\n")
    assert len(found) == expected


@pytest.mark.parametrize("offset", [-1, -5, -8, 0.5])
def test_all_whole_lines_before_damage_are_given(offset: float) -> None:
    written = many()
    packed = bytearray(gzip.compress(("\n".join(written) + "\n").encode(), 6))
    at = int(offset * len(packed)) if offset > 0 else len(packed) + int(offset)
    packed[at] ^= 0xFF
    found, error = read(bytes(packed))
    if offset < 0:  # only the sums at the end are wrong
        assert (found, error) == (written, zlib.error)
    else:
        assert error is zlib.error
        assert len(found) > len(written) * 0.4
        assert found[: int(len(written) * 0.4)] == written[: int(len(written) * 0.4)]


def test_what_is_no_gzip_or_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(b"") == ([], EOFError)
    assert read(b"plain text\n") == ([], gzip.BadGzipFile)
    assert read(gzip.compress(b"one\n") + b"rest") == (["one"], zlib.error)
    assert read(gzip.compress(b"a\xffb\r\n")) == (["a\ufffdb\r", ""], None)
    monkeypatch.setattr(module, "LARGEST", 1_000)
    assert read(gzip.compress(b"0\n" * 499))[1] is None
    assert read(gzip.compress(b"0" * 5_000_000))[1] is TooLarge
