"""What the numbers beside a number tell of it: the rest of its row, column or sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from epm_lint.binding.by_words.entries import ResultEntry
from epm_lint.binding.by_words.index import Index
from epm_lint.binding.by_words.judging import Judged, Standing
from epm_lint.binding.by_words.scopes import Mention
from epm_lint.binding.by_words.slips import is_slip
from epm_lint.binding.by_words.values import is_equal, nearest
from epm_lint.binding.by_words.vocabulary import Aspect
from epm_lint.patterns import Pattern
from epm_lint.reading.ranges import Range

_REACH = 12
_THEN = Pattern(r"(?:\bto|→|->)\s*\Z", re.IGNORECASE)
"""Before the second of two values: it came after the first."""
_BESIDE = Pattern(
    r"\b(?:against|versus|vs|compared (?:to|with)|than|over|instead of|rather than|from)\b",
    re.IGNORECASE,
)
"""Between two values: the first is held against the second."""


def with_ranges(judged: Sequence[Judged], index: Index) -> list[Judged]:
    """Verify "from 46.3% to 63.4%" where both are values of one measure; no word tells which."""
    result = list(judged)
    for at in range(len(result) - 1):
        first, second = result[at], result[at + 1]
        if not _is_from_to(first.mention, second.mention):
            continue
        pairs = [
            (a, b)
            for a in _choice(first, second, index)
            for b in _choice(second, first, index)
            if a.pattern == b.pattern and a.value != b.value
        ]
        if len({(a.value, b.value) for a, b in pairs}) == 1:
            for place, entry in zip((at, at + 1), pairs[0], strict=True):
                result[place] = Judged(result[place].mention, Standing.VERIFIED, entry)
    return result


def _choice(one: Judged, other: Judged, index: Index) -> Sequence[ResultEntry]:
    """What a number may be: what its words say, else what has its value and the other's measure."""
    if one.standing is Standing.VERIFIED and one.entry:
        return (one.entry,)
    if one.standing is Standing.UNTOLD and one.choice:
        return one.choice
    if other.standing is Standing.VERIFIED and other.entry and one.standing is not Standing.UNTOLD:
        alike = index.with_pattern(other.entry.pattern)
        return [entry for entry in alike if is_equal(one.mention, entry)]
    return ()


def _is_from_to(first: Mention, second: Mention) -> bool:
    if first.passage is not second.passage or first.cell is not None:
        return False
    text = first.passage.text
    between = text[first.number.end : second.number.start].strip()
    arrow = between in ("→", "->")
    return arrow or (between == "to" and text[: first.number.start].rstrip().endswith("from"))


def with_differences(judged: Sequence[Judged]) -> list[Judged]:
    """Verify differences and ratios of two values that the page itself gives beside them."""
    result: list[Judged] = []
    for at, one in enumerate(judged):
        mention = one.mention
        open_ = one.standing in (Standing.ABSENT, Standing.UNTOLD) and not mention.denied
        if open_ and (mention.difference or mention.ratio):
            near = [
                (other.mention, other.entry)
                for other in judged[max(0, at - _REACH) : at + _REACH]
                if other.entry
                and other.standing is Standing.VERIFIED
                and _is_beside(mention, other.mention)
            ]
            if operands := _operands(mention, near):
                one = Judged(mention, Standing.VERIFIED, operands[0], operands=operands)
        result.append(one)
    return result


def _is_beside(mention: Mention, other: Mention) -> bool:
    """Whether two numbers stand in one row or paragraph."""
    if mention.cell is not None or other.cell is not None:
        return bool(mention.cell and other.cell and mention.cell[:2] == other.cell[:2])
    return mention.passage is other.passage


def _operands(
    mention: Mention, near: Sequence[tuple[Mention, ResultEntry]]
) -> tuple[ResultEntry, ...]:
    """Two values of one measure under different labels whose difference, or ratio, a number is."""
    for told, first in near:
        for other, second in near:
            if first.pattern != second.pattern or first is second:
                continue
            minuend = _minuend(mention, told, other) if mention.direction else None
            if minuend is not other and _is_derived(mention, first, second, minuend is told):
                return first, second
    return ()


