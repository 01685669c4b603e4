"""The results file of a body: given by hand, or named in the body's first line.

The name comes from a body, which is hostile input: it is looked up beside the body or at a commit
of the checkout, and nowhere else.
"""

from __future__ import annotations

import math
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from epm.errors import EpmError
from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.markdown.document import declarations
from epm_lint.quoting import quote

if TYPE_CHECKING:
    from epm_lint.model import Repository

LARGEST = 50_000_000
DEEPEST = 100
_COMMIT = r"[0-9a-fA-F]{7,40}"
_PINNED = (
    r"https://(?:github\.com/(?P<name>[\w.-]+/[\w.-]+)/(?:blob|raw)"
    r"|raw\.githubusercontent\.com/(?P<raw>[\w.-]+/[\w.-]+))"
    r"/(?P<commit>[0-9a-fA-F]{7,40})/(?P<path>[^?#]+)(?:\?raw=true)?"
)


class ResultsFile(NamedTuple):
    """What a results file holds."""

    values: dict[str, Any]
    sha256: str
    numbers: str | None = None
    """The numbers manifest beside it, where the body's first line names one and it is there."""

    @property
    def known(self) -> dict[str, Any]:
        """What the linter is told of it."""
        return {
            "results": self.values,
            "results_sha256": self.sha256,
            "numbers": self.numbers,
        }


def at(path: Path, text: str = "") -> ResultsFile:
    """The results in a file that the user has named, for a body with this text."""
    try:
        with path.open("rb") as stream:
            found = _read(stream.read(LARGEST + 1), str(path))
    except OSError as error:
        raise EpmError(f"cannot read {path}: {error.strerror}", "check --results") from None
    sha256 = marker_of(text).get("numbers")
    return found._replace(numbers=_numbers(_beside(NUMBERS, path.parent), sha256))


def named_by(text: str, folder: Path, repository: Repository | None) -> ResultsFile | None:
    """The results that a body's first line names; None where it names none that is at hand."""
    words = marker_of(text)
    if not (name := words.get("results")):
        return None
    if (content := _found(name, words, words.get("sha256"), folder, repository)) is None:
        return None
    found = _read(content, quote(name))
    if sha256 := words.get("numbers"):
        named = f"{name[: name.rfind('/') + 1]}{NUMBERS}"
        numbers = _found(named, words, sha256, folder, repository)
        return found._replace(numbers=_numbers(numbers, sha256))
    return found


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
    import hashlib

    if content is None or len(content) > LARGEST:
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    return content.decode("utf-8", "replace")


def _read(content: bytes, name: str) -> ResultsFile:
    import hashlib

    return ResultsFile(_parsed(content, name), hashlib.sha256(content).hexdigest())


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
    """The file of that relative name beside the body; a link that leaves the folder is none."""
    if not _is_relative(name):
        return None
    path = folder / name
    try:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            return None
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except (OSError, ValueError):
        return None


def _neighbour(name: str, sha256: str | None, folder: Path) -> bytes | None:
    """The file beside a page that was copied with it, where that is the one the page was made of.

    A name alone is none: each run has its `results.json`.
    """
    import hashlib

    content = _beside(PurePosixPath(name).name, folder)
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        return None
    return content


def _is_relative(name: str) -> bool:
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not odd


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise EpmError(f"{name} has more than {LARGEST:,} bytes")
    import json

    try:
        value = json.loads(
            content, parse_constant=_refused, parse_float=_finite, parse_int=_integer
        )
    except (ValueError, RecursionError) as error:
        raise EpmError(f"{name} is no results file: {_reason(error)}") from None
    if not isinstance(value, dict):
        raise EpmError(f"{name} is no results file: it holds no JSON object")
    if not _shallow(value):
        raise EpmError(f"{name} is no results file: it is nested deeper than {DEEPEST}")
    return value


def _shallow(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


def _reason(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else quote(str(error))


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError("a number is too large")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("an integer is too large")
    return int(digits)
