"""A page that is judged again after an edit is judged as if it had never been seen."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import epm_lint
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.viewer.markdown import parser, render
from epm_lint import remembering
from epm_lint.binding import units
from epm_lint.markdown import document
from epm_lint.markdown.document import Document
from epm_lint.reading import ground
from epm_lint.reading.page import Reading, read
from epm_lint.reading.text.passages import passages
from epm_lint.remembering import Remembered

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "experiments" / "issue_16" / "published" / "pilot" / "body.md"
PIECES = (
    *("", "\n", "\n\n", " ", "3", "7/12", "-0.4", "%", "**", "`", "| ", "|\n|---|\n", "[", "]"),
    *("[a]", "\n\n[a]: https://example.org\n\n", "[^1]", "\n\n[^1]: note 3/4\n\n", "[a](b)"),
    *("<b>", "</b>", "<!-- ", " -->", "<details>", "\n## Setup\n", "\n# AI TL;DR\n", "> ", "$x$"),
    *("p = 0.03", "95% CI [0.1, 0.2]", "n = 480", "All p-values are two-sided.", "\\", "&amp;"),
    *("layer 12", "7 and 8", "seeds 1, 2", "\u202e", "\x00", "https://a.b/c_d", "x@example.org"),
)
edits = st.lists(
    st.tuples(st.integers(0, 40_000), st.sampled_from((0, 0, 1, 5, 80)), st.sampled_from(PIECES)),
    min_size=1,
    max_size=6,
)


def forget() -> None:
    """Everything that the linter and the preview keep of texts."""
    for kept in (ground._tokens, units._found, units.words_of):
        kept._kept.__init__()  # type: ignore[misc]
    document._KNOWN.__init__()  # type: ignore[misc]
    parser._KNOWN.__init__()  # type: ignore[misc]


def states(text: str, changes: list[tuple[int, int, str]]) -> Iterator[str]:
    for at, gone, come in changes:
        at %= len(text) + 1
        text = text[:at] + come + text[at + gone :]
        yield text


def told(reading: Reading) -> list[Any]:
    """All that is read: each number with what is known of it, and what is said with them."""
    numbers = [
        (n.raw, n.line, n.column, n.start, n.end, n.kind, n.unit, n.relation, n.code)
        for n in reading.numbers
    ]
    said = [re.sub(" at 0x[0-9a-f]+", "", repr(statement)) for statement in reading.statements]
    return [numbers, said, reading.bound, reading.names]


def fresh(text: str) -> Reading:
    return Reading(tuple(passages(Document(text), None)))


@given(edits)
@settings(max_examples=4, deadline=None)
def test_a_page_edited_is_a_page_never_seen(changes: list[tuple[int, int, str]]) -> None:
    body = body_at(str(PAGE), Given(), Settings().of(PAGE.parent), lambda _: None)
    for text in states(body.text, changes):
        known = body.report(text), render(text), told(fresh(text))
        read.cache_clear()
        forget()
        assert (body.report(text), render(text), told(fresh(text))) == known


SMALL = (
    "# T\n\nIt was 30% (3/10), see [a] and [b](c).\n\n| x | N |\n|---|---|\n| layer 3 | 10 |\n"
    "\nAll p-values are two-sided; p = 0.03, 95% CI [0.1, 0.2] at L10/L15.\n"
)


@given(edits)
@settings(max_examples=60, deadline=None)
def test_a_small_page_edited_is_one_never_seen(changes: list[tuple[int, int, str]]) -> None:
    for text in states(SMALL, changes):
        known = epm_lint.lint(text).rows, render(text), told(fresh(text))
        forget()
        assert (epm_lint.lint(text).rows, render(text), told(fresh(text))) == known


@given(st.lists(st.text("abc", max_size=4), max_size=60), st.integers(0, 800))
def test_what_is_kept_is_what_was_made_and_does_not_pile_up(texts: list[str], room: int) -> None:
    asked: list[str] = []

    def upper(text: str) -> str:
        asked.append(text)
        return text.upper()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(remembering, "_ROOM", room)
        made = Remembered(upper)
        assert [made(text) for text in texts] == [text.upper() for text in texts]
        assert len(made._kept._now) + len(made._kept._before) <= 2 * (1 + room // 50)
        if len(set(texts)) * 54 < room:
            assert len(asked) == len(set(texts))


def test_several_threads_read_at_once() -> None:
    text = PAGE.read_text(encoding="utf-8")
    right = told(fresh(text)), render(text)
    forget()
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append((told(fresh(text)), render(text))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [right] * 4


def test_numbers_of_one_text_in_two_places_are_two() -> None:
    one, other = (g for g in fresh("7/10 done\n\n7/10 done\n").grounds)
    mine, theirs = next(one.numbers), next(other.numbers)
    assert (mine.line, theirs.line) == (1, 3)
    assert mine is not theirs
