"""What was made of a text is kept while the page around it is written on.

A page is judged again at each save, and all but a paragraph or two is as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_ROOM = 200_000
"""Characters of texts that are kept, and as many of those before them: some pages' worth."""
_EACH = 50
"""Characters that a text takes up however short it is."""

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """What was made of texts, as long as few others came between.

    It is handed out again and again: whoever has it does not change it.
    """

    def __init__(self) -> None:
        self._now: dict[str, Made] = {}
        self._before: dict[str, Made] = {}
        self._room = _ROOM

    def get(self, text: str) -> Made | None:
        """What was made of a text; None where that is not known any more."""
        made = self._now.get(text)
        if made is None and (made := self._before.get(text)) is not None:
            self.keep(text, made)
        return made

    def keep(self, text: str, made: Made) -> Made:
        """Take in what was made of a text, and hand it on."""
        self._room -= len(text) + _EACH
        if self._room < 0:
            self._before, self._now, self._room = self._now, {}, _ROOM
        self._now[text] = made
        return made


class Remembered(Generic[Made]):
    """A function of a text that is not asked again what is still kept."""

    def __init__(self, make: Callable[[str], Made]) -> None:
        self._make = make
        self._kept: Kept[Made] = Kept()

    def __call__(self, text: str) -> Made:
        """What is made of the text."""
        made = self._kept.get(text)
        return self._kept.keep(text, self._make(text)) if made is None else made
