"""The verdicts that an issue has had, as far as our comment remembers them.

The last ones are told one by one, older ones counted. The times are those of the edits, as GitHub
has told them; no clock is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from epm.bot.delta import Delta
from epm.bot.memory import Memory
from epm_lint.model import Report, Status

MOST = 50
"""Verdicts that are told one by one."""
MOST_NAMED = 12
"""Rules that are named for each way in which they can turn."""
STAMP = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z")
"""How a time is written."""


class How(StrEnum):
    """In which way rules have turned."""

    FAILED = "newly failed"
    WARNED = "newly warned"
    MENDED = "mended"
    UNSAID = "not checked now"
    """They failed or warned before, so nothing says that they are mended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The rules that have turned in one way."""

    how: How
    rules: tuple[str, ...]
    more: int = 0
    """How many have turned and are not named."""

    @property
    def number(self) -> int:
        """Of all that have turned."""
        return len(self.rules) + self.more


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """One verdict on one state of the page."""

    edit: str
    """The beginning of the hash of title and body; empty where it was not remembered."""
    at: str
    """When the issue was last touched, as `2026-03-01T12:00:00Z`."""
    status: Status
    counts: Mapping[Status, int]
    """How many rules had which outcome."""
    turned: tuple[Turn, ...] | None
    """Since the verdict before; None where the two were not compared."""

    def repeats(self, other: PastVerdict) -> bool:
        """Whether both say the same of the same text."""
        return (self.edit, self.status, self.counts) == (other.edit, other.status, other.counts)


@dataclass(frozen=True, slots=True)
class History:
    """The verdicts of one issue."""

    verdicts: tuple[PastVerdict, ...] = ()
    """The last `MOST`, oldest first."""
    older: Mapping[Status, int] = field(default_factory=dict)
    """How many before those had which outcome."""
    since: str = ""
    """When the issue was touched that the first of all is about."""
    anew: bool = False
    """Whether there was more once, which could not be read any more."""

    @property
    def number(self) -> int:
        """Of all verdicts."""
        return len(self.verdicts) + sum(self.older.values())

    def knows(self, one: PastVerdict) -> bool:
        """Whether a verdict is among them, told or, as far as can be known, counted."""
        if self.older and one.at <= self.verdicts[0].at:
            return True
        place = self._place(one)
        return one in self.verdicts or any(
            one.repeats(other) for other in self.verdicts[max(0, place - 1) : place + 1]
        )

    def having(self, one: PastVerdict) -> History:
        """The same with one verdict more, unless those next to it in time say the same.

        It is put where its time is, as two runs may end in the other order than they began.
        """
        place = self._place(one)
        beside = self.verdicts[max(0, place - 1) : place + 1]
        if any(one.repeats(other) for other in beside):
            return self
        told = (*self.verdicts[:place], one, *self.verdicts[place:])
        counted = Counter(self.older)
        counted.update(verdict.status for verdict in told[:-MOST])
        since = min(filter(None, (self.since, one.at)))
        return replace(self, verdicts=told[-MOST:], older=dict(counted), since=since)

    def joined(self, others: Iterable[PastVerdict]) -> History:
        """The same with those of some verdicts that it does not know."""
        joined = self
        for one in others:
            joined = joined if joined.knows(one) else joined.having(one)
        return joined

    def without_names(self) -> History:
        """The same where rules that have turned are counted and not named."""
        return replace(self, verdicts=tuple(map(_unnamed, self.verdicts)))

    def _place(self, one: PastVerdict) -> int:
        return bisect_right([verdict.at for verdict in self.verdicts], one.at)


def verdict(report: Report, text: str, stamp: str, change: Delta | None) -> PastVerdict:
    """A verdict as it is remembered.

    Args:
        report: what was found.
        text: the hash of title and body.
        stamp: when the issue was last touched.
        change: since the verdict before.
    """
    counts = {status: number for status, number in report.counts.items() if number}
    return PastVerdict(text[:12], stamp, report.status, counts, _turned(change))


def taken_up(before: Memory) -> History:
    """The history of a comment that remembers its last verdict alone."""
    if before.status is None or not STAMP.fullmatch(before.stamp):
        return History()
    counts = Counter(one.status for one in before.found.values())
    counts.update([Status.SKIP] * len(before.skipped))
    return History().having(PastVerdict("", before.stamp, before.status, dict(counts), None))


def _turned(change: Delta | None) -> tuple[Turn, ...] | None:
    if change is None or not change.comparable:
        return None
    ways = {
        How.FAILED: change.broken,
        How.WARNED: change.warned,
        How.MENDED: change.mended,
        How.UNSAID: change.unsaid,
    }
    return tuple(
        Turn(how, rules[:MOST_NAMED], len(rules[MOST_NAMED:]))
        for how, rules in ways.items()
        if rules
    )


def _unnamed(one: PastVerdict) -> PastVerdict:
    if one.turned is None:
        return one
    return replace(one, turned=tuple(Turn(turn.how, (), turn.number) for turn in one.turned))
