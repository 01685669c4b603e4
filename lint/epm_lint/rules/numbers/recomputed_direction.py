"""Strengthens and weakens, rises and falls: the two figures beside the word can contradict it.

"Stronger" and "weaker" compare the sizes of two correlations, without their signs, or two p-values,
of which the smaller is the stronger; "rises" and "falls" compare the figures themselves. Where a
number is negative, "increases" may mean its size: the word is wrong only if it is so in both
readings. A direction turned round is an error. Two figures that are printed alike say nothing.

Bad:

    With both points the relation strengthens from r=-0.62 to r=-0.42.

Good:

    With both points the relation strengthens from r=-0.42 to r=-0.62.
"""

from __future__ import annotations

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import quote
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.statements import Difference, Direction
from epm_lint.rules.tally import Tally, shown

_OPPOSITE = {"stronger": "weaker", "weaker": "stronger", "up": "down", "down": "up"}
_WORDS = {"stronger": "strengthens", "weaker": "weakens", "up": "rises", "down": "falls"}


def check(page: Page) -> Verdict:
    """The figures move as the words say."""
    tally = Tally("direction")
    for said in read(page.document, page.title).claimed(Direction, Difference):
        if said.direction and said.before and said.after:
            _judge(said, said.before, said.after, tally)
    return tally.verdict()


def _judge(said: Direction | Difference, before: Number, after: Number, tally: Tally) -> None:
    found = _moves(said, before, after)
    if not found:
        return
    tally.count += 1
    tally.used += [before, after]
    if found == {_OPPOSITE[said.direction]}:
        message = (
            f"{quote(said.text)}: from {shown(before)} to {shown(after)} it "
            f"{_WORDS[_OPPOSITE[said.direction]]}"
        )
        fix = "turn the word round, or correct the figures"
        tally.add(Finding(message, said.line, fix=fix, uses=(before, after)), sure=True)


def _moves(said: Direction | Difference, before: Number, after: Number) -> set[str]:
    """How the figures move, in each way to read them; empty where they cannot be compared."""
    if before.unit != after.unit or before.bound or after.bound or before.value == after.value:
        return set()
    if before.range.meets(after.range):
        return set()
    if said.direction in ("stronger", "weaker"):
        if isinstance(said, Direction) and said.of_p:
            return {"stronger" if after.value < before.value else "weaker"}
        if before.unit or max(abs(before.value), abs(after.value)) > 1:
            return set()
        if abs(before.value) == abs(after.value) or (before.value < 0) is not (after.value < 0):
            return set()
        return {"stronger" if abs(after.value) > abs(before.value) else "weaker"}
    moves = {"up" if after.value > before.value else "down"}
    if min(before.value, after.value) < 0:
        moves.add("up" if abs(after.value) > abs(before.value) else "down")
    return moves


RULE = Rule("recomputed-direction", "Direction claims", check, everywhere=True, doc=__doc__)
