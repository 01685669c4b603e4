"""Verdicts on p-values: significant or not, each with the p that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from epm_lint.reading.forms.claims.denials import BREAKS, VERDICTS, is_denied
from epm_lint.reading.forms.inference.companions import COEFFICIENTS
from epm_lint.reading.forms.inference.groups import HEADS
from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifier_words import correction_of
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import (
    Qualifier,
    Significance,
    Span,
    Statement,
)

USUAL_ALPHA = Fraction(1, 20)
_DENIED = frozenset({"non-significant", "nonsignificant", "insignificant", "n.s"})


_HEDGED = frozenset(
    """
        borderline marginally practically clinically most near nearly almost barely less more trend
        approaching towards toward just quasi economically meaningfully biologically
    """.split()
)


_NO_VERDICT = frozenset(
    ["figures", "figure", "digits", "digit", "places", "place", "others", "other"]
)


_QUANTIFIERS = {
    "all": "all",
    "both": "both",
    "none": "none",
    "neither": "none",
    "each": "all",
    "every": "all",
    "no": "none",
}


_AFTER_QUANTIFIER = frozenset(
    """
        of them these the are is was were remain stay individually layers layer fits fit tests test
        p-values p statistically two three four six comparisons gaps effects not contrasts which #
        predictors terms
    """.split()
)


_TO_P = frozenset(
    "is are was were not statistically ( ) : – , also still and remains and it no".split()
)


_EXCEPT = frozenset(
    """
        except excepting save but besides unless apart other unlike excluding
    """.split()
)


_BUT_AFTER = (["all"], ["every"], ["both"], ["none"], ["any"], ["everything"], ["anything"])


_REACH_BACK = 30


def significances(ground: Ground, qualified: Qualified) -> Iterator[Statement]:
    """Verdicts on p-values, each with the p that it speaks of."""
    words, raws = ground.words, ground.tokens.raws
    for at, word in enumerate(words):
        denied = word in _DENIED or raws[at] == "NS"
        if not (word in VERDICTS or denied):
            continue
        start, end = ground.sentence(at)
        after = words[at + 1 : end]
        before = words[max(start, at - 8) : at]
        if (after[:1] and after[0] in _NO_VERDICT) or _HEDGED & set(before[-2:]):
            continue
        quantifier, first = _quantifier(ground, start, at, word)
        negated = denied or (quantifier != "none" and is_denied(ground, at, first))
        half_denied = (quantifier or denied) and words[first - 1 : first] == ["not"]
        if negated is None or half_denied:
            continue
        alpha = alpha_behind(ground, at + 1, end)
        correction = _correction(words[at + 1 : min(end, at + 8)])
        p = None if quantifier else _p_of(ground, at, start, end, negated)
        interval = None if p or quantifier else _interval_of(ground, at, start, end)
        if word == "significantly" and p is None and interval is None:
            continue
        last = at + 1
        common = ground.common(first, last, hypothetical=ground.is_hypothetical(at))
        if p is None:
            common["layer"] = None
        qualifiers = qualified.of_p(p)[0] if p else frozenset[Qualifier]()
        yield Significance(
            **common | {"end": _end(ground, at, alpha)},
            qualifiers=qualifiers,
            negated=negated,
            quantifier=quantifier,
            layers=ground.layers_before(first),
            of_layers="layer" in words[start:end] or "layers" in words[start:end],
            methods=coefficients_named(words[start:end]),
            alpha=alpha,
            correction=correction,
            p=p.number if p else None,
            interval=interval,
            beside=_beside(ground, at, start, end, quantifier) if quantifier else (),
        )
    yield from _all_below(ground)


def _end(ground: Ground, at: int, alpha: Number | None) -> int:
    position = ground.tokens.ends[at]
    return max(position, alpha.end) if alpha and alpha.start - position < 24 else position


def _quantifier(ground: Ground, start: int, at: int, word: str) -> tuple[str, int]:
    """All, both, none of them: and where the claim starts."""
    words = ground.words
    for place in range(at - 1, max(start, at - 8) - 1, -1):
        found = _QUANTIFIERS.get(words[place])
        if found:
            between = words[place + 1 : at]
            if words[place] == "no":
                noun = any(w in ("is", "are", "was", "were", "remains") for w in between)
                return ("none", place) if noun else ("", at)
            fits = _AFTER_QUANTIFIER.issuperset(between)
            return (found, place) if fits and word != "significantly" else ("", at)
        if words[place] in ("#", "¤", ";", ")", ","):
            break
    return "", at


def alpha_behind(ground: Ground, start: int, end: int) -> Number | None:
    """The level behind a verdict: at α=.05, at the 1% level, at .05."""
    numbers, words = ground.tokens.numbers, ground.words
    for at in range(start, min(end, start + 9)):
        number = numbers[at]
        if words[at] in ("(", ";", "."):
            break
        if number is not None and number.kind is Kind.LEVEL:
            return number
        if number is not None and words[at] == "#" and words[at - 1] in ("at", "the"):
            return number if 0 < float(number.value) < 0.2 else None
    return None


def _correction(after: list[str]) -> str:
    for at, word in enumerate(after):
        if word in ("(", ".", ";", "#"):
            break
        if word in ("after", "under", "with", "by", "following"):
            return correction_of(after[at + 1 : at + 5]) or (
                "other" if "multiple" in after[at + 1 : at + 4] else ""
            )
    return ""


def _brackets(ground: Ground, at: int, start: int) -> tuple[int, ...]:
    """The brackets that are open at a token, from the start of its sentence."""
    opened: list[int] = []
    for place in range(start, at):
        if ground.words[place] in ("(", "["):
            opened.append(place)
        elif ground.words[place] in (")", "]") and opened:
            opened.pop()
    return tuple(opened)


def _p_of(ground: Ground, at: int, start: int, end: int, negated: bool) -> Operand | None:
    """The p that a verdict speaks of: right before it, else the next one, else the last.

    Of several in one bracket it is the one that bears the verdict out best: which of them is meant
    is not said.
    """
    here = _brackets(ground, at, start)
    ps = [
        o
        for o in ground.inside(start, end)
        if o.role is Part.P and not _is_of_excepted(ground, o, start, here)
    ]
    if not ps:
        return None
    before = [o for o in ps if o.end <= at]
    after = [o for o in ps if o.start > at]
    words = ground.words
    adjoins = bool(before) and _TO_P.issuperset(words[before[-1].end : at])
    if adjoins and _brackets(ground, before[-1].token, start)[: len(here)] == here:
        return before[-1]
    if after and _may_reach(ground, at, after[0], here, start):
        together = [
            p
            for p in after
            if _brackets(ground, p.token, start) == _brackets(ground, after[0].token, start)
        ]
        if _brackets(ground, after[0].token, start) == here:
            return after[0]
        best = max if negated else min
        return best(together, key=lambda p: p.number.value)
    if before and at - before[-1].end <= _REACH_BACK and not _disagree(before):
        last = before[-1]
        inside = _brackets(ground, last.token, start)
        gap = words[last.end : at]
        heads = [o for o in ground.inside(last.end, at) if o.role in HEADS]
        nearer = {";", "but", "while", "whereas"} & set(gap)
        if inside[: len(here)] == here and not heads and not nearer:
            return last if len(inside) <= len(here) + 1 and "and" not in gap else None
    return None


def _disagree(ps: list[Operand]) -> bool:
    """Whether some p's bear a verdict out and others do not: "only the former is significant"."""
    return len({p.number.value <= USUAL_ALPHA for p in ps}) > 1


