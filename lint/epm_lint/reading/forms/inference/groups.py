"""What belongs to a statistic: the operands behind it, with nothing of their own between."""

from __future__ import annotations

from collections.abc import Iterable

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import FUNCTION_WORDS, GLUE, INTERVAL_ATTRIBUTES, Part
from epm_lint.reading.number import Kind
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifier_words import qualifier_of

HEADS = frozenset({Part.TEST, Part.CORRELATION, Part.DETERMINATION, Part.ESTIMATE, Part.RATIO})
_FOLLOWING = frozenset(
    {
        Part.P,
        Part.N,
        Part.DF,
        Part.SE,
        Part.SD,
        Part.INTERVAL,
        Part.EFFECT,
        Part.NAMED,
        Part.COUNTED,
        Part.HALF,
    }
)
_JOINED = {
    Part.CORRELATION: frozenset({Part.DETERMINATION, Part.TEST}),
    Part.ESTIMATE: frozenset({Part.TEST}),
    Part.DETERMINATION: frozenset({Part.DETERMINATION}),
}
"""Heads that may stand among the parts of another."""
_VERDICT_WORDS = frozenset(
    """
        not significant statistically ns n.s non-significant insignificant significantly no longer
    """.split()
)
_NAMES = frozenset(
    """
        pearson spearman kendall pearson's spearman's pearson’s spearman’s layer level variance
        points personas of cohen's cohen’s cramér's cramér’s hedges' partial mcnemar's mcnemar’s
        fisher's adjusted r there rank linear and
    """.split()
)
_PREPOSITIONS = frozenset(
    ["over", "across", "for", "among", "with", "of", "on", "in", "from", "all"]
)


def segment_end(ground: Ground, at: int) -> int:
    """The token of the next `;`, or of the end of the sentence."""
    _, end = ground.sentence(at)
    found = ground.tokens.find(";", at, end)
    return end if found < 0 else found


def is_tight(ground: Ground, start: int, end: int, role: Part) -> bool:
    """Whether nothing but glue stands between, or what a p or an interval may have before it."""
    words, numbers = ground.words, ground.tokens.numbers
    unknown = 0
    for at in range(start, end):
        word = words[at]
        if word in GLUE or word in _VERDICT_WORDS or word in _NAMES:
            continue
        number = numbers[at]
        if number is not None and number.kind in (Kind.LAYER, Kind.LEVEL):
            continue
        if qualifier_of(word):
            continue
        if role is Part.INTERVAL and word in INTERVAL_ATTRIBUTES:
            continue
        if role is Part.P and word[0].isalpha() and number is None and at >= end - 3:
            unknown += 1
            if word in FUNCTION_WORDS or unknown > 2:
                return False
            continue
        return False
    return True


def after_nouns(operand: Operand) -> int:
    """The token after an operand and the words that say what it counts."""
    counting = (Part.COUNTED, Part.N, Part.COUNT)
    return operand.end + (len(operand.nouns) if operand.role in counting else 0)


def satellites(ground: Ground, place: int) -> list[Operand]:
    """The operands after the one at a place that belong to it."""
    operands = ground.operands
    head = operands[place]
    _, end = ground.sentence(head.token)
    found: list[Operand] = []
    at = head.end
    joined = _JOINED.get(head.role, frozenset())
    roles = {head.role}
    for next_place in range(place + 1, len(operands)):
        operand = operands[next_place]
        if operand.start >= end:
            break
        if operand.role in HEADS and operand.role not in joined:
            break
        if operand.role in HEADS and operand.role in roles:
            break
        if operand.role not in _FOLLOWING and operand.role not in joined:
            break
        if operand.role in roles and operand.role in (Part.P, Part.N):
            break
        semicolon = ground.tokens.find(";", at, operand.start)
        if semicolon >= 0 and _starts_another(ground, semicolon):
            break
        if _opens_another(ground, operand):
            break
        if not is_tight(ground, at, operand.start, operand.role):
            break
        roles.add(operand.role)
        found.append(operand)
        at = after_nouns(operand)
    return found


def _starts_another(ground: Ground, semicolon: int) -> bool:
    """Whether what stands after a semicolon has a statistic of its own."""
    end = segment_end(ground, semicolon + 1)
    return any(operand.role in HEADS for operand in ground.inside(semicolon + 1, end))


def _opens_another(ground: Ground, operand: Operand) -> bool:
    """Whether an N heads what follows: "N=12: r=…"."""
    if operand.role is not Part.N:
        return False
    return ground.words[operand.end : operand.end + 1] == [":"]


def first(found: Iterable[Operand], *roles: Part) -> Operand | None:
    """The first operand of some roles."""
    return next((operand for operand in found if operand.role in roles), None)


def counted_after(ground: Ground, operand: Operand) -> bool:
    """Whether a number of things is what something was counted over: "over 12 personas"."""
    before = ground.words[operand.start - 1] if operand.start else ""
    return operand.role is Part.COUNTED and before in _PREPOSITIONS
