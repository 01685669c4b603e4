"""Somebody else's text, quoted and fenced, as GitHub's own renderer shows it."""

from __future__ import annotations

import re

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.github.text import fenced, quoted

HOSTILE = [
    "@octocat",
    "&#64;octocat and &commat;octocat",
    "&amp;#64;octocat",
    "#123 GH-123 lab/repo#5",
    "https://github.com/lab/repo/issues/5",
    "www.example.org",
    "a | b",
    "`code` ``` fence",
    "one\ntwo\r\nthree\u2028four",
    "<script>alert(1)</script><!-- x --><img src=x>",
    "--> out of the comment",
    "\u202eright to left\u202c \u200b \x1b[31m \x00",
    "[a](https://example.org) ![b](x) [ref]: x",
    "$x$ ~~gone~~ **bold** _i_",
    "\\",
    "::error::hello",
    "x" * 500,
]
LINK = re.compile(r"<(?!/?(p|table|thead|tbody|tr|td|th)\b)[a-z/!]")


@pytest.mark.parametrize("text", HOSTILE)
def test_quoted_text_is_text(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(f"| a |\n|---|\n| {quoted(text)} |\n")
    assert html.count("<td>") == 1
    assert not LINK.search(html)
    shown = re.sub(r"<[^>]*>|&[a-z]+;", "", html)
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.|\u202e|\x1b", shown)
    assert len(quoted("y" * 500)) == 82


@given(st.text(alphabet=st.sampled_from("@#|`<>&;\\[]()!*_~-\n\r \u202e064aGH1:/.w"), max_size=90))
def test_any_quoted_text_is_text(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(f"| a |\n|---|\n| {quoted(text)} |\n")
    assert html.count("<td>") == 1
    assert not LINK.search(html)


@pytest.mark.parametrize("text", [*HOSTILE, "```\n````\n`````", "", "a\tb"])
def test_a_fence_is_longer_than_what_it_holds(text: str) -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(fenced(text) + "\nafter\n")
    assert re.fullmatch(r"(?s)<pre><code>[^<]*</code></pre>\n<p>after</p>\n", html)
    assert not re.search("[\u202e\x1b\x00]", html)


def test_a_fence_names_its_language() -> None:
    assert fenced("- a\n+ b", "diff") == "```diff\n- a\n+ b\n```\n"
    with pytest.raises(ValueError, match="is not a language"):
        fenced("x", "diff\n```")
