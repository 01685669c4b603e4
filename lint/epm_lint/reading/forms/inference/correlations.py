"""Correlations with their p, N, interval, and the rows that they are of."""

from __future__ import annotations

from epm_lint.reading.forms.inference.companions import (
    degrees_of_freedom,
    end_of,
    named_method,
    of_p,
)
from epm_lint.reading.forms.inference.groups import (
    HEADS,
    after_nouns,
    counted_after,
    first,
    is_tight,
)
from epm_lint.reading.forms.inference.partials import partial_of
from epm_lint.reading.forms.inference.subsets import subset_of
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import FUNCTION_WORDS, GLUE, NO_TRIALS, Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import (
    Binding,
    Correlation,
    Qualifier,
)

_PLAIN_CORRELATIONS = frozenset(
    """
        pearson spearman kendall pearson's spearman's pearson’s spearman’s rank rank-order linear
        product-moment bivariate simple partial strong weak moderate high low negative positive
        clear significant modest small large observed overall raw zero-order sample no this their
        its mean
    """.split()
)


def correlation(
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
    qualifiers, given = of_p(qualified, head, p)
    if lowered:
        qualifiers |= {Qualifier.UNKNOWN}
    named = ground.words[max(0, head.token - 2) : head.token]
    if {"correlation", "coefficient"} & set(named) or not method:
        qualifiers |= _adjective(ground, head)
    is_partial, covariates = partial_of(ground, head)
    if is_partial:
        qualifiers |= {Qualifier.PARTIAL}
    n, n_binding = _points(ground, place, bound)
    df = first(bound, Part.DF)
    degrees = degrees_of_freedom(bound)
    if n_binding > binding:
        binding = n_binding
    squared = first(bound, Part.DETERMINATION)
    test = first(bound, Part.TEST)
    interval = first(bound, Part.INTERVAL)
    parts = [o for o in bound if o.role is not Part.COUNTED or o.number is n]
    if p is not None and binding is Binding.GROUP and p.token > head.token:
        parts.append(p)
    return Correlation(
        **ground.common(
            head.start,
            ground.with_layer(end_of(parts, head)),
            binding=binding,
            qualifiers=frozenset(qualifiers),
        ),
        coefficient=number,
        method=named_method(ground, head) or method,
        partial=is_partial,
        covariates=covariates,
        n=head.n or n,
        df=head.args[0] if head.args else df.number if df else degrees[0] if degrees else None,
        interval=span_of(interval) if interval else None,
        level=interval.level if interval else None,
        squared=squared.number if squared else None,
        statistic=test.number if test and test.name == "t" and test.args else None,
        statistic_df=test.args[0] if test and test.name == "t" and test.args else None,
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


def _points(ground: Ground, place: int, bound: list[Operand]) -> tuple[Number | None, Binding]:
    """N: named among the parts, counted among them, or heading the clause."""
    named = [o for o in bound if o.role is Part.N]
    if len(named) == 1:
        return named[0].number, Binding.GROUP
    if named:
        return None, Binding.GROUP
    if ground.stated_size is not None:
        return ground.stated_size, Binding.ROW
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
        if operand.role in HEADS or (operand.role is Part.P and ground.operands[at - 1 :][:1]):
            break
        named = operand.role is Part.N
        if named or (_is_sample(operand) and counted_after(ground, operand)):
            found.append(operand)
    if len(found) != 1:
        return None, Binding.GROUP
    n = found[0]
    if n.role is Part.N and is_tight(ground, after_nouns(n), head.start, Part.TEST):
        return n.number, Binding.GROUP
    return n.number, Binding.CLAUSE


def _is_sample(operand: Operand) -> bool:
    counts = operand.role is Part.COUNTED and operand.number.mantissa > 3
    return counts and not any(noun in NO_TRIALS - _POINTS for noun in operand.nouns[:2])


_POINTS = frozenset({"persona", "personas", "model", "models", "adapter", "adapters"})
