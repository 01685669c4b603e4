"""What raw HTML in a body holds for us: comments, tags, images and visible text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape

from epm_lint.markdown.blocks import Comment, Figure, Tag
from epm_lint.patterns import Pattern

_ATTRIBUTE = Pattern(
    r"""(?<![a-z0-9_-])([a-z][a-z0-9_-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
_NAMED_TAG = Pattern(
    r"""<(/?)([a-z][a-z0-9-]*)(?![a-z0-9-])((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE
)
_TAG = Pattern(r"""<[a-z/!?](?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)


def comments_in(html: str, line: int) -> Iterator[Comment]:
    """The comments in HTML that starts on `line`; one that is never closed is none."""
    counted = 0
    for start, end in _comment_spans(html):
        line += html.count("\n", counted, start)
        counted = start
        yield Comment(html[start + 4 : end - 3], line)


def tags_in(html: str, line: int) -> Iterator[Tag]:
    """The tags in HTML that starts on `line`, those in comments left out."""
    html = without_comments(html)
    counted = 0
    for tag in _NAMED_TAG.finditer(html):
        line += html.count("\n", counted, tag.start())
        counted = tag.start()
        slash, name, inside = tag.groups()
        attributes = {
            found[1].lower(): unescape(found[2] or found[3] or found[4] or "")
            for found in _ATTRIBUTE.finditer(inside)
        }
        yield Tag(name.lower(), bool(slash), attributes, line)


def images_among(tags: Iterable[Tag]) -> Iterator[Figure]:
    """The `<img>` tags."""
    for tag in tags:
        if tag.name == "img" and not tag.closing:
            yield Figure(tag.attributes.get("alt", ""), tag.attributes.get("src", ""), tag.line)


def visible_text(html: str) -> str:
    """The HTML's text, with one newline for each newline of the HTML."""
    return unescape(_TAG.sub(_newlines, without_comments(html)))


def _newlines(tag: re.Match[str]) -> str:
    return "\n" * tag.group().count("\n")


def without_comments(html: str) -> str:
    """The HTML with only the newlines of its comments."""
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
