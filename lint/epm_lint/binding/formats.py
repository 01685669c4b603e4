"""How numbers are written; the renderer and the linter share these, so that neither can drift.

A format is a name with an optional number of decimals, `percent:1` say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any


def number(value: float, digits: int = 2) -> str:
    """Fixed decimals, without a negative zero: '-0.62'."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def signed(value: float, digits: int = 3) -> str:
    """Fixed decimals with an explicit sign: '+0.747'."""
    return f"{value:+.{digits}f}"


def percent(value: float, digits: int = 0) -> str:
    """A proportion in percent: 0.23 is '23%'."""
    return f"{number(100 * value, digits)}%"


def points(value: float, digits: int = 0) -> str:
    """A difference of proportions in percentage points, without the unit: 0.41 is '41'."""
    return number(100 * value, digits)


def signed_points(value: float, digits: int = 1) -> str:
    """The same with an explicit sign: 0.025 is '+2.5'."""
    return f"{100 * value:+.{digits}f}"


def significant(value: float, digits: int = 3) -> str:
    """So many significant digits, without an exponent where people would write none: '0.00503'."""
    if abs(value) >= 10**digits:
        return f"{value:.0f}"
    text = f"{value:#.{digits}g}"
    if "e" in text and 1e-6 <= abs(value) < 1e9:
        text = f"{float(text):.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.removesuffix(".")


def signed_significant(value: float, digits: int = 3) -> str:
    """The same with an explicit sign: '+1.07'."""
    text = significant(value, digits)
    return text if text.startswith("-") else f"+{text}"


def pvalue(value: float) -> str:
    """A p-value with its relation: '=0.031', '=0.0014', '<0.0001'."""
    if value < 1e-4:
        return "<0.0001"
    return f"={value:.4f}" if value < 0.01 else f"={value:.3f}"


def setting(value: float) -> str:
    """A hyper-parameter as people write it: '1e-5', '0.05', '0'."""
    return re.sub(r"e([+-])0+", r"e\1", f"{value:g}")


def thousands(value: int) -> str:
    """An integer with separators: '12,345'."""
    return f"{value:,}"


def plain(value: object) -> str:
    """A number or a text as it stands."""
    return str(value)


def seconds(value: float) -> str:
    """Seconds, with a decimal below ten."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def minutes(value: float) -> str:
    """Seconds in minutes: 95 is '1.6'."""
    return f"{value / 60:.1f}"


FORMATS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        *(number, signed, percent, points, signed_points, significant, signed_significant),
        *(pvalue, setting, thousands, plain, seconds, minutes),
    )
}


def write(value: Any, form: str) -> str:
    """The value in a format.

    Raises:
        ValueError: there is no such format, or the value cannot be written in it.
    """
    name, _, digits = form.partition(":")
    function = FORMATS.get(name)
    if function is None or (digits and not digits.isdecimal()) or len(digits) > 2:
        raise ValueError(f"no format {form!r}")
    if isinstance(value, bool) or (name != "plain" and not isinstance(value, int | float)):
        raise ValueError(f"{form} writes numbers")
    try:
        return function(value, int(digits)) if digits else function(value)
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from None
