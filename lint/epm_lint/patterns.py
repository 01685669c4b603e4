"""Regular expressions that are compiled when they are first used, for most bodies need few of them.

The linter is started anew for every body, and compiling every pattern of every rule would be a
third of its start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from epm_lint.values import cached_property


class Pattern:
    """As `re.compile(text, flags)`, later."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self.pattern, self.flags = text, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, self.flags)

    @cached_property
    def search(self) -> Callable[..., re.Match[str] | None]:
        """The first match in a text."""
        return self.compiled.search

    @cached_property
    def match(self) -> Callable[..., re.Match[str] | None]:
        """The match at the start of a text, or at a place."""
        return self.compiled.match

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[str] | None]:
        """The match of a whole text."""
        return self.compiled.fullmatch

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        """All matches in a text."""
        return self.compiled.finditer

    def findall(self, text: str) -> list[str]:
        """The texts of all matches; of a pattern with one group or none."""
        return self.compiled.findall(text)

    def split(self, text: str, maxsplit: int = 0) -> list[str]:
        """The pieces of a text between the matches."""
        return self.compiled.split(text, maxsplit)

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        """A text with its matches replaced."""
        return self.compiled.sub(new, text, count)
