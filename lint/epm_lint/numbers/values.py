"""What a number on a page is."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from epm_lint.values import dataclass


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

    @property
    def can_be_result(self) -> bool:
        """Whether such a number may have come out of an experiment."""
        return self in (Kind.PLAIN, Kind.FRACTION)

    @property
    def is_quantity(self) -> bool:
        """Whether it counts or measures at all, and is no name of something."""
        return self in _QUANTITIES


_QUANTITIES = frozenset({Kind.PLAIN, Kind.FRACTION, Kind.LEVEL, Kind.SETTING, Kind.MEASURE})


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written; `start` and `end` count in the text of its passage."""

    raw: str
    value: Decimal
    """In its own unit: 23 for "23%", 0.23 for "23/100"; of a name, its first digits."""
    decimals: int
    """Places after the point that the value is given to: 1 for "2.5", 4 for "1e-4", -3 for "5k"."""
    start: int
    end: int
    line: int
    column: int | None = None
    """In the source, from 1; given only where it is exact."""
    kind: Kind = Kind.PLAIN
    unit: str = ""
    """`%`, `pp`, `×`, a unit of time or size ("min", "GB"), or none."""
    sign: str = ""
    """As written: ASCII or Unicode minus, a dash used as one, `+` or `±`."""
    relation: str = ""
    """What stands before it: `=`, `<`, `>`, `≤`, `≥`, `≈`, or nothing."""
    fraction: tuple[int, int] | None = None
    """k and n."""
    code: bool = False
    """Whether it stands in a code span."""

    def at(self, line: int, column: int | None) -> Number:
        """The same number at its place in the source."""
        return Number(
            self.raw,
            self.value,
            self.decimals,
            self.start,
            self.end,
            line,
            column,
            self.kind,
            self.unit,
            self.sign,
            self.relation,
            self.fraction,
            self.code,
        )

    @property
    def proportion(self) -> Decimal:
        """The value with a percentage, or percentage points, as a part of one."""
        return self.value.scaleb(-2) if self.unit in ("%", "pp") else self.value


@dataclass(frozen=True, slots=True)
class Span:
    """Two numbers that bound something: "5–10", "[15.8%, 32.2%]", "15.8% to 32.2%"."""

    low: Number
    high: Number
    start: int
    end: int
    bracket: str = ""
    """`[` or `(` where it is written as an interval."""

    @property
    def unit(self) -> str:
        """The unit of both: written once, it is that of the pair."""
        return self.high.unit or self.low.unit
