"""`@dataclass(frozen=True, slots=True)`, `StrEnum`, `cached_property`, in a fraction of the time.

The standard decorator compiles six methods for each class and looks at every field several times,
and the linter, which is started anew for every body, has some hundred classes: a sixth of its
start. This one compiles `__init__` alone, and only when the first instance is made; the other
methods are shared, slots are left out, and what the standard library wants to know of the fields
is made when it asks. To a reader and to mypy it is the standard one; `fields`, `replace` and
`asdict` work as ever.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from enum import StrEnum as StrEnum
    from functools import cached_property as cached_property
else:

    class _Members(type):
        """A class whose texts are its members, each a string of that class with its name."""

        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
            """The class, its members made."""
            made = super().__new__(cls, name, bases, space)
            made._members = {}
            for key, text in space.items():
                if isinstance(text, str) and not key.startswith("_"):
                    member = str.__new__(made, text)
                    member.name, member.value = key, text
                    made._members[text] = member
                    setattr(made, key, member)
            return made

        def __call__(cls, value: str) -> Any:
            """The member with that value; `ValueError` where there is none."""
            if (member := cls._members.get(value)) is not None:
                return member
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")

        def __iter__(cls) -> Any:
            """The members, as they are written."""
            return iter(cls._members.values())

        def __reversed__(cls) -> Any:
            """The members, from the last."""
            return reversed(cls._members.values())

        def __contains__(cls, member: object) -> bool:
            """Whether something is a member, or the value of one."""
            return member in cls._members

        def __getitem__(cls, name: str) -> Any:
            """The member of that name; `KeyError` where there is none."""
            return cls.__members__[name]

        @property
        def __members__(cls) -> dict[str, Any]:
            """The members by their names."""
            return {member.name: member for member in cls}

        def __len__(cls) -> int:
            """How many there are."""
            return len(cls._members)

    class StrEnum(str, metaclass=_Members):
        """As `enum.StrEnum`, but a member is looked up and hashed as any attribute and text is.

        In Python 3.11 either takes the standard one several times as long, and the reading asks
        for the kind of each number a dozen times.
        """

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self) -> Any:
            return type(self), (self.value,)

    class cached_property:  # noqa: N801
        """As `functools.cached_property` from Python 3.12 on: without a lock, which is most of it.

        A page is read in one thread; two that ask at once would compute the same value twice.
        """

        def __init__(self, function: Any) -> None:
            self.function, self.__doc__ = function, function.__doc__

        def __set_name__(self, _: object, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, _: object = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.function(instance)
            return value

    def dataclass(**options: bool) -> Any:
        """Make a class a frozen dataclass; with other options, as the standard library does."""
        if options.get("frozen") and {*options} <= {"frozen", "slots", "kw_only"}:
            return partial(_frozen, kw_only=options.get("kw_only", False))
        return dataclasses.dataclass(**options)


_MISSING = dataclasses.MISSING


class _Fields:
    """`__dataclass_fields__`, made by the standard decorator from a class of the same fields."""

    def __get__(self, _: object, cls: Any) -> Any:
        made = type(cls.__name__, (), {"__annotations__": {}, "__module__": cls.__module__})
        for name, (annotation, default, kw_only) in cls._fields.items():
            made.__annotations__[name] = annotation
            if isinstance(default, dataclasses.Field):
                default = dataclasses.field(
                    default=default.default,
                    default_factory=default.default_factory,
                    compare=default.compare,
                    repr=default.repr,
                    metadata=default.metadata,
                    kw_only=kw_only,
                )
            else:
                default = dataclasses.field(default=default, kw_only=kw_only)
            setattr(made, name, default)
        standard: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(made)
        cls.__dataclass_fields__ = standard.__dataclass_fields__
        return cls.__dataclass_fields__


def _frozen(cls: Any, *, kw_only: bool) -> Any:
    fields: dict[str, tuple[str, Any, bool]] = {}
    for base in reversed(cls.__mro__[1:-1]):
        fields.update(base.__dict__.get("_fields", {}))
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if not str(annotation).startswith("ClassVar"):
            default = cls.__dict__.get(name, _MISSING)
            fields[name] = annotation, default, kw_only
            if isinstance(default, dataclasses.Field):
                _keep_default(cls, name, default)
    cls._fields = fields
    cls._compared = tuple(name for name, (_, d, _k) in fields.items() if _is(d, "compare"))
    cls._shown = tuple(name for name, (_, d, _k) in fields.items() if _is(d, "repr"))
    cls.__match_args__ = tuple(n for n, (_, _d, by_name) in fields.items() if not by_name)  # type: ignore[misc]
    cls.__dataclass_fields__ = _Fields()
    cls.__init__ = _made_when_called(cls, fields)
    cls.__repr__, cls.__eq__, cls.__hash__ = _repr, _equal, _hash
    cls.__setattr__ = cls.__delattr__ = _refuse
    return cls


def _is(default: Any, flag: str) -> bool:
    return bool(getattr(default, flag)) if isinstance(default, dataclasses.Field) else True


def _keep_default(cls: Any, name: str, field: Any) -> None:
    """As the standard decorator does: the class itself has the default, or nothing."""
    if field.default is _MISSING:
        delattr(cls, name)
    else:
        setattr(cls, name, field.default)


def _made_when_called(cls: Any, fields: dict[str, tuple[str, Any, bool]]) -> Any:
    """An `__init__` that puts the compiled one in its place: few pages need all classes."""

    def __init__(self: Any, *given: Any, **named: Any) -> None:  # noqa: N807
        cls.__init__ = _initialiser(cls, fields)
        cls.__init__(self, *given, **named)

    return __init__


def _initialiser(cls: Any, fields: dict[str, tuple[str, Any, bool]]) -> Any:
    names: dict[str, Any] = {"_set": object.__setattr__, "_missing": _MISSING}
    parameters, lines = ["self"], list[str]()
    by_name: list[str] = []
    default: Any
    for name, (_, default, kw_only) in fields.items():
        given, parameter = name, name
        factory: Any = _MISSING
        if isinstance(default, dataclasses.Field):
            factory, default = default.default_factory, default.default
        if factory is not _MISSING:
            names[f"_default_{name}"] = factory
            parameter = f"{name}=_missing"
            given = f"_default_{name}() if {name} is _missing else {name}"
        elif default is not _MISSING:
            names[f"_default_{name}"] = default
            parameter = f"{name}=_default_{name}"
        (by_name if kw_only else parameters).append(parameter)
        lines.append(f" _set(self, {name!r}, {given})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    body = "\n".join(lines or [" pass"])
    listed = ", ".join([*parameters, *(["*", *by_name] if by_name else [])])
    # made of the class's own names, as the standard decorator does
    exec(f"def __init__({listed}):\n{body}", names)  # noqa: S102
    return names["__init__"]


def _values(instance: Any) -> tuple[Any, ...]:
    return tuple([getattr(instance, name) for name in instance._compared])


def _repr(self: Any) -> str:
    pairs = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
    return f"{type(self).__qualname__}({pairs})"


def _equal(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"{name!r} of a {type(self).__name__} is fixed")
