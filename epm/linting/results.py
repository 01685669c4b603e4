"""The results files of a body: given by hand, or named in the body's first line.

The name comes from a body, which is hostile input: it is looked up beside the body or at a commit
of the checkout, and nowhere else. No link is followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from epm.errors import EpmError
from epm.files import read_own
from epm.linting.parsing import LARGEST, parsed, parsed_object
from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.engine import LARGEST_BODY
from epm_lint.markdown.document import declarations
from epm_lint.model import ResultsFile as Named
from epm_lint.page.companion import FILE as TABLES
from epm_lint.quoting import quote

if TYPE_CHECKING:
    from epm_lint.model import Repository

_COMMIT = r"[0-9a-fA-F]{7,40}"
_PINNED = (
    r"https://(?:github\.com/(?P<name>[\w.-]+/[\w.-]+)/(?:blob|raw)"
    r"|raw\.githubusercontent\.com/(?P<raw>[\w.-]+/[\w.-]+))"
    r"/(?P<commit>[0-9a-fA-F]{7,40})/(?P<path>[^?#]+)(?:\?raw=true)?"
)


class ResultsFile(NamedTuple):
    """What the results of a body are."""

    values: dict[str, Any] | None
    """Those that a rendered body is of; None where only files of other kinds are given."""
    sha256: str
    numbers: str | None = None
    """The numbers manifest beside it, where the body's first line names one and it is there."""
    tables: str | None = None
    """The tables beside it that the body is too long for, where it names them."""
    files: tuple[Named, ...] = ()
    """All files that a body may cite, of any kind."""

    @property
    def known(self) -> dict[str, Any]:
        """What the linter is told of it."""
        known: dict[str, Any] = {
            "numbers": self.numbers,
            "tables": self.tables,
            "results_files": self.files,
        }
        if self.values is not None:
            known |= {"results": self.values, "results_sha256": self.sha256}
        return known


def at(paths: Path | Sequence[Path], text: str = "") -> ResultsFile:
    """The results in the files that the user has named, for a body with this text.

    A rendered body is of the first that epm wrote, else of the first JSON object.
    """
    paths = [paths] if isinstance(paths, Path) else paths
    contents = [(path, _content(path)) for path in paths]
    files = [(path, parsed(content, str(path)), content) for path, content in contents]
    named = tuple(Named(_shown(path, paths), values) for path, values, _ in files)
    objects = [one for one in files if isinstance(one[1], dict)]
    own = [one for one in objects if "schema_version" in one[1]] or objects
    if not own:
        return ResultsFile(None, "", files=named)
    path, values, content = own[0]
    numbers = _numbers(_beside(NUMBERS, path.parent), marker_of(text).get("numbers"))
    tables = _tables(_beside(TABLES, path.parent)) if TABLES in text else None
    return ResultsFile(values, _sha256(content), numbers, tables, named)


def _content(path: Path) -> bytes:
    try:
        return read_own(path, LARGEST + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise EpmError(f"cannot read {path}: {why}", "check --results") from None
    except ValueError:  # a NUL in the path
        raise EpmError(f"cannot read {str(path)!r}: no such name", "check --results") from None


def _shown(path: Path, paths: Sequence[Path]) -> str:
    """A file's name alone, where that tells it from the others."""
    alone = sum(other.name == path.name for other in paths) == 1
    return path.name if alone else str(path)


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def named_by(text: str, folder: Path, repository: Repository | None) -> ResultsFile | None:
    """The results that a body's first line names; None where it names none that is at hand."""
    words = marker_of(text)
    if not (name := words.get("results")):
        return None
    if (content := _found(name, words, words.get("sha256"), folder, repository)) is None:
        return None
    values = _object(content, quote(name))
    file = Named(PurePosixPath(name).name, values)
    found = ResultsFile(values, _sha256(content), files=(file,))
    beside = name[: name.rfind("/") + 1]
    if TABLES in text:
        tables = _found(f"{beside}{TABLES}", words, None, folder, repository)
        found = found._replace(tables=_tables(tables or _beside(TABLES, folder)))
    if sha256 := words.get("numbers"):
        numbers = _found(f"{beside}{NUMBERS}", words, sha256, folder, repository)
        found = found._replace(numbers=_numbers(numbers, sha256))
    return found


@lru_cache(2)
def _object(content: bytes, name: str) -> dict[str, Any]:
    """Read once for each content: a page is linted again and again while it is written."""
    return parsed_object(content, name)


def _found(
    name: str,
    words: dict[str, str],
    sha256: str | None,
    folder: Path,
    repository: Repository | None,
) -> bytes | None:
    content = _pinned(name, words.get("commit"), repository) or _beside(name, folder)
    return content if content is not None else _neighbour(name, sha256, folder)


def _numbers(content: bytes | None, sha256: str | None) -> str | None:
    """The text of a numbers manifest, where it has the hash that the body gives."""
    if content is None or len(content) > LARGEST or _sha256(content) != sha256:
        return None
    return content.decode("utf-8", "replace")


def _tables(content: bytes | None) -> str | None:
    if content is None or len(content) > LARGEST_BODY:
        return None
    return content.decode("utf-8", "replace")


def marker_of(text: str) -> dict[str, str]:
    """The `name=value` words of the comment on the first line, where that is one of epm's."""
    opening = text.removeprefix("\ufeff").lstrip(" ")
    comment, closing, _ = opening.removeprefix("<!--").partition("-->")
    if not (opening.startswith("<!--") and closing and comment.strip().startswith("epm:")):
        return {}
    return declarations(comment)


def _pinned(name: str, commit: str | None, repository: Repository | None) -> bytes | None:
    """The file at the commit that the body pins it to, as `commit=` or in a URL."""
    if repository is None:
        return None
    if url := re.fullmatch(_PINNED, name):
        owner = url["name"] or url["raw"]
        same = (repository.name or "").casefold() == owner.casefold()
        return repository.read(url["commit"], url["path"]) if same else None
    if commit and re.fullmatch(_COMMIT, commit) and _is_relative(name):
        return repository.read(commit, name)
    return None


def _beside(name: str, folder: Path) -> bytes | None:
    """The file of that relative name beside the body; links and pipes are refused."""
    if not _is_relative(name):
        return None
    path = folder / name
    try:
        return read_own(path, LARGEST + 1, within=folder) if os.path.lexists(path) else None
    except (OSError, ValueError):
        return None


def _neighbour(name: str, sha256: str | None, folder: Path) -> bytes | None:
    """The file beside a page that was copied with it, where that is the one the page was made of.

    A name alone is none: each run has its `results.json`.
    """
    content = _beside(PurePosixPath(name).name, folder)
    if content is None or _sha256(content) != sha256:
        return None
    return content


def _is_relative(name: str) -> bool:
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not odd
