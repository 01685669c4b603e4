"""The one number: as it is written, where, and the true values that could stand behind it.

A printed number is right if some value that rounds to it is; half up and half to even are both
rounding. Cutting digits off is not, and is told apart.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import floor, inf
from typing import Protocol

from epm_lint.patterns import Pattern
from epm_lint.reading.ranges import Range
from epm_lint.values import StrEnum, cached_property

MINUSES = "−–‒‐‑﹣－-"
SPACES = " \u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f"
_GAP = f"[{SPACES}]"
_SHIFT = rf"[+{MINUSES}]?\d{{1,4}}"
_RAISED = "[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}"
TIME_AND_SIZE = (
    r"GPU-(?:hours?|hrs?|h)|GiB|MiB|KiB|TiB|GB|MB|kB|KB|TB|ms|µs|μs|ns|min(?:utes?)?|hours?|hrs?"
    r"|days?|seconds?|sec|[sh]|Hz|GHz|MHz"
)
UNIT = (
    rf"{_GAP}?[%‰](?:-points?\b|{_GAP}points?\b)?|[ \u00a0-]per{_GAP}?cent\b(?: points?\b)?"
    rf"|(?:{_GAP}|-)?(?:pps?\b|ppts?\b|percentage[ -]points?\b)"
    r"|-point(?= (?:rise|drop|gap|increase|decrease|difference|fall|gain|loss))"
    rf"|[x×✕](?!{_GAP}?[(\d.])(?!\w)"
    rf"|{_GAP}[×✕](?= (?:more|less|as|high|low|larg|small|fast|the)\w*)"
    rf"|[ -]?fold\b| times\b(?! (?:\d|per\b))|(?:{_GAP}|-)?(?:{TIME_AND_SIZE})(?![\w=/])"
)
NUMBER = (
    rf"(?P<sign>[±∓+{MINUSES}]?)"
    r"(?P<digits>[1-9][0-9]{0,2}(?:[,_\u2009\u202f\u00a0\u2007][0-9]{3}){1,9}(?![0-9])(?:\.[0-9]{1,40})?"
    r"|[0-9]{1,40}(?:\.[0-9]{1,40})?|\.[0-9]{1,40})"
    rf"(?P<exponent>[eE][+{MINUSES}]?\d{{1,4}}(?!\w)"
    rf"|{_GAP}?[×·⋅x*]{_GAP}?10(?:\^\{{?{_SHIFT}\}}?|\*\*{_SHIFT}|{_RAISED})"
    rf"|\^\{{?{_SHIFT}\}}?|{_RAISED})?"
    r"(?P<size>[BM](?:-?params?)?\b)?(?P<kilo>[kK]\b)?"
    rf"(?P<unit>{UNIT})?"
)
"""The one grammar: sign, thousands, decimals, powers of ten, unit."""
_GROUPS = ("sign", "digits", "exponent", "size", "kilo", "unit")

_ALONE = Pattern(
    rf"(?:[^\W\d_]{{1,12}}{_GAP}?(?=[<>=≤≥≈~]))?(?P<relation><=|>=|[<>=≤≥≈~])?{_GAP}?{NUMBER}"
)
_RELATIONS = {"<=": "≤", ">=": "≥", "~": "≈", "∼": "≈", "≃": "≈", "⩽": "≤", "⩾": "≥"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUBSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_ASCII_MINUS = str.maketrans(dict.fromkeys(MINUSES, "-"))
_UNSEEN = str.maketrans(dict.fromkeys("\u00ad\u200b\u2060\ufeff"))
_SEPARATORS = str.maketrans(dict.fromkeys(f",_{SPACES}"))
_SEPARATED = Pattern(f"[0-9]([,_{SPACES}])[0-9]{{3}}")
_BARE_POINT = Pattern(r"(?<![0-9])\.[0-9]")
_LONGEST = 64
_LARGEST_EXPONENT = 300
_LARGEST = 10**300  # of what float64 can hold
_LARGEST_BASE, _TEN = 1000, 10
_PURE = ("", "%", "pp", "×", "‰")
"""The units of plain numbers; any other is one of time or size."""
_OF_ONE_HUNDRED = ("%", "pp")


class Kind(StrEnum):
    """What a number is for; only the first two can be results."""

    PLAIN = "plain"
    """Nothing says otherwise."""
    FRACTION = "fraction"
    """k/n or "k of n", one number."""
    LEVEL = "level"
    """The 95% of "95% CI", the 0.05 of "α=0.05"."""
    SETTING = "setting"
    """A seed or hyper-parameter: what was chosen, not what came out."""
    MEASURE = "measure"
    """Time, memory or file size."""
    LAYER = "layer"
    ISSUE = "issue"
    DATE = "date"
    TIME = "time"
    HASH = "hash"
    VERSION = "version"
    SECTION = "section"
    """The number of a section, figure, table, step, page or line."""
    IDENTIFIER = "identifier"
    """Digits inside a name: seed42, H100, gpt-4."""
    URL = "url"
    FILE = "file"
    MODEL_SIZE = "model-size"
    ORDINAL = "ordinal"
    ITEM = "item"
    """The (1), (2) of a list within a sentence."""
    FOREIGN = "foreign"
    """Written with a decimal comma, or with thousands that could be decimals: not read."""

    @property
    def can_be_result(self) -> bool:
        """Whether such a number may have come out of an experiment."""
        return self in (Kind.PLAIN, Kind.FRACTION)

    @property
    def is_quantity(self) -> bool:
        """Whether it counts or measures at all, and is no name of something."""
        return self in _QUANTITIES


_QUANTITIES = frozenset({Kind.PLAIN, Kind.FRACTION, Kind.LEVEL, Kind.SETTING, Kind.MEASURE})


class Locator(Protocol):
    """What tells the lines and columns of places in a text."""

    def where(self, position: int) -> tuple[int, int | None]:
        """The line of a place, and its column where that is exact."""


class Number:
    """A number as it is written; `start` and `end` count in the text of its passage.

    Two numbers are the same only if they stand at the same place: a page may print one twice.
    """

    def __init__(
        self,
        raw: str,
        mantissa: int,
        power: int,
        start: int = 0,
        end: int = 0,
        *,
        kind: Kind = Kind.PLAIN,
        unit: str = "",
        sign: str = "",
        relation: str = "",
        fraction: tuple[int, int] | None = None,
        places: int = 0,
        scientific: bool = False,
    ) -> None:
        self.raw = raw
        self.mantissa, self.power = mantissa, power
        self.start, self.end = start, end
        self.kind = kind
        self.unit = unit
        """`%`, `pp`, `×`, `‰`, a unit of time or size ("min", "GB"), or none."""
        self.sign = sign
        """As written: ASCII or Unicode minus, a dash used as one, `+` or `±`."""
        self.relation = relation
        """What stands before it: `=`, `<`, `>`, `≤`, `≥`, `≈`, or nothing."""
        self.fraction = fraction
        """k and n."""
        self.places = places
        """How many digits follow the point, as printed."""
        self.scientific = scientific
        self.code = False
        """Whether it stands in a code span."""
        self.passage: Locator | None = None
        """Where it stands; nowhere if it was read by itself."""

    def copy(self) -> Number:
        """The same number at the same place of a text, for another passage."""
        made = object.__new__(Number)
        made.__dict__.update(self.__dict__)
        return made

    def __repr__(self) -> str:
        return f"Number({self.raw!r} at {self.line}:{self.start})"

    @property
    def line(self) -> int:
        """The line of the body that it stands on."""
        return self.passage.where(self.start)[0] if self.passage else 1

    @property
    def column(self) -> int | None:
        """Its column in the source, from 1; given only where it is exact."""
        return self.passage.where(self.start)[1] if self.passage else None

    @classmethod
    def of(cls, text: str) -> Number:
        """The number that a text is, a relation before it included: "< .01".

        Raises:
            ValueError: for what is no number; `read` answers None instead.
        """
        plain = text.translate(_UNSEEN).strip(f"{SPACES}*_`\t")
        found = _ALONE.fullmatch(plain) if len(text) <= _LONGEST else None
        if found is None or found["size"] or (found["unit"] and not unit_of(found["unit"])):
            raise ValueError("not a number")
        number = cls.found(found, plain)
        relation = found["relation"] or ""
        number.relation = _RELATIONS.get(relation, relation)
        exponent = found["exponent"] or ""
        is_power = exponent[:1] in ("^", *"⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹") and bool(exponent)
        if is_power and found["digits"] != "10":
            raise ValueError("not a number, but a power of one")
        if number.unit not in _PURE:
            raise ValueError("not a number, but a measure")
        if abs(number.power) > _LARGEST_EXPONENT or abs(number.value) > _LARGEST:
            raise ValueError("a number out of all proportion")
        return number

    @classmethod
    def read(cls, text: str) -> Number | None:
        """The number that a text is, if it is one and nothing else."""
        try:
            return cls.of(text)
        except ValueError:
            return None

    @classmethod
    def found(cls, found: re.Match[str], text: str, signed: bool = True) -> Number:
        """The number of a match of the grammar; without its sign, where that is none."""
        start, end = found.start("sign"), found.end()
        sign, digits, exponent, size, kilo, written = found.group(*_GROUPS)
        if sign and not signed:
            start, sign = start + 1, ""
        if "," in digits or "_" in digits or not digits.isascii():
            digits = digits.translate(_SEPARATORS)
        whole, _, decimals = digits.partition(".")
        mantissa, power = int(whole + decimals), -len(decimals)
        if exponent:
            mantissa, power = _raised(mantissa, power, exponent)
        if kilo:
            power += 3
        if sign and sign in MINUSES:
            mantissa = -mantissa
        unit = unit_of(written) if written else ""
        kind = Kind.MODEL_SIZE if size else Kind.PLAIN if unit in _PURE else Kind.MEASURE
        return cls(
            text[start:end],
            mantissa,
            power,
            start,
            end,
            kind=kind,
            unit=unit,
            sign=sign,
            places=len(decimals),
            scientific=bool(exponent),
        )

    @classmethod
    def percentage(cls, value: float) -> Number:
        """A percentage that nobody wrote."""
        whole, _, decimals = f"{value:g}".partition(".")
        raw, places = f"{value:g}%", len(decimals)
        return cls(raw, int(whole + decimals), -places, 0, len(raw), unit="%", places=places)

    @classmethod
    def named(cls, raw: str, start: int, kind: Kind, digits: str = "0") -> Number:
        """Digits that name something."""
        return cls(raw, int(digits[:40]), 0, start, start + len(raw), kind=kind)

    @property
    def text(self) -> str:
        """As a message quotes it."""
        return self.raw

    @cached_property
    def amount(self) -> float:
        """The value in its own unit: 23 for "23%", 0.31 for "31/100"."""
        if self.fraction:
            return self.fraction[0] / self.fraction[1]
        return _scaled(self.mantissa, self.power)

    @cached_property
    def value(self) -> Fraction:
        """The value, a percentage or percentage points as a part of one."""
        if self.fraction:
            return Fraction(*self.fraction)
        return self.mantissa * self.step

    @cached_property
    def step(self) -> Fraction:
        """What one more in the last digit makes."""
        power = self.power - (2 if self.unit in _OF_ONE_HUNDRED else 3 if self.unit == "‰" else 0)
        return _power_of_ten(max(-4 * _LARGEST_EXPONENT, min(power, _LARGEST_EXPONENT)))

    @property
    def decimals(self) -> int:
        """Places after the point that the value is given to: 4 for "1e-4", -3 for "5k"."""
        return -self.power

    @property
    def bound(self) -> str:
        """One of < ≤ > ≥ ≈, or nothing for a plain number."""
        return self.relation if self.relation != "=" else ""

    @property
    def percent(self) -> bool:
        """Whether it is printed as a percentage."""
        return self.unit == "%"

    @property
    def is_whole(self) -> bool:
        """Whether it is a count, as far as one can see: no decimals, no unit, no "about"."""
        return not (self.power or self.unit or self.bound or self.scientific or self.fraction)

    @property
    def integer(self) -> int:
        """The whole number that it is; only of one that `is_whole`."""
        return self.mantissa

    def with_unit(self, unit: str) -> Number:
        """The same number in the unit that stands in a header, or behind the last of several."""
        if not unit or self.unit:
            return self
        return self._copy(unit=unit)

    def bare(self) -> Number:
        """The same number without its unit, where a column has one for all."""
        return self._copy(unit="")

    def _copy(self, **changed: str) -> Number:
        twin = Number.__new__(Number)
        kept = {k: v for k, v in self.__dict__.items() if k not in _DERIVED}
        twin.__dict__.update(kept, **changed)
        return twin

    @cached_property
    def range(self) -> Range:
        """The true values that it can stand for.

        Both ends are within: a half is rounded up by people, to even by IEEE 754, and by Python to
        wherever the nearest binary number lies. "≈ 20" may be one off in the last digit that is
        not 0, and "about 30%" three points.
        """
        if self.fraction:
            return Range.exactly(self.value)
        match self.bound:
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
        if self.bound or self.fraction:
            return None
        if self.value == 0:
            return Range(-self.step, self.step, False, False)
        if self.value < 0:
            return Range(self.value - self.step, self.value, False, True)
        return Range(self.value, self.value + self.step, True, False)

    @property
    def allowed(self) -> Range:
        """What it can be as an input; a whole number without a unit is a count, and exact."""
        return Range.exactly(self.value) if self.is_whole or self.fraction else self.range

    def like(self, number: Fraction | float) -> str:
        """Another number in the same dress: decimals, unit, minus, leading zero, separators."""
        if not -_LARGEST <= number <= _LARGEST:
            return "∞" if number > 0 else "−∞" if number < 0 else "undefined"
        if self.scientific:
            return self._like_scientific(float(number))
        units = floor(abs(Fraction(number)) / self.step + Fraction(1, 2))
        digits = str(units).rjust(self.places + 1, "0")
        cut = len(digits) - self.places
        whole, decimals = digits[:cut], digits[cut:]
        if separator := _SEPARATED.search(self.raw):
            whole = f"{int(whole):,}".replace(",", separator[1])
        if whole == "0" and decimals and _BARE_POINT.search(self.raw):
            whole = ""
        negative = number < 0 and units > 0
        body = f"{whole}.{decimals}" if decimals else whole
        return f"{self._sign(negative)}{body}{self._suffix}"

    def _like_scientific(self, number: float) -> str:
        mantissa, exponent = f"{abs(number):.{self.places}e}".split("e")
        power = f"e{int(exponent)}"
        if "10" in self.raw and "e" not in self.raw.casefold():
            power = "×10" + str(int(exponent)).translate(_SUBSCRIPTS)
        return f"{self._sign(number < 0)}{mantissa}{power}{self._suffix}"

    def _sign(self, negative: bool) -> str:
        if negative:
            return "−" if "−" in self.raw else "-"
        return "+" if self.sign == "+" or self.raw.startswith("+") else ""

    @property
    def _suffix(self) -> str:
        return {"%": "%", "×": "×", "pp": " pp", "‰": "‰"}.get(self.unit, "")

    @property
    def _coarse_step(self) -> Fraction:
        step = self.step
        while not self.places and self.value and self.value % (10 * step) == 0:
            step *= 10
        return step


_DERIVED = frozenset({"amount", "value", "step", "range"})
Quantity = Number | Fraction | int
"""An input: as printed, or known exactly."""


def range_of(quantity: Quantity) -> Range:
    """What an input can be; a whole number without a unit is a count, and exact."""
    return quantity.allowed if isinstance(quantity, Number) else Range.exactly(Fraction(quantity))


def value_of(quantity: Quantity) -> Fraction:
    """The input itself, as if nothing had been rounded."""
    return quantity.value if isinstance(quantity, Number) else Fraction(quantity)


@lru_cache(maxsize=64)
def unit_of(written: str) -> str:
    """The unit as it is called here, from how it is written."""
    unit = written.strip(f"{SPACES}-").casefold()
    if "point" in unit or unit.startswith(("pp", "ppt")):
        return "pp"
    if unit in ("×", "✕", "x", "fold", "times"):
        return "×"
    return "%" if unit.startswith("per") else written.strip(f"{SPACES}-")


@lru_cache(maxsize=64)
def _power_of_ten(power: int) -> Fraction:
    return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)


def _raised(mantissa: int, power: int, exponent: str) -> tuple[int, int]:
    """A number with its exponent: "e-4", "×10⁻³", or that of the base which it is itself."""
    plain = exponent.translate(_SUPERSCRIPTS).translate(_ASCII_MINUS)
    if plain[0] in "eE":
        return mantissa, power + int(plain[1:])
    if plain[0] not in "^+-" and not plain[0].isdigit():
        return mantissa, power + int(plain.partition("10")[2].strip("^{}*"))
    size = int(plain.strip("^{}"))
    if mantissa == _TEN and not power:
        return 1, size
    small = mantissa < _LARGEST_BASE and not power and 0 <= size < _TEN
    return (mantissa**size, 0) if small else (mantissa, power)


def _scaled(mantissa: int, power: int) -> float:
    try:
        return mantissa * 10.0**power if power >= 0 else mantissa / 10**-power
    except OverflowError:
        return inf if mantissa > 0 else -inf if mantissa < 0 else 0.0


def count_of(number: Number | None) -> int | None:
    """The whole number that stands for how many there are."""
    if number is None or not number.is_whole or number.bound in ("<", ">", "≈", "≤", "≥"):
        return None
    return number.mantissa if 0 < number.mantissa < 10**9 else None
