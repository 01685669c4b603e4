"""One comment of a kind on an issue, kept current."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from epm.github.interface import Comment, GitHub, Missing, same_body
from epm.github.markers import Marker


class Change(Enum):
    """What keeping a comment took."""

    NONE = "unchanged"
    CREATED = "created"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Kept:
    """The comment as it is now."""

    comment: Comment
    change: Change


def keep_comment(
    github: GitHub, number: int, marker: Marker, body: str, seen: list[Comment] | None = None
) -> Kept:
    """See that ours says `body`, which the marker leads; write only if it does not.

    Args:
        github: the repository.
        number: the issue's.
        marker: whose comment it is.
        body: what it shall say.
        seen: what `own_comments` has just told, where the caller had to ask.
    """
    ours = github.own_comments(number, marker) if seen is None else seen
    for extra in ours[1:]:  # of two runs at once, or of a request that took effect late
        github.delete_comment(extra)
    if not ours:
        return Kept(github.create_comment(number, body, marker), Change.CREATED)
    if same_body(ours[0].body, body):
        return Kept(ours[0], Change.NONE)
    try:
        return Kept(github.edit_comment(ours[0], body), Change.EDITED)
    except Missing:  # deleted meanwhile; where it was not, the token is too weak to create either
        return Kept(github.create_comment(number, body, marker), Change.CREATED)
