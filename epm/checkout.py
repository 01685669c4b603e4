"""A git checkout at hand: where it begins, whose it is, and what may be asked of its history."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from epm.errors import EpmError

LARGEST_FILE = 16 * 2**20
"""In bytes; what is larger is not read."""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]+@)?(?P<host>[^@/\s]+)/"
    r"|(?:[^@/\s:]+@)?(?P<other>[^@/\s:]+):(?!//))"
    r"/*(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/*"
)
_REGULAR = ("100644", "100755")
_SECONDS = 30


def reach(folder: Path) -> list[Path]:
    """The folders that settings and experiments are looked for in, the nearest first.

    The folder and those above it, up to the top of its checkout; outside a checkout, it alone: what
    lies further up was put there for something else, or by somebody else.
    """
    start = folder.resolve()
    above: list[Path] = []
    for each in (start, *start.parents):
        above.append(each)
        if (each / ".git").exists():
            return above
    return [start]


def check_owner(path: Path) -> None:
    """Refuse what belongs to somebody else, as git does, and with git's way to allow it.

    Raises:
        EpmError: another user owns it, and not as the owner of a checkout that git trusts.
    """
    if not hasattr(os, "geteuid"):  # Windows
        return
    trusted = {os.geteuid()}
    if os.geteuid() == 0 and (caller := os.environ.get("SUDO_UID", "")).isdecimal():
        trusted.add(int(caller))
    owners = {path.stat().st_uid, (path if path.is_dir() else path.parent).stat().st_uid}
    if owners <= trusted:
        return
    top = reach(path if path.is_dir() else path.parent)[-1]
    owner, remedy = (
        top.stat().st_uid,
        f"take it over: chown -R {os.geteuid()} {shlex.quote(str(path))}",
    )
    if owner not in trusted and (top / ".git").exists():
        if _git(top, "rev-parse", "--show-toplevel"):  # its `safe.directory` names it
            trusted.add(owner)
        else:
            remedy = f"git config --global --add safe.directory {shlex.quote(str(top))}"
    if not owners <= trusted:
        raise EpmError(f"{path} belongs to another user", f"if you trust it, {remedy}")


@dataclass(frozen=True)
class Checkout:
    """A repository's history; answers nothing for what is no plain file in it."""

    folder: Path
    """The top of the working tree."""
    name: str | None
    """`owner/name` on its host, if its origin has one."""
    host: str | None = None
    """That host, as in `github.com`."""

    @classmethod
    def at(cls, folder: Path) -> Checkout | None:
        """The checkout that a folder lies in; None where there is none, or no git."""
        top = _git(folder, "rev-parse", "--show-toplevel")
        if not top:
            return None
        origin = _git(folder, "config", "--get", "remote.origin.url") or b""
        url = os.fsdecode(origin).strip()
        return cls(Path(os.fsdecode(top.rstrip(b"\n"))), remote_name(url), remote_host(url))

    @property
    def is_shallow(self) -> bool:
        """Whether older history was left out when it was fetched."""
        return _git(self.folder, "rev-parse", "--is-shallow-repository") == b"true\n"

    def has_commit(self, commit: str) -> bool:
        """Whether the commit, of which at least seven digits are given, is in the history."""
        return self._hash(commit) is not None

    def read(self, commit: str, path: str) -> bytes | None:
        """A plain file as of a commit; None for a link, a folder, a submodule, a file too large."""
        full = self._hash(commit)
        if full is None or not _is_inside(path):
            return None
        listed = _git(self.folder, "ls-tree", "-z", "-l", "--full-tree", full, "--", path)
        entries = [entry for entry in (listed or b"").split(b"\0") if entry]
        if len(entries) != 1:
            return None
        about, _, name = entries[0].partition(b"\t")
        mode, kind, blob, size = about.decode().split()
        is_file = mode in _REGULAR and kind == "blob" and os.fsdecode(name) == path
        # a blob that a partial clone has left on the server has the size "-"
        if not is_file or not size.isdecimal() or int(size) > LARGEST_FILE:
            return None
        return _git(self.folder, "cat-file", "blob", blob)

    def last_commit(self, path: str) -> str | None:
        """The full hash of the commit, in the history of HEAD, that last changed what is there."""
        if not _is_inside(path):
            return None
        if not _git(self.folder, "ls-tree", "--full-tree", "--name-only", "HEAD", "--", path):
            return None
        found = _git(self.folder, "log", "-1", "--format=%H", "HEAD", "--", path)
        return found.decode().strip() or None if found else None

    def said_of_results(self, words: str) -> list[tuple[str, str]]:
        """Commits of the branches of results whose message has these words, and the message.

        Only people with write access can push there.
        """
        branches = ("--branches=results/*", "--remotes=*/results/*")
        shown = ("--format=%H%n%B%x00", "--fixed-strings", f"--grep={words}")
        said = _git(self.folder, "log", *shown, *branches) or b""
        commits = (one.strip("\n").partition("\n") for one in os.fsdecode(said).split("\0"))
        return [(commit, message) for commit, _, message in commits if commit]

    def _hash(self, commit: str) -> str | None:
        """The full hash; what is no hash never reaches git."""
        if not _COMMIT.fullmatch(commit):
            return None
        wanted = f"{commit.lower()}^{{commit}}"
        found = _git(self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        full = found.decode().strip() if found else ""
        # a branch may be named like a hash
        return full if full.startswith(commit.lower()) else None


def remote_name(url: str) -> str | None:
    """`owner/name` out of a remote's address, over https or ssh."""
    match = _REMOTE.fullmatch(url)
    return match["name"] if match else None


def remote_host(url: str) -> str | None:
    """The host out of a remote's address; None for a folder, and for an abbreviation of ssh's."""
    match = _REMOTE.fullmatch(url)
    host = (match["host"] or match["other"] or "").lower() if match else ""
    if match and match["host"] and not url.startswith(("http://", "https://")):
        host = host.partition(":")[0]  # the port is that of ssh
    host = {"ssh.github.com": "github.com", "www.github.com": "github.com"}.get(host, host)
    return host if "." in host else None


def _is_inside(path: str) -> bool:
    """Whether a path is relative and stays inside; git's own wildcards are switched off."""
    steps = path.split("/")
    return "\0" not in path and not any(step in ("", ".", "..") for step in steps)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it fails, is not installed, or takes too long."""
    import subprocess  # most pages are linted without asking git

    command = ["git", "--no-optional-locks", "--literal-pathspecs", *_SETTINGS, *arguments]
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return finished.stdout if finished.returncode == 0 else None


# A checkout can name programs of its own that git would start.
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.pager=cat")


# What a hook or a caller sets to point git at another repository.
_ELSEWHERE = frozenset(
    [
        *("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE"),
        *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX"),
        *("GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
    ]
)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | {
        "GIT_ALLOW_PROTOCOL": "none",  # before 2.45 git knows no GIT_NO_LAZY_FETCH
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
