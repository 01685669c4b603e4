"""The fixes that findings carry, as a diff to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from epm_lint.fixes import applied, without_stubs
from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Report

AROUND = 1
"""Lines shown before and after a change."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines of the source, counted from 0, and by how many the edits make them more."""

    start: int
    end: int
    growth: int


def suggested(source: str, report: Report, budget: int) -> str:
    """A unified diff of all fixes that do not touch each other; whole hunks, within a budget."""
    text, mended = applied(source, without_stubs(source, report), unsafe=True)
    if not mended:
        return ""
    before, after = Document(source).lines, Document(text).lines
    hunks: list[str] = []
    for hunk in _hunks(before, after, [edit for one in mended for edit in one.edits]):
        if len(hunk) > budget:
            hunks.append("… the rest does not fit here: `epm lint --diff --unsafe-fixes` shows it")
            break
        budget -= len(hunk) + 1
        hunks.append(hunk)
    return "\n".join(hunks)


def _hunks(before: Sequence[str], after: Sequence[str], edits: Sequence[Edit]) -> Iterator[str]:
    """Lines outside the edits are the same in both: no need to search for what differs."""
    moved = 0
    for change in _merged(edits, len(before)):
        first, last = max(0, change.start - AROUND), min(len(before), change.end + AROUND)
        old = before[first:last]
        new = after[first + moved : last + moved + change.growth]
        if old != new:
            yield "\n".join(
                [
                    f"@@ -{first + 1},{len(old)} +{first + moved + 1},{len(new)} @@",
                    *_lines(old, new),
                ]
            )
        moved += change.growth


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    yield from (f" {line}" for line in old[:head])
    yield from (f"-{line}" for line in old[head : len(old) - tail])
    yield from (f"+{line}" for line in new[head : len(new) - tail])
    yield from (f" {line}" for line in old[len(old) - tail :])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _merged(edits: Sequence[Edit], lines: int) -> list[_Change]:
    """Changes whose surroundings meet are one."""
    found: list[_Change] = []
    for edit in sorted(edits):
        inserted = edit.column == edit.end_column == 1 and edit.line == edit.end_line
        growth = edit.text.count("\n") - (edit.end_line - edit.line)
        start = min(edit.line - 1, lines)
        end = min(start if inserted and edit.text.endswith("\n") else edit.end_line, lines)
        change = _Change(start, end, growth)
        if found and change.start - AROUND <= found[-1].end + AROUND:
            last = found.pop()
            change = _Change(last.start, max(last.end, end), last.growth + growth)
        found.append(change)
    return found
