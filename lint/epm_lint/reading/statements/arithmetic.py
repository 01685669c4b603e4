"""Sums, products, parts, differences and ratios."""

from __future__ import annotations

from fractions import Fraction

from epm_lint.reading.number import Number
from epm_lint.reading.statements.base import Statement, Term
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Statement):
    """Written-out sums and products; `total` is None where the result is left to the reader."""

    terms: tuple[Term, ...]
    total: Number | None = None
    explained: bool = False
    """The terms stand in brackets behind the total, and may leave something out."""
    nouns: tuple[str, ...] = ()
    """The words behind the factors, and behind the total."""

    @property
    def value(self) -> Fraction:
        """What the terms come to."""
        return sum((term.value for term in self.terms), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Statement):
    """A whole and what it is said to be made of, or what is left of it."""

    total: Number | None
    """None where the parts are percentages of one whole."""
    parts: tuple[Number, ...]
    left: Number | None = None
    """What remains when the parts are taken away."""
    exhaustive: bool = False
    """Whether the parts are said to be all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Statement):
    """So much between two figures that stand beside it, in points or in their own unit."""

    amount: Number
    before: Number
    after: Number
    direction: str = ""
    """`up` or `down`, where a word says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeChange(Statement):
    """So many percent, or such a part, more or less than a figure beside it."""

    amount: Fraction
    number: Number | None
    """None where it is given in words: "by a third"."""
    before: Number
    after: Number
    direction: str = ""
    hedged: bool = False
    surely: bool = False
    """Whether it is called relative; else percentages may differ by points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Statement):
    """So many times as much."""

    amount: Fraction
    number: Number | None
    before: Number
    after: Number
    more: bool = False
    """ "3.4 times more" may mean the excess too."""
    hedged: bool = False
