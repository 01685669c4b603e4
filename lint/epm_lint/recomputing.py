"""What all rules that recompute share: numbers as printed, and the tally of what was held."""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache

from epm_lint.model import Finding
from epm_lint.numbers.forms import Statement
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.values import Number, Span
from epm_lint.quoting import clip
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.rounding import Printed
from epm_lint.values import dataclass

_LONGEST_SHOWN = 40


def printed(number: Number, unit: str = "") -> Printed | None:
    """The number as the recomputations take it; a unit that is written once is that of both."""
    lacks = unit and not number.unit
    sign = number.relation if number.relation != "=" else ""
    return _read(f"{sign}{number.raw.lstrip('±')}{unit if lacks else ''}")


@lru_cache(maxsize=1024)
def _read(text: str) -> Printed | None:
    return Printed.read(text)


def shown(number: Number) -> str:
    """The number for a message."""
    return clip(number.raw, _LONGEST_SHOWN)


def shown_interval(span: Span) -> str:
    """The interval for a message."""
    return f"[{shown(span.low)}, {shown(span.high)}]"


def is_claimed(passage: Passage, statement: Statement) -> bool:
    """Whether the page says it itself, and says it is so."""
    return not (passage.quoted or statement.quoted or statement.negated or statement.hypothetical)


@dataclass(slots=True)
class Tally:
    """What a rule recomputed: findings that are errors, findings that are doubts, and how many."""

    thing: str
    """What is counted, in the singular: "interval"."""
    wrong: dict[Finding, None] = field(default_factory=dict)
    doubtful: dict[Finding, None] = field(default_factory=dict)
    count: int = 0

    def hold(
        self, number: Number, outcome: Outcome, message: str, fix: str, *, sure: bool = False
    ) -> None:
        """Count a recomputation, and note it where it disagrees; `sure` ones are errors."""
        if outcome is Outcome.UNKNOWN:
            return
        self.count += 1
        if outcome is Outcome.CONSISTENT:
            return
        grave = sure or outcome is Outcome.DECISION_ERROR
        finding = Finding(message, number.line, column=number.column, fix=fix)
        (self.wrong if grave else self.doubtful)[finding] = None

    @property
    def findings(self) -> list[Finding]:
        """All findings in the order of the page."""
        found = [*self.wrong, *(f for f in self.doubtful if f not in self.wrong)]
        return sorted(found, key=lambda finding: (finding.line, finding.column or 0))

    @property
    def detail(self) -> str:
        """What the verdict says."""
        wrong = len(self.findings)
        if not self.count:
            return f"no {self.thing} that can be recomputed"
        things = self.thing + "s" * (self.count != 1)
        if not wrong:
            return f"{self.count} {things} recomputed, all agree"
        return (
            f"{wrong} of {self.count} {things} recomputed {'do' if wrong > 1 else 'does'} not agree"
        )
