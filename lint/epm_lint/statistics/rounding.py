"""A number as a page prints it, and the true values that could stand behind it.

A printed number is right if some value that rounds to it is; half up and half to even are both
rounding. Cutting digits off is not, and is told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import floor, inf

from epm_lint.statistics.ranges import Number, Range

LONGEST = 64
_LARGEST_EXPONENT = 400
_LARGEST = 10**300  # of what float64 can hold

_SPACES = dict.fromkeys(map(ord, "\t\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f"), " ")
_MINUSES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_RELATIONS = {"<=": "≤", "⩽": "≤", "≦": "≤", ">=": "≥", "⩾": "≥", "≧": "≥", "=": ""}
_RELATIONS |= dict.fromkeys("~∼≃≅", "≈")

_PRINTED = re.compile(
    r"""
    (?: [^\W\d_]{1,12} \s? (?=[<>=≤≥⩽⩾≦≧≈~∼≃≅]) )?      # p < .01
    (?P<relation> <= | >= | [<>=≤≥⩽⩾≦≧≈~∼≃≅] )? \s?
    (?P<sign> [+-] )?
    (?: (?P<power> 10 (?= \^ | [⁺⁻⁰¹²³⁴-⁹] ) )
      | (?P<whole> [0-9]{1,3} (?: [,_' ][0-9]{3} )+ (?![0-9]) | [0-9]* )
        (?: \. (?P<decimals> [0-9]+ ) )?
        (?: [eE] (?P<e> [+-]?[0-9]{1,4} ) | \s? (?P<ten> [×x·⋅*] \s? 10 (?= \^ | [⁺⁻⁰¹²³⁴-⁹] ) ) )?
    )
    (?: \^ (?: \{ (?P<braced> [+-]?[0-9]{1,4} ) \} | (?P<raised> [+-]?[0-9]{1,4} ) )
      | (?P<super> [⁺⁻]?[⁰¹²³⁴-⁹]{1,4} ) )?
    \s? (?P<unit> %-?\s?points? | percentage\ points? | percent | pp\b | %
              | [×x] | [-\ ]?fold | times )?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Printed:
    """A number as it is printed; `Printed("23%")`. A percentage is kept as its fraction.

    Raises:
        ValueError: for what is no number; `read` answers None instead.
    """

    text: str
    relation: str = field(init=False, compare=False)
    """One of < ≤ > ≥ ≈, or nothing for a plain number."""
    value: Fraction = field(init=False, compare=False)
    decimals: int = field(init=False, compare=False)
    """How many digits follow the point, as printed."""
    unit: str = field(init=False, compare=False)
    """%, pp (percentage points), × (times), or nothing."""
    step: Fraction = field(init=False, compare=False)
    """What one more in the last digit makes."""
    scientific: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        plain = _plain(self.text)
        match = _PRINTED.fullmatch(plain)
        if match is None or not (match["whole"] or match["decimals"] or match["power"]):
            raise ValueError("not a number")
        superscript = (match["super"] or "").translate(_SUPERSCRIPTS)
        exponent = match["e"] or match["braced"] or match["raised"] or superscript
        if abs(int(exponent or 0)) > _LARGEST_EXPONENT:
            raise ValueError("a number out of all proportion")
        if exponent and not (match["e"] or match["power"] or match["ten"]):
            raise ValueError("not a number, but a power of one")
        whole = "1" if match["power"] else re.sub("[^0-9]", "", match["whole"] or "")
        decimals = match["decimals"] or ""
        unit = _unit(match["unit"] or "")
        scale = Fraction(10) ** int(exponent or 0) / (100 if unit in ("%", "pp") else 1)
        step = scale / 10 ** len(decimals)
        value = int(f"{whole}{decimals}") * step * (-1 if match["sign"] == "-" else 1)
        if max(abs(value), step) > _LARGEST:
            raise ValueError("a number out of all proportion")
        relation = match["relation"] or ""
        self._set(
            relation=_RELATIONS.get(relation, relation),
            value=value,
            decimals=len(decimals),
            unit=unit,
            step=step,
            scientific=bool(exponent),
        )

    @classmethod
    def read(cls, text: str) -> Printed | None:
        """The number that a text is, if it is one and nothing else."""
        try:
            return cls(text)
        except ValueError:
            return None

    @property
    def percent(self) -> bool:
        """Whether it is printed as a percentage."""
        return self.unit == "%"

    @property
    def is_whole(self) -> bool:
        """Whether it is a count, as far as one can see: no decimals, no unit, no "about"."""
        return not (self.decimals or self.unit or self.relation or self.scientific)

    @cached_property
    def range(self) -> Range:
        """The true values that it can stand for.

        Both ends are within: a half is rounded up by people, to even by IEEE 754, and by Python to
        wherever the nearest binary number lies. "≈ 20" may be one off in the last digit that is
        not 0.
        """
        match self.relation:
            case "<" | "≤":
                return Range(-inf, self.value, False, self.relation == "≤")
            case ">" | "≥":
                return Range(self.value, inf, self.relation == "≥", False)
            case "≈":
                reach = max(self.step, self._coarse_step / 2)
                return Range(self.value - reach, self.value + reach)
        half = self.step / 2
        return Range(self.value - half, self.value + half)

    @property
    def truncated(self) -> Range | None:
        """The true values that give it when digits are cut off; None where it is a bound."""
        if self.relation:
            return None
        if self.value == 0:
            return Range(-self.step, self.step, False, False)
        if self.value < 0:
            return Range(self.value - self.step, self.value, False, True)
        return Range(self.value, self.value + self.step, True, False)

    def like(self, number: Number) -> str:
        """Another number in the same dress: decimals, unit, minus, leading zero, separators."""
        if not -_LARGEST <= number <= _LARGEST:
            return "∞" if number > 0 else "−∞" if number < 0 else "undefined"
        if self.scientific:
            return self._like_scientific(float(number))
        units = floor(abs(Fraction(number)) / self.step + Fraction(1, 2))
        digits = str(units).rjust(self.decimals + 1, "0")
        cut = len(digits) - self.decimals
        whole, decimals = digits[:cut], digits[cut:]
        if separator := re.search(r"[0-9]([,_' \u00a0\u2007\u2009\u202f])[0-9]{3}", self.text):
            whole = f"{int(whole):,}".replace(",", separator[1])
        if whole == "0" and decimals and re.search(r"(?<![0-9])\.[0-9]", self.text):
            whole = ""
        negative = number < 0 and units > 0
        body = f"{whole}.{decimals}" if decimals else whole
        return f"{self._sign(negative)}{body}{self._suffix}"

    def _like_scientific(self, number: float) -> str:
        mantissa, exponent = f"{abs(number):.{self.decimals}e}".split("e")
        power = f"e{int(exponent)}"
        if "10" in self.text and not re.search("[eE]", self.text):
            power = "×10" + str(int(exponent)).translate(_RAISED)
        return f"{self._sign(number < 0)}{mantissa}{power}{self._suffix}"

    def _sign(self, negative: bool) -> str:
        if negative:
            return "−" if "−" in self.text else "-"
        return "+" if re.search(r"\+\s?[0-9.]", self.text.lower().replace("e+", "")) else ""

    @property
    def _suffix(self) -> str:
        if self.unit in ("%", "×"):
            return self.unit
        return " pp" if self.unit else ""

    @property
    def _coarse_step(self) -> Fraction:
        step = self.step
        while not self.decimals and self.value and self.value % (10 * step) == 0:
            step *= 10
        return step

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


Quantity = Printed | Fraction | int
"""An input: as printed, or known exactly."""


def range_of(quantity: Quantity) -> Range:
    """What an input can be; a whole number without a unit is a count, and exact."""
    if not isinstance(quantity, Printed):
        return Range.exactly(quantity)
    return Range.exactly(quantity.value) if quantity.is_whole else quantity.range


def value_of(quantity: Quantity) -> Fraction:
    """The input itself, as if nothing had been rounded."""
    return quantity.value if isinstance(quantity, Printed) else Fraction(quantity)


def agrees(printed: Printed, low: Number, high: Number) -> bool:
    """Whether some value that rounds to the printed number lies between two ends, or on one."""
    return printed.range.meets(Range(low, high))


def is_truncated(printed: Printed, low: Number, high: Number) -> bool:
    """Whether no value between two ends rounds to the number, but one gives it by cutting off."""
    cut = printed.truncated
    return cut is not None and not agrees(printed, low, high) and cut.meets(Range(low, high))


def _plain(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError("longer than a number")
    spaced = text.translate(_UNSEEN).translate(_SPACES).translate(_MINUSES)
    return spaced.strip(" *_`")


def _unit(text: str) -> str:
    lowered = text.lower()
    if lowered in ("%", "percent"):
        return "%"
    if lowered.startswith(("%", "pp", "percentage")):
        return "pp"
    return "×" if text else ""
