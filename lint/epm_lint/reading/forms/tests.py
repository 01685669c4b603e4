"""Test statistics, correlations, R² and coefficients, each with its p, N, df and interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from epm_lint.reading.forms.groups import (
    HEADS,
    after_nouns,
    counted_after,
    first,
    is_tight,
    satellites,
)
from epm_lint.reading.forms.partials import partial_of
from epm_lint.reading.forms.subsets import subset_of
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import FUNCTION_WORDS, GLUE, NO_TRIALS, Role
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified, is_plain_tail
from epm_lint.reading.statements import (
    Binding,
    Correlation,
    Determination,
    Estimate,
    PValue,
    Qualifier,
    Statement,
    Test,
)

METHODS = ("pearson", "spearman", "kendall")
_FARTHEST_P = 10
_PLAIN_CORRELATIONS = frozenset(
    """
        pearson spearman kendall pearson's spearman's pearson’s spearman’s rank rank-order linear
        product-moment bivariate simple partial strong weak moderate high low negative positive
        clear significant modest small large observed overall raw zero-order sample no this their
        its mean
    """.split()
)
_CHI_SQUARED = {"H": "kruskal", "Q": "cochran"}
_CONVERTED = frozenset({"b", "se"})


class Taken:
    """The operands that a statement has already used as its own."""

    def __init__(self) -> None:
        self.tokens: set[int] = set()

    def add(self, *operands: Operand | None) -> None:
        """Spoken for."""
        self.tokens.update(operand.token for operand in operands if operand)

    def __contains__(self, operand: Operand) -> bool:
        return operand.token in self.tokens


def tests(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Every statistic of a passage, in order."""
    for place, head in enumerate(ground.operands):
        if head.role not in HEADS or head in taken:
            continue
        bound = [o for o in satellites(ground, place) if o not in taken]
        p = first(bound, Role.P)
        if p is not None and not is_plain_tail(ground, p):
            bound = bound[: bound.index(p)]
            p = None
        binding = Binding.GROUP
        if p is None and (p := _p_before(ground, place, taken)):
            binding = Binding.CLAUSE
        match head.role:
            case Role.TEST:
                made = _test(ground, qualified, head, bound, p, binding)
            case Role.CORRELATION:
                made = _correlation(ground, qualified, place, bound, p, binding)
            case Role.DETERMINATION:
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
    if p.role is not Role.P or p in taken or p.start < start or head.start - p.end > _FARTHEST_P:
        return None
    between = ground.words[p.end : head.start]
    ends = {";", "."}
    earlier = ground.operands[place - 2] if place > 1 else None
    follows = earlier is not None and earlier.role in HEADS and earlier.token >= start
    quantified = ground.words[p.start - 1 : p.start] in (["all"], ["both"], ["every"])
    if follows or quantified or not ends.isdisjoint(between) or not is_plain_tail(ground, p):
        return None
    return p


def _last(operands: list[Operand], head: Operand) -> int:
    return max([head.end, *(o.end for o in operands)])


def _of_p(
    qualified: Qualified, head: Operand, p: Operand | None
) -> tuple[frozenset[Qualifier], dict[str, Any]]:
    """The qualifiers of a statistic with its p, and how that is given."""
    if p is None:
        said = qualified.of(head.token)
        return said, {}
    said, correction, tests = qualified.of_p(p)
    given: dict[str, Any] = {"p": p.number, "p_high": p.high}
    given |= {"logarithmic": p.name == "log p", "correction": correction, "tests": tests}
    if "_" in head.name:
        said |= {Qualifier.UNKNOWN}
    return said, given


def _test(
    ground: Ground,
    qualified: Qualified,
    head: Operand,
    bound: list[Operand],
    p: Operand | None,
    binding: Binding,
) -> Test | None:
    df = first(bound, Role.DF)
    counted = _degrees(bound)
    freedom = head.args or ((df.number,) if df else counted)
    name = head.name.partition("_")[0]
    n = head.n or next((o.number for o in bound if o.role is Role.N), None)
    if not (freedom or p) or ((name == "F") is not (len(freedom) == 2) and bool(freedom)):
        return None
    if name in _CHI_SQUARED:
        if not freedom:
            return None
        name = "χ²"
    if head.number.is_whole and not freedom and not head.number.bound:
        return None
    qualifiers, given = _of_p(qualified, head, p)
    parts = [o for o in bound if p is None or o.token <= p.token or o.role in (Role.EFFECT, Role.N)]
    end = _last([*parts, *([p] if p and binding is Binding.GROUP else [])], head)
    effects = tuple((o.name, o.number) for o in bound if o.role is Role.EFFECT)
    return Test(
        **ground.common(head.start, end, binding=binding, qualifiers=qualifiers),
        statistic=name,
        value=head.number,
        df=freedom[0] if freedom else None,
        df2=freedom[1] if len(freedom) > 1 else None,
        n=n,
        pairs=_pairs(ground, head) if name == "t" else None,
        effects=effects,
        significant=_verdict(ground, head, end),
        **given,
    )


