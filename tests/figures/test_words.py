"""Text that fits, with nothing lost that can be kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.figures.style import styled
from epm.figures.words import fit, tidy, width, wrap


def bare(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec="ascii"), max_size=150), st.floats(40, 300))
def test_lines_fit_and_lose_nothing(text: str, room: float) -> None:
    with styled():
        lines = wrap(text, room, 9)
        assert bare("".join(lines)) == bare(tidy(text))
        assert all(width(line, 9) <= room * 1.02 + 1 for line in lines)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec="ascii"), max_size=150), st.integers(1, 3))
def test_a_name_that_is_too_long_keeps_both_ends(text: str, most: int) -> None:
    with styled():
        lines, name = fit(text, 80, 9, lines=most), tidy(text)
        assert len(lines) <= most
        assert all(width(line, 9) <= 82 for line in lines)
        if bare("".join(lines)) != bare(name):
            assert "…" in "".join(lines)
            assert lines[0][0] == name[0]
            assert lines[-1][-1] == name[-1]


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("one two three four", 60, ["one two", "three four"]),
        ("kindergarten_teacher", 75, ["kindergarten_", "teacher"]),
        ("a\n\tb\x07c", 200, ["a b c"]),
        ("", 100, []),
        (" \n", 100, []),
    ],
)
def test_lines_end_where_a_reader_would_end_them(text: str, room: float, lines: list[str]) -> None:
    with styled():
        assert wrap(text, room, 9) == lines


def test_prose_is_shortened_by_whole_words() -> None:
    with styled():
        shown = fit(" ".join(f"word{i}" for i in range(40)), 200, 9, lines=2)
    assert all(word == "…" or word.startswith("word") for word in " ".join(shown).split())
    assert shown[-1].endswith("word39")
