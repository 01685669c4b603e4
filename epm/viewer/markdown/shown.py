"""What a rendered page is made with, and what it comes to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class MarginMark:
    """A note in the margin, beside the block that has its line."""

    line: int
    """Of the source, from 1."""
    level: str
    """A word for the eye and for the style: 'fail', 'warn', 'awaiting', 'advice'."""
    title: str
    message: str
    key: str
    """The mark's id on the page."""
    href: str = ""
    """Where more is said of it; '' for nowhere."""


@dataclass(frozen=True)
class Heading:
    """An entry of the table of contents."""

    level: int
    text: str
    key: str
    """The heading's id on the page."""


@dataclass(frozen=True)
class Shown:
    """A page's HTML, without anything around it."""

    html: str
    headings: tuple[Heading, ...]


Picture = Callable[[str], str | None]
"""From an image's address to where it can be had on this machine; None where it cannot."""


def no_pictures(_: str) -> str | None:
    """For a page whose pictures are elsewhere: each is named, and not fetched."""
    return None


class Numbers:
    """Which figures of a page are links, by where they stand.

    A place is the first line of a figure's paragraph, row or heading, the slot of its column (see
    `epm_lint.binding.units`) and its text; the same text twice in a place stands in order.
    """

    def __init__(self, places: Iterable[tuple[int, int, str, str, str]] = ()) -> None:
        """Take line, slot, text, the number's key and its address of each figure, in order."""
        self._links: dict[tuple[int, int, str], list[tuple[str, str]]] = {}
        self.lines: set[int] = set()
        for line, slot, text, key, href in places:
            self._links.setdefault((line, slot, text), []).append((key, href))
            self.lines.add(line)

    def waiting(self) -> dict[tuple[int, int, str], deque[tuple[str, str]]]:
        """All links, to be taken one by one while a page is written."""
        return {place: deque(links) for place, links in self._links.items()}
