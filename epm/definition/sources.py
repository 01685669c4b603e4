"""What a user's function depends on, for the fingerprint: sources, values, data and packages.

Hashed are the sources of all modules that it reaches by imports within its experiment's folder, the
values that it closes over and the constants that it names, the data files there that those modules
name, and the versions of the packages that they import.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import re
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from epm.definition.seeds import canonical_json
from epm.errors import DefinitionError
from epm.files import file_sha256, joint_sha256

_OWN = frozenset({"epm", "epm_lint", "experiments", "__future__"})
"""What the definition's version stands for, or what is hashed by file."""


def dependencies(function: Callable[..., Any], where: str) -> dict[str, Any]:
    """What a function depends on, as JSON of names, hashes and versions.

    Args:
        function: a function, a method, a `functools.partial`, or an object that can be called.
        where: what messages call it, as in "scorer 'polite'".

    Raises:
        DefinitionError: it keeps a value that cannot be hashed, or its source cannot be read.
    """
    walk = _Values(where)
    value = walk.describe(function)
    reached = _Reached(where)
    for file in sorted(walk.files):
        home = _home(file)
        if home is not None:
            reached.add(file, home)
    for name in walk.outside:
        if version := _version(name, None):
            reached.packages[name] = version
    values = hashlib.sha256(canonical_json(value).encode()).hexdigest()
    return {"function": _name(function), **reached.as_json(), "values": values}


def file_dependencies(file: Path, home: Path, where: str) -> dict[str, Any]:
    """What a module of an experiment's folder depends on, as JSON of hashes and versions.

    Args:
        file: the module; those in its own folder it may import by bare names.
        home: the experiment's folder.
        where: what messages call it.

    Raises:
        DefinitionError: a source cannot be read.
    """
    reached = _Reached(where)
    reached.add(file, home, beside=file.parent)
    return reached.as_json()


class _Reached:
    """Hashes and versions of what modules of a folder reach by imports."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.sources: dict[str, str] = {}
        self.data: dict[str, str] = {}
        self.packages: dict[str, str] = {}

    def add(self, file: Path, home: Path, beside: Path | None = None) -> None:
        """A module, with all that it imports."""
        for each in _reached(file, home, beside):
            text = _text(each, self._where)
            self.sources[each.relative_to(home).as_posix()] = hashlib.sha256(text).hexdigest()
            self.data |= _named_data(text.decode("utf-8", "replace"), home)
            for package in _packages(each, home):
                if version := _version(package, home):
                    self.packages[package] = version

    def as_json(self) -> dict[str, Any]:
        parts = (("sources", self.sources), ("data", self.data), ("packages", self.packages))
        return {name: dict(sorted(part.items())) for name, part in parts if part}


def _name(function: Any) -> str:
    if isinstance(function, functools.partial):
        return _name(function.func)
    named = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(named).rpartition("<locals>.")[2]


def _text(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DefinitionError(
            f"{where}: {path} cannot be read: {error.strerror}", "mend it"
        ) from None


def _home(file: Path) -> Path | None:
    """The folder of the experiment that a file lies in."""
    return next((p for p in file.parents if (p / "experiment.py").is_file()), None)


class _Values:
    """Turns values that a function keeps into JSON, and notes where functions lie."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.files: set[Path] = set()
        self.outside: set[str] = set()
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # an id is unique only while its object lives

    def describe(self, value: Any, strict: bool = True) -> Any:
        """JSON that differs where the value does.

        Args:
            value: anything.
            strict: whether what cannot be described is refused; else it is left out.
        """
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, bytes):
            return hashlib.sha256(value).hexdigest()
        if isinstance(value, re.Pattern):
            return ["pattern", self.describe(value.pattern), value.flags]
        if isinstance(value, Path):
            return ["path", value.name, file_sha256(value) if value.is_file() else ""]
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        if id(value) in self._seen:
            return ["again", self._seen[id(value)]]
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        return self._compound(value, strict)

    def _compound(self, value: Any, strict: bool) -> Any:
        if isinstance(value, tuple | list):
            return [self.describe(part, strict) for part in value]
        if isinstance(value, set | frozenset):
            return ["set", *sorted(canonical_json(self.describe(part, strict)) for part in value)]
        if isinstance(value, Mapping):
            pairs = [
                (canonical_json(self.describe(k, strict)), self.describe(v, strict))
                for k, v in value.items()
            ]
            return ["map", *([key, part] for key, part in pairs)]
        if isinstance(value, functools.partial):
            parts = (value.func, value.args, value.keywords)
            return ["partial", *(self.describe(part, strict) for part in parts)]
        if inspect.ismethod(value):
            return ["method", value.__name__, self.describe(value.__self__, strict)]
        if wrapped := getattr(value, "__wrapped__", None):
            return ["wrapper", self.describe(wrapped, strict)]
        if inspect.isfunction(value):
            return ["function", *self._function(value)]
        if inspect.isclass(value) or inspect.isbuiltin(value):
            self._note(value)
            return ["named", value.__module__, value.__qualname__]
        return self._object(value, strict)

    def _object(self, value: Any, strict: bool) -> Any:
        kind = type(value)
        self._note(kind)
        name = [kind.__module__, kind.__qualname__]
        if is_dataclass(value):
            return [*name, *(self.describe(getattr(value, f.name), strict) for f in fields(value))]
        own = _file_of(kind)
        if own and _home(own) and hasattr(value, "__dict__"):
            return [*name, self.describe(vars(value), strict)]
        if strict:
            raise DefinitionError(
                f"{self.where} keeps a {kind.__qualname__}, whose content cannot enter the "
                "fingerprint",
                "make it inside the function, or give plain values (texts, numbers, tuples)",
            )
        return name

    def _function(self, function: types.FunctionType) -> Iterator[Any]:
        self._note(function)
        yield function.__module__.rpartition(".")[2]
        yield function.__qualname__
        for cell in function.__closure__ or ():
            try:
                kept = cell.cell_contents
            except ValueError:  # not bound yet
                continue
            yield self.describe(kept)
        yield self.describe(function.__defaults__)
        yield self.describe(function.__kwdefaults__)
        file = _file_of(function)
        if file and _home(file):
            known = function.__globals__
            for name in sorted(_names(function.__code__) & known.keys()):
                if not isinstance(known[name], types.ModuleType):
                    yield [name, self.describe(known[name], strict=False)]

    def _note(self, what: Any) -> None:
        file = _file_of(what)
        if file and _home(file):
            self.files.add(file)
        else:
            self.outside.add(str(what.__module__).partition(".")[0])


