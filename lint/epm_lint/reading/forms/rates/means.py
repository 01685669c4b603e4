"""Means with their spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from epm_lint.reading.forms.inference.groups import after_nouns
from epm_lint.reading.forms.rates.scales import outer_scale, scale_of
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import GLUE, Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import (
    Binding,
    Difference,
    Mean,
    MeanDifference,
    Qualifier,
    Statement,
)

_MEAN_WORDS = frozenset({"mean", "average", "averaged", "averages", "m"})


_UNLIKE = frozenset(
    "median geometric harmonic weighted trimmed square squared root rank mode modal".split()
)


_RATERS = frozenset(
    """
        judges judge raters rater people participants annotators persons reviewers users students
        respondents answers ratings items children adults
    """.split()
)


_PARTS = frozenset({Part.SD, Part.SE, Part.N, Part.INTERVAL, Part.HALF})


_REACH = 6


def means(ground: Ground, qualified: Qualified) -> Iterator[Statement]:
    """Every mean with an SD, an SE, an interval, or an n and a scale."""
    spread: list[tuple[Operand, Operand]] = []
    of_passage = outer_scale(ground)
    for place, operand in enumerate(ground.operands):
        if operand.role is Part.EFFECT and operand.name == "d" and len(spread) == 2:
            (a, sd_a), (b, sd_b) = spread
            if ground.sentence(a.token) == ground.sentence(operand.token):
                yield MeanDifference(
                    **ground.common(a.token, operand.end, binding=Binding.CLAUSE),
                    first=a.number,
                    second=b.number,
                    sds=(sd_a.number, sd_b.number),
                    d=operand.number,
                )
        if not _is_mean(ground, operand):
            continue
        start, end = ground.sentence(operand.token)
        bound = _parts(ground, place, end)
        by_role = {o.role: o for o in reversed(bound)}
        sd, se, n = (by_role.get(role) for role in (Part.SD, Part.SE, Part.N))
        interval = by_role.get(Part.INTERVAL)
        half = by_role.get(Part.HALF)
        if half is not None and not sd and _called_sd(ground, half):
            sd = half
        if sd is not None:
            spread.append((operand, sd))
        scale = scale_of(ground, start, end)
        counted, items, n_number = _raters(ground, operand, start, end)
        binding = Binding.GROUP
        if n is None and scale is not None and counted is not None:
            binding = Binding.CLAUSE
        if not (sd or se or interval or scale or of_passage):
            continue
        outer = of_passage if scale is None else (scale.lowest, scale.highest)
        last = max([operand.end, *(o.end for o in bound)])
        yield Mean(
            **ground.common(
                operand.token,
                last,
                qualifiers=_qualifiers(ground, qualified, bound),
                binding=binding,
            ),
            mean=operand.number,
            sd=sd.number if sd else None,
            se=se.number if se else None,
            n=n.number if n else (n_number if scale is not None else None),
            interval=span_of(interval) if interval and _is_named(interval) else None,
            level=interval.level if interval else None,
            lowest=outer[0] if outer else None,
            highest=outer[1] if outer else None,
            grain=scale.grain if scale else None,
            items=items,
            binary="binary" in ground.words[start:end],
            words=_clause(ground, place, start, end),
        )


def mean_differences(ground: Ground) -> Iterator[Statement]:
    """As in "(M = 4.80, SD = 1.30) than (M = 4.26, SD = 1.02), a difference of 0.54"."""
    words = ground.words
    found: list[Operand] = []
    for operand in ground.operands:
        start, _ = ground.sentence(operand.token)
        found = [o for o in found if o.token >= start]
        if operand.role is Part.MEAN and ground.tokens.raws[operand.start] == "M":
            found.append(operand)
        led = words[max(0, operand.token - 3) : operand.token]
        differs = led[-2:] in (["difference", "of"], ["gap", "of"]) and operand.number.places
        if differs and len(found) == 2 and not operand.number.unit:
            yield Difference(
                **ground.common(found[0].token, operand.end, binding=Binding.CLAUSE),
                amount=operand.number,
                before=found[1].number,
                after=found[0].number,
            )


def _clause(ground: Ground, place: int, start: int, end: int) -> frozenset[str]:
    """The words around a mean, up to the next mean on either side."""
    operands, words = ground.operands, ground.words
    first, last = start, end
    token = operands[place].token
    for other in ground.inside(start, end):
        alike = other.role in (Part.MEAN, Part.BARE) and other.number.places
        if alike and other.token < token:
            first = other.token
        elif alike and token < other.token < last:
            last = other.token
    comma = [t for t in range(first, token) if words[t] in (",", ";", "than", "and")]
    first = comma[-1] if comma and first == start else first
    return frozenset(words[first:token])


def _is_mean(ground: Ground, operand: Operand) -> bool:
    number = operand.number
    if number.unit not in ("", "%") or number.bound or operand.high:
        return False
    start, end = ground.sentence(operand.token)
    before = ground.words[max(start, operand.token - _REACH) : operand.token]
    if _UNLIKE & set(before):
        return False
    if operand.role is Part.MEAN:
        return number.places > 0 or operand.name == "mean"
    if operand.role not in (Part.BARE, Part.NAMED, Part.COUNTED) or not number.places:
        return False
    after = ground.words[operand.end : min(end, operand.end + 3)]
    if after[:2] == ["on", "average"] or "average" in after[:3]:
        return True
    if _MEAN_WORDS & set(before) and not {"#", "¤"} & set(
        before[before.index(next(iter(_MEAN_WORDS & set(before)))) :]
    ):
        return True
    behind = ground.operands[operand.place + 1 :][:1]
    near = bool(behind) and behind[0].role in (Part.SD, Part.HALF)
    return near and behind[0].start - operand.end <= 2 and not number.unit


def _is_named(interval: Operand) -> bool:
    """Whether two numbers are called an interval, and no mere range."""
    return interval.level is not None or (interval.named and interval.name != "range")


def _qualifiers(
    ground: Ground, qualified: Qualified, parts: Sequence[Operand]
) -> frozenset[Qualifier]:
    """What is said of the interval or the error of a mean; nothing where it has neither."""
    said = frozenset[Qualifier]()
    for part in parts:
        if part.role in (Part.INTERVAL, Part.SE):
            said |= qualified.of(part.start) | ground.declared_intervals
    return said


def _called_sd(ground: Ground, half: Operand) -> bool:
    after = ground.words[half.end : half.end + 3]
    return "sd" in after or "std" in after


def _parts(ground: Ground, place: int, end: int) -> list[Operand]:
    """The SD, SE, n and interval behind a mean, with only glue between."""
    operands, words = ground.operands, ground.words
    found: list[Operand] = []
    at = operands[place].end
    if operands[place].nouns:
        at += len(operands[place].nouns)
    roles: set[Part] = set()
    for operand in operands[place + 1 :]:
        if operand.start >= end or operand.role not in _PARTS or operand.role in roles:
            break
        glue = GLUE | {
            "sd",
            "se",
            "std",
            "ci",
            "interval",
            "confidence",
            "points",
            "error",
            "ratings",
        }
        numbers = ground.tokens.numbers
        between = range(at, operand.start)
        if not all(words[t] in glue or numbers[t] is not None for t in between):
            break
        roles.add(operand.role)
        found.append(operand)
        at = after_nouns(operand)
    return found


def _raters(
    ground: Ground, mean: Operand, start: int, end: int
) -> tuple[int | None, int, Number | None]:
    """How many gave the mean, and how many answers each: "each of 30 judges answers 3 items"."""
    raters: Number | None = None
    items = 1
    for operand in ground.inside(start, end):
        if operand is mean or not operand.number.is_whole:
            continue
        if operand.role is Part.N:
            raters = operand.number
        elif operand.role is Part.COUNTED and operand.nouns:
            noun = operand.nouns[0]
            if noun in ("items", "questions", "statements", "scales"):
                items = operand.number.mantissa
            elif noun in _RATERS and raters is None:
                raters = operand.number
        elif ground.words[operand.end : operand.end + 2] == ["of", "them"] and raters is None:
            raters = operand.number
    return (raters.mantissa if raters else None), items, raters
