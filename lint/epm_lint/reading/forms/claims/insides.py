"""What is said to lie inside or outside an interval, and what was observed beside a prediction."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import INTERVAL_WORDS, Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import (
    Inside,
    Prediction,
    Statement,
)

_WHERE = frozenset({"inside", "within", "outside"})
_KINDS = (
    ("prediction", frozenset({"prediction", "pi", "pis", "predictive"})),
    ("confidence", frozenset({"confidence", "ci", "cis", "wilson"})),
    ("credible", frozenset({"credible", "credibility", "hdi", "cri"})),
)


_OF_INTERVALS = INTERVAL_WORDS - {"range", "limits", "confidence", "credible", "prediction"}


def insides(ground: Ground) -> Iterator[Statement]:
    """Points that are said to lie in or out of an interval."""
    words = ground.words
    for at, word in enumerate(words):
        outside = word == "outside" or (word == "not" and ground.word(at + 1) == "in")
        if word not in _WHERE and not outside:
            continue
        start, end = ground.sentence(at)
        first = at + 1 + (word == "not")
        what = next((t for t in range(first, min(end, first + 9)) if words[t] in _OF_INTERVALS), -1)
        between = words[first:what] if what >= 0 else ["."]
        if what < 0 or {",", ".", ";", "("} & set(between):
            continue
        behind = ground.inside(what, what + 5)
        operand = next((o for o in behind if o.role is Part.INTERVAL and o.high), None)
        level = next(
            (
                number
                for number in ground.tokens.numbers[first : what + 1]
                if number is not None and number.unit == "%"
            ),
            None,
        )
        said = set(words[first : what + 1])
        stop = operand.end if operand else what + 1
        yield Inside(
            **ground.common(
                at,
                stop,
                negated=outside is not (ground.is_denied(at, start) if word != "not" else False),
                hypothetical=ground.is_hypothetical(at, reach=6),
            ),
            interval=span_of(operand) if operand else None,
            level=level,
            interval_kind=next((kind for kind, names in _KINDS if said & names), ""),
            value=_observed(ground, start, at),
            subjects=ground.named_in(0, len(words)),
        )


def _observed(ground: Ground, start: int, at: int) -> Number | None:
    """The first figure that is called observed: "observed at 23%, it lies outside"."""
    for operand in ground.inside(start, at):
        if operand.role in (Part.PERCENT, Part.BARE):
            before = ground.words[max(start, operand.token - 3) : operand.token]
            if {"observed", "rate", "rates"} & set(before):
                return operand.number
    return None


def predictions(ground: Ground) -> Iterator[Statement]:
    """What was observed beside what was predicted, with the interval of the prediction."""
    words = ground.words
    if "observed" not in words or not {"predicted", "prediction"} & set(words):
        return
    for start, end in ground.sentences:
        seen = _called(ground, start, end, "observed")
        said = _called(ground, start, end, "predicted") or _called(ground, start, end, "prediction")
        if not seen or not said or seen is said or abs(seen.token - said.token) > 20:
            continue
        between = words[min(seen.end, said.end) : max(seen.start, said.start)]
        if "." in between or ";" in between:
            continue
        behind = ground.inside(said.end, end)
        interval = next((o for o in behind if o.role is Part.INTERVAL and o.high), None)
        if interval and any(
            o.role is Part.PERCENT and o is not seen
            for o in ground.inside(said.end, interval.token)
        ):
            interval = None
        named = set(interval.attributes) if interval else set()
        confidence = bool({"ci", "confidence", "wilson"} & named) or (
            interval is not None and "ci" in words[interval.start : interval.token]
        )
        half = None
        if interval is not None and not confidence:
            half = _half_width(ground, interval, end)
        yield Prediction(
            **ground.common(min(seen.token, said.token), max(seen.end, said.end)),
            observed=seen.number,
            predicted=said.number,
            interval=span_of(interval) if interval and not confidence else None,
            half=half,
        )


def _called(ground: Ground, start: int, end: int, name: str) -> Operand | None:
    """The figure right behind a word, or right before it."""
    for operand in ground.inside(start, end):
        if operand.role not in (Part.PERCENT, Part.BARE):
            continue
        before = ground.words[max(start, operand.token - 3) : operand.token]
        links = {"at", "as", "to", "be", "is", "=", "was"}
        if name in before and links.issuperset(before[before.index(name) + 1 :]):
            return operand
        after = ground.words[operand.end : operand.end + 2]
        if name in after and {"was", "is", "were"}.issuperset(after[: after.index(name)]):
            return operand
    return None


def _half_width(ground: Ground, interval: Operand, end: int) -> Number | None:
    """The first "±41 pp" after an interval, unless it is a bound."""
    for operand in ground.inside(interval.end, end):
        if operand.role is Part.HALF:
            around = {
                *ground.words[interval.end : operand.token],
                *ground.words[operand.end : operand.end + 2],
            }
            bound = {"gate", "limit", "threshold", "than", "most", "over", "under"}
            return None if bound & around else operand.number
    return None
