"""Numbers in a list, and their mean."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.statements import MeanOfList, Statement

_LIST_GLUE = frozenset({",", "and", "&", "/", ";"})


_TO_MEAN = frozenset(
    "( : , = – → so on a the of is an overall mean average averages averaging mean:".split()
)


def means_of_lists(ground: Ground) -> Iterator[Statement]:
    """Three seeds give 0.61, 0.66 and 0.68 (mean 0.65)."""
    operands, words = ground.operands, ground.words
    for place, operand in enumerate(operands):
        start, _ = ground.sentence(operand.token)
        name = words[operand.start : operand.token]
        is_mean = (
            operand.role is Part.MEAN
            or "average" in words[max(start, operand.token - 2) : operand.token]
        )
        if not is_mean or (not name and operand.role is Part.MEAN):
            continue
        last = place - 1
        if last < 1 or not _TO_MEAN.issuperset(words[operands[last].end : operand.start]):
            trailing = words[operands[last].end : operand.start] if last >= 1 else ["?"]
            plain = [w for w in trailing if w not in _TO_MEAN]
            if last < 1 or (plain and not (len(plain) == 1 and plain[0] in _UNITS_OF_LISTS)):
                continue
        first = last
        while (
            first > 0
            and operands[first - 1].token >= start
            and _LIST_GLUE.issuperset(words[operands[first - 1].end : operands[first].start])
        ):
            first -= 1
        listed = [o.number for o in operands[first : last + 1]]
        alike = {(n.unit, n.places) for n in listed}
        if len(listed) < 2 or len(alike) > 1 or any(n.fraction for n in listed):
            continue
        if operand.number.unit in ("", listed[0].unit) and not operand.high:
            yield MeanOfList(
                **ground.common(operands[first].token, operand.end),
                values=tuple(listed),
                mean=operand.number.with_unit(listed[0].unit),
            )


_UNITS_OF_LISTS = frozenset(
    ["minutes", "seconds", "hours", "tokens", "points", "percent", "steps", "days"]
)
