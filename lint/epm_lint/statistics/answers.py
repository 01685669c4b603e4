"""What a recomputation answers."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range, Real
from epm_lint.values import StrEnum, dataclass


class Outcome(StrEnum):
    """From the harmless to the grave."""

    CONSISTENT = "consistent"
    UNKNOWN = "cannot be told"
    """Nothing contradicts it, for its inputs allow anything, or are beyond what is computed."""
    TRUNCATED = "truncated"
    """Digits were cut off, not rounded."""
    INCONSISTENT = "inconsistent"
    DECISION_ERROR = "decision error"
    """Inconsistent, and the conclusion at alpha is another."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a printed number can be right, and what it should be."""

    outcome: Outcome
    right: str
    """The right value, printed to the precision of the page; ready to stand in a message."""
    note: str = ""
    """What explains the number, where something does."""

    @property
    def is_right(self) -> bool:
        """Whether it was recomputed and agrees."""
        return self.outcome is Outcome.CONSISTENT


def match(printed: Number, allowed: Range) -> Outcome:
    """How a printed number stands to what its inputs allow."""
    if printed.range.meets(allowed):
        return Outcome.CONSISTENT
    cut = printed.truncated
    return Outcome.TRUNCATED if cut and cut.meets(allowed) else Outcome.INCONSISTENT


def show(printed: Number, number: Real) -> str:
    """The number like the printed one; to two digits where it would vanish, or beside a bound."""
    shown = printed.like(number)
    vanished = number != 0 and not any(digit in shown for digit in "123456789∞u")
    bare = (printed.bound or vanished) and "∞" not in shown
    return f"{float(number):.2g}" if bare else shown
