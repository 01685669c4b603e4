"""What a run depends on, file by file: the hash that git would give to each as it is now.

So that a run can be published against any commit that holds exactly these files, also one that was
made after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

import epm
from epm.errors import EpmError
from epm.files import dump_json, file_sha256, joint_sha256, write_atomically
from epm.installation import NAME
from epm.privacy import public

CODE = ("epm", "lint", "templates")
"""Folders of epm's own code, in a checkout of it."""

PROSE = frozenset({"narrative.md.j2", "title.txt.j2"})
"""Of an experiment: read when the page is written, so that no result depends on it."""

_UNREADABLE = "\ufffd"
"""In a name that is no UTF-8; such files are left out."""

FOLDER = "content"
"""In the run folder: the files of every content that some stage ran with."""


@dataclass(frozen=True)
class Content:
    """The files that a run depends on, as they were when it was started."""

    files: Mapping[str, str]
    """Blob hash of git by path relative to the repository."""
    uncommitted: tuple[str, ...] = ()
    """Those that the last commit does not have as they are, or that are gone since."""

    @property
    def sha256(self) -> str:
        """Over names and contents."""
        return joint_sha256(self.files)

    def notice(self, experiment: str) -> str:
        """What a user should know who wants to publish the run later; '' where all is committed.

        Args:
            experiment: the experiment's folder, relative to the repository.
        """
        if not self.uncommitted:
            return ""
        code = [name for name in self.uncommitted if name.partition("/")[0] in CODE]
        more = f" and {len(code) - 1} more" if code[1:] else ""
        what = f"{code[0]}{more}" if code else experiment
        if code and len(code) < len(self.uncommitted):
            what += f", and {experiment},"
        return (
            f"{what} {'are' if ' and ' in what else 'is'} not committed yet: to publish this run, "
            "commit and push just that content, before or after"
        )

    def write(self, run: Path) -> None:
        """Keep the list in a run folder, so that what differs later can be named."""
        (run / FOLDER).mkdir(parents=True, exist_ok=True)
        write_atomically(_listed_at(run, self.sha256), dump_json({"files": dict(self.files)}))


