"""Text that stands where something is still to be written.

A placeholder is a whole text, or a marked blank within one; never part of an identifier, so that
`qwen_default` and `TODO_list.json` are names like any other.
"""

from __future__ import annotations

import re

_WORDS = frozenset(
    [
        *("todo", "tbd", "tba", "fixme", "xxx", "default", "placeholder", "unknown", "null", "nan"),
        *("fill in", "fill me in", "to be determined", "to be filled in", "to be written"),
        *("pending", "coming soon", "insert text", "your text here"),
    ]
)
_OPENINGS = ("to be written by", "to be filled in by", "lorem ipsum")

_BLANK = re.compile(
    r"(?<![\w./-])(?:TODO|TBD|TBA|FIXME|XXX)(?![\w/-]|\.\w)"
    r"|(?<![\w/.-])_{3,}(?![\w/.-])"
    r"|[<\[](?:fill|insert|todo|tbd|tba|placeholder|your|enter|add)\b[^<>\[\]]*[>\]](?!\()"
    r"|\{\{[^{}]*\}\}",
    re.IGNORECASE,
)
_SHOUTED = frozenset({"todo", "tbd", "tba", "fixme", "xxx"})


def is_placeholder(text: str) -> bool:
    """Whether the whole text only holds the place of one."""
    bare = text.strip().strip("_*`\"'()[]<>{}.…?–—- \t").casefold()
    return not bare or bare in _WORDS or bare.startswith(_OPENINGS)


def blank_in(source: str) -> str | None:
    """The first marked blank in a text, such as TODO, `___`, `<fill in>` or `{{ name }}`."""
    for match in _BLANK.finditer(source):
        blank = match.group()
        if blank.casefold() not in _SHOUTED or blank.isupper():
            return blank
    return None
