"""Names: which can be one, which is there twice, and which is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, TypeGuard

from epm.errors import suggest

Problem = tuple[str, str]
"""What is wrong, and what to do."""

LONGEST = 100
"""Characters of a name; a file system takes 255 bytes, and names are joined."""

_NAME = re.compile(r"[A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?", re.ASCII)


def faulty_names(what: str, names: Sequence[str]) -> Iterator[Problem]:
    """Names that no folder and no pointer can have, and names that stand twice."""
    seen: set[str] = set()
    for name in names:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            yield (
                f"{what} {name!r} cannot be a name: it stands in paths and pointers",
                "take letters, digits, '_', '-', '.' and '+', beginning and ending with a letter "
                "or digit",
            )
        if len(name) > LONGEST:
            yield f"{what} '{name[:20]}…' has {len(name)} characters", f"take at most {LONGEST}"
        if name.casefold() in seen:
            yield f"{what} '{name}' appears twice", "rename or remove one"
        seen.add(name.casefold())


THERE_IS_NOT = "which there is not"


def unknown(
    what: str, name: str, known: Iterable[str], by: str, lacking: str = THERE_IS_NOT
) -> Problem:
    """A name that is not among the known ones, with the nearest."""
    return f"{by} names the {what} '{name}', {lacking}", suggest(str(name), known)


def not_one_of(what: str, value: object, known: Sequence[str]) -> Iterator[Problem]:
    """A word that has to be one of a few, and is not."""
    if value not in known:
        yield f"{what} is {value!r}", suggest(str(value), known)


def no_tuples(where: str, whole: object, names: Sequence[str]) -> Iterator[Problem]:
    """Parts that hold several things and are no tuple: for one thing, the comma is forgotten."""
    for name in names:
        if not isinstance(getattr(whole, name), tuple):
            yield f"{name} of {where} is no tuple", f"write `{name}=(…,)`, with the comma"


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a finite number, and not yes or no."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def plain(text: Any) -> str:
    """Wording without case, punctuation and spacing, so that a re-typed question is still found."""
    return " ".join("".join(c if c.isalnum() else " " for c in str(text).lower()).split())