def recorded(run: Path, sha256: str | None) -> dict[str, str] | None:
    """The files of a content that a run recorded; None where the list is lost or was changed."""
    if sha256 is None:
        return None
    try:
        value = json.loads(_listed_at(run, sha256).read_text(encoding="utf-8"))
        files = {str(path): str(blob) for path, blob in value["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return files if joint_sha256(files) == sha256 else None


def _listed_at(run: Path, sha256: str) -> Path:
    return run / FOLDER / f"{sha256[:12]}.json"


def depends_on(path: str, experiment: str) -> bool:
    """Whether a run depends on a file of the repository.

    Args:
        path: of the file, relative to the repository.
        experiment: of the experiment's folder, likewise.
    """
    steps = PurePosixPath(path).parts
    if "__pycache__" in steps:
        return False
    if steps[0] in CODE:
        return True
    inside = PurePosixPath(path)
    if not inside.is_relative_to(experiment):
        return False
    own = inside.relative_to(experiment).parts
    return own[0] != "published" and path not in {f"{experiment}/{name}" for name in PROSE}


def content(repository: Path, experiment: Path) -> Content:
    """The files that a run depends on.

    Of those that git ignores, it is the ones in the experiment's folder whose names stand in its
    modules: a run that reads them is of no commit, until they are added.

    Args:
        repository: the folder above `experiments/`.
        experiment: the experiment's folder in it.

    Raises:
        EpmError: a file cannot be read.
    """
    home = experiment.relative_to(repository).as_posix()
    roots = [name for name in (*CODE, home) if (repository / name).exists()]
    listed = _known_to_git(repository, roots or [home])
    names = _on_disk(repository, roots) if listed is None else listed + _ignored(repository, home)
    wanted = sorted(name for name in names if depends_on(name, home))
    there = [name for name in wanted if os.path.lexists(repository / name)]
    try:
        if listed is None:
            return Content({name: _blob(repository / name) for name in there}, tuple(there))
        files = dict(zip(there, _blobs(repository, there), strict=True))
    except OSError as error:
        raise EpmError(f"{error.filename} cannot be read: {error.strerror}", "mend it") from None
    committed = {
        name: blob for name, blob in _of_head(repository).items() if depends_on(name, home)
    }
    return Content(files, tuple(differing(files, committed)))


def differing(files: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """Names of the files that are not in both, or not alike."""
    return sorted(name for name in {*files, *others} if files.get(name) != others.get(name))


def installed(repository: Path) -> str:
    """Which epm ran, in words, where its code is not the repository's own; else ''."""
    package = Path(epm.__file__).resolve().parent
    if package.is_relative_to(repository.resolve()):
        return ""
    try:
        found = metadata.distribution(NAME)
        told = json.loads(found.read_text("direct_url.json") or "{}")
        record = found.read_text("RECORD")
    except (metadata.PackageNotFoundError, ValueError):
        told, record = {}, None
    if record and not (told.get("dir_info") or {}).get("editable"):
        digest = hashlib.sha256(record.encode()).hexdigest()
        return f"installed, sha256 of its RECORD {digest}"
    return f"from a folder of sources, sha256 {_sources_sha256(package.parent)}"


def _sources_sha256(folder: Path) -> str:
    roots = [name for name in CODE if (folder / name).is_dir()]
    return joint_sha256(
        {
            name: file_sha256(folder / name)
            for name in _on_disk(folder, roots)
            if "__pycache__" not in name.split("/") and (folder / name).is_file()
        }
    )


def _on_disk(repository: Path, roots: Iterable[str]) -> Iterator[str]:
    """All files under the roots; those in hidden folders, and hidden ones, are left out."""
    for root in roots:
        for path in (repository / root).rglob("*"):
            name = path.relative_to(repository)
            if not path.is_dir() and not any(step.startswith(".") for step in name.parts):
                yield name.as_posix()


def _known_to_git(repository: Path, roots: list[str]) -> list[str] | None:
    """Files that git tracks or would add; None outside a checkout."""
    options = ("-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    try:
        if not roots:
            git(repository, "rev-parse", "--git-dir")
            return []
        listed = git(repository, "ls-files", *options, "--", *roots)
    except (subprocess.CalledProcessError, FileNotFoundError):
        return None
    return [name for name in listed.split("\0") if name and _UNREADABLE not in name]


def _ignored(repository: Path, home: str) -> list[str]:
    """Files of the experiment's folder that git ignores, and its modules name."""
    options = ("-z", "--others", "--ignored", "--exclude-standard")
    listed = git(repository, "ls-files", *options, "--", home).split("\0")
    sources = [path.read_bytes() for path in sorted((repository / home).rglob("*.py"))]
    return [
        name
        for name in listed
        if name and any(Path(name).name.encode() in source for source in sources)
    ]


def _of_head(repository: Path) -> dict[str, str]:
    """The files of the last commit; none where there is no commit yet."""
    try:
        prefix = git(repository, "rev-parse", "--show-prefix").strip("\n")
        listed = git(repository, "ls-tree", "-r", "-z", "--full-tree", f"HEAD:{prefix}")
    except subprocess.CalledProcessError:
        return {}
    return dict(tree_entries(listed))


def tree_entries(listed: str) -> Iterator[tuple[str, str]]:
    """Name and blob of every file, also of links, in what `git ls-tree -r -z` prints."""
    for entry in filter(None, listed.split("\0")):
        about, _, name = entry.partition("\t")
        _, kind, blob = about.split()
        if kind == "blob" and _UNREADABLE not in name:
            yield name, blob


def _blobs(repository: Path, names: list[str]) -> Iterator[str]:
    """Hashes as `git add` would make them, line ends turned as the repository has it."""
    plain = [name for name in names if _is_plain(repository / name)]
    prefix = git(repository, "rev-parse", "--show-prefix").strip("\n")
    top = Path(git(repository, "rev-parse", "--show-toplevel").strip("\n"))
    given = "".join(f"{prefix}{name}\n" for name in plain)
    hashed = git(top, "hash-object", "--stdin-paths", given=given).split()
    by_name = dict(zip(plain, hashed, strict=True))
    for name in names:
        yield by_name.get(name) or _blob(repository / name)


def _is_plain(path: Path) -> bool:
    return not path.is_symlink() and path.is_file() and "\n" not in str(path)


def _blob(path: Path) -> str:
    """The hash of a file, or of where a link leads, without any filter."""
    if path.is_symlink():
        data = os.fsencode(path.readlink())
    elif path.is_file():
        data = path.read_bytes()
    else:  # a pipe would be waited for; a checkout within the checkout has no blob
        data = b""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def remote(repository: Path) -> str:
    """Where the checkout was cloned from, without credentials; '' where from nowhere."""
    try:
        return public(git(repository, "remote", "get-url", "origin").strip())
    except (subprocess.CalledProcessError, FileNotFoundError):
        return ""


def git(folder: Path, *arguments: str, given: str = "") -> str:
    """What git prints.

    Raises:
        subprocess.CalledProcessError: it failed.
        FileNotFoundError: it is not installed.
    """
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
    ).stdout
