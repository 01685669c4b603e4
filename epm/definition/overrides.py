"""Settings that one run changes: `--set profile.training.learning_rate=2e-5`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from epm.definition.profile import Profile
from epm.definition.seeds import canonical_json
from epm.errors import DefinitionError, suggest

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

FIXED = frozenset(
    {"issue", "name", "kind", "model", "scale", "confidence_cap", "profiles", "parents", "function"}
    | {"conversations", "version", "title", "content"}
)
"""What a run is called, where it comes from, and how far it is believed: no setting of a run."""

MARK = "-with-"
"""In the name of a profile with other settings, between its own name and their hash."""

_ROOTS = ("profile", "seed", "alpha", "conditions", "tasks", "scorers", "analyses", "gates")

Override = tuple[str, Any]
"""A path, as `profile.sampling.completions`, and its value."""


def parse(text: str) -> Override:
    """Read `path=value`; a value is JSON, and else a text.

    Raises:
        DefinitionError: there is no `=`, or nothing before it.
    """
    path, separator, given = text.partition("=")
    if not separator or not path.strip():
        raise DefinitionError(
            f"--set {text} is not path=value", "as in --set profile.training.learning_rate=2e-5"
        )
    try:
        value = json.loads(given)
    except (ValueError, RecursionError):
        value = given
    return path.strip(), value


def overridden(
    experiment: Experiment, profile: Profile, overrides: Sequence[Override]
) -> tuple[Experiment, Profile]:
    """The experiment and the profile with other settings, checked as any definition is.

    The profile's name and its scale, which stands in the title, say what was changed.

    Raises:
        DefinitionError: a path leads nowhere (the nearest is named), or to more than one value; a
            path is given twice; a value is of another kind; or what comes of it is no definition.
    """
    whole: dict[str, Any] = {
        "profile": profile,
        **{name: getattr(experiment, name) for name in _ROOTS if name != "profile"},
        "analyses": experiment.analyses_of(profile),
        "gates": experiment.gates_of(profile),
    }
    seen: set[str] = set()
    for path, value in overrides:
        if path in seen:
            raise DefinitionError(f"--set {path} is given twice", "remove one")
        seen.add(path)
        whole = _changed(whole, path.split("."), value, path, whole)
    said = ", ".join(f"{path}={_shown(value)}" for path, value in overrides)
    digest = hashlib.sha256(canonical_json([*overrides]).encode()).hexdigest()[:6]
    changed: Profile = replace(
        whole["profile"],
        name=f"{profile.name}{MARK}{digest}",
        scale=f"{profile.scale}, with {said}",
    )
    own = {name: whole[name] for name in _ROOTS if name != "profile"}
    if profile.analyses:
        changed = replace(changed, analyses=own.pop("analyses"), gates=own.pop("gates"))
    others = tuple(changed if each.name == profile.name else each for each in experiment.profiles)
    return replace(experiment, **own, profiles=others), changed


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _changed(at: Any, steps: list[str], value: Any, path: str, whole: Any) -> Any:
    """A copy of a part of the definition with the value at the end of the steps."""
    known = _parts(at)
    # a condition's name may have dots in it
    ways = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    step = next((way for way in ways if way in known), None)
    if step is None:
        raise _lost(path, whole)
    rest = steps[1 + step.count(".") :]
    if rest:
        new = _changed(known[step], rest, value, path, whole)
    elif value is None and _may_be_none(at, step):
        new = None
    else:
        new = _of_its_kind(known[step], value, path)
    if isinstance(at, Mapping):
        return {**at, step: new}
    if isinstance(at, tuple):
        return tuple(new if name == step else each for name, each in known.items())
    return replace(at, **{step: new})


def _parts(at: Any) -> dict[str, Any]:
    """What a path may go on with."""
    if isinstance(at, Mapping):
        return dict(at)
    if isinstance(at, tuple) and at and all(hasattr(each, "name") for each in at):
        return {each.name: each for each in at}
    if is_dataclass(at) and not isinstance(at, type):
        return {f.name: getattr(at, f.name) for f in fields(at) if f.name not in FIXED}
    return {}


def _may_be_none(at: Any, name: str) -> bool:
    """Whether a field's own annotation says so."""
    return is_dataclass(at) and any(f.name == name and "None" in str(f.type) for f in fields(at))


def _of_its_kind(before: Any, value: Any, path: str) -> Any:
    """The value as the definition holds such, where it is of the same kind as what it replaces."""
    if inner := _parts(before):
        raise DefinitionError(
            f"--set {path}: that is not one value", f"go on with one of {', '.join(inner)}"
        )
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(before, str) and not isinstance(value, str):
        value = _shown(value)
    # a whole number is a number; 2.0 rows are none
    kinds: dict[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float)}
    wanted = kinds.get(type(before), (type(before),) if before is not None else ())
    fits = not wanted or isinstance(value, wanted)
    if isinstance(value, bool) and not isinstance(before, bool | None):
        fits = False
    if isinstance(value, dict):
        fits = False
    if not fits:
        raise DefinitionError(
            f"--set {path}: {_shown(value)!r} is no value like {_shown(before)}",
            "give one of the same kind",
        )
    return float(value) if isinstance(before, float) and isinstance(value, int) else value


def _lost(path: str, whole: Any) -> DefinitionError:
    """With the nearest path that there is."""
    leaves = list(_leaves(whole, ""))
    last = path.rpartition(".")[2]
    same = [leaf for leaf in leaves if leaf.rpartition(".")[2] == last]
    return DefinitionError(f"--set {path}: there is no such setting", suggest(path, same or leaves))


def _leaves(at: Any, path: str) -> Iterator[str]:
    parts = _parts(at)
    if not parts and path:
        yield path
    for name, part in parts.items():
        yield from _leaves(part, f"{path}.{name}" if path else name)
