"""The branch of a source issue's results, and what it tells of the pages written from it.

Each commit there says in its message what page was written from it, by the page's fingerprint, or
which issue and comment it went to.
So what we wrote last is known from the remote, which only those with write access can change, and
not from the page itself, which is what is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from epm.checkout import Checkout
from epm.errors import EpmError
from epm.github.interface import Issue
from epm.publishing.git import Git
from epm.publishing.page import commit_of, of_issue

_TRAILER = "Epm-page: "
_RECORD = "Epm-published: "
_FINGERPRINT = re.compile(rf"^{_TRAILER}([0-9a-f]{{64}})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Published:
    """Where a page is, and the comment that tells its source issue of it."""

    issue: int
    comment: int


@dataclass(frozen=True, slots=True)
class Made:
    """A commit with the files of a page."""

    commit: str
    is_new: bool
    """Whether the remote does not have it yet."""


@dataclass(frozen=True)
class Branch:
    """The remote's branch as it was when it was read."""

    git: Git
    name: str
    heads: Mapping[str, str]
    """All branches of the remote."""

    @classmethod
    def read(cls, git: Git, name: str) -> Branch:
        """Look at the remote, and bring the branch in if it is there."""
        heads = git.heads()
        if name in heads and not git.has(heads[name]):
            git.fetch(name)
        return cls(git, name, heads)

    @property
    def tip(self) -> str | None:
        """Its last commit, if it has been made."""
        return self.heads.get(self.name)

    def check_published(self, commits: list[str]) -> None:
        """Refuse code that readers could not look at."""
        for commit in commits:
            if not self.git.is_published(commit, self.heads):
                raise EpmError(
                    f"the commit {commit[:12]}, which made the results, is on no branch of the "
                    f"remote {self.git.remote}",
                    f"`git push {self.git.remote} HEAD`, if it is in your branch",
                )

    def with_files(
        self, base: str, folder: str, files: Mapping[str, bytes], page: str, subject: str
    ) -> Made:
        """The commit that has these files and was made for this page: an old one, or a new one.

        Args:
            base: what the branch starts from, where there is none.
            folder: in the repository; no other files stay in it.
            files: content by path in the folder.
            page: the page's fingerprint.
            subject: the message's first line.
        """
        blobs = {name: self.git.store(content) for name, content in files.items()}
        earlier = self._made_for(page, self.tip) if self.tip else None
        if earlier and self.git.files(earlier, folder) == blobs:
            return Made(earlier, is_new=False)
        parent = self.tip or base
        tree = self.git.replaced(parent, folder, blobs)
        made = self.git.commit(tree, parent, f"{subject}\n\n{_TRAILER}{page}\n")
        return Made(made, is_new=True)

    def page_of(self, commit: str) -> str | None:
        """The fingerprint of the page that was written from a commit of the remote."""
        if not self.git.is_published(commit, self.heads):
            return None
        found = _FINGERPRINT.findall(self.git.message(commit))
        return found[-1] if found else None

    def published(self, key: str) -> list[Published]:
        """Where the page of that key has been published, the last place first."""
        if not self.tip:
            return []
        wanted = ("--fixed-strings", f"--grep={_RECORD}{key} ")
        said = self.git.text("log", "--format=%B", *wanted, self.tip)
        found = re.findall(
            rf"^{_RECORD}{re.escape(key)} issue=(\d{{1,12}}) comment=(\d{{1,18}})$",
            said,
            re.MULTILINE,
        )
        return [Published(int(issue), int(comment)) for issue, comment in found]

    def recording(self, tip: str, key: str, place: Published) -> str:
        """A commit on top of the branch that says where a page is, and changes no file."""
        about = f"{_RECORD}{key} issue={place.issue} comment={place.comment}"
        subject = f"Record where {key} is published"
        return self.git.commit(self.git.tree(tip), tip, f"{subject}\n\n{about}\n")

    def _made_for(self, page: str, tip: str) -> str | None:
        wanted = ("--fixed-strings", f"--grep={_TRAILER}{page}")
        return self.git.text("log", "--max-count=1", "--format=%H", *wanted, tip) or None


def is_published(checkout: Checkout, issue: Issue) -> bool:
    """Whether a branch of results names the issue: then epm rendered it, whatever it says."""
    place = f" issue={issue.number} comment="
    return any(
        re.search(rf"^{_RECORD}[a-z0-9-]+{place}\d+$", message, re.MULTILINE)
        for _, message in checkout.said_of_results(place)
    )


def is_as_published(checkout: Checkout, issue: Issue) -> bool:
    """Whether a branch of results names the issue, and nobody has edited what epm wrote of it."""
    commit = commit_of(issue.body)
    if commit is None or not is_published(checkout, issue):
        return False
    wrote = f"{_TRAILER}{of_issue(issue)}"
    return any(commit == made for made, _ in checkout.said_of_results(wrote))


@dataclass(frozen=True)
class WithCommit:
    """A `epm_lint.model.Repository`: the checkout, and a commit that may not be in it yet."""

    checkout: Checkout
    name: str | None
    commit: str
    files: Mapping[str, bytes] = field(repr=False)
    """What the commit adds, by path in the repository."""
    base: str = ""
    """Any commit of the checkout that has the rest."""

    @property
    def is_shallow(self) -> bool:
        """Whether older history was left out."""
        return self.checkout.is_shallow

    def has_commit(self, commit: str) -> bool:
        """Whether it is in the history, or about to be."""
        return self._is_ours(commit) or self.checkout.has_commit(commit)

    def read(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit."""
        if not self._is_ours(commit):
            return self.checkout.read(commit, path)
        return self.files.get(path) or self.checkout.read(self.base, path)

    def last_commit(self, path: str) -> str | None:
        """The commit that last changed a file."""
        return self.commit if path in self.files else self.checkout.last_commit(path)

    def _is_ours(self, commit: str) -> bool:
        return len(commit) >= 7 and self.commit.startswith(commit.lower())


def checkout(folder: Path) -> Checkout:
    """The checkout that an experiment lies in."""
    if (found := Checkout.at(folder)) is None:
        raise EpmError(f"{folder} is in no git checkout", "publish from a clone of the repository")
    return found
