"""Values that no such quantity can have."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import TRIALS, Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import is_plain_tail
from epm_lint.reading.statements import Impossible, Statement

_BOUNDED = frozenset(["κ", "kappa", "auc", "auroc", "mcc", "icc", "jaccard", "iou", "dice"])
_PARTS_OF_A_WHOLE = frozenset(
    """
        accuracy share proportion recall precision probability prevalence sensitivity specificity
        fraction
    """.split()
)
_CHANGED = frozenset(
    """
        change changes changed by drop drops gain gains rise rises fell fall relative increase
        decrease difference up down delta improvement error than
    """.split()
)
_REACH = 6


def impossibles(ground: Ground, bound: set[int]) -> Iterator[Statement]:
    """p over 1, |r| over 1, an accuracy of 113%, 64 of 60.

    `bound` are the tokens of the operands that belong to whole statistics.
    """
    for operand in ground.operands:
        if why := _why(ground, operand, bound):
            yield Impossible(
                **ground.common(operand.start, operand.end), number=operand.number, why=why
            )


def _why(ground: Ground, operand: Operand, bound: set[int]) -> str:
    number = operand.number
    if number.code:
        return ""
    match operand.role:
        case Part.P if operand.name in ("p", "q") and is_plain_tail(ground, operand):
            return _p(ground, operand, operand.token in bound)
        case Part.CORRELATION if (
            not number.unit
            and number.places
            and (operand.token in bound or _has_size(ground, operand))
        ):
            return "a correlation lies between −1 and 1" if 1.0 < abs(number.amount) < 2 else ""
        case Part.NAMED | Part.BARE if (
            operand.name in _BOUNDED and number.places and not number.unit
        ):
            return f"{operand.name} is at most 1" if 1.0 < number.amount < 2 else ""
        case Part.PERCENT:
            return _percent(ground, operand)
        case Part.COUNT if number.fraction and number.fraction[0] > number.fraction[1]:
            counted = operand.nouns[:1] and operand.nouns[0] in TRIALS
            slashed = ground.words[operand.end : operand.end + 1] != ["="]
            return "more than there are" if counted and slashed else ""
    return ""


def _has_size(ground: Ground, operand: Operand) -> bool:
    """Whether an N or a p stands right behind a coefficient."""
    behind = ground.operands[operand.place + 1 :][:1]
    near = bool(behind) and behind[0].start - operand.end <= 3
    return near and behind[0].role in (Part.N, Part.P)


def _p(ground: Ground, operand: Operand, is_bound: bool) -> str:
    number = operand.number
    small = ground.tokens.raws[operand.start] == "p" or len(ground.tokens.raws[operand.start]) > 1
    if not (is_bound or (small and number.places and operand.start < operand.token)):
        return ""
    if number.bound == "<" and number.value == 0 and number.places:
        return "no p is below 0"
    if number.amount < 0:
        return "a p lies between 0 and 1"
    if 1 < number.amount < 2 and number.bound != "<":
        return "a p lies between 0 and 1"
    return ""


def _percent(ground: Ground, operand: Operand) -> str:
    amount = operand.number.amount
    if 0 <= amount <= 100 or operand.number.bound:
        return ""
    start, end = ground.sentence(operand.token)
    before = ground.words[max(start, operand.token - _REACH) : operand.token]
    after = ground.words[operand.end : min(end, operand.end + 3)]
    if {"#", "¤", ";", "("} & set(before) or _CHANGED & {*before, *after} or after[:1] == ["of"]:
        return ""
    named = _PARTS_OF_A_WHOLE & set(before)
    linked = before[-1:] and before[-1] in ("of", "is", "was", "=", ":", "at", "accuracy")
    if not named or not linked:
        return ""
    return f"{'a ' if 'accuracy' not in named else ''}{min(named)} lies between 0% and 100%"
