"""What raw HTML in a body holds for us: comments, images and visible text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from lint.blocks import Comment, Figure

_IMAGE = re.compile(r"""<img\b(?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TAG = re.compile(r"""<[a-z/!?](?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)


def comments_in(html: str, line: int) -> Iterator[Comment]:
    """The comments in HTML that starts on `line`; one that is never closed is none."""
    counted = 0
    for start, end in _comment_spans(html):
        line += html.count("\n", counted, start)
        counted = start
        yield Comment(html[start + 4 : end - 3], line)


def images_in(html: str, line: int) -> Iterator[Figure]:
    """The `<img>` tags in HTML that starts on `line`, those in comments left out."""
    html = _without_comments(html)
    counted = 0
    for tag in _IMAGE.finditer(html):
        line += html.count("\n", counted, tag.start())
        counted = tag.start()
        attributes = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(tag.group())
        }
        yield Figure(attributes.get("alt", ""), attributes.get("src", ""), line)


def visible_text(html: str) -> str:
    """The HTML's text, with one newline for each newline of the HTML."""
    return unescape(_TAG.sub(_newlines, _without_comments(html)))


def _newlines(tag: re.Match[str]) -> str:
    return "\n" * tag.group().count("\n")


def _without_comments(html: str) -> str:
    pieces = []
    after = 0
    for start, end in _comment_spans(html):
        pieces += [html[after:start], "\n" * html.count("\n", start, end)]
        after = end
    return "".join([*pieces, html[after:]])


def _comment_spans(html: str) -> Iterator[tuple[int, int]]:
    start = html.find("<!--")
    while start >= 0:
        closing = html.find("-->", start + 2)
        if closing < 0:
            return
        yield start, closing + 3
        start = html.find("<!--", closing + 3)
