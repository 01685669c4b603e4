"""What a fuzzer once found of interest is linted again: a report or one line, no broken rule."""

from pathlib import Path

import pytest
from properties import check, keep, kept, seeds

PIECES = 8


@pytest.mark.parametrize("piece", range(PIECES))
def test_what_was_found_is_linted(piece: int) -> None:
    found = kept()[piece::PIECES]
    assert found
    for body in found:
        check(body)


def test_what_is_kept_is_written_down_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any bytes, each once, and none that the tests hold already."""
    monkeypatch.setattr("properties.CORPUS", tmp_path / "corpus.jsonl")
    bodies = [bytes(range(256)), b"\n\r\x85", b"\x00\x01", seeds()[0], b"\n\r\x85"]
    keep(bodies)
    assert sorted(kept()) == sorted({*bodies} - {seeds()[0]})
    keep(bodies)
    assert len(kept()) == 3
