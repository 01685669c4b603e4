"""A link to a line lands on that line, or there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from epm.bot.places import Places
from epm.github.interface import Issue

BODY = """\
<!-- epm:clean-result format=v1 -->

## Results

![A picture of it](https://example.org/a_picture_of_it.png)

_The caption of **the figure** says more._

| Persona | k/n |
|---|---|
| `helpful_assistant` | 23/100 |
| `helpful_assistant` | 24/100 |

Results

[Results](https://example.org/nowhere_to_be_seen) &nbsp; <b title="unseen words">Results</b>
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://github.com/lab/repo/issues/7"
ISSUE = Issue(
    7, "A persona and its k/n", BODY, (), "open", "somebody", NOW, NOW, URL, "", "lab/repo"
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (3, "Results"),
        (5, "The caption of"),  # the picture's words are not on the page
        (7, "The caption of"),
        (9, "helpful_assistant"),  # both words stand in the title
        (11, "helpful_assistant"),
        (12, "24/100"),  # the name stands further up
        (14, None),
        (16, None),
        (99, None),
    ],
)
def test_where_a_line_is(line: int, words: str | None) -> None:
    place = Places(ISSUE).of(line)
    if words is None:
        assert place == f"line {line}"
    else:
        label, _, link = place.removesuffix(")").partition("](")
        assert label == f"[line {line}"
        page, _, found = link.partition("#:~:text=")
        assert (page, unquote(found)) == (URL, words)


def test_an_address_that_is_no_issues_is_not_linked() -> None:
    forged = replace(ISSUE, html_url="javascript:alert(1)//github.com/lab/repo/issues/7")
    assert Places(forged).of(3) == "line 3"


def test_long_lines_are_cut_between_words() -> None:
    place = Places(replace(ISSUE, body="A word and " * 20)).of(1)
    words = unquote(place.rpartition("=")[2].removesuffix(")"))
    assert len(words) <= 60
    assert words.endswith((" A", " word", " and"))
