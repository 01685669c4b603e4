"""Results whose numbers know where they come from, on their way through the templates.

Every number and text of the results is replaced by an equal one that carries its pointer. Filters
and the template's `{{ … }}` put invisible marks around what they write; `bind` takes the marks out
again and keeps, for the manifest, what each stretch of the page was written from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel

from epm.errors import EpmError
from epm_lint.binding.manifest import Bound, BoundPart, BoundUnit
from epm_lint.binding.pointers import escape
from epm_lint.binding.units import FIGURE, Numeral, Reader, units
from epm_lint.markdown.document import Document

# private-use characters: no Markdown parser, and no results file of ours, gives them a meaning
_OPEN, _FORM, _TEXT, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_DIGITS = "".join(chr(0xE010 + digit) for digit in range(10))
_LONG = re.compile(f"{_OPEN}([^{_FORM}]*){_FORM}([^{_TEXT}]*){_TEXT}([^{_CLOSE}]*){_CLOSE}")
_OPENING = re.compile(f"({_OPEN}[^{_TEXT}]*{_TEXT})")
_SHORT = re.compile(f"{_OPEN}([{_DIGITS}]+){_TEXT}([^{_CLOSE}]*){_CLOSE}")
_MARKS = str.maketrans("", "", _OPEN + _FORM + _TEXT + _CLOSE + _DIGITS)

T = TypeVar("T")


class _Traced:
    pointer: str


def refuse(value: object) -> NoReturn:
    """Say that a template may not compute.

    Raises:
        EpmError: always.
    """
    raise EpmError(
        f"the template computes with {pointer_of(value)}: what comes of it would have no pointer, "
        "and no one could check it",
        "name an analysis that gives the number, or use length, min, max or total; to write a "
        "number in another form, use the filters for numbers",
    )


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refusing(self: _Traced, *_: object) -> NoReturn:
        refuse(self)

    refusing.__name__ = name
    return refusing


class Number(_Traced):
    """A number that may be compared and written, but not computed with."""

    __add__ = __radd__ = _refusing("__add__")
    __sub__ = __rsub__ = _refusing("__sub__")
    __mul__ = __rmul__ = _refusing("__mul__")
    __truediv__ = __rtruediv__ = _refusing("__truediv__")
    __floordiv__ = __rfloordiv__ = _refusing("__floordiv__")
    __mod__ = __rmod__ = _refusing("__mod__")
    __divmod__ = __rdivmod__ = _refusing("__divmod__")
    __pow__ = __rpow__ = _refusing("__pow__")
    __neg__ = __pos__ = __abs__ = __round__ = _refusing("__neg__")

    def __str__(self) -> str:
        """With its mark, so that no way of writing it loses the pointer."""
        return mark(str(bare(self)), self, "plain")

    __repr__ = __str__

    def __format__(self, form: str) -> str:
        """In another form than its own it would be a number that no one can check."""
        return refuse(self) if form else str(self)


class Int(Number, int):
    __hash__ = int.__hash__


class Float(Number, float):
    __hash__ = float.__hash__


def bare(value: Any) -> Any:
    """A traced number as a plain one; anything else as it is."""
    if isinstance(value, Int):
        return int.__add__(value, 0)
    if isinstance(value, Float):
        return float.__add__(value, 0.0)
    return value


class _Str(_Traced, str):
    pass


class _Dict(_Traced, dict[str, Any]):
    """An object, whose members are found by marked names too: what a macro returns is marked."""

    def __missing__(self, key: str) -> Any:
        bare_key = untraced(key) if isinstance(key, str) else key
        if bare_key == key:
            raise KeyError(key)
        return self[bare_key]

    def __contains__(self, key: object) -> bool:
        return super().__contains__(untraced(key) if isinstance(key, str) else key)

    def get(self, key: str, default: Any = None) -> Any:
        """The member of that name, or the default."""
        return super().get(untraced(key), default)


class _List(_Traced, list[Any]):
    pass


def traced(value: T, pointer: str = "") -> T:
    """An equal value, whose parts know their JSON Pointer below `pointer`."""
    twin: Any = value
    match value:
        case bool() | None:
            return value
        case BaseModel():
            fields = type(value).model_fields
            parts = {
                name: traced(getattr(value, name), f"{pointer}/{escape(name)}") for name in fields
            }
            return value.model_copy(update=parts)
        case int():
            twin = Int(value)
        case float():
            twin = Float(value)
        case str():
            twin = _Str(untraced(value))
        case dict():
            twin = _Dict({k: traced(v, f"{pointer}/{escape(k)}") for k, v in value.items()})
        case list():
            twin = _List(traced(v, f"{pointer}/{index}") for index, v in enumerate(value))
        case tuple():
            return tuple(traced(v, f"{pointer}/{i}") for i, v in enumerate(value))  # type: ignore[return-value]
        case _:
            return value
    twin.pointer = pointer
    result: T = twin
    return result


def calculated(value: int, pointer: str) -> int:
    """A number that a pointer with an operation derives."""
    twin = Int(value)
    twin.pointer = pointer
    return twin


def selected(values: Mapping[str, T], pointer: str) -> dict[str, T]:
    """Members of an object; `pointer` derives how many they are."""
    twin = _Dict(values)
    twin.pointer = pointer
    return twin


def pointer_of(value: object) -> str | None:
    """Where a value comes from, if it is known."""
    return value.pointer if isinstance(value, _Traced) else None


def mark(text: str, value: object, form: str) -> str:
    """A text with its origin; the bare text where that is not known."""
    pointer = pointer_of(value)
    return text if pointer is None else f"{_OPEN}{pointer}{_FORM}{form}{_TEXT}{text}{_CLOSE}"


def marked(value: object) -> object:
    """What `{{ … }}` writes: a traced number or text with its mark, anything else as it is."""
    return mark(str.__str__(value), value, "plain") if isinstance(value, _Str) else value


def length(values: Any) -> int:
    """Jinja's `length`, which knows of what."""
    size, pointer = len(values), pointer_of(values)
    if pointer is None:
        return size
    return calculated(size, pointer if " " in pointer else f"length {pointer}")


