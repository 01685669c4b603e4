"""Two counts that are compared, with what is said of their difference."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from epm_lint.reading.forms.rates.splits import BINOMIAL, discordant, wins
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import GLUE, INTERVAL_WORDS, METHODS, Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified, is_plain_tail
from epm_lint.reading.statements import Comparison, Qualifier, Statement

_AGAINST = frozenset("vs versus against and compared with to with , . and or from ( )".split())


_REQUIRED = frozenset(["vs", "versus", "against", "compared", "and", "to"])


_PAIRED = frozenset(["paired", "mcnemar", "mcnemar's", "mcnemar’s", "matched", "within"])


_FOLLOWING = (Part.TEST, Part.P, Part.POINTS, Part.INTERVAL, Part.RATIO, Part.EFFECT, Part.PERCENT)


_RATIOS = frozenset({"odds ratio", "risk ratio"})


_FARTHEST = 14


def comparisons(
    ground: Ground, qualified: Qualified, rate_of: dict[int, int]
) -> Iterator[Statement]:
    """41/80 vs 24/80 with the z, χ², p, difference or ratio that follows; wins out of games."""
    counts = [place for place, o in enumerate(ground.operands) if o.role is Part.COUNT]
    used: set[int] = set()
    for first, second in itertools.pairwise(counts):
        if first in used or not _are_compared(ground, first, second, rate_of):
            continue
        if made := _comparison(ground, qualified, first, second, rate_of):
            used |= {first, second}
            yield made
    if not BINOMIAL.isdisjoint(ground.words):
        for place in counts:
            if place not in used and (split := wins(ground, qualified, place, rate_of)):
                yield split
    yield from discordant(ground, qualified)


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
    found: dict[Part, Operand] = {}
    said = words[start:end]
    for operand in operands[last + 1 :]:
        if operand.start >= end or operand.role not in _FOLLOWING or operand.role in found:
            break
        if not _leads(ground, at, operand):
            break
        found[operand.role] = operand
        at = operand.end
    p = found.get(Part.P)
    if p is not None and not is_plain_tail(ground, p):
        p = None
    test = found.get(Part.TEST)
    ratio = found.get(Part.RATIO)
    if ratio is None:
        ratio = _named_ratio(ground, operands[last + 1 :][:1], at)
    points, interval = found.get(Part.POINTS), found.get(Part.INTERVAL)
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
    """The 1.8 of "is a risk ratio of 1.8"."""
    if not behind or behind[0].role not in (Part.RATIO, Part.BARE):
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
