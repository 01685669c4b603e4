"""Lay visible text on the Markdown it was written as, to know columns and code spans."""

from __future__ import annotations

from bisect import bisect_right
from html import unescape

from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_SPECIAL = Pattern(r"[\\`*_\[\]!<>&~\n]")
_BREAK = Pattern(r"[ \t]{0,80}\n[ \t]{0,80}")
_TARGET = Pattern(
    r"\]\([^()\n]{0,400}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?\)|\]\[[^\[\]\n]{0,200}\]|\]"
)
_TAG = Pattern(r"<[A-Za-z/!?][^<>]{0,2000}>")
_AUTOLINK = Pattern(
    r"<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]{0,2000}>|<[^<>\s@]{1,99}@[^<>\s]{1,99}>"
)
_ENTITY = Pattern(r"&#?\w{1,32};")
_TICKS = Pattern(r"`+")


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Which stretch of the visible text comes from where in the source."""

    texts: tuple[int, ...]
    """Where each stretch starts in the visible text, in order."""
    sources: tuple[int, ...]
    """Where each of them starts in the source."""
    code: tuple[tuple[int, int], ...]
    """The code spans, in the visible text."""

    def source_of(self, position: int) -> int:
        """The place in the source of a place in the visible text."""
        at = bisect_right(self.texts, position) - 1
        return self.sources[at] + position - self.texts[at]

    def is_code(self, position: int) -> bool:
        """Whether a place in the visible text is inside a code span."""
        at = bisect_right(self.code, (position, len(self.texts) + position)) - 1
        return at >= 0 and self.code[at][0] <= position < self.code[at][1]


def source_map(text: str, source: str) -> SourceMap | None:
    """Read the source along its visible text; None where the two do not meet all the way."""
    if text == source and "`" not in text:
        return SourceMap((0,), (0,), ())
    return _Walk(text, source).run()


class _Walk:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.at = 0
        self.texts: list[int] = []
        self.sources: list[int] = []
        self.code: list[tuple[int, int]] = []
        self.closings = _tick_runs(source)

    def run(self) -> SourceMap | None:
        position = 0
        while position < len(self.source):
            special = _SPECIAL.search(self.source, position)
            plain_end = special.start() if special else len(self.source)
            if special and self.source[plain_end] == "\n":
                plain_end = position + len(self.source[position:plain_end].rstrip(" \t"))
            if not self._take(self.source[position:plain_end], position):
                return None
            if special is None:
                break
            after = self._special(plain_end)
            if after is None:
                return None
            position = after
        if self.at != len(self.text):
            return None
        return SourceMap(tuple(self.texts), tuple(self.sources), tuple(self.code))

    def _take(self, piece: str, position: int) -> bool:
        """The text goes on with a piece that stands at a position of the source."""
        if not piece:
            return True
        if not self.text.startswith(piece, self.at):
            return False
        self.texts.append(self.at)
        self.sources.append(position)
        self.at += len(piece)
        return True

    def _special(self, position: int) -> int | None:
        """Past a character that may be a mark; None where the text does not go on as it should."""
        character = self.source[position]
        if character in " \t\n":
            found = _BREAK.match(self.source, position)
            return found.end() if found and self._take("\n", found.end() - 1) else None
        if character == "`":
            return self._ticks(position)
        if character == "\\" and self.source[position + 1 : position + 2] == "\n":
            return position + 1
        if character == "\\" and not self.source[position + 1 : position + 2].isalnum():
            escaped = self.source[position + 1 : position + 2]
            if escaped and self._take(escaped, position + 1):
                return position + 2
        if character == "&" and (entity := _ENTITY.match(self.source, position)):
            meant = unescape(entity.group())
            return entity.end() if self._take(meant, position) else None
        if self.text.startswith(character, self.at) and not self._is_link_end(position):
            self._take(character, position)
            return position + 1
        return self._past_mark(position)

    def _is_link_end(self, position: int) -> bool:
        return self.source.startswith("](", position) and not self.text.startswith("](", self.at)

    def _past_mark(self, position: int) -> int:
        character = self.source[position]
        if character == "]" and (target := _TARGET.match(self.source, position)):
            return target.end()
        if character == "<" and not _AUTOLINK.match(self.source, position):
            if self.source.startswith("<!--", position):
                closing = self.source.find("-->", position + 2)
                return closing + 3 if closing >= 0 else position + 1
            if tag := _TAG.match(self.source, position):
                return tag.end()
        if character == "!" and self.source.startswith("![", position):
            middle = self.source.find("](", position, position + 5000)
            if middle >= 0 and (target := _TARGET.match(self.source, middle)):
                return target.end()
        return position + 1

    def _ticks(self, position: int) -> int | None:
        run = _TICKS.match(self.source, position)
        assert run  # noqa: S101
        size = len(run.group())
        starts = self.closings.get(size, [])
        at = bisect_right(starts, position)
        if at == len(starts):
            return run.end() if self._take(run.group(), position) else None
        content, start = self.source[run.end() : starts[at]], run.end()
        padded = content.startswith(" ") and content.endswith(" ") and content.strip(" ")
        if padded and "\n" not in content:
            content, start = content[1:-1], start + 1
        self.code.append((self.at, self.at + len(content)))
        return starts[at] + size if self._take(content, start) else None


def _tick_runs(source: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = {}
    for run in _TICKS.finditer(source):
        runs.setdefault(len(run.group()), []).append(run.start())
    return runs