def total(values: Iterable[object], attribute: str) -> int:
    """Jinja's `sum` over an attribute, which knows of what."""
    parts = [getattr(value, attribute) for value in values]
    pointers = [pointer_of(part) for part in parts]
    known = [pointer for pointer in pointers if pointer]
    whole: int = sum(map(bare, parts))
    return whole if len(known) < len(parts) else calculated(whole, " ".join(["sum", *known]))


def join(values: Iterable[object], separator: str = "") -> str:
    """Jinja's `join`, each value with its mark."""
    return separator.join(str(marked(value)) for value in values)


def capitalized(text: str) -> str:
    """With a capital at its first letter, behind the mark where it has one.

    A name such as 'acc_norm' or 'f1' stays as it is: it is no word.
    """
    opening = _OPENING.match(text)
    at = opening.end() if opening else 0
    first = text[at:].partition(" ")[0]
    if "_" in first or any(char.isdecimal() for char in first):
        return text
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def rewritten(text: str, change: Callable[[str], str]) -> str:
    """A text with its parts changed, and the pointers of its marks left as they are."""
    parts = _OPENING.split(text)
    return "".join(part if part.startswith(_OPEN) else change(part) for part in parts)


def untraced(text: str) -> str:
    """The text without marks, and without characters that could pass for them."""
    return _without(text).translate(_MARKS)


def _without(text: str) -> str:
    return _LONG.sub(r"\3", text)


def bind(body: str, title: str, names: Iterable[str]) -> tuple[BoundUnit, ...]:
    """The units of a page, each figure with what it was written from.

    Args:
        body: the rendered body, marks included.
        title: the rendered title, marks included.
        names: the conditions that the page may speak of.
    """
    sources: list[tuple[str, str]] = []

    def shortened(match: re.Match[str]) -> str:
        sources.append((match[1], match[2]))
        number = "".join(_DIGITS[int(digit)] for digit in str(len(sources) - 1))
        return f"{_OPEN}{number}{_TEXT}{match[3]}{_CLOSE}"

    short_body, short_title = (_LONG.sub(shortened, text) for text in (body, title))
    reader = _Marks(names, sources)
    found = units(Document(short_body), short_title, reader)
    return tuple(
        BoundUnit(unit, tuple(Bound(f, reader.parts.get(id(f), ())) for f in unit.figures))
        for unit in found
    )


class _Marks(Reader):
    """Reads a marked text: its figures are those of the bare text, its parts what the marks say."""

    def __init__(self, names: Iterable[str], sources: list[tuple[str, str]]) -> None:
        super().__init__(names)
        self._sources = sources
        self.parts: dict[int, tuple[BoundPart, ...]] = {}
        self._alive: list[Numeral] = []  # so that no id is given twice

    def plain(self, text: str) -> str:
        return _SHORT.sub(r"\2", text)

    def figures(self, text: str, line: int, slot: int = 0) -> tuple[Numeral, ...]:
        figures = super().figures(self.plain(text), line, slot)
        spans = list(self._spans(text))
        for figure in figures:
            if parts := tuple(_parts(figure, spans)):
                self.parts[id(figure)] = parts
                self._alive.append(figure)
        return figures

    def _spans(self, text: str) -> Iterator[_Span]:
        removed = 0
        for match in _SHORT.finditer(text):
            number = int("".join(str(_DIGITS.index(digit)) for digit in match[1]))
            start = match.start() - removed
            yield _Span(start, start + len(match[2]), match[2], *self._sources[number])
            removed += len(match[0]) - len(match[2])


class _Span(NamedTuple):
    start: int
    end: int
    text: str
    pointer: str
    form: str


def _parts(figure: Numeral, spans: list[_Span]) -> Iterator[BoundPart]:
    """What of a figure the results hold: stretches of it, or all of it as a word of a text."""
    first, last = figure.start, figure.start + len(figure.text)
    for span in spans:
        if first <= span.start and span.end <= last:
            yield BoundPart(span.start - first, span.end - first, span.pointer, span.form)
        elif span.start <= first and last <= span.end:
            words = [match.start() + span.start for match in FIGURE.finditer(span.text)]
            if first in words:
                index = words.index(first)
                yield BoundPart(0, len(figure.text), span.pointer, span.form, index)
