"""One comment of a kind on an issue, kept current, whoever kept it before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from epm.github.interface import Comment, Forbidden, GitHub, Missing, same_body
from epm.github.markers import Marker

SUPERSEDED = Marker("superseded")
"""The second line of a comment whose place another account's has taken."""


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


@dataclass(frozen=True, slots=True)
class Found:
    """The comments of one kind on an issue."""

    living: Comment | None = None
    """The one to keep current."""
    doubles: tuple[Comment, ...] = ()
    """Ours as well: of two runs at once, or of a request that took effect late."""
    others: tuple[Comment, ...] = ()
    """Current ones of accounts that have kept it before."""

    @property
    def told(self) -> Comment | None:
        """Ours, if it says what we said last; of another account's nothing is taken for true."""
        return None if self.living is None or is_superseded(self.living) else self.living

    @property
    def moves(self) -> bool:
        """Whether the comment goes from one account to another."""
        return bool(self.others) or self.told is not self.living


def nobody(_: Comment) -> bool:
    """Of no other account."""
    return False


def find(
    github: GitHub,
    number: int,
    marker: Marker,
    inherited: Callable[[Comment], bool] = nobody,
    adopted: Callable[[Comment], bool] = nobody,
) -> Found:
    """Look over the comments that a marker leads.

    Args:
        github: the repository.
        number: the issue's.
        marker: of the kind.
        inherited: whether a comment of another account was kept by one of ours: anybody can write
            a marker.
        adopted: whether such a one is edited where it is.
    """
    marked = [one for one in github.comments(number) if marker.leads(one.body)]
    if not marked:
        return Found()  # who we are need not be asked
    me = github.login().casefold()
    mine = [one for one in marked if one.author.casefold() == me]
    theirs = [one for one in marked if one not in mine and not is_superseded(one)]
    others = [one for one in theirs if inherited(one)]
    alive = [one for one in mine if not is_superseded(one)]
    living = next((one for one in (*filter(adopted, others), *alive, *mine)), None)
    return Found(
        living,
        tuple(one for one in alive if one is not living),
        tuple(one for one in others if one is not living),
    )


def keep_comment(
    github: GitHub, number: int, marker: Marker, body: str, found: Found | None = None
) -> Kept:
    """See that there is one comment that says `body`, which the marker leads.

    Nothing is written where that is so. Comments of accounts that kept it before are folded, with
    a link to the one that lives.

    Args:
        github: the repository.
        number: the issue's.
        marker: whose comment it is.
        body: what it shall say.
        found: what `find` has just told, where the caller had to ask.
    """
    found = find(github, number, marker) if found is None else found
    for extra in found.doubles:
        github.delete_comment(extra)
    kept, refused = _written(github, number, marker, body, found.living)
    for old in (*found.others, *refused):
        _supersede(github, old, kept.comment, marker)
    return kept


def is_superseded(comment: Comment) -> bool:
    """Whether another comment has taken this one's place."""
    return SUPERSEDED.leads(comment.body)


def _written(
    github: GitHub, number: int, marker: Marker, body: str, living: Comment | None
) -> tuple[Kept, tuple[Comment, ...]]:
    """The comment, and the one that we may not edit."""
    if living is None:
        return Kept(github.create_comment(number, body, marker), Change.CREATED), ()
    if same_body(living.body, body):
        return Kept(living, Change.NONE), ()
    try:
        edited = github.edit_comment(living, body)
    except Missing:  # deleted meanwhile; where it was not, the token is too weak to create either
        return Kept(github.create_comment(number, body, marker), Change.CREATED), ()
    except Forbidden:
        if living.author.casefold() == github.login().casefold():
            raise
        return Kept(github.create_comment(number, body, marker), Change.CREATED), (living,)
    if is_superseded(living):
        github.restore_comment(edited)
    return Kept(edited, Change.EDITED), ()


def _supersede(github: GitHub, old: Comment, living: Comment, marker: Marker) -> None:
    text = f"{SUPERSEDED}\nAnother account keeps this comment now: [here]({living.html_url})."
    with suppress(Missing, Forbidden):  # folded, it still says what was true once
        github.edit_comment(old, marker.wrap(text))
    github.minimise_comment(old)
