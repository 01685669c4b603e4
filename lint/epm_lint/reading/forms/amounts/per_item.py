"""So many, so much each, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.statements import Arithmetic, Statement, Term


def per_item(ground: Ground) -> Iterator[Statement]:
    """So many, so much each, and the total: "3 epochs of 1,200 steps, 3,600 steps in total"."""
    words, operands = ground.words, ground.operands
    for first, second, third in zip(operands, operands[1:], operands[2:], strict=False):
        _, end = ground.sentence(first.token)
        if third.token >= end or first.number.fraction or third.number.fraction:
            continue
        a, b, total = first.number, second.number, third.number
        if a.unit or b.unit != total.unit or not (a.is_whole or b.is_whole):
            continue
        one = words[first.end : second.start]
        two = words[second.end : third.start]
        behind = words[third.end : third.end + 4]
        same = bool(second.nouns) and second.nouns[:1] == third.nouns[:1]
        if first.nouns and one == [*first.nouns, "of"] and same and "total" in behind:
            fits = set(two) <= {*second.nouns, ",", "or", "so", "makes", "–"}
        elif (
            second.nouns
            and same
            and set(words[second.end : second.end + 3]) & {"a", "an", "per", "each"}
        ):
            continue
        elif (
            first.nouns
            and one[:-1] == list(first.nouns)
            and one[-1:] == ["at"]
            and "each" in two[:1]
        ):
            fits = set(two) <= {
                "each",
                "come",
                "comes",
                "to",
                "cost",
                "costs",
                "make",
                "makes",
                "=",
                ",",
                "is",
                "are",
            }
        else:
            continue
        if fits:
            yield Arithmetic(
                **ground.common(first.token, third.end),
                terms=(Term((a, b)),),
                total=total,
                explained=True,
            )
    yield from _rated(ground)


def _rated(ground: Ground) -> Iterator[Statement]:
    """As in "1,425 steps an epoch, 4,275 steps in 3 epochs"."""
    words, operands = ground.words, ground.operands
    for first, second, third in zip(operands, operands[1:], operands[2:], strict=False):
        _, end = ground.sentence(first.token)
        if third.token >= end or not (
            first.number.is_whole and second.number.is_whole and third.number.is_whole
        ):
            continue
        rate = words[first.end : second.start]
        if first.nouns[:1] != second.nouns[:1] or not first.nouns or not third.nouns:
            continue
        per = [w for w in rate if w in ("a", "an", "per", "each")]
        unit = rate[rate.index(per[0]) + 1] if per and rate.index(per[0]) + 1 < len(rate) else ""
        plural = third.nouns[0] in (unit, f"{unit}s", f"{unit}es")
        joined = words[second.end + 1 : third.start] in (["in"], ["over"], ["for"], ["after"])
        if unit and plural and joined:
            yield Arithmetic(
                **ground.common(first.token, third.end),
                terms=(Term((first.number, third.number)),),
                total=second.number,
                explained=True,
            )
