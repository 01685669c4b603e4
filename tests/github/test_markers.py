"""Markers: written, found again, and not found where somebody else wrote them."""

from __future__ import annotations

import pytest

from epm.github.interface import body_hash, same_body
from epm.github.markers import Marker, leading

LINT = Marker("clean-result-lint")
PAGE = Marker("clean-result", 2, "issue-246")


def test_written() -> None:
    assert str(LINT) == "<!-- epm:clean-result-lint v1 -->"
    assert str(PAGE) == "<!-- epm:clean-result v2 issue-246 -->"
    assert LINT.wrap("\ntext\n\n") == (
        "<!-- epm:clean-result-lint v1 -->\ntext\n<!-- /epm:clean-result-lint -->\n"
    )


@pytest.mark.parametrize("marker", [LINT, PAGE])
def test_read_again(marker: Marker) -> None:
    body = marker.wrap("text")
    assert leading(body) == [marker]
    assert marker.leads(body)
    assert marker.leads(body.replace("\n", "\r\n"))
    assert marker.leads("\ufeff\n\n  " + body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text\n<!-- epm:clean-result-lint v1 -->",
        "> <!-- epm:clean-result-lint v1 -->",
        "`<!-- epm:clean-result-lint v1 -->`",
        "<!-- epm:clean-result-lint v1 --> text",
        "<!-- epm:clean-result-lint v1 x -->",
        "<!-- epm:clean-result-lint v -->",
        "<!-- epm:clean-result v1 -->",
        "<!-- a\n<!-- epm:clean-result-lint v1 -->",
        "<!-- epm:clean-result-lint v1 --" + "-" * 9_999,
    ],
)
def test_not_ours(body: str) -> None:
    assert not LINT.leads(body)


def test_any_version_and_among_other_comments() -> None:
    body = f"<!-- epm:clean-result format=v1 -->\n\n{Marker('clean-result-lint', 7)}\ntext"
    assert LINT.leads(body)


def test_a_marker_far_down_does_not_count() -> None:
    assert not LINT.leads("<!-- x -->\n" * 9 + str(LINT))


@pytest.mark.parametrize("word", ["", "a--b", "-a", "a-", "A", "a b", "a>", "a" * 65, "ü"])
def test_words(word: str) -> None:
    with pytest.raises(ValueError, match="is not a word of a marker"):
        Marker(word)
    if word:
        with pytest.raises(ValueError, match="is not a word of a marker"):
            Marker("a", key=word)


def test_a_body_saved_in_a_browser_is_the_same() -> None:
    assert same_body("a\nb\n", "a\r\nb")
    assert body_hash("a\nb\n") == body_hash("a\r\nb")
    assert body_hash("a\nb") != body_hash("a b")
    assert len(body_hash("\ud800")) == 64
