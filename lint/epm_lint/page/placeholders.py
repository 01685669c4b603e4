"""Text that stands where something is still to be written.

A placeholder is a whole text, or a marked blank within one; never part of an identifier, so that
`qwen_default` and `TODO_list.json` are names like any other.
"""

from __future__ import annotations

import re
from collections.abc import Container

from epm_lint.patterns import Pattern

WORDS: tuple[str, ...] = (
    *("todo", "tbd", "tba", "fixme", "xxx", "default", "placeholder", "unknown", "null", "nan"),
    *("fill in", "fill me in", "to be determined", "to be filled in", "to be written"),
    *("pending", "coming soon", "insert text", "your text here"),
)
"""Texts that only hold the place of one, in small letters."""

_OPENINGS = ("to be written by", "to be filled in by", "lorem ipsum")

_BLANK = Pattern(
    r"(?<![\w./-])(?:TODO|TBD|TBA|FIXME|XXX)(?![\w/-]|\.\w)"
    r"|(?<![\w/.-])_{3,}(?![\w/.-])"
    r"|[<\[](?:fill|insert|todo|tbd|tba|placeholder|your|enter|add)\b[^<>\[\]]*[>\]](?!\()"
    r"|\{\{[^{}]*\}\}",
    re.IGNORECASE,
)
_SHOUTED = frozenset({"todo", "tbd", "tba", "fixme", "xxx"})
_BLANK_STEMS = (
    *_SHOUTED,
    *("___", "{{", "fill", "insert", "placeholder", "your", "enter", "add"),
)
"""Wherever the pattern above is found, one of these stands."""


def is_placeholder(text: str, words: Container[str] = WORDS) -> bool:
    """Whether the whole text only holds the place of one."""
    bare = text.strip().strip("_*`\"'()[]<>{}.…?–—- \t").casefold()
    return not bare or bare in words or bare.startswith(_OPENINGS)


def blank_in(source: str) -> str | None:
    """The first marked blank in a text, such as TODO, `___`, `<fill in>` or `{{ name }}`.

    Braces within a span of code are a template that somebody quotes, unless they are all there is.
    """
    folded = source.casefold()
    if not any(stem in folded for stem in _BLANK_STEMS):
        return None
    in_code = False
    for piece in source.split("`"):
        for match in _BLANK.finditer(piece):
            blank = match.group()
            if in_code and blank.startswith("{{") and source.strip(" `*_\n") != blank:
                continue
            if blank.casefold() not in _SHOUTED or blank.isupper():
                return blank
        in_code = not in_code
    return None
