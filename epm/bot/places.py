"""Where on the page a line of a body is.

Lines have no addresses on GitHub, but browsers find words on a page: the first place that has them,
so they must not stand further up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from urllib.parse import quote

from epm.github.interface import Issue
from epm_lint.markdown.document import Document

_PAGE = re.compile(r"https?://[A-Za-z0-9.:-]{1,200}(?:/[A-Za-z0-9_.-]{1,100}){2}/issues/\d{1,10}")
_UNSEEN = re.compile(
    r"!\[[^\]]{0,400}\]|\]\([^)]{0,400}\)|<[^>]{0,400}>|https?://\S{1,400}|&#?\w{1,32};"
)
_WORDS = re.compile(r"[^\W_]+(?:[ _./][^\W_]+)*")
_SHORTEST, _LONGEST = 4, 60
_LOOKED_AT = 400
"""Characters of a line."""
_TRIED = 12
"""Stretches of a line."""
_NEAR = 4
"""A picture's or a heading's own words may not do; its caption and its text are close enough."""


class Places:
    """The lines of one issue's body."""

    def __init__(self, issue: Issue) -> None:
        self._url = issue.html_url if _PAGE.fullmatch(issue.html_url) else ""
        self._lines = Document(issue.body).lines
        seen = [line.casefold() for line in (issue.title, *self._lines)]
        self._page = "\n".join(seen)
        self._starts = list(accumulate(len(line) + 1 for line in seen))
        self._found: dict[int, str] = {}

    def of(self, line: int) -> str:
        """`line 5`, as a link where one can be made; lines count from 1."""
        if line not in self._found:
            words = next(self._words(line), "") if self._url else ""
            link = f"[line {line}]({self._url}#:~:text={quote(words, safe='')})"
            self._found[line] = link if words else f"line {line}"
        return self._found[line]

    def _words(self, line: int) -> Iterator[str]:
        for number in range(line, min(line + _NEAR, len(self._lines) + 1)):
            shown = _UNSEEN.sub("\n", self._lines[number - 1][:_LOOKED_AT])
            stretches = dict.fromkeys(_shortened(words) for words in _WORDS.findall(shown))
            for words in sorted(stretches, key=len, reverse=True)[:_TRIED]:
                if len(words) >= _SHORTEST and self._is_first(words, number):
                    yield words

    def _is_first(self, words: str, line: int) -> bool:
        above = self._starts[line - 1]
        return self._page.find(words.casefold(), 0, above) < 0


def _shortened(words: str) -> str:
    if len(words) <= _LONGEST:
        return words
    return words[:_LONGEST].rpartition(" ")[0] or words[:_LONGEST].rstrip("_./")
