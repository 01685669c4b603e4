"""What tests and correlations say in the same way: their p, df, method and verdict."""

from __future__ import annotations

from typing import Any

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import Qualifier

COEFFICIENTS = ("pearson", "spearman", "kendall")


class Taken:
    """The operands that a statement has already used as its own."""

    def __init__(self) -> None:
        self.tokens: set[int] = set()

    def add(self, *operands: Operand | None) -> None:
        """Spoken for."""
        self.tokens.update(operand.token for operand in operands if operand)

    def __contains__(self, operand: Operand) -> bool:
        return operand.token in self.tokens


def end_of(operands: list[Operand], head: Operand) -> int:
    """The token after a statistic and its parts."""
    return max([head.end, *(o.end for o in operands)])


def of_p(
    qualified: Qualified, head: Operand, p: Operand | None
) -> tuple[frozenset[Qualifier], dict[str, Any]]:
    """The qualifiers of a statistic with its p, and how that is given."""
    if p is None:
        said = qualified.of(head.token)
        return said, {}
    said, correction, tests = qualified.of_p(p)
    given: dict[str, Any] = {"p": p.number, "p_high": p.high}
    given |= {"logarithmic": p.name == "log p", "correction": correction, "tests": tests}
    if "_" in head.name:
        said |= {Qualifier.UNKNOWN}
    return said, given


def degrees_of_freedom(bound: list[Operand]) -> tuple[Number, ...]:
    """The 24 of "with 24 degrees of freedom"."""
    for operand in bound:
        if operand.role is Part.COUNTED and operand.nouns[:1] in (("degrees",), ("df",)):
            return (operand.number,)
    return ()


def named_method(ground: Ground, head: Operand) -> str:
    """The method that is named last before a coefficient in its clause, or by its labels."""
    start = ground.clause(head.start)
    for word in reversed(ground.words[start : head.token]):
        for method in COEFFICIENTS:
            if word.startswith(method):
                return method
    lead = ground.lead.casefold()
    named = [(lead.rfind(method), method) for method in COEFFICIENTS if method in lead]
    return max(named)[1] if named else ""
