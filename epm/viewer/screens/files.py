"""Every file of a run, hashed again and held against whatever vouches for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from epm.errors import EpmError
from epm.files import file_sha256, read_own
from epm.linting.results import marker_of
from epm.pipeline.inventory import RECORD
from epm.report.render import BODY, RESULTS
from epm.viewer import html
from epm.viewer.data.run import Run
from epm_lint import strict_json
from epm_lint.binding.manifest import FILE as NUMBERS

_MOST = 2_000
_LARGEST = 50_000_000
RAW = (RESULTS, BODY)
"""Files that can be read as they are."""


@dataclass(frozen=True)
class Row:
    """One file."""

    name: str
    size: int
    sha256: str
    says: str
    level: str


def screen(run: Run, path: str) -> str:
    """The files, and where the results come from."""
    rows = list(_rows(run))
    missing = sorted(set(_vouched(run)) - {row.name for row in rows})
    raw = [name for name in RAW if any(row.name == name for row in rows)]
    environments = run.results.provenance.environments if run.results else ()
    return html.page(
        "files",
        path,
        "Files",
        run,
        "files",
        rows=rows,
        missing=missing,
        raw=raw,
        environments=environments,
        fingerprint=run.results.identity.fingerprint if run.results else "",
    )


def raw(run: Run, name: str) -> bytes | None:
    """A file as it is; None for any but the results and the page."""
    try:
        return read_own(run.folder / name, within=run.folder) if name in RAW else None
    except (OSError, EpmError):
        return None


def _rows(run: Run) -> Iterator[Row]:
    vouched = _vouched(run)
    for path in sorted(run.folder.rglob("*"))[:_MOST]:
        name = path.relative_to(run.folder).as_posix()
        try:
            if path.is_symlink() or not path.is_file() or name.startswith("."):
                continue
            size = path.stat().st_size
        except OSError:  # gone, or out of reach
            continue
        if size > _LARGEST:
            yield Row(name, size, "", "too large to be hashed here", "skip")
            continue
        try:
            digest = file_sha256(path)
        except (OSError, EpmError) as error:
            yield Row(name, size, "", f"cannot be read: {_why(error)}", "fail")
            continue
        yield Row(name, size, digest, *_verdict(digest, vouched.get(name, [])))


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is no plain file"


def _verdict(digest: str, vouched: list[tuple[str, str]]) -> tuple[str, str]:
    if wrong := [who for who, expected in vouched if expected != digest]:
        return f"not the file that {' and '.join(wrong)} names", "fail"
    if vouched:
        return f"as {' and '.join(who for who, _ in vouched)} says", "pass"
    return "nothing vouches for it", "skip"


def _vouched(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Who says which hash a file has, by its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, digest in (run.results.provenance.files if run.results else {}).items():
        if "/" not in name or _is_there(run.folder / name):
            found.setdefault(name, []).append(("the results file", digest))
    words = marker_of(run.body or "")
    for name, word in ((RESULTS, "sha256"), (NUMBERS, "numbers")):
        if word in words:
            found.setdefault(name, []).append(("the page's first line", words[word]))
    for sidecar in sorted((run.folder / "figures").glob("*.json")):
        digest = _member(sidecar, "png_sha256")
        if digest:
            name = f"figures/{sidecar.stem}.png"
            found.setdefault(name, []).append(("its sidecar", digest))
    try:
        recorded = json.loads(read_own(run.folder / RECORD))["files"]
        for name, digest in recorded.items():
            found.setdefault(str(name), []).append(("the run's inventory", str(digest)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, EpmError):
        pass
    return found


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no name that a file can have
        return False


def _member(sidecar: Path, name: str) -> str:
    try:
        value = strict_json.loads(read_own(sidecar))
    except (OSError, ValueError, EpmError, RecursionError):
        return ""
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, str) else ""