def _minuend(mention: Mention, one: Mention, other: Mention) -> Mention | None:
    """Of two values in a sentence, the one that is more or less than the other, if words tell."""
    if mention.cell is not None:
        return None
    first, second = sorted((one, other), key=lambda told: told.number.start)
    text = mention.passage.text
    between = text[first.number.end : second.number.start]
    if _BESIDE.search(between):
        return first
    if _THEN.search(between):
        return second
    if first.number.start < mention.number.start < second.number.start:
        return first
    # "A is 56.1%, that of B 71.2%, 15.1 points more": B is
    return second if mention.compared and second.number.start < mention.number.start else None


def _is_derived(
    mention: Mention, first: ResultEntry, second: ResultEntry, is_directed: bool
) -> bool:
    number = mention.number
    if mention.ratio:
        values = [first.value / second.value] if second.value else []
    else:
        change = first.value - second.value
        if is_directed and number.value > 0:
            change *= mention.direction
        elif number.value >= 0:
            change = abs(change)
        # in a sentence "15% more" is relative, and a difference of percentages is in points
        is_relative = number.unit == "%" and mention.cell is None
        values = [] if is_relative else [change]
        if number.unit not in ("%", "pp"):
            values.append(change * 100)
        elif number.unit == "%" and second.value:
            values.append(change / abs(second.value))
    noise = [abs(value) / 10**12 for value in values]
    return any(
        number.range.meets(Range(value - small, value + small))
        for value, small in zip(values, noise, strict=True)
    )


def settled(judged: Sequence[Judged]) -> list[Judged]:
    """Keep the contradictions that words suffice for, or a slip or the rest of the table shows.

    A value that another number of the row, column or sentence rightly gives is that number's.
    """
    agree: Counter[tuple[object, ...]] = Counter()
    taken: set[tuple[object, ...]] = set()
    verified: list[ResultEntry] = []
    for one in judged:
        if one.standing is Standing.VERIFIED and one.entry and not one.operands:
            verified.append(one.entry)
            for place in _places(one.mention):
                agree[(*place, one.entry.pattern)] += 1
                taken.add((*place, one.entry.role, one.entry.value))
    result: list[Judged] = []
    for one in judged:
        if one.standing is Standing.CONTRADICTED and one.entry:
            mention, entry = one.mention, one.entry
            places = _places(mention)
            shown = (
                one.sure
                or _is_slip(mention, entry)
                or any(agree[(*place, entry.pattern)] for place in places if mention.cell)
                or _is_of_another_label(mention, entry, verified)
            )
            if not shown or any((*place, entry.role, entry.value) in taken for place in places):
                one = Judged(mention, Standing.ABSENT)
        result.append(one)
    return result


def without_strangers(judged: Sequence[Judged]) -> list[Judged]:
    """Drop contradictions of a sentence whose numbers all disagree, its N or three of them.

    "r=-0.66 (p=0.038, N=10)": that is another part of the data, and no slip.
    """
    by_sentence: dict[tuple[object, ...], list[Judged]] = {}
    for one in judged:
        if one.entry and one.mention.cell is None:
            by_sentence.setdefault(_places(one.mention)[0], []).append(one)
    strange: set[int] = set()
    for together in by_sentence.values():
        wrong = [one for one in together if one.standing is Standing.CONTRADICTED]
        right = [one for one in together if one.standing is Standing.VERIFIED]
        of_n = any(one.entry and one.entry.role is Aspect.N for one in wrong)
        if not right and len(wrong) >= (2 if of_n else 3):
            strange.update(id(one) for one in wrong)
    return [Judged(o.mention, Standing.ABSENT) if id(o) in strange else o for o in judged]


def _places(mention: Mention) -> list[tuple[object, ...]]:
    """The row and the column, or the sentence, that a number shares with others."""
    if mention.cell is not None:
        table, row, column = mention.cell
        return [(table, "row", row), (table, "column", column)]
    return [(id(mention.passage), mention.sentence)]


def _is_slip(mention: Mention, entry: ResultEntry) -> bool:
    if mention.number.fraction:  # one of the two is right
        return any(a == b for a, b in zip(mention.number.fraction, (entry.k, entry.n), strict=True))
    return is_slip(mention.number, nearest(mention, entry))


def _is_of_another_label(
    mention: Mention, entry: ResultEntry, known: Sequence[ResultEntry]
) -> bool:
    """Whether a number is what another label has of the same measure: the value of another row."""
    return any(
        other.pattern == entry.pattern and other is not entry and is_equal(mention, other)
        for other in known
    )
