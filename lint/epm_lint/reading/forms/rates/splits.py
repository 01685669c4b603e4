"""Counts that fall one way or the other: wins of games, discordant pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import Split, Statement

BINOMIAL = frozenset({"binomial", "sign"})
"""Tests of counts that fall one way or the other."""
_DISCORDANT = frozenset(["discordant", "flip", "flips", "disagree"])


def wins(ground: Ground, qualified: Qualified, place: int, rate_of: dict[int, int]) -> Split | None:
    """15 of 20 pairs, with the p of a sign or binomial test."""
    operands = ground.operands
    count = operands[place]
    k, n = count.number.fraction or (0, 0)
    _, end = ground.sentence(count.token)
    last = max(place, rate_of.get(place, place))
    behind = operands[last + 1 :][:1]
    if not behind or behind[0].role is not Part.P or behind[0].start >= end or k > n:
        return None
    p = behind[0]
    between = ground.words[operands[last].end : p.start]
    if BINOMIAL.isdisjoint(between) and BINOMIAL.isdisjoint(ground.words[p.end : p.end + 5]):
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


def discordant(ground: Ground, qualified: Qualified) -> Iterator[Statement]:
    """McNemar's test with its two counts."""
    words = ground.words
    mcnemar = any(word.startswith("mcnemar") for word in words)
    if not mcnemar:
        return
    for start, end in ground.sentences:
        said = words[start:end]
        if not any(word.startswith("mcnemar") for word in said):
            continue
        inside = ground.inside(start, end)
        pair = _two_counts(ground, inside)
        test = next((o for o in inside if o.role is Part.TEST and o.name == "χ²"), None)
        p = next((o for o in inside if o.role is Part.P), None)
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
    whole = [o for o in inside if o.role in (Part.BARE, Part.COUNTED) and o.number.is_whole]
    for first, second in itertools.pairwise(whole):
        between = set(ground.words[first.end : second.start])
        around = set(ground.words[first.start : second.end + 3])
        versus = between & {"vs", "versus", "against"}
        ways = "way" in between and "other" in around
        told = around & _DISCORDANT or ways
        if told and (versus or ways or "and" in between) and not between & {";", "#"}:
            return first.number, second.number
    return None
