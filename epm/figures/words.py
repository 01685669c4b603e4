"""Text that fits: measured, broken into lines, or shortened in its middle.

Widths are in points and must be asked for in `styled()`, as the font's hinting belongs to the
style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from epm.figures.style import DPI, FONT

LINE = 1.2
"""Height of a line of text, in sizes of its type; as matplotlib sets it."""

SEAMS = "_/.,:;+-"
"""After which a name may be broken."""
_PARTS = rf"[^{SEAMS}]+[{SEAMS}]*\s*|[{SEAMS}]+\s*"


def tidy(text: str) -> str:
    """Text on one line, without what cannot be drawn: control characters, runs of blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, DPI)


def width(text: str, size: float, weight: str = "normal") -> float:
    """How wide one line of text is drawn, in points."""
    font = FontProperties(family=FONT, size=size, weight=weight)
    pixels, _, _ = _renderer().get_text_width_height_descent(text, font, ismath=False)
    return float(pixels) * 72 / DPI


@lru_cache(maxsize=8192)
def _advance(letter: str, size: float, weight: str) -> float:
    """How far a letter moves the next one, in points."""
    return (width(f"x{letter * 8}x", size, weight) - width("xx", size, weight)) / 8


def _length(text: str, size: float, weight: str) -> float:
    """About the width of a text, fast: without the kerning, which only makes it shorter."""
    return sum(_advance(letter, size, weight) for letter in text)


def height(lines: int, size: float) -> float:
    """How high so many lines are drawn, in inches."""
    return lines * LINE * size / 72


def wrap(text: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Break text into lines of at most `room` points: at blanks, else inside a name, else anywhere.

    Lines are made about equally long, so that no word is left alone on the last.
    """
    text = tidy(text)
    lines = _broken(text, room, size, weight)
    narrower = room
    while len(lines) > 1 and narrower > room / 2:
        narrower *= 0.96
        tried = _broken(text, narrower, size, weight)
        if len(tried) > len(lines) or _harm(tried) > _harm(lines):
            break
        lines = tried
    return [line.rstrip() for line in lines]


def fit(text: str, room: float, size: float, weight: str = "normal", lines: int = 1) -> list[str]:
    """Break text into at most so many lines; what is too much is left out of its middle.

    A name keeps its beginning and its end, as either may be what tells it from others.
    """
    text = tidy(text)
    broken = wrap(text, room, size, weight)
    if len(broken) <= lines:
        return broken
    low, high = 0, len(text)
    while low < high:
        kept = (low + high + 1) // 2
        if len(_broken(_without_middle(text, kept), room, size, weight)) <= lines:
            low = kept
        else:
            high = kept - 1
    shortened = _broken(_without_middle(text, low), room, size, weight)
    return [line.rstrip() for line in shortened[:lines]]


def _without_middle(text: str, kept: int) -> str:
    head, tail = text[: kept - kept // 2], text[len(text) - kept // 2 :]
    if min(head.count(" "), tail.count(" ")) > 2:  # prose: whole words
        return f"{head.rpartition(' ')[0]} … {tail.partition(' ')[2]}"
    return f"{head.rstrip()}…{tail.lstrip()}"


def _harm(lines: list[str]) -> int:
    """Ends of lines: inside a name they are worse than after a blank, inside a word still worse."""
    return sum(0 if line.endswith(" ") else 1 if line[-1] in SEAMS else 9 for line in lines[:-1])


def _broken(text: str, room: float, size: float, weight: str) -> list[str]:
    lines: list[str] = [""]
    for piece in _pieces(text, room, size, weight):
        if lines[-1] and _length((lines[-1] + piece).rstrip(), size, weight) > room:
            lines.append("")
        lines[-1] += piece
    return lines if lines[0] else []


def _pieces(text: str, room: float, size: float, weight: str) -> Iterator[str]:
    """What may not be broken: words and intervals with the blank after them, or parts of those."""
    for word in re.findall(r"\[[^\[\]]{1,40}\]\S*\s*|\S+\s*", text):
        if _length(word.rstrip(), size, weight) <= room:
            yield word
            continue
        for part in re.findall(_PARTS, word):
            if _length(part.rstrip(), size, weight) <= room:
                yield part
            else:
                yield from part
