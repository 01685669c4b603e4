"""What all statements have in common: their place, their binding, what qualifies them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import IntEnum
from fractions import Fraction
from typing import Any

from epm_lint.reading.number import Number
from epm_lint.values import StrEnum, dataclass


class Binding(IntEnum):
    """How near the operands of a statement stand, from the nearest; a rule's finding follows it."""

    GROUP = 0
    """The same group of tokens: `52/250 = 30.8%`, `t(28) = 2.20, p = .15`."""
    CLAUSE = 1
    """The same clause, with nothing between that starts another subject."""
    ROW = 2
    """The same row of a table, their parts given by the headers."""
    DECLARED = 3
    """Declared once for a table or section, by its caption, note or heading."""
    SUBJECT = 4
    """Two whole statements that are about the same thing."""

    @property
    def is_local(self) -> bool:
        """Whether a contradiction is an error, and not merely a doubt."""
        return self <= Binding.ROW


class Qualifier(StrEnum):
    """A word that withdraws a check, or changes it."""

    CORRECTED = "corrected"
    ONE_SIDED = "one-sided"
    RESAMPLED = "resampled"
    CLUSTERED = "clustered"
    MODELLED = "modelled"
    EXACT = "exact"
    PARTIAL = "partial"
    PAIRED = "paired"
    UNKNOWN = "of another kind"
    """An adjective that the reading does not know: then it is not the plain statistic."""


class Span:
    """Two numbers that bound something: "5–10", "[15.8%, 32.2%]", "15.8% to 32.2%"."""

    def __init__(self, low: Number, high: Number) -> None:
        unit = low.unit or high.unit
        self.low, self.high = low, high
        self.unit = unit
        """That of both: written once, it is that of the pair."""
        self.ends = low.with_unit(unit), high.with_unit(unit)
        """Both numbers in that unit."""

    def in_unit(self, unit: str) -> tuple[Number, Number]:
        """Both ends in the unit of what they belong to, if they have none of their own."""
        return self.low.with_unit(self.unit or unit), self.high.with_unit(self.unit or unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something said; `start` and `end` count in the text of its passage."""

    passage: Any
    """The `Passage` that it stands in."""
    start: int
    end: int
    binding: Binding = Binding.GROUP
    qualifiers: frozenset[Qualifier] = frozenset()
    layer: int | None = None
    """The layer it is about, where the words around tell one."""
    negated: bool = False
    """The words deny it: "not significant", "does not survive"."""
    quoted: bool = False
    """It stands between quotation marks or in a block quote: someone else's words."""
    hypothetical: bool = False
    """It is asked, supposed or wished: "as if independent", "is it inside?"."""

    @property
    def text(self) -> str:
        """The statement as it is written."""
        return str(self.passage.text[self.start : self.end])

    @property
    def line(self) -> int:
        """Where it starts."""
        return int(self.passage.line_of(self.start))

    @property
    def is_claimed(self) -> bool:
        """Whether the page says it itself, and says it is so."""
        return not (self.quoted or self.negated or self.hypothetical)

    def has(self, *qualifiers: Qualifier) -> bool:
        """Whether any of some qualifiers is said of it."""
        return not self.qualifiers.isdisjoint(qualifiers)

    def describe(self) -> str:
        """The form and all that was read, as `GRAMMAR.md` writes it."""
        said = (f"{name}={shown}" for name, shown in self._parts() if shown)
        return " ".join([type(self).__name__, *said])

    def _parts(self) -> Iterator[tuple[str, str]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "words" or value == field.default:
                continue
            if field.name == "binding":
                yield field.name, "" if value is Binding.GROUP else value.name.casefold()
            elif field.name not in ("start", "end", "passage"):
                denied = value is False and field.default is None
                yield field.name, "no" if denied else _shown(value)


def _shown(value: object) -> str:
    match value:
        case None | False | "" | ():
            return ""
        case True:
            return "yes"
        case Number():
            return value.raw.replace(" ", "")
        case Span():
            return f"[{_shown(value.low)},{_shown(value.high)}]"
        case Term():
            product = "×".join(map(_shown, value.factors))
            below = "".join(f"÷{_shown(divisor)}" for divisor in value.divisors)
            return ("-" if value.subtracted else "") + product + below
        case frozenset():
            return ",".join(sorted(map(_shown, value)))
        case tuple():
            return ",".join(map(_shown, value))
        case Subset():
            return ""
    return str(value).replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Subset:
    """Which rows of the page's tables a statistic is of."""

    without: tuple[str, ...] | None = None
    """The rows that are left out; empty where some are, and are not named."""
    group: str = ""
    """The category that it is within."""
    named: tuple[str, ...] = ()
    """The rows that its clause names."""
    elsewhere: bool = False
    """It is of another quantity, or from earlier work."""


@dataclass(frozen=True, slots=True)
class Term:
    """Numbers that are multiplied or divided by, and whether the product is taken away."""

    factors: tuple[Number, ...]
    subtracted: bool = False
    divisors: tuple[Number, ...] = ()

    @property
    def value(self) -> Fraction:
        """The product, with its sign."""
        product = Fraction(1)
        for factor in self.factors:
            product *= factor.value
        for divisor in self.divisors:
            product = product / divisor.value if divisor.value else Fraction(0)
        return -product if self.subtracted else product
