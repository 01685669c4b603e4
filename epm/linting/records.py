"""What epm rendered a page as, from beside its results: see `epm_lint.binding.record`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.binding.record import FILE, read
from epm_lint.model import RenderedRecord

if TYPE_CHECKING:
    from epm_lint.model import Repository

_LARGEST = 5_000_000


def beside(folder: Path) -> RenderedRecord | None:
    """The record in a run's folder."""
    return read(_text(_content(folder / FILE)), _text(_content(folder / NUMBERS)))


def pinned(repository: Repository, commit: str, results: str) -> RenderedRecord | None:
    """The record in the commit that has a results file, beside it."""
    folder = PurePosixPath(results).parent
    return read(
        _text(repository.read(commit, str(folder / FILE))),
        _text(repository.read(commit, str(folder / NUMBERS))),
    )


def named_by(text: str, repository: Repository) -> RenderedRecord | None:
    """The record beside the results that a body's first line names at a commit."""
    from epm.linting.results import marker_of

    words = marker_of(text)
    name, commit = words.get("results"), words.get("commit")
    return pinned(repository, commit, name) if name and commit else None


def _content(path: Path) -> bytes | None:
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as stream:
            return stream.read(_LARGEST + 1)
    except (OSError, ValueError):
        return None


def _text(content: bytes | None) -> str | None:
    if not content or len(content) > _LARGEST:
        return None
    return content.decode("utf-8", "replace")
