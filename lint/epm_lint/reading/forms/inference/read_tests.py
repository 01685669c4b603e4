"""Test statistics, R² and coefficients, each with its p, N, df and interval."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.forms.inference.companions import (
    Taken,
    degrees_of_freedom,
    end_of,
    named_method,
    of_p,
)
from epm_lint.reading.forms.inference.correlations import correlation
from epm_lint.reading.forms.inference.groups import (
    HEADS,
    first,
    is_tight,
    satellites,
)
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import FUNCTION_WORDS, GLUE, Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified, is_plain_tail
from epm_lint.reading.statements import (
    Binding,
    Determination,
    Estimate,
    PValue,
    Qualifier,
    Statement,
    Test,
)

_FARTHEST_P = 10


_CHI_SQUARED = {"H": "kruskal", "Q": "cochran"}


def tests(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Every statistic of a passage, in order."""
    for place, head in enumerate(ground.operands):
        if head.role not in HEADS or head in taken:
            continue
        bound = [o for o in satellites(ground, place) if o not in taken]
        p = first(bound, Part.P)
        if p is not None and not is_plain_tail(ground, p):
            bound = bound[: bound.index(p)]
            p = None
        binding = Binding.GROUP
        if p is None and (p := _p_before(ground, place, taken)):
            binding = Binding.CLAUSE
        made: Statement | None
        match head.role:
            case Part.TEST:
                made = _test(ground, qualified, head, bound, p, binding)
            case Part.CORRELATION:
                made = correlation(ground, qualified, place, bound, p, binding)
            case Part.DETERMINATION:
                made = _determination(ground, qualified, head, bound, p)
            case _:
                made = _estimate(ground, qualified, head, bound, p)
        if made is not None:
            taken.add(head, p, *_own(bound, made))
            yield made


def _own(bound: list[Operand], made: Statement) -> Iterator[Operand]:
    """The parts that the statement has taken in."""
    last = made.end
    for operand in bound:
        if operand.number.start < last:
            yield operand


def _p_before(ground: Ground, place: int, taken: Taken) -> Operand | None:
    """A p that stands shortly before its statistic: "p = .001 for r = .32"."""
    if not place:
        return None
    head, p = ground.operands[place], ground.operands[place - 1]
    start, _ = ground.sentence(head.token)
    if p.role is not Part.P or p in taken or p.start < start or head.start - p.end > _FARTHEST_P:
        return None
    between = ground.words[p.end : head.start]
    ends = {";", "."}
    earlier = ground.operands[place - 2] if place > 1 else None
    follows = earlier is not None and earlier.role in HEADS and earlier.token >= start
    quantified = ground.words[p.start - 1 : p.start] in (["all"], ["both"], ["every"])
    if follows or quantified or not ends.isdisjoint(between) or not is_plain_tail(ground, p):
        return None
    return p


def _test(
    ground: Ground,
    qualified: Qualified,
    head: Operand,
    bound: list[Operand],
    p: Operand | None,
    binding: Binding,
) -> Test | None:
    df = first(bound, Part.DF)
    counted = degrees_of_freedom(bound)
    freedom = head.args or ((df.number,) if df else counted)
    name = head.name.partition("_")[0]
    n = head.n or next((o.number for o in bound if o.role is Part.N), None)
    if not (freedom or p) or ((name == "F") is not (len(freedom) == 2) and bool(freedom)):
        return None
    if name in _CHI_SQUARED:
        if not freedom:
            return None
        name = "χ²"
    if head.number.is_whole and not freedom and not head.number.bound:
        return None
    qualifiers, given = of_p(qualified, head, p)
    parts = [o for o in bound if p is None or o.token <= p.token or o.role in (Part.EFFECT, Part.N)]
    end = end_of([*parts, *([p] if p and binding is Binding.GROUP else [])], head)
    effects = tuple((o.name, o.number) for o in bound if o.role is Part.EFFECT)
    return Test(
        **ground.common(head.start, end, binding=binding, qualifiers=qualifiers),
        statistic=name,
        value=head.number,
        df=freedom[0] if freedom else None,
        df2=freedom[1] if len(freedom) > 1 else None,
        n=n,
        pairs=_pairs(ground, head) if name == "t" else None,
        effects=effects,
        **given,
    )


