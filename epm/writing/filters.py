"""How numbers are written: the only way from a results value into a sentence.

An `Unavailable` is written as 'n/a'; templates that care ask `is available` first.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from epm.values import Interval, Unavailable
from epm.writing.tracing import bare, mark, marked, rewritten, untraced
from epm_lint.binding.formats import write
from epm_lint.quoting import fence

NOT_AVAILABLE = "n/a"

V = TypeVar("V")
P = ParamSpec("P")


def _passing_unavailable(
    function: Callable[Concatenate[V, P], str],
) -> Callable[Concatenate[V | Unavailable, P], str]:
    @functools.wraps(function)
    def wrapper(value: V | Unavailable, /, *args: P.args, **kwargs: P.kwargs) -> str:
        if isinstance(value, Unavailable):
            return NOT_AVAILABLE
        return function(value, *args, **kwargs)

    return wrapper


def _as(form: str, value: Any, digits: int | None = None) -> str:
    form = form if digits is None else f"{form}:{digits}"
    return mark(write(bare(value), form), value, form)


@_passing_unavailable
def number(value: float, digits: int = 2) -> str:
    """Fixed decimals, without a negative zero."""
    return _as("number", value, digits)


@_passing_unavailable
def signed(value: float, digits: int = 3) -> str:
    """Fixed decimals with an explicit sign, for cosines."""
    return _as("signed", value, digits)


@_passing_unavailable
def percent(value: float, digits: int = 0) -> str:
    """A proportion in percent: 0.23 is '23%'."""
    return _as("percent", value, digits)


@_passing_unavailable
def points(value: float, digits: int = 0) -> str:
    """A difference of proportions in percentage points: 0.41 is '41 pp'."""
    return f"{_as('points', value, digits)} pp"


@_passing_unavailable
def pvalue(value: float) -> str:
    """'p=0.031', 'p=0.0014', 'p<0.0001'."""
    return f"p{_as('pvalue', value)}"


@_passing_unavailable
def interval(value: Interval, digits: int = 1) -> str:
    """An interval of proportions in percent: '[15.8%, 32.2%]'."""
    return f"[{percent(value.lower, digits)}, {percent(value.upper, digits)}]"


@_passing_unavailable
def effect(value: float, scale: str, digits: int | None = None) -> str:
    """An effect with its sign: of proportions in points, '+2.5'; of anything else, '+0.00503'."""
    return _as("signed_points" if scale == "proportion" else "signed_significant", value, digits)


@_passing_unavailable
def amount(value: float, scale: str, digits: int | None = None) -> str:
    """A size without a sign: of proportions in points, '2.5'; of anything else, '0.00503'."""
    if scale == "proportion":
        return _as("points", value, 1 if digits is None else digits)
    return _as("significant", value, digits)


@_passing_unavailable
def span(value: Interval, scale: str, digits: int | None = None) -> str:
    """An interval of effects: '[-1.2, +6.3]'."""
    return f"[{effect(value.lower, scale, digits)}, {effect(value.upper, scale, digits)}]"


def decimals(sizes: Sequence[float | Unavailable], scale: str) -> int | None:
    """Decimals that give the largest of some sizes two significant digits, in points from 1 to 4.

    For effects per unit of something, whose size is the unit's: 0.0019 and its like are written
    with two decimals of a point, 0.19. None, the usual ones, where effects are no proportions.
    """
    known = [abs(bare(size)) for size in sizes if not isinstance(size, Unavailable)]
    largest = 100 * max(known, default=0.0)
    if scale != "proportion" or not 0 < largest < math.inf:
        return None
    return min(4, max(1, 1 - math.floor(math.log10(largest))))


@_passing_unavailable
def level(value: float, scale: str) -> str:
    """A value, not an effect: a proportion in percent, anything else as it is."""
    return percent(value) if scale == "proportion" else _as("significant", value)


@_passing_unavailable
def significant(value: float, digits: int = 3) -> str:
    """So many significant digits: '0.00503'."""
    return _as("significant", value, digits)


@_passing_unavailable
def counts(value: Any) -> str:
    """Anything with `successes` and `trials`, k of n as '23/100'."""
    return f"{_as('plain', value.successes)}/{_as('plain', value.trials)}"


@_passing_unavailable
def setting(value: float) -> str:
    """A hyper-parameter as people write it: '1e-5', '0.05', '0'."""
    return _as("setting", value)


@_passing_unavailable
def thousands(value: int) -> str:
    """An integer with separators: '12,345'."""
    return _as("thousands", value)


@_passing_unavailable
def duration(value: float) -> str:
    """Seconds in the unit that people would use."""
    return f"{_as('seconds', value)} s" if value < 90 else f"{_as('minutes', value)} min"


def available(value: object) -> bool:
    """Jinja test: whether the value was computed."""
    return not isinstance(value, Unavailable)


def pooled(side: Any) -> bool:
    """Jinja test: whether an estimate is the share of all its answers, and no mean over items."""
    total, n, estimate = (bare(value) for value in (side.total, side.n, side.estimate))
    return total is not None and bool(n) and math.isclose(total / n, estimate, abs_tol=1e-9)


_SPACE = re.compile(r"\s+")

_MARKUP = re.compile(
    r"[`*~$]"  # code, emphasis, strikethrough, formulas
    r"|\\(?=[!-/:-@\[-`{-~])"  # an escape
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; within a word it is none
    r"|<(?=[A-Za-z/!?])"  # a tag; not 'n < 10'
    r"|&(?=#?\w+;)"  # an entity
    r"|\](?=[\[(])"  # a link; no interval
)
"""What GitHub would not show as it stands: https://github.github.com/gfm/."""


def cell(text: object) -> str:
    """Text that stays inside one table cell, and text."""
    return rewritten(str(marked(text)), _in_a_cell).strip()


def code(text: object) -> str:
    """A span of code that stays inside one table cell."""
    shown = rewritten(str(marked(text)), _on_one_line).strip()
    plain = untraced(shown)
    if not plain:
        return ""
    ticks = fence(plain)
    space = " " * ("`" in (plain[:1], plain[-1:]))
    return f"{ticks}{space}{shown}{space}{ticks}"


def _in_a_cell(text: str) -> str:
    return _on_one_line(_MARKUP.sub(r"\\\g<0>", text))


def _on_one_line(text: str) -> str:
    return _SPACE.sub(" ", text).replace("|", "\\|")


FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        number,
        signed,
        significant,
        percent,
        points,
        effect,
        amount,
        span,
        level,
        pvalue,
        interval,
        counts,
        setting,
        thousands,
        duration,
        cell,
        code,
    )
}
