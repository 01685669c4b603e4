"""`@dataclass(frozen=True, slots=True)`, made in a fraction of the time.

The standard decorator compiles six methods for each class, and the linter, which is started anew
for every body, has some seventy classes: a sixth of its start. This one compiles `__init__` alone;
the other methods are shared, and slots are left out. To a reader and to mypy it is the standard
one; `fields`, `replace` and `asdict` work as ever.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(**options: bool) -> Any:
        """Make a class a frozen dataclass; with other options, as the standard library does."""
        if options in ({"frozen": True}, {"frozen": True, "slots": True}):
            return _frozen
        return dataclasses.dataclass(**options)


def _frozen(cls: type) -> type:
    # a class without a docstring would get its signature as one, which takes longest of all
    cls.__doc__ = cls.__doc__ or cls.__name__
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    made.__init__ = _initialiser(made)
    made.__repr__ = _repr
    made.__eq__ = _equal
    made.__hash__ = _hash
    made.__setattr__ = _refuse
    made.__delattr__ = _refuse
    return cls


def _initialiser(cls: Any) -> Any:
    names: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(cls):
        name = given = field.name
        default = f"_default_{name}"
        if field.default_factory is not dataclasses.MISSING:
            names[default] = field.default_factory
            parameters.append(f"{name}=_missing")
            given = f"{default}() if {name} is _missing else {name}"
        elif field.default is not dataclasses.MISSING:
            names[default] = field.default
            parameters.append(f"{name}={default}")
        else:
            parameters.append(name)
        lines.append(f" _set(self, {name!r}, {given})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    body = "\n".join(lines or [" pass"])
    # made of the class's own names, as the standard decorator does
    exec(f"def __init__({', '.join(parameters)}):\n{body}", names)  # noqa: S102
    return names["__init__"]


def _values(instance: Any) -> tuple[Any, ...]:
    return tuple([getattr(instance, name) for name in instance.__match_args__])


def _repr(self: Any) -> str:
    pairs = zip(self.__match_args__, _values(self), strict=True)
    return f"{type(self).__qualname__}({', '.join(f'{name}={item!r}' for name, item in pairs)})"


def _equal(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"{name!r} of a {type(self).__name__} is fixed")
