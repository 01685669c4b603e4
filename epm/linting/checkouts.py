"""The checkout that a body lies in, asked only where a rule asks: to start git takes longer than
most bodies take to lint. What a commit holds is asked once: it does not change.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from epm.checkout import reach
from epm.errors import EpmError

if TYPE_CHECKING:
    from epm.checkout import Checkout


_WHOLE = re.compile("[0-9a-f]{40}")
"""A hash that no later commit can share."""
_MOST_KEPT = 64 * 2**20
"""Bytes of files that a checkout keeps in memory."""


class GitRefused(BaseException):
    """What looks like a checkout is none: git is missing, or does not trust its owner.

    Not an `Exception`: no rule is to answer for it. Whoever catches it goes on without a checkout.
    """


class NearbyCheckout:
    """A `epm_lint.model.Repository` that is opened when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[str] = set()
        self._files: dict[tuple[str, str], bytes | None] = {}
        self._room = _MOST_KEPT
        self._history = ""
        self._last: dict[str, str | None] = {}

    @cached_property
    def _checkout(self) -> Checkout:
        from epm.checkout import Checkout

        if (found := Checkout.at(self._folder)) is None:
            raise GitRefused
        return found

    @property
    def name(self) -> str | None:
        """`owner/name` on its host, if it has one."""
        return self._checkout.name

    @property
    def is_shallow(self) -> bool:
        """Whether older history was left out."""
        return self._checkout.is_shallow

    def has_commit(self, commit: str) -> bool:
        """Whether the commit is in the history."""
        if commit in self._known:
            return True
        found = self._checkout.has_commit(commit)
        if found and _WHOLE.fullmatch(commit):
            self._known.add(commit)
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit."""
        if (commit, path) in self._files:
            return self._files[commit, path]
        content = self._checkout.read(commit, path)
        # a commit that is not there yet may be fetched
        if _WHOLE.fullmatch(commit) and (content is not None or self.has_commit(commit)):
            size = len(content or b"") + len(path)
            if size <= self._room:
                self._room -= size
                self._files[commit, path] = content
        return content

    def last_commit(self, path: str) -> str | None:
        """The commit that last changed a file; asked once for each commit that HEAD is at."""
        history = _history(self._folder / ".git")
        if not history:
            return self._checkout.last_commit(path)
        if history != self._history:
            self._history, self._last = history, {}
        if path not in self._last:
            found = self._checkout.last_commit(path)
            if history != _history(self._folder / ".git"):  # it moved meanwhile
                return found
            self._last[path] = found
        return self._last[path]


def _history(git: Path) -> str:
    """What the history of HEAD hangs on; '' where git itself has to be asked.

    The commit that HEAD is at, as its files have it, and the commits that the history was cut off
    at.
    """
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if head.startswith("ref: refs/"):
            head = _of_branch(git, head.removeprefix("ref: "))
        cut = (git / "shallow").read_text(encoding="ascii") if (git / "shallow").exists() else ""
    except (OSError, ValueError):
        return ""
    return f"{head} {cut}" if _WHOLE.fullmatch(head) else ""


def _of_branch(git: Path, name: str) -> str:
    try:
        return (git / name).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        packed = (git / "packed-refs").read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line[:40] for line in packed if line[40:] == f" {name}"), "")


@cache
def nearby(folder: Path) -> NearbyCheckout | None:
    """What looks like the checkout that a folder lies in."""
    top = reach(folder)[-1]
    return NearbyCheckout(top) if (top / ".git").exists() else None


def checkout_at(folder: Path) -> Checkout:
    """The checkout that the user has named."""
    from epm.checkout import Checkout

    if (found := Checkout.at(folder)) is None:
        raise EpmError(f"{folder} is no git checkout", "name its folder with --repo")
    return found
