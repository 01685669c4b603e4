"""git for publishing: objects, a branch on the remote, and nothing of the user's.

No command here touches the working tree, the index or a local branch. A trial keeps even its
objects out of the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from epm.checkout import remote_host, remote_name
from epm.errors import EpmError
from epm_lint.quoting import clip

HEADS = "refs/heads/"

_SETTINGS = (
    # no program that a checkout names is started for us; nothing is tidied up behind our back
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "advice.graftFileDeprecated=false"),
)
_LOCAL, _REMOTE = 60, 300
_AUTHOR = {
    "GIT_AUTHOR_NAME": "epm",
    "GIT_AUTHOR_EMAIL": "epm@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "epm",
    "GIT_COMMITTER_EMAIL": "epm@users.noreply.github.com",
}
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class GitFailed(EpmError):
    """A git command that did not succeed."""


class Rejected(EpmError):
    """Somebody else has pushed to the branch since it was fetched."""


class Git:
    """One repository and one of its remotes."""

    def __init__(self, folder: Path, remote: str, objects: Path | None = None) -> None:
        """Remember where; `objects` is a folder for a trial's objects."""
        self.remote = remote
        local = _local_variables()
        self._environment = {
            name: value for name, value in os.environ.items() if name not in local
        } | {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
        self.folder = folder
        self.folder = Path(self.text("rev-parse", "--show-toplevel"))
        if objects is not None:
            own = self.text("rev-parse", "--path-format=absolute", "--git-path", "objects")
            self._environment["GIT_OBJECT_DIRECTORY"] = str(objects)
            self._environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = own

    # what is there

    def heads(self) -> dict[str, str]:
        """The remote's branches, each with its commit."""
        try:
            listed = self.text("ls-remote", "--heads", self.remote, seconds=_REMOTE)
        except GitFailed as error:
            raise EpmError(
                f"the remote {self.remote} cannot be read ({error.what})",
                f"see to it that `git ls-remote {self.remote}` works",
            ) from None
        found = (line.split("\t") for line in listed.splitlines())
        return {ref.removeprefix(HEADS): commit for commit, ref in found if _HASH.fullmatch(commit)}

    def is_published(self, commit: str, heads: Mapping[str, str]) -> bool:
        """Whether the remote has the commit on some branch."""
        if commit in heads.values():
            return True
        if not _HASH.fullmatch(commit):
            return False
        unknown = {name: tip for name, tip in heads.items() if not self.has(tip)}
        known = set(heads.values()) - set(unknown.values())
        if self.has(commit) and self._contained(commit, known):
            return True
        if not unknown:
            return False
        self.fetch(*unknown)
        return self.has(commit) and self._contained(commit, set(heads.values()))

    def fetch(self, *branches: str) -> None:
        """Bring the remote's branches in as objects; no ref is moved, and FETCH_HEAD stays."""
        refs = [HEADS + branch for branch in branches]
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        self.text("fetch", *options, "--refmap=", self.remote, *refs, seconds=_REMOTE)

    def has(self, commit: str) -> bool:
        """Whether the commit is in the repository at hand."""
        if not _HASH.fullmatch(commit):
            return False
        try:
            self.text("cat-file", "-e", f"{commit}^{{commit}}")
        except GitFailed:
            return False
        return True

    def tree(self, commit: str) -> str:
        """The tree of a commit."""
        return self.text("rev-parse", "--verify", f"{commit}^{{tree}}")

    def message(self, commit: str) -> str:
        """What a commit says."""
        return self.text("show", "--no-patch", "--format=%B", commit)

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """The plain files below a folder, by their path below it, each with its blob.

        A tree that was made by hand may hold a folder `..`; what is in it is not told.
        """
        listed = self.text("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/")
        found = {}
        for entry in filter(None, listed.split("\0")):
            about, _, path = entry.partition("\t")
            mode, kind, blob = about.split()
            if kind == "blob" and mode in ("100644", "100755") and _is_inside(path):
                found[path.removeprefix(f"{folder}/")] = blob
        return found

    def blob(self, name: str) -> bytes:
        """The content of a blob."""
        return self._run("cat-file", "blob", name)

    # what is made

    def store(self, content: bytes) -> str:
        """Keep a file's content as it is, whatever filters the repository has."""
        return self.text("hash-object", "-w", "--no-filters", "--stdin", given=content)

    def replaced(self, parent: str, folder: str, files: Mapping[str, str]) -> str:
        """The parent's tree with these blobs, and no other files, in a folder."""
        with tempfile.TemporaryDirectory(prefix="epm-index-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            return self._tree(parent, folder, files, index)

    def _tree(
        self, parent: str, folder: str, files: Mapping[str, str], index: Mapping[str, str]
    ) -> str:
        self._run("read-tree", parent, also=index)
        gone = [f"0 {'0' * len(parent)}\t{folder}/{path}" for path in self.files(parent, folder)]
        new = [f"100644 {blob}\t{folder}/{path}" for path, blob in sorted(files.items())]
        lines = "".join(f"{line}\0" for line in (*gone, *new))
        self._run("update-index", "-z", "--index-info", given=lines.encode(), also=index)
        return self._run("write-tree", also=index).decode().strip()

    def commit(self, tree: str, parent: str, message: str) -> str:
        """A commit on no branch, by whom git knows, else by epm."""
        try:
            self.text("var", "GIT_COMMITTER_IDENT")
            also = {}
        except GitFailed:
            also = _AUTHOR
        made = self._run(
            "commit-tree", tree, "-p", parent, "-F", "-", given=message.encode(), also=also
        )
        return made.decode().strip()

    def push(self, commit: str, branch: str) -> None:
        """Move the remote's branch forward to the commit; never force it.

        Raises:
            Rejected: the branch has gone another way meanwhile.
        """
        spec = f"{commit}:{HEADS}{branch}"
        try:
            self.text("push", "--quiet", "--no-verify", self.remote, spec, seconds=_REMOTE)
        except GitFailed as error:
            said = error.what
            if any(word in said for word in ("fetch first", "non-fast-forward", "[rejected]")):
                raise Rejected(
                    f"somebody pushed to {branch} meanwhile", "run the same command again"
                ) from None
            raise EpmError(
                f"{branch} cannot be pushed to {self.remote} ({said})",
                f"see to it that you may push there: `git push {self.remote} {spec}`",
            ) from None

    # how it is run

    def text(self, *arguments: str, given: bytes | None = None, seconds: int = _LOCAL) -> str:
        """What git prints."""
        return os.fsdecode(self._run(*arguments, given=given, seconds=seconds)).strip("\n")

    def _contained(self, commit: str, tips: set[str]) -> bool:
        """Whether the commit is in the history of one of these, all of which are at hand."""
        given = "".join(f"^{tip}\n" for tip in tips).encode()
        return not self.text("rev-list", "--max-count=1", commit, "--stdin", given=given)

    def _run(
        self,
        *arguments: str,
        given: bytes | None = None,
        seconds: int = _LOCAL,
        also: Mapping[str, str] | None = None,
    ) -> bytes:
        command = ["git", "--literal-pathspecs", *_SETTINGS, *_helper(), *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env={**self._environment, **(also or {})},
                input=given or b"",
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GitFailed(f"git {arguments[0]} took more than {seconds} s") from None
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())
            raise GitFailed(clip(said, 300) or f"git {arguments[0]} failed")
        return done.stdout


def _helper() -> tuple[str, ...]:
    """In a workflow, git asks for the token when it pushes; for its own host and no other.

    The token is written to no file and to no command line.
    """
    server = os.environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    in_actions = os.environ.get("GITHUB_ACTIONS") == "true" and "GITHUB_TOKEN" in os.environ
    if not (in_actions and re.fullmatch(r"https://[\w.:-]+", server)):
        return ()
    answer = 'echo username=x-access-token; echo "password=$GITHUB_TOKEN"'
    return ("-c", f'credential.{server}.helper=!f() {{ test "$1" = get && {{ {answer}; }}; }}; f')


def remote_of(folder: Path, wanted: str | None) -> tuple[str, str]:
    """The remote to push to, and the repository's name on its host.

    A remote without such a name, a folder on a disk say, stands for what the user names.
    """
    git = Git(folder, "")
    names = git.text("remote").splitlines()
    known = {name: _name_at(git, name) for name in names}
    if wanted:
        for remote in sorted(known, key=lambda name: name != "origin"):
            if (known[remote] or "").casefold() == wanted.casefold():
                return remote, wanted
        if "origin" in known and known["origin"] is None:
            return "origin", wanted
        raise EpmError(
            f"no remote of {git.folder} is {wanted}",
            f"`git remote add upstream git@github.com:{wanted}.git`, or correct --repo",
        )
    if found := known.get("origin"):
        return "origin", found
    raise EpmError(
        f"the checkout {git.folder} does not say which repository on GitHub it is of",
        "name it with --repo owner/name",
    )


def host_of(folder: Path, remote: str) -> str | None:
    """The host of a remote, if it is on one."""
    git = Git(folder, remote)
    written = git.text("config", "--get", f"remote.{remote}.url")
    return remote_host(written) or remote_host(git.text("remote", "get-url", remote))


def _name_at(git: Git, remote: str) -> str | None:
    """As it is written, else as git's own abbreviations turn it."""
    written = git.text("config", "--get", f"remote.{remote}.url")
    return remote_name(written) or remote_name(git.text("remote", "get-url", remote))


def _is_inside(path: str) -> bool:
    return not any(step in ("", ".", "..") for step in path.split("/"))


@cache
def _local_variables() -> frozenset[str]:
    """What a hook or a caller sets to point git at another repository."""
    command = ["git", "rev-parse", "--local-env-vars"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise EpmError("git is not installed", "install it") from None
    return frozenset(found.stdout.split())
