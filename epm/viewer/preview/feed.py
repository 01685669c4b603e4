"""The newest look of the page, for whoever waits for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Condition

from epm.viewer.preview.pictures import Picture


@dataclass(frozen=True, slots=True)
class Look:
    """What a browser shows."""

    title: str
    """Of the browser's tab."""
    bar: str
    """HTML: the verdict, and what a reader of the page should know."""
    page: str
    """HTML: the page, with marks in its margin."""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    """Those that the page shows, by their names in it."""

    def message(self, name: str) -> bytes:
        """The look as one server-sent event."""
        shown = {"title": self.title, "bar": self.bar, "page": self.page}
        return f"id: {name}\ndata: {json.dumps(shown)}\n\n".encode()


class Feed:
    """Holds one look at a time; a reader who is slow misses those in between."""

    def __init__(self, session: str) -> None:
        """Take a word that no other run of the server has."""
        self._session = session
        self._look = Look("", "", "")
        self._number = 0
        self._changed = Condition()
        self._is_open = True

    @property
    def now(self) -> tuple[str, Look]:
        """The newest look, and its name."""
        with self._changed:
            return self._name, self._look

    @property
    def _name(self) -> str:
        return f"{self._session}-{self._number}"

    def show(self, look: Look) -> None:
        """Put a look in the place of the one before."""
        with self._changed:
            if look != self._look or not self._number:
                self._look = look
                self._number += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def after(self, name: str, seconds: float) -> tuple[str, Look] | None:
        """The newest look as soon as it is not the one that is named; None where none comes.

        Raises:
            EOFError: no other will come.
        """
        with self._changed:
            self._changed.wait_for(lambda: name != self._name or not self._is_open, seconds)
            if not self._is_open:
                raise EOFError
            return (self._name, self._look) if name != self._name else None
