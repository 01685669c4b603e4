"""Words and switches of a definition that are something else: a number, bytes, a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from types import NoneType
from typing import Any, get_args, get_type_hints

from epm.definition.checks.names import Problem


def wrong_types(where: str, whole: Any) -> Iterator[Problem]:
    """Fields that are annotated as text or as yes or no, and hold neither.

    Fields of other types have checks of their own, which know more of them.

    Args:
        where: what a message begins with.
        whole: a dataclass.
    """
    hints = get_type_hints(type(whole))
    for field in fields(whole):
        hint = hints[field.name]
        wanted = set(get_args(hint)) or {hint}
        value = getattr(whole, field.name)
        if value is None and NoneType in wanted:
            continue
        if wanted - {NoneType} == {str}:
            if not isinstance(value, str):
                yield f"{where}: {field.name} is {shown(value)}", "write a text, in quotes"
            elif not is_text(value):
                yield (
                    f"{where}: {field.name} has half of a surrogate pair, which is no character",
                    "take it out",
                )
        elif wanted - {NoneType} == {bool} and type(value) is not bool:
            yield f"{where}: {field.name} is {shown(value)}", "say True or False"


def is_text(value: object) -> bool:
    """Whether it is a text that a file can hold."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def shown(value: object) -> str:
    """A value in a message: on one line, and short."""
    try:
        return f"{value!r:.60}".partition("\n")[0]
    except Exception:
        return f"of type {type(value).__name__}"
