"""The pictures of a page that are on this machine: beside it, or in its checkout's history."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from epm.errors import EpmError
from epm.files import read_own
from epm.linting.checkouts import GitRefused

if TYPE_CHECKING:
    from epm_lint.model import Repository

LARGEST = 10_000_000
"""In bytes, as on GitHub."""
TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_PINNED = re.compile(
    r"https://(?:raw\.githubusercontent\.com/[\w.-]+/[\w.-]+"
    r"|github\.com/[\w.-]+/[\w.-]+/(?:blob|raw))"
    r"/(?P<commit>[0-9a-f]{40})/(?P<path>[^?#]+)(?:\?raw=true)?"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that a browser can show."""

    type: str
    content: bytes


class Pictures:
    """Those of one state of a page."""

    def __init__(self, folder: Path, repository: Repository | None) -> None:
        """Look beside the page and in the checkout, nowhere else."""
        self._folder = folder
        self._repository = repository
        self.found: dict[str, Picture] = {}
        """By name."""

    def place(self, address: str) -> str | None:
        """Where the picture of that address can be had; None where it is not on this machine."""
        ending = PurePosixPath(address.partition("?")[0].casefold()).suffix
        kind = TYPES.get(ending)
        content = self._content(address) if kind else None
        if kind is None or content is None or len(content) > LARGEST:
            return None
        name = f"{hashlib.sha256(content).hexdigest()[:24]}{ending}"
        self.found[name] = Picture(kind, content)
        return f"picture/{name}"

    def _content(self, address: str) -> bytes | None:
        if pinned := _PINNED.fullmatch(address):
            return self._at_commit(pinned)
        path = PurePosixPath(unquote(address))
        if ":" in address or path.is_absolute() or ".." in path.parts:
            return None
        try:
            return read_own(self._folder / path, LARGEST + 1, within=self._folder)
        except (EpmError, OSError, ValueError):
            return None

    def _at_commit(self, pinned: re.Match[str]) -> bytes | None:
        if self._repository is None:
            return None
        try:  # wherever the address leads: a commit's hash says what it holds
            return self._repository.read(pinned["commit"], unquote(pinned["path"]))
        except GitRefused:
            return None
