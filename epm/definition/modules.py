"""Import an experiment's definition with the modules that lie beside it, always as they are now.

Beside `experiment.py` there may be others: `from .politeness import polite`, or plain
`from politeness import polite` at the top of a module. Each is compiled from its source, because
Python's own cache takes a file of the same second and length for the same file.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PACKAGE = "experiments"
"""What the folders of experiments are packages of."""

_LOADED: ContextVar[Path | None] = ContextVar("_LOADED", default=None)


def being_loaded() -> Path | None:
    """The folder whose definition is being imported; None where none is."""
    return _LOADED.get()


def import_definition(source: Path) -> ModuleType:
    """The module `experiments.<folder>.experiment`, and what it imports, executed anew.

    Raises:
        Exception: whatever the modules raise.
    """
    home = source.parent
    name = f"{PACKAGE}.{home.name}"
    for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[known]
    _PACKAGES.homes[home.name] = home
    if _PACKAGES not in sys.meta_path:
        sys.meta_path.insert(0, _PACKAGES)
    kept = sys.modules.get(PACKAGE)
    if kept is not None and kept.__spec__ is not None and kept.__spec__.loader is not None:
        del sys.modules[PACKAGE]  # a package of somebody else's
    loaded = _LOADED.set(home)
    try:
        with _by_plain_name(home):
            return importlib.import_module(f"{name}.{source.stem}")
    finally:
        _LOADED.reset(loaded)


def import_beside(home: Path, file: Path) -> ModuleType:
    """A module of an experiment's folder; its neighbours are found by bare names too.

    Raises:
        Exception: whatever the module raises.
    """
    _PACKAGES.homes[home.name] = home
    if _PACKAGES not in sys.meta_path:
        sys.meta_path.insert(0, _PACKAGES)
    inside = file.relative_to(home).with_suffix("").parts
    with _by_plain_name(file.parent), _by_plain_name(home):
        return importlib.import_module(".".join((PACKAGE, home.name, *inside)))


class _Fresh(SourceFileLoader):
    """Compiles a module's source, whatever Python's cache has."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Packages(MetaPathFinder):
    """Finds `experiments.<folder>.…` in the folders that were loaded."""

    def __init__(self) -> None:
        self.homes: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        package, _, rest = fullname.partition(".")
        if package != PACKAGE:
            return None
        if not rest:
            return _package(fullname)
        folder, _, inside = rest.partition(".")
        home = self.homes.get(folder)
        if home is None:
            return None
        return _found(home, inside, fullname) if inside else _package(fullname)


class _PlainNames(MetaPathFinder):
    """Finds modules of one folder by their bare names, after all others have been asked."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        return _found(self._home, fullname, fullname)


_PACKAGES = _Packages()


@contextmanager
def _by_plain_name(home: Path) -> Iterator[None]:
    """Let modules of a folder be imported by bare names; afterwards nobody else finds them so."""
    finder, before = _PlainNames(home), set(sys.modules)
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            lies = getattr(sys.modules[name], "__file__", None)
            if not name.startswith(f"{PACKAGE}.") and lies and Path(lies).is_relative_to(home):
                del sys.modules[name]


def _package(name: str) -> ModuleSpec:
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = []
    return spec


def _found(home: Path, inside: str, fullname: str) -> ModuleSpec | None:
    """The specification of a module below a folder, by its dotted name there."""
    base = home.joinpath(*inside.split("."))
    for file, within in ((base / "__init__.py", [str(base)]), (base.with_suffix(".py"), None)):
        if file.is_file():
            return importlib.util.spec_from_file_location(
                fullname,
                file,
                loader=_Fresh(fullname, str(file)),
                submodule_search_locations=within,
            )
    return _package(fullname) if base.is_dir() and any(base.glob("*.py")) else None
