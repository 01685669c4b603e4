"""What is said of the difference or the ratio of two figures that stand beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from epm_lint.reading.forms.amounts.directions import directions
from epm_lint.reading.forms.amounts.pairs import OTHER_SUBJECT, Pair, figures, pairs
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import GLUE, PARTS_IN_WORDS, Part
from epm_lint.reading.number import Kind
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import (
    Binding,
    Difference,
    Ratio,
    RelativeChange,
    Statement,
)

_UP = frozenset(
    """
        higher more above up rise rises rose risen rising increase increases increased increasing
        gain gains gained larger greater grows grew grow climbs climbed improves improved improve
        improvement lift lifts longer better ahead raises raised
    """.split()
)


_DOWN = frozenset(
    """
        lower less fewer below down drop drops dropped dropping fall falls fell falling fallen
        decrease decreases decreased decreasing loss lost loses smaller shrinks shrank decline
        declines declined reduction reduces reduced cut cuts cutting sinks sank costs cost shorter
        worse behind saves saved
    """.split()
)


_CHANGE = _UP | _DOWN | frozenset(["difference", "change", "relative", "apart", "gap"])


_CHANGE_GLUE = (
    GLUE
    | _CHANGE
    | frozenset(
        """
            by or i.e that so it this points point percentage percent absolute only an some about
            as much many lead net i.e. factor altogether total in nearly makes that's which means
            roughly approximately around again → overall percentage-point is now old new
        """.split()
    )
)


_FARTHEST = 12


_HEDGING = frozenset("nearly almost about roughly around approximately ~ ≈ more over just".split())


_MULTIPLES = {
    "halve": Fraction(1, 2),
    "halves": Fraction(1, 2),
    "halved": Fraction(1, 2),
    "halving": Fraction(1, 2),
    "double": Fraction(2),
    "doubles": Fraction(2),
    "doubled": Fraction(2),
    "doubling": Fraction(2),
    "triple": Fraction(3),
    "triples": Fraction(3),
    "tripled": Fraction(3),
    "trebled": Fraction(3),
    "quadruples": Fraction(4),
    "quadrupled": Fraction(4),
}


def changes(ground: Ground, rate_of: dict[int, int]) -> Iterator[Statement]:
    """Every difference, relative change and ratio with its two figures."""
    found = pairs(ground, figures(ground, rate_of))
    if not found and "apart" not in ground.words:
        return
    inner = {p.before.token for p in found} | {p.after.token for p in found}
    for operand in ground.operands:
        if operand.token in inner or operand.role is Part.INTERVAL:
            continue
        if said := _amount(ground, operand, found):
            yield said
    yield from _in_words(ground, found)
    yield from directions(ground, found)


def _near(ground: Ground, operand: Operand, found: Sequence[Pair]) -> tuple[Pair, Binding] | None:
    """The pair that stands with an amount, with no other subject between."""
    words = ground.words
    best: tuple[int, Pair] | None = None
    for pair in found:
        if ground.sentence(pair.start) != ground.sentence(operand.token):
            continue
        if pair.end <= operand.start:
            gap = words[pair.end : operand.start]
            fits = len(gap) <= 10 and all(
                _is_glue(word) or _is_points(ground, at) for at, word in enumerate(gap, pair.end)
            )
        elif operand.end <= pair.start:
            gap = words[operand.end : pair.start]
            other = OTHER_SUBJECT & set(gap)
            unknown = [word for word in gap if not _is_glue(word)]
            leads = (
                words[pair.start] == "("
                or gap[-1:] in (["("], [","], [":"])
                or words[pair.start : pair.start + 1] == ["from"]
            )
            leads = leads or "from" in gap[-2:]
            fits = len(gap) <= _FARTHEST and not other and len(unknown) <= 3 and leads
            fits = fits and all(word[0].isalpha() for word in unknown)
        else:
            continue
        if fits and (best is None or len(gap) < best[0]):
            best = len(gap), pair
    return (best[1], Binding.GROUP if best[0] < 4 else Binding.CLAUSE) if best else None


def _is_points(ground: Ground, at: int) -> bool:
    """Whether a token is a number of points: "(+8.5 points), a relative gain of 36.5%"."""
    number = ground.tokens.numbers[at]
    return number is not None and (
        number.unit == "pp" or ground.words[at + 1 : at + 2] == ["points"]
    )


def _is_glue(word: str) -> bool:
    return word in _CHANGE_GLUE


def _around(ground: Ground, operand: Operand) -> tuple[Sequence[str], Sequence[str]]:
    """The words right before an amount and right behind it."""
    start, end = ground.sentence(operand.token)
    before = ground.words[max(start, operand.token - 4) : operand.token]
    after = ground.words[operand.end : min(end, operand.end + 4)]
    return before, after


def _direction(ground: Ground, operand: Operand) -> str:
    """Up or down, where the words around an amount say one of them alone."""
    before, after = _around(ground, operand)
    found: set[str] = set()
    for words in (after, list(reversed(before))):
        for word in words:
            if word in (".", ";", "#"):
                break
            found |= {way for way, names in (("up", _UP), ("down", _DOWN)) if word in names}
    if len(found) == 1:
        return found.pop()
    return {"+": "up", "-": "down", "−": "down", "–": "down"}.get(operand.number.sign, "")


def _amount(ground: Ground, operand: Operand, found: Sequence[Pair]) -> Statement | None:
    number = operand.number
    before, after = _around(ground, operand)
    points = operand.role is Part.POINTS or (
        operand.nouns[:1] in (("points",), ("point",)) and operand.role is Part.COUNTED
    )
    if number.sign == "±" or number.kind is Kind.LEVEL:
        return None
    if points:
        return _points(ground, operand, found)
    if operand.role is Part.TIMES:
        near = _near(ground, operand, found)
        if near is None or number.bound:
            return None
        more = bool(after) and after[0] in ("more", "higher", "greater", "larger")
        return _ratio(ground, operand, near, number.value, more)
    if "factor" in before[-2:] and number.mantissa > 0:
        near = _near(ground, operand, found)
        return _ratio(ground, operand, near, number.value, False) if near else None
    if number.unit == "%" and operand.role is Part.PERCENT:
        return _percent(ground, operand, found, before, after)
    if operand.role is not Part.BARE or not before or not number.places:
        return None
    if before[-1] in _UP | _DOWN or (before[-1] == "by" and set(before) & (_UP | _DOWN)):
        near = _near(ground, operand, found)
        if near and not near[0].before.number.unit:
            return _difference(ground, operand, near)
    return None


def _points(ground: Ground, operand: Operand, found: Sequence[Pair]) -> Statement | None:
    near = _near(ground, operand, found) or _far(ground, operand, found)
    if near is None:
        near = _apart(ground, operand)
    if near is None:
        return None
    pair, _ = near
    percent = pair.after.number.unit == "%" and pair.before.number.unit in ("%", "")
    bare = operand.role is Part.COUNTED and not pair.after.number.unit
    return _difference(ground, operand, near) if percent or bare else None


def _apart(ground: Ground, operand: Operand) -> tuple[Pair, Binding] | None:
    """Of "best in writing (67.2%) and worst in coding (56.4%), 10.8 pp apart", both."""
    if "apart" not in ground.words[operand.end : operand.end + 2]:
        return None
    start, _ = ground.sentence(operand.token)
    before = [o for o in ground.inside(start, operand.token) if o.role is Part.PERCENT]
    if len(before) != 2:
        return None
    pair = Pair(before[1], before[0], before[0].token, before[1].end, "compared")
    return pair, Binding.CLAUSE


def _far(ground: Ground, operand: Operand, found: Sequence[Pair]) -> tuple[Pair, Binding] | None:
    """The only pair there is: "by 12.9 percentage points on 240 problems: 61.7% against 48.8%"."""
    start, end = ground.sentence(operand.token)
    inside = [pair for pair in found if start <= pair.start < end]
    others = [o for o in ground.inside(start, end) if o.role is Part.POINTS and o is not operand]
    led = ground.words[operand.token - 1 : operand.token] in (["by"], ["of"])
    if len(inside) != 1 or others or not led or inside[0].kind != "compared":
        return None
    gap = ground.words[operand.end : inside[0].start]
    return None if not gap or OTHER_SUBJECT & set(gap) else (inside[0], Binding.CLAUSE)


def _percent(
    ground: Ground,
    operand: Operand,
    found: Sequence[Pair],
    before: Sequence[str],
    after: Sequence[str],
) -> Statement | None:
    relative = "relative" in before or "relative" in after[:2]
    by = "by" in before[-2:]
    changed = bool(_CHANGE & set(before)) or bool(_CHANGE & set(after[:2]))
    if not (relative or by or changed):
        return None
    near = _near(ground, operand, found)
    if near is None:
        return None
    pair, binding = near
    if pair.kind == "range" and not _CHANGE & set(
        ground.words[max(0, operand.token - 8) : operand.token]
    ):
        return None
    return RelativeChange(
        **_common(ground, operand, pair, binding),
        amount=abs(operand.number.value),
        number=operand.number,
        before=pair.before.number.with_unit(pair.after.number.unit),
        after=pair.after.number,
        direction=_direction(ground, operand),
        surely=relative,
    )


def _common(ground: Ground, operand: Operand, pair: Pair, binding: Binding) -> dict[str, Any]:
    start, end = min(operand.token, pair.start), max(operand.end, pair.end)
    return ground.common(
        start, end, binding=binding, hypothetical=ground.is_hypothetical(operand.token)
    )


def _difference(ground: Ground, operand: Operand, near: tuple[Pair, Binding]) -> Difference:
    pair, binding = near
    unit = pair.after.number.unit
    return Difference(
        **_common(ground, operand, pair, binding),
        amount=operand.number if unit != "%" else operand.number.with_unit("pp"),
        before=pair.before.number.with_unit(unit),
        after=pair.after.number,
        direction=_direction(ground, operand) if pair.ordered else "",
    )


def _ratio(
    ground: Ground,
    operand: Operand,
    near: tuple[Pair, Binding],
    amount: Fraction,
    more: bool,
) -> Ratio:
    pair, binding = near
    before, _ = _around(ground, operand)
    return Ratio(
        **_common(ground, operand, pair, binding),
        amount=amount,
        number=operand.number,
        before=pair.before.number.with_unit(pair.after.number.unit),
        after=pair.after.number,
        more=more,
        hedged=bool(_HEDGING & set(before[-2:])) or operand.number.bound != "",
    )


def _in_words(ground: Ground, found: Sequence[Pair]) -> Iterator[Statement]:
    """Halves, doubles, "by a third"."""
    words = ground.words
    for at, word in enumerate(words):
        multiple = _MULTIPLES.get(word)
        part = PARTS_IN_WORDS.get(word) if words[at - 1 : at] in (["a"], ["one"], ["by"]) else None
        if part and words[max(0, at - 2) : at][:1] != ["by"] and words[at - 1] != "by":
            part = None
        if multiple is None and part is None:
            continue
        pair = next((p for p in found if 0 < p.start - at <= _FARTHEST and p.ordered), None)
        if pair is None or ground.sentence(at) != ground.sentence(pair.start):
            continue
        gap = words[at + 1 : pair.start]
        if "#" in gap or OTHER_SUBJECT & set(gap):
            continue
        common = ground.common(
            at, pair.end, binding=Binding.CLAUSE, hypothetical=ground.is_hypothetical(at)
        )
        before, after = pair.before.number.with_unit(pair.after.number.unit), pair.after.number
        hedged = bool(_HEDGING & set(words[max(0, at - 3) : at]))
        if multiple is not None:
            yield Ratio(
                **common, amount=multiple, number=None, before=before, after=after, hedged=hedged
            )
        elif part is not None:
            yield RelativeChange(
                **common,
                amount=Fraction(*part),
                number=None,
                before=before,
                after=after,
                hedged=hedged,
                surely=True,
            )
