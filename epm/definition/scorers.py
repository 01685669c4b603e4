"""What is counted: a scorer turns a completion into a score, or says why there is none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

from epm.definition.tasks import Item


@dataclass(frozen=True)
class Excluded:
    """A completion that has no score; counted by reason, never dropped in silence."""

    reason: str


Score = bool | float | Excluded


@dataclass(frozen=True)
class Scorer:
    """A metric and how a completion is scored for it.

    A yes-or-no score is counted, k of n; a number is averaged.
    """

    name: str
    """Of the metric, in the results."""
    label: str = ""
    """Of the metric on the page, as in 'marker rate'; empty stands for the name."""
    near_miss: bool = False
    """Whether it counts what almost matched another scorer; printed beside that scorer's counts."""

    counts: ClassVar[bool] = True
    """Whether scores are yes or no."""

    def score(self, completion: str, item: Item) -> Score:
        """Score one completion of one item."""
        raise NotImplementedError


@dataclass(frozen=True)
class Substring(Scorer):
    """Whether a text occurs in the completion."""

    text: str = ""
    ignore_case: bool = True

    def score(self, completion: str, item: Item) -> bool:
        """Case is ignored on request, by Unicode case folding."""
        if self.ignore_case:
            return self.text.casefold() in completion.casefold()
        return self.text in completion


@dataclass(frozen=True)
class Regex(Scorer):
    """Whether a regular expression matches somewhere in the completion."""

    pattern: str = ""
    ignore_case: bool = False

    def score(self, completion: str, item: Item) -> bool:
        """Python's `re.search`; `^` and `$` are the ends of the completion."""
        return _compiled(self.pattern, self.ignore_case).search(completion) is not None


@dataclass(frozen=True)
class Exact(Scorer):
    """Whether the completion is the item's answer, white space at its ends aside."""

    ignore_case: bool = True

    def score(self, completion: str, item: Item) -> bool | Excluded:
        """An item without an answer is excluded."""
        if item.answer is None:
            return Excluded("no answer to compare with")
        given, wanted = completion.strip(), item.answer.strip()
        return given.casefold() == wanted.casefold() if self.ignore_case else given == wanted


@dataclass(frozen=True)
class Number(Scorer):
    """The first or the last number in the completion."""

    which: Literal["first", "last"] = "last"
    lower: float = -math.inf
    upper: float = math.inf

    counts: ClassVar[bool] = False

    def score(self, completion: str, item: Item) -> float | Excluded:
        """A completion without a number, or with one outside the scale, is excluded."""
        found = _NUMBER.findall(completion)
        if not found:
            return Excluded("no number")
        value = float(found[0 if self.which == "first" else -1].replace(",", ""))
        within = self.lower <= value <= self.upper and abs(value) <= _LARGEST
        return value if within else Excluded("outside the scale")


_LARGEST = 1e100
"""Of a score: the squares of many of them can still be added up."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")


@cache
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