def _is_of_excepted(ground: Ground, p: Operand, start: int, here: tuple[int, ...]) -> bool:
    """Whether a p is in the bracket of what is excepted: "all except layer 4 (p = .21)"."""
    inside = _brackets(ground, p.token, start)
    if len(inside) <= len(here):
        return False
    words = ground.words
    for at in range(inside[len(here)] - 1, start - 1, -1):
        word = words[at]
        if word in (",", ";", ")", "(", ":") or word in VERDICTS:
            return False
        if word == "but":
            return words[at + 1] in ("not", "for") or words[at - 1 : at] in _BUT_AFTER
        if word in _EXCEPT or (word == "not" and words[at - 1 : at] == [","]):
            return True
    return False


def _may_reach(ground: Ground, at: int, p: Operand, here: tuple[int, ...], start: int) -> bool:
    gap = ground.words[at + 1 : p.start]
    if BREAKS & set(gap) or not VERDICTS.isdisjoint(gap):
        return False
    inside = _brackets(ground, p.token, start)
    if inside[: len(here)] != here or len(inside) > len(here) + 1:
        return False
    heads = [o for o in ground.inside(at + 1, p.token) if o.role in HEADS]
    opened = gap.index("(") if "(" in gap else len(gap)
    comma = gap.index(",") if "," in gap else len(gap)
    prose = [w for w in gap[: min(opened, comma)] if w[0].isalpha()]
    return len(heads) <= 1 and len(prose) <= 10 and len(gap) <= 26


def _interval_of(ground: Ground, at: int, start: int, end: int) -> Span | None:
    """The interval of a difference that a verdict without a p speaks of."""
    inside = ground.inside(start, end)
    found = [o for o in inside if o.role is Part.INTERVAL and o.named and o.high]
    signed = [o for o in found if o.number.sign or (o.high and o.high.sign)]
    if len(found) != 1 or len(signed) != 1 or found[0].start < at:
        return None
    gap = ground.words[at + 1 : found[0].start]
    return None if BREAKS & set(gap) or len(gap) > 14 else span_of(found[0])


def coefficients_named(words: list[str]) -> frozenset[str]:
    return frozenset(m for m in COEFFICIENTS if any(word.startswith(m) for word in words))


def _beside(
    ground: Ground, at: int, start: int, end: int, quantifier: str
) -> tuple[tuple[Number, int | None, str], ...]:
    """The p-values of the claim's own sentence, before it or in the brackets right behind it."""
    found = [o for o in ground.inside(start, end) if o.role is Part.P and not o.high]
    before = [o for o in found if o.end <= at]
    chosen = before[-2:] if quantifier == "both" else before
    if len(chosen) < 2 and ground.words[at + 1 : at + 2] == ["("]:
        closing = ground.tokens.find(")", at + 1, end)
        chosen = [o for o in found if at < o.token < closing]
    if len(chosen) < 2:
        return ()
    return tuple(
        (o.number, ground.layer(o.start, o.end), ground.said(o.start, o.end)) for o in chosen
    )


def _all_below(ground: Ground) -> Iterator[Statement]:
    """Verdicts by a bound: "all p < .05" says that all are significant at it."""
    words = ground.words
    for operand in ground.operands:
        quantifier = words[operand.start - 1] if operand.start else ""
        if operand.role is not Part.P or quantifier not in ("all", "both"):
            continue
        start, end = ground.sentence(operand.token)
        if operand.number.bound in ("<", "≤") and _EXCEPT.isdisjoint(words[operand.end : end]):
            yield Significance(
                **ground.common(operand.start - 1, operand.end),
                quantifier=quantifier,
                hypothetical=ground.is_hypothetical(operand.token),
                methods=coefficients_named(words[start:end]),
                of_layers="layers" in words[start:end],
                alpha=operand.number,
            )