def _degrees(bound: list[Operand]) -> tuple[Number, ...]:
    """ "with 24 degrees of freedom"."""
    for operand in bound:
        if operand.role is Role.COUNTED and operand.nouns[:1] in (("degrees",), ("df",)):
            return (operand.number,)
    return ()


def _pairs(ground: Ground, head: Operand) -> Number | None:
    """How many were compared in pairs, in the sentence before a t."""
    start, _ = ground.sentence(head.token)
    for operand in ground.operands:
        if operand.role is Role.COUNTED and start <= operand.token < head.start:
            before = ground.words[max(start, operand.start - 3) : operand.end]
            if "paired" in before or operand.nouns[:1] == ("pairs",):
                return operand.number
    return None


def _verdict(ground: Ground, head: Operand, end: int) -> bool | None:
    said = ground.words[head.end : min(end + 4, len(ground.words))]
    for at, word in enumerate(said):
        if word in ("ns", "n.s", "insignificant", "non-significant"):
            return False
        if word == "significant":
            return "not" not in said[max(0, at - 2) : at]
    return None


# ---------------------------------------------------------------------- correlations


def _correlation(
    ground: Ground,
    qualified: Qualified,
    place: int,
    bound: list[Operand],
    p: Operand | None,
    binding: Binding,
) -> Correlation | None:
    head = ground.operands[place]
    number = head.number
    if number.unit or number.kind is not Kind.PLAIN or not number.places:
        return None
    if abs(number.amount) > 1 and p is None:
        return None
    method, _, lowered = head.name.partition("_")
    qualifiers, given = _of_p(qualified, head, p)
    if lowered:
        qualifiers |= {Qualifier.UNKNOWN}
    named = ground.words[max(0, head.token - 2) : head.token]
    if {"correlation", "coefficient"} & set(named) or not method:
        qualifiers |= _adjective(ground, head)
    is_partial, covariates = partial_of(ground, head)
    if is_partial:
        qualifiers |= {Qualifier.PARTIAL}
    n, n_binding = _points(ground, place, bound)
    df = first(bound, Role.DF)
    degrees = _degrees(bound)
    if n_binding > binding:
        binding = n_binding
    squared = first(bound, Role.DETERMINATION)
    test = first(bound, Role.TEST)
    interval = first(bound, Role.INTERVAL)
    parts = [o for o in bound if o.role is not Role.COUNTED or o.number is n]
    if p is not None and binding is Binding.GROUP and p.token > head.token:
        parts.append(p)
    return Correlation(
        **ground.common(
            head.start, _last(parts, head), binding=binding, qualifiers=frozenset(qualifiers)
        ),
        coefficient=number,
        method=_method(ground, head) or method,
        partial=is_partial,
        covariates=covariates,
        n=head.n or n,
        df=head.args[0] if head.args else df.number if df else degrees[0] if degrees else None,
        interval=span_of(interval) if interval else None,
        level=interval.level if interval else None,
        squared=squared.number if squared else None,
        statistic=test.number if test and test.name == "t" and test.args else None,
        statistic_df=test.args[0] if test and test.name == "t" and test.args else None,
        significant=_verdict(ground, head, _last(parts, head)),
        data=subset_of(ground, head),
        **given,
    )


def _adjective(ground: Ground, head: Operand) -> frozenset[Qualifier]:
    """An adjective before "correlation" that is not known makes it another coefficient."""
    at = head.start - 1
    words = ground.words
    while at >= 0 and words[at] in ("coefficient", "correlation"):
        at -= 1
    if at < 0 or not words[at][0].isalpha() or ground.tokens.numbers[at] is not None:
        return frozenset()
    word = words[at]
    known = word in _PLAIN_CORRELATIONS or word in GLUE or word in FUNCTION_WORDS
    return frozenset() if known else frozenset({Qualifier.UNKNOWN})


def _method(ground: Ground, head: Operand) -> str:
    """The method that is named last before a coefficient in its clause, or by its labels."""
    start = ground.clause(head.start)
    for word in reversed(ground.words[start : head.token]):
        for method in METHODS:
            if word.startswith(method):
                return method
    lead = ground.lead.casefold()
    named = [(lead.rfind(method), method) for method in METHODS if method in lead]
    return max(named)[1] if named else ""


def _points(ground: Ground, place: int, bound: list[Operand]) -> tuple[Number | None, Binding]:
    """N: named among the parts, counted among them, or heading the clause."""
    named = [o for o in bound if o.role is Role.N]
    if len(named) == 1:
        return named[0].number, Binding.GROUP
    if named:
        return None, Binding.GROUP
    counted = [o for o in bound if counted_after(ground, o) and o.number.mantissa > 2]
    counted = [o for o in counted if o.nouns[:1] not in (("degrees",), ("df",))]
    if len(counted) == 1:
        return counted[0].number, Binding.CLAUSE
    return (None, Binding.GROUP) if counted else _points_before(ground, place)


