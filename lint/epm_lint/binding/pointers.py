"""Name a value of a results file: JSON Pointers (RFC 6901), and counts and sums over them.

`/statistics/alpha` is a value; `length /cosines/21` the size of an object or array;
`count /conditions state complete` how many members have that value; `sum /a /b` a sum.
"""

from __future__ import annotations

from typing import Any


def escape(key: object) -> str:
    """One step of a pointer."""
    return str(key).replace("~", "~0").replace("/", "~1").replace(" ", "~2")


def resolve(results: Any, pointer: str) -> Any:
    """The value that a pointer names.

    Raises:
        ValueError: the results hold nothing there.
    """
    if pointer.startswith("/"):
        return _walk(results, pointer)
    operation, *operands = pointer.split(" ")
    try:
        if operation == "length":
            (where,) = operands
            return len(_container(_walk(results, where)))
        if operation == "sum":
            return sum(_number(_walk(results, where)) for where in operands)
        if operation == "count":
            where, key, value = operands
            members = _container(_walk(results, where))
            found = members.values() if isinstance(members, dict) else members
            return sum(isinstance(m, dict) and m.get(key) == value for m in found)
    except ValueError as error:
        raise ValueError(f"{pointer[:80]!r}: {error}") from None
    raise ValueError(f"{pointer[:80]!r} names no value")


def _walk(results: Any, pointer: str) -> Any:
    value = results
    for step in pointer.split("/")[1:]:
        key = step.replace("~2", " ").replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key[:9]) < len(value):
            value = value[int(key[:9])]
        else:
            raise ValueError(f"the results hold nothing at {pointer[:120]}")
    return value


def _container(value: Any) -> dict[str, Any] | list[Any]:
    if not isinstance(value, dict | list):
        raise ValueError("neither an object nor an array")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return value
