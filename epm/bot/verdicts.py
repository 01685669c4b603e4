"""Keep the one comment of an issue true to the issue as it now is.

Workflows run one at a time for an issue; a command, a backfill or a second token does not. So an
issue is read again *after* each write: whoever writes last has then seen what is there last, and
goes on until both agree. What a run has said and another one wrote over stays in the history, as
each sees, once it has met another, that the comment still knows its own verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from epm.bot import comment
from epm.bot.comment import MARKER, Composed
from epm.bot.dispatch import is_result
from epm.bot.history import PastVerdict
from epm.bot.judging import Judge, Judgement
from epm.bot.signature import Signature
from epm.bot.telling import Telling, tell
from epm.errors import EpmError
from epm.github import comments
from epm.github.comments import Change, Found
from epm.github.interface import Comment, GitHub, Issue

MOST_ROUNDS = 20
_MOST_MET = 5
"""How often a run sees to its own verdicts in the history, where others write beside it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the comment now says, and what it took."""

    judged: Judgement
    writes: int


def keep_verdict(
    github: GitHub,
    judge: Judge,
    seen: Issue,
    signature: Signature | None = None,
    telling: Telling = Telling.LABEL,
) -> Outcome:
    """See that our comment is about the issue as it is now.

    Args:
        github: the repository.
        judge: the rules.
        seen: the issue as an event or a list has told it, which saves a read.
        signature: who says so.
        telling: how people are told when a page that passed fails.
    """
    writes, met, breaks = 0, 0, False
    signature = signature or Signature()
    heirs = _Heirs(github)
    reached: list[PastVerdict] = []
    for _ in range(MOST_ROUNDS):
        judged = _judged(github, judge, seen)
        # after what takes long: between this and the write others have little time for theirs
        found = comments.find(github, seen.number, MARKER, heirs.inherited)
        if found.told and comment.stamp(found.told.body) > f"{seen.updated_at:%Y-%m-%dT%H:%M:%SZ}":
            now = github.issue(seen.number)  # somebody has been faster
            again = not _same(now, seen)
            seen = now
            if again:
                continue
            judged = replace(judged, issue=now)
        if not found.told and not found.moves and not is_result(seen.labels):
            return Outcome(Judgement(seen, None), writes)
        existing = found.told.body if found.told else None
        composed = comment.compose(judged, existing, signature, found.moves, reached)
        met += bool(composed and reached)
        may_be_lost = bool(composed and reached) and met <= _MOST_MET
        breaks |= bool(composed and composed.delta and composed.delta.breaks)
        reached += [composed.told] if composed and composed.told else []
        wrote, alone = _write(github, judged.issue.number, composed, found)
        writes += wrote
        now = github.issue(seen.number)
        if alone and not may_be_lost and _same(now, seen):
            return Outcome(judged, writes + tell(github, judged, breaks, telling))
        seen = now
    raise EpmError(
        f"issue {seen.number} was edited {MOST_ROUNDS} times while it was being linted",
        "its next event lints it again, and so does `/epm lint` in a comment",
    )


def _judged(github: GitHub, judge: Judge, issue: Issue) -> Judgement:
    return judge.judge(issue, github) if is_result(issue.labels) else Judgement(issue, None)


class _Heirs:
    """Accounts whose comment we go on from: an App's, or of somebody with write access now."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._known: dict[str, bool] = {}

    def inherited(self, one: Comment) -> bool:
        """Anybody can write our marker."""
        if one.author not in self._known:
            trusted = one.author.endswith("[bot]") or self._github.permission(one.author).can_write
            self._known[one.author] = trusted
        return self._known[one.author]


def _write(
    github: GitHub, number: int, composed: Composed | None, found: Found
) -> tuple[int, bool]:
    """How often we wrote, and whether what we left is the only one."""
    if composed is None:
        for extra in found.doubles:  # of two runs at once
            github.delete_comment(extra)
        return len(found.doubles), True
    kept = comments.keep_comment(github, number, MARKER, composed.body, found)
    writes = len(found.doubles) + len(found.others) + (kept.change is not Change.NONE)
    if kept.change is Change.CREATED:
        # another run may have done so at the same time: the next round leaves the older one
        mine = [
            one.id
            for one in github.comments(number)
            if one.author == kept.comment.author
            and MARKER.leads(one.body)
            and not comments.is_superseded(one)
        ]
        return writes, mine == [kept.comment.id]
    if kept.change is Change.EDITED and found.living:
        _fold(github, kept.comment, found.living.body)
    return writes, True


def _fold(github: GitHub, ours: Comment, before: str) -> None:
    """A comment about a page that is not checked any more is outdated, until it is checked again.

    GitHub may not do it: what the comment says is true all the same.
    """
    if comment.is_retired(ours.body):
        github.minimise_comment(ours)
    elif comment.is_retired(before):
        github.restore_comment(ours)


def _same(now: Issue, seen: Issue) -> bool:
    """Whether all that a verdict rests on is as it was."""
    return (now.title, now.body_hash, now.labels) == (seen.title, seen.body_hash, seen.labels)