def _points_before(ground: Ground, place: int) -> tuple[Number | None, Binding]:
    head = ground.operands[place]
    start, _ = ground.sentence(head.token)
    semicolon = max(
        (at for at in range(start, head.start) if ground.words[at] == ";"), default=start - 1
    )
    found: list[Operand] = []
    for at in range(place - 1, -1, -1):
        operand = ground.operands[at]
        if operand.start <= semicolon or operand.start < start:
            break
        if operand.role in HEADS or (operand.role is Role.P and ground.operands[at - 1 :][:1]):
            break
        named = operand.role is Role.N
        if named or (_is_sample(operand) and counted_after(ground, operand)):
            found.append(operand)
    if len(found) != 1:
        return None, Binding.GROUP
    n = found[0]
    if n.role is Role.N and is_tight(ground, after_nouns(n), head.start, Role.TEST):
        return n.number, Binding.GROUP
    return n.number, Binding.CLAUSE


def _is_sample(operand: Operand) -> bool:
    counts = operand.role is Role.COUNTED and operand.number.mantissa > 3
    return counts and not any(noun in NO_TRIALS - _POINTS for noun in operand.nouns[:2])


_POINTS = frozenset({"persona", "personas", "model", "models", "adapter", "adapters"})


def _determination(
    ground: Ground, qualified: Qualified, head: Operand, bound: list[Operand], p: Operand | None
) -> Determination | None:
    if head.number.unit or not head.number.places:
        return None
    qualifiers, given = _of_p(qualified, head, p)
    n = first(bound, Role.N)
    named = ground.words[head.start - 1] if head.start else ""
    if named not in GLUE and named not in FUNCTION_WORDS and named not in ("explains",):
        qualifiers |= {Qualifier.UNKNOWN}
    return Determination(
        **ground.common(head.start, _last(bound, head), qualifiers=qualifiers),
        value=head.number,
        p=given.get("p"),
        n=n.number if n else None,
    )


def _estimate(
    ground: Ground, qualified: Qualified, head: Operand, bound: list[Operand], p: Operand | None
) -> Estimate | None:
    if head.role is Role.RATIO and (head.number.unit or not head.number.places):
        return None
    se = first(bound, Role.SE)
    test = first(bound, Role.TEST)
    interval = first(bound, Role.INTERVAL)
    if not (se or test or interval or p):
        return None
    qualifiers, given = _of_p(qualified, head, p)
    return Estimate(
        **ground.common(head.start, _last(bound, head), qualifiers=qualifiers),
        name=head.name,
        value=head.number,
        ratio=head.role is Role.RATIO,
        se=se.number if se else None,
        statistic=test.name if test else "",
        statistic_value=test.number if test else None,
        df=test.args[0] if test and test.args else None,
        p=given.get("p"),
        interval=span_of(interval) if interval else None,
        level=interval.level if interval else None,
    )


_ESTIMATED = frozenset(
    {Role.BARE, Role.NAMED, Role.POINTS, Role.TIMES, Role.EFFECT, Role.MEAN, Role.PERCENT}
)


def intervals(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Any number with an interval right behind it that is called one."""
    for place, interval in enumerate(ground.operands):
        span = span_of(interval)
        if interval.role is not Role.INTERVAL or not interval.named or span is None or not place:
            continue
        before = ground.operands[place - 1]
        if before.role is Role.N and place > 1:
            before = ground.operands[place - 2]
        number = before.number
        if before.role not in _ESTIMATED or before in taken or number.is_whole or number.fraction:
            continue
        if ground.sentence(before.token) != ground.sentence(interval.token):
            continue
        if is_tight(ground, before.end, interval.start, Role.INTERVAL):
            yield Estimate(
                **ground.common(before.token, interval.end, qualifiers=qualified.of(before.token)),
                name=before.name,
                value=number,
                interval=span,
                level=interval.level,
            )


# ---------------------------------------------------------------------- p-values by themselves


def p_values(ground: Ground, qualified: Qualified, taken: Taken) -> Iterator[Statement]:
    """Every p that no statistic has claimed."""
    for operand in ground.operands:
        if operand.role is not Role.P or operand in taken or operand.high:
            continue
        before = ground.words[operand.start - 1 : operand.start]
        if before in (["all"], ["both"]) or not is_plain_tail(ground, operand):
            continue
        qualifiers, correction, _ = qualified.of_p(operand)
        yield PValue(
            **ground.common(operand.start, operand.end, qualifiers=qualifiers),
            p=operand.number,
            method=_method(ground, operand),
            correction=correction,
            significant=_verdict(ground, operand, operand.end),
            stars=stars_of(ground, operand.number),
        )


def stars_of(ground: Ground, number: Number) -> int:
    """How many asterisks stand behind a number."""
    rest = ground.passage.text[number.end : number.end + 4]
    return len(rest) - len(rest.lstrip("*"))
