"""Apply the edits that findings carry, until there is nothing more to apply.

Line endings, byte-order mark and the presence of a final newline stay as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from epm_lint.errors import LintError
from epm_lint.model import Edit, Finding, Report, Row
from epm_lint.patterns import Pattern

MOST_ROUNDS = 30
_HEADING = Pattern(r"^ {0,3}#{1,6}(?=\s|$)", re.MULTILINE)
_NEWLINE = Pattern(r"\r\n|\r|\n")


def applied(source: str, report: Report, unsafe: bool = False) -> tuple[str, tuple[Finding, ...]]:
    """The source with the edits of the report's findings, and the findings they came from.

    A finding's edits are applied together or not at all: not where one of them touches another
    finding's, which waits for the next report, or lies outside the source.
    """
    text = _Text(source)
    taken: list[_Change] = []
    mended: list[Finding] = []
    for row in report.rows:
        for finding in row.verdict.findings:
            if finding.edits and (finding.safe or unsafe):
                changes = text.changes(finding.edits)
                if changes and _disjoint([*taken, *changes]):
                    taken += changes
                    mended.append(finding)
    return text.changed(taken), tuple(mended)


def without_stubs(source: str, report: Report) -> Report:
    """The report without the fixes that put in a heading nobody wrote: a stub is no section."""
    lines = _Text(source).lines
    rows = []
    for row in report.rows:
        kept = tuple(
            replace(finding, edits=()) if _invents(lines, finding.edits) else finding
            for finding in row.verdict.findings
        )
        rows.append(replace(row, verdict=replace(row.verdict, findings=kept)))
    return replace(report, rows=tuple(rows))


def _invents(lines: Sequence[str], edits: Sequence[Edit]) -> bool:
    """Whether edits put more headings in than they take out."""
    taken = sum(
        _HEADING.match(line) is not None
        for edit in edits
        if (edit.line, edit.column) != (edit.end_line, edit.end_column)
        for line in lines[edit.line - 1 : edit.end_line]
    )
    return taken < sum(len(_HEADING.findall(edit.text)) for edit in edits)


def settled(
    source: str, check: Callable[[str], Report], unsafe: bool = False
) -> tuple[str, tuple[Finding, ...]]:
    """Check and apply until nothing is left to apply; the text, and all findings that are mended.

    A rule whose edits do not come to rest, or leave no body to judge, is left out: its findings
    are for people.
    """
    barred: set[str] = set()
    while True:
        text, mended = source, list[Finding]()
        restless, last = set[str](), set[str]()
        for round_ in range(MOST_ROUNDS):
            try:
                report = _without(check(text), barred)
            except LintError:
                if not last:
                    raise
                restless |= last
                break
            after, findings = applied(text, report, unsafe)
            if after == text:
                return text, tuple(mended)
            text = after
            mended += findings
            last = {row.rule.slug for row in report.rows if _is_among(row, findings)}
            # two rules that undo each other show in different rounds
            if round_ >= MOST_ROUNDS // 2:
                restless |= last
        barred |= restless


def _without(report: Report, barred: Collection[str]) -> Report:
    return replace(report, rows=tuple(row for row in report.rows if row.rule.slug not in barred))


def _is_among(row: Row, findings: Sequence[Finding]) -> bool:
    return any(finding in findings for finding in row.verdict.findings)


_Change = tuple[int, int, str]
"""Where it starts and ends in the source, and what stands there afterwards."""


class _Text:
    """A source with the offsets of its lines, numbered as the document numbers them."""

    def __init__(self, source: str) -> None:
        self._source = source
        start = len(source) - len(source.removeprefix("\ufeff"))
        self._spans: list[tuple[int, int]] = []
        """Of each line, its newline left out."""
        for newline in _NEWLINE.finditer(source, start):
            self._spans.append((start, newline.start()))
            start = newline.end()
        self._spans.append((start, len(source)))
        first = _NEWLINE.search(source)
        self._newline = first.group() if first else "\n"

    @property
    def lines(self) -> list[str]:
        """Without their newlines, and without a byte-order mark."""
        return [self._source[start:end] for start, end in self._spans]

    def changes(self, edits: Sequence[Edit]) -> list[_Change]:
        """The edits as changes; none where one of them points outside the source."""
        changes = []
        for edit in edits:
            start = self._offset(edit.line, edit.column)
            end = self._offset(edit.end_line, edit.end_column)
            if start is None or end is None or end < start:
                return []
            text = edit.text
            if self._behind(edit.line):
                text = "\n" + text
            changes.append((start, end, _NEWLINE.sub(lambda _: self._newline, text)))
        return changes

    def changed(self, changes: Sequence[_Change]) -> str:
        """The source after changes that do not touch each other."""
        pieces, after = [], 0
        for start, end, text in sorted(changes):
            pieces += [self._source[after:start], text]
            after = end
        whole = "".join([*pieces, self._source[after:]])
        if changes and self._source and not self._source.endswith(("\r", "\n")):
            return whole.removesuffix(self._newline)
        return whole

    def _behind(self, line: int) -> bool:
        """Whether a line comes after the last one, which has no newline."""
        start, end = self._spans[-1]
        return line > len(self._spans) and start < end

    def _offset(self, line: int, column: int) -> int | None:
        if line == len(self._spans) + 1 and column == 1:
            return len(self._source)
        if not 1 <= line <= len(self._spans):
            return None
        start, end = self._spans[line - 1]
        return start + column - 1 if 1 <= column <= end - start + 1 else None


def _disjoint(changes: Sequence[_Change]) -> bool:
    """Whether no change overlaps another, and no two of them start at one place."""
    return all(
        end <= start and before < start
        for (before, end, _), (start, _, _) in pairwise(sorted(changes))
    )
