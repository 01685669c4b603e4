"""A text as an editor has it: its positions, and the edits that make another text of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise

from lsprotocol import types

from epm_lint.model import Finding

# the line endings of the protocol; str.splitlines knows more of them
NEWLINE = re.compile(r"\r\n|\r|\n")
_UNITS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


class Source:
    """A page as the editor has it; a finding's lines and columns become the protocol's."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._units = _UNITS[encoding]

    @cached_property
    def _lines(self) -> list[str]:
        return NEWLINE.split(self.text)

    def position(self, line: int, column: int) -> types.Position:
        """Where a column counted in code points from 1 is; beyond a line's end, its end."""
        if line > len(self._lines):
            return types.Position(len(self._lines) - 1, self._units(self._lines[-1]))
        before = column - 1 + (line == 1 and self.text.startswith("\ufeff"))
        return types.Position(line - 1, self._units(self._lines[line - 1][:before]))

    def range_of(self, finding: Finding) -> types.Range:
        """The lines of a finding, or the stretch that it or its first edit names."""
        end_line = min(finding.end_line or finding.line, len(self._lines))
        content = self._lines[min(finding.line, len(self._lines)) - 1]
        column = finding.column or len(content) - len(content.lstrip(" \t\ufeff")) + 1
        end_column = len(self._lines[end_line - 1]) + 1
        for edit in finding.edits[:1]:
            if (edit.line, edit.column) == (finding.line, finding.column):
                end_line, end_column = edit.end_line, edit.end_column
        return types.Range(self.position(finding.line, column), self.position(end_line, end_column))

    def edits_to(self, text: str) -> list[types.TextEdit]:
        """What turns the page into another text, line by line."""
        from difflib import SequenceMatcher

        before, after = _with_endings(self.text), _with_endings(text)
        edits = []
        for kind, start, end, from_, to in SequenceMatcher(None, before, after).get_opcodes():
            if kind != "equal":
                there = types.Range(self._start_of(start), self._start_of(end))
                edits.append(types.TextEdit(there, "".join(after[from_:to])))
        return edits

    def _start_of(self, index: int) -> types.Position:
        if index < len(self._lines):
            return types.Position(index, 0)
        return types.Position(index - 1, self._units(self._lines[-1]))


def _with_endings(text: str) -> list[str]:
    starts = [0, *(newline.end() for newline in NEWLINE.finditer(text)), len(text)]
    lines = [text[start:end] for start, end in pairwise(starts)]
    return lines if lines[-1] else lines[:-1]
