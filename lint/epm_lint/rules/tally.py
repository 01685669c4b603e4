"""What all rules that recompute share: numbers for messages, and the tally of what was held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from epm_lint.model import Finding, Verdict
from epm_lint.quoting import clip
from epm_lint.reading.number import Number
from epm_lint.reading.statements import Binding, Span
from epm_lint.statistics.answers import Outcome

_LONGEST_SHOWN = 40
_GRAVE = frozenset({Outcome.DECISION_ERROR})


def shown(number: Number) -> str:
    """The number for a message."""
    return clip(number.raw, _LONGEST_SHOWN)


def shown_interval(span: Span) -> str:
    """The interval for a message."""
    return f"[{shown(span.low)}, {shown(span.high)}]"


@dataclass(slots=True)
class Tally:
    """What a rule recomputed: findings that are errors, findings that are doubts, and how many."""

    thing: str
    """What is counted, in the singular: "interval"."""
    wrong: dict[Finding, None] = field(default_factory=dict)
    doubtful: dict[Finding, None] = field(default_factory=dict)
    count: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """How many were left alone, by the reason."""
    used: list[Number] = field(default_factory=list)
    """The numbers that were recomputed, or held against others."""

    def hold(
        self,
        number: Number,
        outcome: Outcome,
        message: str,
        fix: str,
        *,
        sure: bool = False,
        binding: Binding = Binding.GROUP,
        uses: Iterable[Number | None] = (),
    ) -> None:
        """Count a recomputation, and note it where it disagrees.

        `sure` disagreements and those that turn a conclusion are errors, if all operands are local.
        """
        if outcome is Outcome.UNKNOWN:
            return
        held = tuple(dict.fromkeys([number, *(each for each in uses if each is not None)]))
        self.used += held
        self.count += 1
        if outcome is Outcome.CONSISTENT:
            return
        grave = (sure or outcome in _GRAVE) and binding.is_local
        finding = Finding(message, number.line, column=number.column, fix=fix, uses=held)
        (self.wrong if grave else self.doubtful)[finding] = None

    def add(self, finding: Finding, *, sure: bool) -> None:
        """Note a disagreement that was counted already."""
        (self.wrong if sure else self.doubtful)[finding] = None

    def leave(self, reason: str) -> None:
        """Count what is not recomputed, with the reason."""
        self.left[reason] += 1

    @property
    def findings(self) -> list[Finding]:
        """All findings in the order of the page."""
        found = [*self.wrong, *(f for f in self.doubtful if f not in self.wrong)]
        return sorted(found, key=lambda finding: (finding.line, finding.column or 0))

    @property
    def detail(self) -> str:
        """What the verdict says."""
        wrong = len(self.findings)
        reasons = ", ".join(f"{reason} ({many})" for reason, many in self.left.items())
        left = f"; left alone: {reasons}" if reasons else ""
        if not self.count:
            return f"no {self.thing} that can be recomputed{left}"
        things = self.thing + "s" * (self.count != 1)
        if not wrong:
            return f"{self.count} {things} recomputed, all agree{left}"
        verb = "do" if wrong > 1 else "does"
        return f"{wrong} of {self.count} {things} recomputed {verb} not agree{left}"

    def verdict(self) -> Verdict:
        """FAIL for an error, WARN for a doubt, SKIP where there was nothing to recompute."""
        detail = self.detail
        used, left = tuple(self.used), dict(self.left)
        if self.wrong:
            return Verdict.failed(detail, self.findings).with_numbers(used, left)
        if self.doubtful:
            return Verdict.warned(detail, self.findings).with_numbers(used, left)
        verdict = Verdict.passed(detail) if self.count else Verdict.skipped(detail)
        return verdict.with_numbers(used, left)
