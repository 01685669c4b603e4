"""Templates that write the results' numbers and compare them, and compute with none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2.filters import do_float, do_format, do_int
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from epm.writing.tracing import Float, Int, Number, calculated, pointer_of, refuse


def as_int(value: Any, default: int = 0, base: int = 10) -> Any:
    """Jinja's `int`, which refuses to round a number of the results and keeps the pointer."""
    if isinstance(value, Float):
        refuse(value)
    whole = value if isinstance(value, Int) else do_int(value, default, base)
    pointer = pointer_of(value)
    return whole if pointer is None else calculated(whole, pointer)


def as_float(value: Any, default: float = 0.0) -> Any:
    """Jinja's `float`, which leaves a number of the results as it is."""
    return value if isinstance(value, Number) else do_float(value, default)


def formatted(text: str, *values: Any, **named: Any) -> str:
    """Jinja's `format`, as far as no number of the results is written by it."""
    for value in (*values, *named.values()):
        if isinstance(value, Number):
            refuse(value)
    return do_format(text, *values, **named)


class TracingEnvironment(SandboxedEnvironment):
    """Templates that may write the results' numbers and compare them, and compute with none."""

    intercepted_binops = frozenset({"%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A text with `%` would take a number's value out of it."""
        for value in right if isinstance(right, tuple) else (right,):
            if isinstance(value, Number):
                refuse(value)
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """A number has parts of its own (`real`, `numerator`), which have no pointer."""
        return not isinstance(obj, Number) and super().is_safe_attribute(obj, attr, value)


TRACING_FILTERS: dict[str, Callable[..., Any]] = {
    "int": as_int,
    "float": as_float,
    "format": formatted,
}
"""In place of Jinja's own."""
