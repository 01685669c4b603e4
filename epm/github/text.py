"""Somebody else's text in what we write on GitHub.

`epm_lint.output.markdown.inert` makes text harmless within a line; annotations are escaped by
`epm_lint.output.github`.
"""

from __future__ import annotations

import re

from epm_lint.output.markdown import inert
from epm_lint.quoting import clip, fence, visible

_LANGUAGE = re.compile(r"[a-z]{0,20}")


def quoted(text: str) -> str:
    """A quotation of at most 80 characters, for within a line or a table."""
    return f"“{inert(clip(text))}”"


def fenced(text: str, language: str = "") -> str:
    """A block that shows text as it stands, in a fence longer than any run of backticks in it."""
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{language!r} is not a language")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    shown = ["\t".join(visible(part) for part in line.split("\t")) for line in lines]
    ticks = fence("\n".join(shown), 3)
    return "\n".join([f"{ticks}{language}", *shown, ticks]) + "\n"
