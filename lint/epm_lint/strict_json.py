"""JSON that means one thing: what readers of it would take differently is refused.

Python's own reader takes the last of two equal keys, makes infinity of `1e999`, accepts `NaN`, and
guesses the encoding. A page that is checked against such a file would be checked against a guess.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

DEEPEST = 100
_LONGEST_INTEGER = 20
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def loads(content: bytes | str, *, constants: bool = False) -> Any:
    """The value of a JSON text.

    Args:
        content: the text, or its UTF-8 bytes.
        constants: whether `NaN` and `Infinity` may stand in it, as Inspect writes them.

    Raises:
        ValueError: it is no JSON, or means more than one thing; in one line.
    """
    try:
        value = json.loads(
            content if isinstance(content, str) else text_of(content),
            parse_constant=float if constants else _constant,
            parse_float=_finite,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    if _is_deep(value):
        raise ValueError(f"it is nested deeper than {DEEPEST}")
    return value


def text_of(content: bytes) -> str:
    """The text of UTF-8 bytes, with or without a byte order mark.

    Raises:
        ValueError: they are in another encoding.
    """
    if content.startswith(_UTF_16) or b"\0" in content[:4]:
        raise ValueError("it is UTF-16, not UTF-8: save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start}): save it as UTF-8") from None


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return value


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError("a number is too large")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError("an integer is too large")
    return int(digits)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
