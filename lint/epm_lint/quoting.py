"""Show a body's text in messages without letting it act: a body is hostile input."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_QUOTE = 80
_BACKTICKS = re.compile("`+")

_JOINERS = frozenset("\u200c\u200d")  # emoji and Persian words fall apart without them


def visible(text: str) -> str:
    """The text on one line, with control and bidirectional characters written as escapes.

    So is what a GitHub runner obeys anywhere in a line of a log, as in `##[add-mask]x`.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text)
    return text.replace("##[", "#\\x23[")


def as_line(text: str) -> str:
    """The visible text as a line of a log: what begins it is no command of a GitHub runner."""
    shown = visible(text)
    blanks = len(shown) - len(shown.lstrip())
    return (
        f"{shown[:blanks]}\\x3a{shown[blanks + 1 :]}" if shown.startswith("::", blanks) else shown
    )


def clip(text: str, limit: int = LONGEST_QUOTE) -> str:
    """The visible text with runs of space folded, cut to at most `limit` characters."""
    shown = visible(" ".join(text[: 4 * limit].split()))
    cut = len(text) > 4 * limit or len(shown) > limit
    return shown[: limit - 1] + "…" if cut else shown


def quote(text: str) -> str:
    """The text as a quotation of at most 80 characters."""
    return f"'{clip(text, LONGEST_QUOTE - 2)}'"


def fence(text: str, least: int = 1) -> str:
    """Backticks that enclose a text as code: more than any run of them in it, `least` at least."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    return "`" * max(least, longest + 1)


def enumerate_quoted(texts: Iterable[str], limit: int = 8) -> str:
    """Quotations in brackets, the way the table lists titles."""
    quoted = [quote(text) for text in texts]
    shown = quoted[:limit] + ["…"] * (len(quoted) > limit)
    return f"[{', '.join(shown)}]"


def _escape(character: str) -> str:
    return " " if character.isspace() and character > "\x7f" else ascii(character)[1:-1]
