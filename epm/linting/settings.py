"""Which configuration a body has: the nearest `epm.toml` or `[tool.epm.lint]` in its checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from epm.checkout import check_owner, reach
from epm.errors import EpmError
from epm_lint.configuration import Configuration, configured
from epm_lint.errors import LintError
from epm_lint.formats import Format, toml
from epm_lint.rules import RULES
from epm_lint.values import dataclass

OWN, SHARED = "epm.toml", "pyproject.toml"
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says, which goes before any file."""

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    fail_on: str | None = None
    file: Path | None = None
    _read: dict[Path, Configuration] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse names of rules that there are not, before any file is opened."""
        try:
            configured({}, RULES, select=self.select, ignore=self.ignore)
        except LintError as error:
            raise EpmError(str(error)) from None

    def forget(self) -> None:
        """Read files again: they may have changed."""
        self._read.clear()

    def of(self, folder: Path) -> Configuration:
        """The configuration for bodies in a folder."""
        if (known := self._read.get(folder)) is None:
            known = self._read[folder] = self._configuration(folder)
        return known

    def formats_of(self, folder: Path) -> tuple[Format, ...]:
        """The page formats for bodies in a folder; none where its configuration is broken.

        That is said when a body there is linted.
        """
        try:
            return self.of(folder).formats
        except EpmError:
            return ()

    def _configuration(self, folder: Path) -> Configuration:
        file, table = _table_of(self.file) if self.file else _nearest(folder)
        try:
            return configured(
                table,
                RULES,
                select=self.select,
                ignore=self.ignore,
                fail_on=self.fail_on,
                read=lambda name: _format(file.parent if file else Path(), name),
            )
        except LintError as error:
            raise EpmError(f"{file}: {error}") from None


def _format(folder: Path, name: str) -> Format:
    """A page format of the project's own, named relative to its configuration."""
    content = _content(folder / name, "correct `formats` in the configuration")
    try:
        return toml.read(content.decode("utf-8"), str(folder / name))
    except UnicodeDecodeError:
        raise EpmError(f"{folder / name} is not UTF-8", "save it as UTF-8") from None


def files_above(folder: Path) -> list[Path]:
    """The files that do configure, or could, the bodies in a folder."""
    return [above / name for above in reach(folder) for name in (OWN, SHARED)]


def _nearest(folder: Path) -> tuple[Path | None, Mapping[str, Any]]:
    for above in reach(folder):
        if (own := above / OWN).is_file():
            check_owner(own)
            return _table_of(own)
        if (shared := above / SHARED).is_file():
            content = _content(shared)
            # most have no such table, and are not worth a TOML parser
            if b"epm" in content and (table := _shared_table(shared, content)) is not None:
                check_owner(shared)
                return shared, table
    return None, {}


def _table_of(file: Path) -> tuple[Path, Mapping[str, Any]]:
    content = _content(file)
    if file.name == SHARED:
        return file, _shared_table(file, content) or {}
    return file, _parsed(file, content)


def _shared_table(file: Path, content: bytes) -> Mapping[str, Any] | None:
    table: Any = _parsed(file, content)
    for step in ("tool", "epm", "lint"):
        table = table.get(step)
        if table is None:
            return None
        if not isinstance(table, Mapping):
            raise EpmError(f"{file}: {step} is no table", "write [tool.epm.lint]")
    return dict(table)


def _parsed(file: Path, content: bytes) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EpmError(f"{file} is no TOML: {error}") from None


def _content(file: Path, remedy: str = "check --config") -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise EpmError(f"cannot read {file}: {error.strerror}", remedy) from None
    if len(content) > _LARGEST:
        raise EpmError(f"{file} has more than {_LARGEST:,} bytes")
    return content
