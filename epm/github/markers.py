"""Markers: HTML comments by which epm finds again what it wrote.

Anyone can write a marker. It says where to look, never what is true: ours is only what also has
us as its author (`GitHub.own_comments`, `own_issues`), and no state is read out of a marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LINE = re.compile(
    r"<!-- epm:(?P<name>[a-z0-9-]{1,64}) v(?P<version>\d{1,4})(?: (?P<key>[a-z0-9-]{1,64}))? -->"
)


_FIRST = 2_000
_LINES = 8


@dataclass(frozen=True, slots=True)
class Marker:
    """`<!-- epm:name v1 key -->`: one thing of ours on one issue."""

    name: str
    version: int = 1
    key: str = ""
    """Tells things of one name apart, where there can be several."""

    def __post_init__(self) -> None:
        for word in (self.name, self.key or "none"):
            if not _word(word):
                raise ValueError(f"{word!r} is not a word of a marker")

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        return f"<!-- epm:{self.name} v{self.version}{key} -->"

    def wrap(self, text: str) -> str:
        """The text between the marker and its closing line."""
        return f"{self}\n{text.strip()}\n<!-- /epm:{self.name} -->\n"

    def leads(self, body: str) -> bool:
        """Whether the comments that begin the body include this marker, of any version.

        One further down does not count: there, we may quote somebody else's.
        """
        return any((one.name, one.key) == (self.name, self.key) for one in leading(body))


def leading(body: str) -> list[Marker]:
    """The markers among the HTML comments that begin a body, each on a line of its own."""
    found = []
    for line in body[:_FIRST].lstrip("\ufeff").splitlines()[:_LINES]:
        line = line.strip()
        if not (line.startswith("<!--") and line.endswith("-->")) and line:
            break
        if (read := _LINE.fullmatch(line)) and _word(read["name"]) and _word(read["key"] or "none"):
            found.append(Marker(read["name"], int(read["version"]), read["key"] or ""))
    return found


def _word(text: str) -> bool:
    return len(text) <= 64 and _NAME.fullmatch(text) is not None