def _file_of(what: Any) -> Path | None:
    """The source file of a function or class."""
    own = vars(what).values() if inspect.isclass(what) else [what]
    for each in own:
        if inspect.isfunction(each):
            return Path(each.__code__.co_filename)
    module = sys.modules.get(getattr(what, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    return Path(file) if file else None


def _names(code: types.CodeType) -> set[str]:
    """Global names that code may read, that of functions inside it included."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*(_names(each) for each in inner))


def _reached(file: Path, home: Path, beside: Path | None = None) -> list[Path]:
    """The modules of a folder that one of them imports, itself among them."""
    found, waiting = {file}, [file]
    while waiting:
        for other in _local_imports(waiting.pop(), home, beside):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return sorted(found)


def _imports(file: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Every import of a module: how many dots, from what, which names."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, each.name, ()) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(each.name for each in node.names)


def _local_imports(file: Path, home: Path, beside: Path | None) -> Iterator[Path]:
    for dots, module, names in _imports(file):
        bases = [file.parents[dots - 1]] if dots else [home, *([beside] if beside else [])]
        own = f"experiments.{home.name}"
        if not dots and (module == own or module.startswith(f"{own}.")):
            module = module[len(own) + 1 :]
        for dotted in (module, *(f"{module}.{name}".strip(".") for name in names)):
            steps = dotted.split(".") if dotted else []
            for base in bases:
                yield from _modules_on_the_way(base, steps)


def _modules_on_the_way(base: Path, steps: list[str]) -> Iterator[Path]:
    for end in range(len(steps) + 1):
        place = base.joinpath(*steps[:end])
        for candidate in (place.with_suffix(".py"), place / "__init__.py"):
            if (end or candidate.name == "__init__.py") and candidate.is_file():
                yield candidate


def _packages(file: Path, home: Path) -> Iterator[str]:
    """Top-level names that a module imports from elsewhere."""
    for dots, module, _ in _imports(file):
        top = module.partition(".")[0]
        local = (home / top).is_dir() or (home / f"{top}.py").is_file()
        if not dots and top and not local:
            yield top


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _version(package: str, home: Path | None) -> str:
    """Of the distribution that a package is of; the hash of its sources where it is of none."""
    if package in _OWN or package in sys.stdlib_module_names:
        return ""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    origin = Path(spec.origin) if spec and spec.origin else None
    places = {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}
    installed = (
        origin is None
        or any(origin.resolve().is_relative_to(place) for place in places)
        or "site-packages" in origin.parts
        or "dist-packages" in origin.parts
    )
    if not installed and origin is not None:
        folder = origin.parent if origin.name == "__init__.py" else None
        files = sorted(folder.rglob("*.py")) if folder else [origin]
        base = folder or origin.parent
        return joint_sha256({f.relative_to(base).as_posix(): file_sha256(f) for f in files})
    for name in (package, *_distributions().get(package, ())):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


def _named_data(text: str, home: Path) -> dict[str, str]:
    """Hashes of the data files of a folder whose names stand in a source."""
    return {
        path.relative_to(home).as_posix(): file_sha256(path)
        for path in sorted(home.rglob("*"))
        if path.is_file()
        and path.suffix not in (".py", ".pyc", ".j2")
        and path.relative_to(home).parts[0] not in ("published", "__pycache__")
        and path.name in text
    }
