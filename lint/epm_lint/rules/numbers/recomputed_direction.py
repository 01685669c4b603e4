"""Strengthens and weakens, rises and falls: the two figures beside the word can contradict it.

"Stronger" and "weaker" compare the sizes of two correlations, without their signs, or two p-values,
of which the smaller is the stronger; "rises" and "falls" compare the figures themselves. Where a
number is negative, "increases" may mean its size: the word is wrong only if it is so in both
readings. Percentage points with a direction ("12 pp higher, from 23% to 35%") are held too. A
direction turned round is an error. Two figures that are printed alike say nothing.

Bad:

    With both points the relation strengthens from r=-0.62 to r=-0.42.

Good:

    With both points the relation strengthens from r=-0.42 to r=-0.62.
"""

from __future__ import annotations

import re

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.numbers.forms import Difference, Direction
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.reading import read
from epm_lint.numbers.values import Number
from epm_lint.quoting import quote
from epm_lint.recomputing import Tally, is_claimed, printed, shown

_OPPOSITE = {"stronger": "weaker", "weaker": "stronger", "up": "down", "down": "up"}
_WORDS = {"stronger": "strengthens", "weaker": "weakens", "up": "rises", "down": "falls"}
_P = re.compile(r"(?<!\w)p(?:-value)?s?\s?(?:=|<|>|≤|≥|≈|of|is)?\s?\Z", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\b", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """The figures move as the words say."""
    tally = Tally("direction")
    for passage, said in read(page.document, page.title).statements:
        if not is_claimed(passage, said) or not isinstance(said, Direction | Difference):
            continue
        if isinstance(said, Difference) and not _FROM.search(_around(passage, said)):
            continue
        before, after = said.before, said.after
        if before and after and said.direction:
            _judge(passage, said, before, after, tally)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _around(passage: Passage, said: Difference) -> str:
    numbers = [number for number in (said.before, said.after) if number]
    first = min([said.start, *(number.start for number in numbers)])
    last = max([said.end, *(number.end for number in numbers)])
    return passage.text[max(0, first - 12) : last]


def _judge(
    passage: Passage, said: Direction | Difference, before: Number, after: Number, tally: Tally
) -> None:
    found = _moves(passage, said.direction, before, after)
    if not found:
        return
    tally.count += 1
    if found == {_OPPOSITE[said.direction]}:
        message = (
            f"{quote(said.text)}: from {shown(before)} to {shown(after)} it "
            f"{_WORDS[_OPPOSITE[said.direction]]}"
        )
        line = passage.line + passage.text.count("\n", 0, said.start)
        fix = "turn the word round, or correct the figures"
        tally.wrong[Finding(message, line, fix=fix)] = None


def _moves(passage: Passage, direction: str, before: Number, after: Number) -> set[str]:
    """How the figures move, in each way to read them; empty where they cannot be compared."""
    first, last = printed(before), printed(after)
    labels = [bool(_P.search(passage.text[: number.start][-16:])) for number in (before, after)]
    if not (first and last) or first.unit != last.unit or labels[0] != labels[1]:
        return set()
    if first.relation or last.relation or first.value == last.value:
        return set()
    a, b = first.range, last.range
    if a.meets(b):
        return set()
    if direction in ("stronger", "weaker"):
        if labels[0]:
            return {"stronger" if last.value < first.value else "weaker"}
        if first.unit or max(abs(first.value), abs(last.value)) > 1:
            return set()
        if abs(first.value) == abs(last.value) or (first.value < 0) is not (last.value < 0):
            return set()
        return {"stronger" if abs(last.value) > abs(first.value) else "weaker"}
    moves = {"up" if last.value > first.value else "down"}
    if min(first.value, last.value) < 0:
        moves.add("up" if abs(last.value) > abs(first.value) else "down")
    return moves


RULE = Rule("recomputed-direction", "Direction claims", check, doc=__doc__)
