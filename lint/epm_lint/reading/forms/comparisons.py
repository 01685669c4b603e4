"""Two counts that are compared, and counts that fall one way or the other."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import GLUE, INTERVAL_WORDS, METHODS, Role
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified, is_plain_tail
from epm_lint.reading.statements import Comparison, Qualifier, Split, Statement
import itertools

_AGAINST = frozenset("vs versus against and compared with to with , . and or from ( )".split())
_REQUIRED = frozenset(["vs", "versus", "against", "compared", "and", "to"])
_PAIRED = frozenset(["paired", "mcnemar", "mcnemar's", "mcnemar’s", "matched", "within"])
_DISCORDANT = frozenset(["discordant", "flip", "flips", "disagree"])
_BINOMIAL = frozenset({"binomial", "sign"})
_FOLLOWING = (Role.TEST, Role.P, Role.POINTS, Role.INTERVAL, Role.RATIO, Role.EFFECT, Role.PERCENT)
_RATIOS = frozenset({"odds ratio", "risk ratio"})
_FARTHEST = 14


def comparisons(
    ground: Ground, qualified: Qualified, rate_of: dict[int, int]
) -> Iterator[Statement]:
    """41/80 vs 24/80 with the z, χ², p, difference or ratio that follows; wins out of games."""
    counts = [place for place, o in enumerate(ground.operands) if o.role is Role.COUNT]
    used: set[int] = set()
    for first, second in itertools.pairwise(counts):
        if first in used or not _are_compared(ground, first, second, rate_of):
            continue
        if made := _comparison(ground, qualified, first, second, rate_of):
            used |= {first, second}
            yield made
    if not _BINOMIAL.isdisjoint(ground.words):
        for place in counts:
            if place not in used and (split := _wins(ground, qualified, place, rate_of)):
                yield split
    yield from _discordant(ground, qualified)


def _are_compared(ground: Ground, first: int, second: int, rate_of: dict[int, int]) -> bool:
    operands, words = ground.operands, ground.words
    a, b = operands[first], operands[second]
    if ground.sentence(a.token) != ground.sentence(b.token):
        return False
    start, end = a.end, b.start
    between = list(words[start:end])
    rates = {operands[rate_of[p]].token for p in (first, second) if p in rate_of}
    inner = [o for o in operands[first + 1 : second] if o.token not in rates]
    if inner or len(between) > _FARTHEST or ";" in between:
        return False
    said = [word for word in between if word not in ("#", "(", ")", "[", "]")]
    if not _REQUIRED & set(said):
        return False
    if "and" in said and not _REQUIRED - {"and", "to"} & set(said):
        # "44/160 with and 70/160 without": two arms of one sentence
        lead = words[max(0, a.start - 3) : a.start]
        return "between" in lead or not (set(said) - {"and", "with", "without", ","})
    other = [word for word in said if word not in _AGAINST and not word.isalpha()]
    return not other


def _comparison(
    ground: Ground, qualified: Qualified, first: int, second: int, rate_of: dict[int, int]
) -> Comparison | None:
    operands, words = ground.operands, ground.words
    a, b = operands[first], operands[second]
    start, end = ground.sentence(a.token)
    last = max(second, rate_of.get(second, second))
    at = operands[last].end
    found: dict[Role, Operand] = {}
    said = words[start:end]
    for operand in operands[last + 1 :]:
        if operand.start >= end or operand.role not in _FOLLOWING or operand.role in found:
            break
        if not _leads(ground, at, operand):
            break
        found[operand.role] = operand
        at = operand.end
    p = found.get(Role.P)
    if p is not None and not is_plain_tail(ground, p):
        p = None
    test = found.get(Role.TEST)
    ratio = found.get(Role.RATIO)
    if ratio is None:
        ratio = _named_ratio(ground, operands[last + 1 :][:1], at)
    points, interval = found.get(Role.POINTS), found.get(Role.INTERVAL)
    significant = _significance(ground, start, end)
    qualifiers = set(qualified.of_p(p)[0] if p else qualified.of(a.token))
    if _PAIRED & set(said):
        qualifiers.add(Qualifier.PAIRED)
    if not (p or test or ratio or points or interval or significant is not None):
        return None
    if test is not None and test.name not in ("z", "χ²"):
        return None
    name = "fisher" if any(w.startswith("fisher") for w in said) else test.name if test else ""
    method = next((METHODS[w] for w in words[at : at + 4] if w in METHODS), "")
    stop = max([operands[last].end, *(o.end for o in found.values())])
    return Comparison(
        **ground.common(a.start, stop, qualifiers=frozenset(qualifiers - {Qualifier.EXACT})),
        first=a.number,
        second=b.number,
        statistic=test.name if test else "",
        value=test.number if test else None,
        p=p.number if p else None,
        test=name,
        difference=points.number if points else None,
        interval=span_of(interval) if interval else None,
        method=method,
        ratio=ratio.number if ratio else None,
        ratio_name=ratio.name if ratio else "",
        significant=significant,
    )


def _leads(ground: Ground, at: int, operand: Operand) -> bool:
    """Whether only glue, or the name of a test, stands before the next part."""
    names = frozenset(
        """
            two-proportion test z fisher fisher's fisher’s exact pooled difference risk odds ratio
            a of chi-square chi-squared yates two-sample proportions proportion without filter
        """.split()
    )
    words = ground.words[at : operand.start]
    numbers = ground.tokens.numbers[at : operand.start]
    return len(words) <= 10 and all(
        word in names or word in GLUE or number is not None or word in INTERVAL_WORDS
        for word, number in zip(words, numbers, strict=True)
    )


def _named_ratio(ground: Ground, behind: list[Operand], at: int) -> Operand | None:
    """ "is a risk ratio of 1.8"."""
    if not behind or behind[0].role not in (Role.RATIO, Role.BARE):
        return None
    operand = behind[0]
    said = " ".join(ground.words[max(at, operand.token - 4) : operand.token])
    for name in _RATIOS:
        if name in said:
            operand.name = name
            return operand
    return None


def _significance(ground: Ground, start: int, end: int) -> bool | None:
    """What the sentence says of the comparison: significantly more, a significant difference."""
    words = ground.words
    for at in range(start, end):
        if words[at] in ("significantly", "significant"):
            lead = set(words[max(start, at - 3) : at])
            if lead & {
                "not",
                "no",
                "neither",
                "nor",
                "practically",
                "barely",
                "marginally",
                "borderline",
            }:
                return False if lead & {"not", "no"} else None
            if words[at + 1 : at + 2] and words[at + 1] in ("digits", "figures"):
                return None
            return True
    return None


# ---------------------------------------------------------------------- one way or the other


def _wins(
    ground: Ground, qualified: Qualified, place: int, rate_of: dict[int, int]
) -> Split | None:
    """15 of 20 pairs, with the p of a sign or binomial test."""
    operands = ground.operands
    count = operands[place]
    k, n = count.number.fraction or (0, 0)
    _, end = ground.sentence(count.token)
    last = max(place, rate_of.get(place, place))
    behind = operands[last + 1 :][:1]
    if not behind or behind[0].role is not Role.P or behind[0].start >= end or k > n:
        return None
    p = behind[0]
    between = ground.words[operands[last].end : p.start]
    if _BINOMIAL.isdisjoint(between) and _BINOMIAL.isdisjoint(ground.words[p.end : p.end + 5]):
        return None
    qualifiers, _, _ = qualified.of_p(p)
    return Split(
        **ground.common(count.start, p.end, qualifiers=qualifiers),
        first=k,
        second=n - k,
        numbers=(count.number,),
        p=p.number,
        test="binomial",
    )


def _discordant(ground: Ground, qualified: Qualified) -> Iterator[Statement]:
    """McNemar's test with its two counts."""
    words = ground.words
    mcnemar = any(word.startswith("mcnemar") for word in words)
    if not mcnemar:
        return
    bounds = [0, *ground.tokens.sentences, len(words)]
    for start, end in itertools.pairwise(bounds):
        said = words[start:end]
        if not any(word.startswith("mcnemar") for word in said):
            continue
        inside = [o for o in ground.operands if start <= o.token < end]
        pair = _two_counts(ground, inside)
        test = next((o for o in inside if o.role is Role.TEST and o.name == "χ²"), None)
        p = next((o for o in inside if o.role is Role.P), None)
        if pair is None or not (test or p):
            continue
        qualifiers = qualified.of_p(p)[0] if p else qualified.of(start)
        significant = None
        if p is None or "significant" in said:
            significant = ("significant" in said and "not" not in said) or None
        yield Split(
            **ground.common(inside[0].start, inside[-1].end, qualifiers=qualifiers),
            first=pair[0].mantissa,
            second=pair[1].mantissa,
            numbers=pair,
            value=test.number if test else None,
            p=p.number if p else None,
            test="mcnemar",
            significant=significant,
        )


def _two_counts(ground: Ground, inside: list[Operand]) -> tuple[Number, Number] | None:
    """b = 18, c = 6; 12 vs 3 discordant; 11 one way and 9 the other."""
    named = {
        ground.words[o.start]: o.number
        for o in inside
        if o.start != o.token and ground.words[o.start] in ("b", "c") and o.number.is_whole
    }
    if len(named) == 2:
        return named["b"], named["c"]
    whole = [o for o in inside if o.role in (Role.BARE, Role.COUNTED) and o.number.is_whole]
    for first, second in itertools.pairwise(whole):
        between = set(ground.words[first.end : second.start])
        around = set(ground.words[first.start : second.end + 3])
        versus = between & {"vs", "versus", "against"}
        ways = "way" in between and "other" in around
        told = around & _DISCORDANT or ways
        if told and (versus or ways or "and" in between) and not between & {";", "#"}:
            return first.number, second.number
    return None
