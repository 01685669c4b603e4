"""Wholes with their parts, and what is left of a whole."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import Parts, Statement

_LEAVING = frozenset(
    "leaving leaves left kept scored remain remained remaining analysed analyzed".split()
)


_TAKEN_OUT = frozenset(
    """
        left excluded dropped removed discarded crashed failed invalid lost void unparsed rejected
        unusable filtered missing out
    """.split()
)


_ALL_PARTS = frozenset({"nothing", "split", "divide", "divided", "splits", "divides", "consist"})


_OVERLAP = frozenset(
    ["both", "also", "too", "overlap", "overlapping", "either", "each", "respectively"]
)


def parts(ground: Ground) -> Iterator[Statement]:
    """Of 100 answers, 31 refuse, 42 comply and 37 are unclear; 640 less 28 are 612."""
    operands = ground.operands
    for start, end in ground.sentences:
        inside = [o for o in operands if start <= o.token < end]
        if len(inside) > 2:
            yield from _left_over(ground, inside, start, end)
            yield from _of_whole(ground, inside, start, end)
            yield from _shares(ground, inside, start, end)
            yield from _listed_in(ground, inside)


def _whole(operand: Operand) -> bool:
    fits = operand.role in (Part.COUNTED, Part.BARE, Part.N)
    return fits and operand.number.is_whole and not operand.number.sign


def _left_over(ground: Ground, inside: list[Operand], start: int, end: int) -> Iterator[Statement]:
    words = ground.words
    if _TAKEN_OUT.isdisjoint(words[start:end]) or len(inside) != 3:
        return
    total, out, left = inside
    if not all(map(_whole, inside)) or not total.number.mantissa > left.number.mantissa:
        return
    between = set(words[total.end : left.start])
    around = set(words[max(total.end, out.start - 3) : left.start])
    says_left = not _LEAVING.isdisjoint(words[max(out.end, left.start - 3) : left.end + 2])
    if around & _TAKEN_OUT and says_left and not between & _OVERLAP:
        yield Parts(
            **ground.common(total.start, left.end),
            total=total.number,
            parts=(out.number,),
            left=left.number,
            exhaustive=True,
        )


def _of_whole(ground: Ground, inside: list[Operand], start: int, end: int) -> Iterator[Statement]:
    words = ground.words
    total, *rest = inside
    opened = words[max(start, total.start - 1) : total.start] in (["of"], ["among"])
    if not opened or total.role is not Part.COUNTED or len(rest) < 3:
        return
    if not all(map(_whole, rest)) or _OVERLAP & set(words[start:end]):
        return
    listed = (
        "and" in words[rest[-2].end : rest[-1].start] or "," in words[rest[-2].end : rest[-1].start]
    )
    counts = [o.number.mantissa for o in rest]
    few = max(counts) < total.number.mantissa and 0 < 2 * sum(counts) <= 3 * total.number.mantissa
    if listed and few and {"(", ";"}.isdisjoint(words[total.end : rest[-1].start]):
        yield Parts(
            **ground.common(total.start, rest[-1].end),
            total=total.number,
            parts=tuple(o.number for o in rest),
        )


def _listed_in(ground: Ground, inside: list[Operand]) -> Iterator[Statement]:
    """As in "311 wins, 64 ties and 125 losses in 500 games"."""
    words = ground.words
    for place in range(3, len(inside)):
        total, parts_ = inside[place], inside[:place][-3:]
        lead = words[total.start - 1 : total.start]
        if lead not in (["in"], ["of"]) or not _whole(total) or not all(map(_whole, parts_)):
            continue
        a, b, c = parts_
        gaps = [words[x.end : y.start] for x, y in ((a, b), (b, c), (c, total))]
        nouns = [list(x.nouns) for x in parts_]
        told = all(nouns) and total.nouns
        listed = gaps[0] == [*nouns[0], ","] and gaps[1] in (
            [*nouns[1], "and"],
            [*nouns[1], ",", "and"],
        )
        if (
            told
            and listed
            and gaps[2] == [*nouns[2], *lead]
            and place >= 3
            and (place == 3 or inside[place - 4].end < a.start - 6)
        ):
            yield Parts(
                **ground.common(a.token, total.end),
                total=total.number,
                parts=tuple(o.number for o in parts_),
            )


def _shares(ground: Ground, inside: list[Operand], start: int, end: int) -> Iterator[Statement]:
    words = ground.words
    bracketed = [
        o
        for o in inside
        if o.role is Part.PERCENT
        and words[o.token - 1 : o.token] == ["("]
        and words[o.end : o.end + 1] == [")"]
    ]
    if len(bracketed) < 3 or len(bracketed) != len([o for o in inside if o.role is Part.PERCENT]):
        return
    said = set(words[start:end])
    rest = words[max(start, bracketed[-1].token - 2) : bracketed[-1].token - 1]
    if said & _ALL_PARTS or rest in (["other"], ["the", "rest"], ["and", "other"], ["rest"]):
        yield Parts(
            **ground.common(bracketed[0].token, bracketed[-1].end),
            total=None,
            parts=tuple(o.number for o in bracketed),
            exhaustive=True,
        )
