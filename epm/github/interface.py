"""What the application asks of GitHub, and the values that it gets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

from epm.errors import EpmError

if TYPE_CHECKING:
    from epm.github.markers import Marker

LONGEST_BODY = 65_536
"""Characters of an issue's or a comment's body that we aim at.

GitHub's refusals have long named this figure; users report 262,144 bytes instead, and an answer of
200 to what was too long, with the old text kept. Neither is relied on: what was written is read
back, and `NotStored` says that it is not there.
"""
LONGEST_TITLE = 256

GHOST = "ghost"
"""Whom GitHub names when an author's account is gone."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it was when it was read."""

    number: int
    title: str
    body: str
    """As stored; text that was saved in a browser has CRLF line ends."""
    labels: tuple[str, ...]
    state: str
    author: str
    created_at: datetime
    updated_at: datetime
    """Moves with every comment and label as well, so alone it is no sign of an edit."""
    html_url: str
    state_reason: str
    """Why it was closed, as in `not_planned`; empty while it is open."""
    repository: str
    """`owner/name` of where it is, which may not be where it was asked for."""

    @property
    def is_dismissed(self) -> bool:
        """Whether somebody closed it because nothing shall come of it."""
        return self.state == "closed" and self.state_reason in ("not_planned", "duplicate")

    @property
    def body_hash(self) -> str:
        """Of the text, whatever the line ends: opening and saving an issue changes those."""
        return body_hash(self.body)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an issue."""

    id: int
    node_id: str
    """The name under which GraphQL knows it."""
    body: str
    author: str
    created_at: datetime
    updated_at: datetime
    html_url: str
    repository: str
    """`owner/name` of where it is."""
    issue: int
    """The number of the issue that it is on."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was done to an issue."""

    kind: str
    """GitHub's word for it, as in `labeled`."""
    actor: str
    at: datetime
    about: str
    """The label, the old and the new title, the issue that mentions this one; '' for nothing."""


@dataclass(frozen=True, slots=True)
class Repository:
    """What links and branches depend on."""

    full_name: str
    private: bool
    default_branch: str
    html_url: str


class Permission(StrEnum):
    """What a user may do in the repository; `maintain` is WRITE here, `triage` is READ."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def can_write(self) -> bool:
        """Whether their comment may command us."""
        return self in (Permission.WRITE, Permission.ADMIN)


class Reaction(StrEnum):
    """An answer without words."""

    SEEN = "eyes"
    DONE = "rocket"
    REFUSED = "confused"


class Missing(EpmError):
    """What was asked for is not there, or the token may not see it.

    Attributes:
        gone: whether GitHub says that it was there once.
    """

    gone = False


class Forbidden(EpmError):
    """The token may not do that."""


class Moved(EpmError):
    """It is not where it was asked for any more; nothing was read or written where it is now."""


class NotStored(EpmError):
    """GitHub did not take a text: it refused its length, or agreed and kept something else."""


class Conflict(EpmError):
    """Somebody edited what we were about to overwrite; nothing was written over it.

    Attributes:
        seen: the issue as we had read it.
        current: the issue as it is now.
    """

    def __init__(self, seen: Issue, current: Issue, fields: Sequence[str]) -> None:
        self.seen = seen
        self.current = current
        super().__init__(
            f"somebody changed the {' and the '.join(fields)} of issue {seen.number} "
            f"({current.updated_at:%Y-%m-%d %H:%M:%S} UTC) since it was read",
            "look at the change, then run the same command again",
        )


class GitHub(Protocol):
    """One repository. Each method may wait and try again; failures are one-line `EpmError`s.

    Ours is what carries our marker *and* has us as its author.
    """

    @property
    def full_name(self) -> str:
        """`owner/name`."""

    def login(self) -> str:
        """Who we are to GitHub; asked once."""

    def repository(self) -> Repository:
        """The repository itself."""

    def permission(self, login: str) -> Permission:
        """What a user may do; NONE for a stranger."""

    def issue(self, number: int) -> Issue:
        """One issue; `Missing` when there is none."""

    def issues(
        self, labels: Sequence[str] = (), state: Literal["open", "closed", "all"] = "open"
    ) -> list[Issue]:
        """All issues that have all these labels, oldest first; pull requests left out."""

    def own_issues(self, marker: Marker, labels: Sequence[str] = ()) -> list[Issue]:
        """Ours, open or closed, oldest first."""

    def create_issue(self, title: str, body: str, labels: Sequence[str], marker: Marker) -> Issue:
        """A new issue; `body` carries the marker, by which it is found if an answer was lost.

        What is found then and says something else has been edited meanwhile, or is another run's:
        `Conflict`, and it stays as it is. Labels that are missing are added.
        """

    def edit_issue(
        self,
        seen: Issue,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Sequence[str] | None = None,
    ) -> Issue:
        """Write what is given, if that is still as `seen`, else raise `Conflict`.

        The issue is read again right before each try. GitHub has no conditional write: an edit
        within that one round trip is not noticed here, but stays in the issue's edit history.
        Nothing is written when nothing would change.
        """

    def add_label(self, number: int, label: str) -> None:
        """Put a label on an issue, beside those that it has."""

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off an issue; well also if it is not there."""

    def comments(self, number: int) -> list[Comment]:
        """All comments on an issue, oldest first."""

    def timeline(self, number: int) -> list[Happening]:
        """What was done to an issue, oldest first; its comments are not among it."""

    def own_comments(self, number: int, marker: Marker) -> list[Comment]:
        """Ours on an issue, oldest first; more than one only after an accident."""

    def create_comment(self, number: int, body: str, marker: Marker) -> Comment:
        """A new comment; `body` carries the marker, by which it is found if an answer was lost."""

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        """Replace a comment of ours; nothing is written when nothing would change."""

    def delete_comment(self, comment: Comment) -> None:
        """Remove a comment of ours; well also if it is gone already."""

    def minimise_comment(self, comment: Comment) -> bool:
        """Fold a comment as outdated; False where GitHub would not."""

    def restore_comment(self, comment: Comment) -> bool:
        """Unfold a comment; False where GitHub would not."""

    def react(self, comment_id: int, reaction: Reaction) -> bool:
        """Answer a comment with a reaction; False where GitHub would not."""


def body_hash(body: str) -> str:
    """SHA-256 of a body; line ends and what is blank at its end do not count."""
    return hashlib.sha256(_as_compared(body).encode("utf-8", "surrogatepass")).hexdigest()


def same_body(one: str, other: str) -> bool:
    """Whether two bodies have one hash."""
    return _as_compared(one) == _as_compared(other)


def _as_compared(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n").rstrip()