def _pairs(ground: Ground, head: Operand) -> Number | None:
    """How many were compared in pairs, in the sentence before a t."""
    start, _ = ground.sentence(head.token)
    for operand in ground.inside(start, head.start):
        if operand.role is Part.COUNTED:
            before = ground.words[max(start, operand.start - 3) : operand.end]
            if "paired" in before or operand.nouns[:1] == ("pairs",):
                return operand.number
    return None


def _determination(
    ground: Ground, qualified: Qualified, head: Operand, bound: list[Operand], p: Operand | None
) -> Determination | None:
    if head.number.unit or not head.number.places:
        return None
    qualifiers, given = of_p(qualified, head, p)
    n = first(bound, Part.N)
    named = ground.words[head.start - 1] if head.start else ""
    if named not in GLUE and named not in FUNCTION_WORDS and named not in ("explains",):
        qualifiers |= {Qualifier.UNKNOWN}
    return Determination(
        **ground.common(head.start, end_of(bound, head), qualifiers=qualifiers),
        value=head.number,
        p=given.get("p"),
        n=n.number if n else None,
    )


def _estimate(
    ground: Ground, qualified: Qualified, head: Operand, bound: list[Operand], p: Operand | None
) -> Estimate | None:
    if head.role is Part.RATIO and (head.number.unit or not head.number.places):
        return None
    se = first(bound, Part.SE)
    test = first(bound, Part.TEST)
    interval = first(bound, Part.INTERVAL)
    if not (se or test or interval or p):
        return None
    qualifiers, given = of_p(qualified, head, p)
    return Estimate(
        **ground.common(head.start, end_of(bound, head), qualifiers=qualifiers),
        name=head.name,
        value=head.number,
        ratio=head.role is Part.RATIO,
        se=se.number if se else None,
        statistic=test.name if test else "",
        statistic_value=test.number if test else None,
        df=test.args[0] if test and test.args else None,
        p=given.get("p"),
        interval=span_of(interval) if interval else None,
        level=interval.level if interval else None,
    )


_ESTIMATED = frozenset(
    {Part.BARE, Part.NAMED, Part.POINTS, Part.TIMES, Part.EFFECT, Part.MEAN, Part.PERCENT}
)


def intervals(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Any number with an interval right behind it that is called one."""
    for place, interval in enumerate(ground.operands):
        span = span_of(interval)
        if interval.role is not Part.INTERVAL or not interval.named or span is None or not place:
            continue
        before = ground.operands[place - 1]
        if before.role is Part.N and place > 1:
            before = ground.operands[place - 2]
        number = before.number
        if before.role not in _ESTIMATED or before in taken or number.is_whole or number.fraction:
            continue
        if ground.sentence(before.token) != ground.sentence(interval.token):
            continue
        if is_tight(ground, before.end, interval.start, Part.INTERVAL):
            yield Estimate(
                **ground.common(before.token, interval.end, qualifiers=qualified.of(before.token)),
                name=before.name,
                value=number,
                interval=span,
                level=interval.level,
            )


def p_values(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Every p that no statistic has claimed."""
    for operand in ground.operands:
        if operand.role is not Part.P or operand in taken or operand.high:
            continue
        before = ground.words[operand.start - 1 : operand.start]
        if before in (["all"], ["both"]) or not is_plain_tail(ground, operand):
            continue
        qualifiers, correction, _ = qualified.of_p(operand)
        yield PValue(
            **ground.common(operand.start, operand.end, qualifiers=qualifiers),
            p=operand.number,
            method=named_method(ground, operand),
            correction=correction,
            stars=stars_of(ground, operand.number),
        )


def stars_of(ground: Ground, number: Number) -> int:
    """How many asterisks stand behind a number."""
    rest = ground.passage.text[number.end : number.end + 4]
    return len(rest) - len(rest.lstrip("*"))
