"""Claims in words: inside and outside, influence, direction, independence, confidence."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.ground import Ground, span_of
from epm_lint.reading.lexicon import INTERVAL_WORDS, Role
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.passages import Place
from epm_lint.reading.statements import (
    Confidence,
    Diagnostic,
    Direction,
    Independence,
    Influence,
    Inside,
    Prediction,
    Statement,
)
import itertools

_NEGATIONS = frozenset(
    ["not", "never", "neither", "nor", "hardly", "cannot", "fails", "fail", "failed", "no", "none"]
)
_WHERE = frozenset({"inside", "within", "outside"})
_KINDS = (
    ("prediction", frozenset({"prediction", "pi", "pis", "predictive"})),
    ("confidence", frozenset({"confidence", "ci", "cis", "wilson"})),
    ("credible", frozenset({"credible", "credibility", "hdi", "cri"})),
)
_OF_INTERVALS = INTERVAL_WORDS - {"range", "limits", "confidence", "credible", "prediction"}
_WITHIN_SAMPLES = frozenset(
    """
        completion completions sample samples answer answers generation generations draw draws
        response responses repeat repeats repetition repetitions rollout rollouts trial trials
    """.split()
)
_STRONGER = frozenset({"strengthen", "strengthens", "strengthened", "strengthening"})
_WEAKER = frozenset({"weaken", "weakens", "weakened", "weakening", "attenuates"})
_BECOMES = frozenset(["gets", "becomes", "grows", "get", "become", "grow"])
_LEVELS = frozenset({"high", "moderate", "low"})
_BOUND_WORDS = frozenset(
    ["over", "above", "below", "under", "threshold", "cut-off", "cutoff", "cut", ">", "<", "≥", "≤"]
)


def _word(ground: Ground, at: int) -> str:
    return ground.words[at] if 0 <= at < len(ground.words) else ""


def _denied(ground: Ground, at: int, start: int, reach: int = 4) -> bool:
    near = ground.words[max(start, at - reach) : at]
    return bool(_NEGATIONS & set(near)) or any(w.endswith(("n't", "n’t")) for w in near)


# ---------------------------------------------------------------------- inside and outside


def insides(ground: Ground) -> Iterator[Statement]:
    """Points that are said to lie in or out of an interval."""
    words = ground.words
    for at, word in enumerate(words):
        outside = word == "outside" or (word == "not" and _word(ground, at + 1) == "in")
        if word not in _WHERE and not outside:
            continue
        start, end = ground.sentence(at)
        first = at + 1 + (word == "not")
        what = next((t for t in range(first, min(end, first + 9)) if words[t] in _OF_INTERVALS), -1)
        between = words[first:what] if what >= 0 else ["."]
        if what < 0 or {",", ".", ";", "("} & set(between):
            continue
        operand = next(
            (
                o
                for o in ground.operands
                if o.role is Role.INTERVAL and 0 <= o.token - what <= 4 and o.high
            ),
            None,
        )
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
                negated=outside is not (_denied(ground, at, start) if word != "not" else False),
                hypothetical=ground.is_hypothetical(at, reach=6),
            ),
            interval=span_of(operand) if operand else None,
            level=level,
            interval_kind=next((kind for kind, names in _KINDS if said & names), ""),
            value=_observed(ground, start, at),
            subjects=ground.named_in(0, len(words)),
        )


def _observed(ground: Ground, start: int, at: int) -> Number | None:
    """ "observed at 23%, it lies outside": the first figure that is called observed."""
    for operand in ground.operands:
        if start <= operand.token < at and operand.role in (Role.PERCENT, Role.BARE):
            before = ground.words[max(start, operand.token - 3) : operand.token]
            if {"observed", "rate", "rates"} & set(before):
                return operand.number
    return None


def predictions(ground: Ground) -> Iterator[Statement]:
    """What was observed beside what was predicted, with the interval of the prediction."""
    words = ground.words
    if "observed" not in words or not {"predicted", "prediction"} & set(words):
        return
    bounds = [0, *ground.tokens.sentences, len(words)]
    for start, end in itertools.pairwise(bounds):
        seen = _called(ground, start, end, "observed")
        said = _called(ground, start, end, "predicted") or _called(ground, start, end, "prediction")
        if not seen or not said or seen is said or abs(seen.token - said.token) > 20:
            continue
        between = words[min(seen.end, said.end) : max(seen.start, said.start)]
        if "." in between or ";" in between:
            continue
        interval = next(
            (
                o
                for o in ground.operands
                if o.role is Role.INTERVAL and o.high and said.token < o.token < end
            ),
            None,
        )
        if interval and any(
            o.role is Role.PERCENT and said.token < o.token < interval.token
            for o in ground.operands
            if o is not seen
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
    for operand in ground.operands:
        if not start <= operand.token < end or operand.role not in (Role.PERCENT, Role.BARE):
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
    for operand in ground.operands:
        if operand.role is Role.HALF and interval.end <= operand.token < end:
            around = {
                *ground.words[interval.end : operand.token],
                *ground.words[operand.end : operand.end + 2],
            }
            bound = {"gate", "limit", "threshold", "than", "most", "over", "under"}
            return None if bound & around else operand.number
    return None


# ---------------------------------------------------------------------- influence


def influences(ground: Ground) -> Iterator[Statement]:
    """Who is said to pull at the fit."""
    words = ground.words
    for at, word in enumerate(words):
        claim, last = _influence(words, at)
        if not claim:
            continue
        start = ground.clause(at)
        before = words[max(start, at - 14) : at]
        colon = at + last
        while colon < len(words) and words[colon] in (
            "outlier",
            "point",
            "points",
            "persona",
            "case",
        ):
            colon += 1
        if words[colon : colon + 1] == ["("]:
            closing = ground.tokens.find(")", colon, colon + 14)
            colon = closing + 1 if closing > 0 else colon
        about = (max(start, at - 14), at)
        if words[colon : colon + 1] == [":"]:
            stop = next(
                (t for t in range(colon + 1, len(words)) if words[t] in (";", ".")), len(words)
            )
            about = (colon + 1, stop)
        yield Influence(
            **ground.common(
                at,
                at + last,
                negated=_denied(ground, at, start, 6),
                hypothetical=ground.is_hypothetical(at),
            ),
            claim=claim,
            subjects=ground.named_in(*about),
            only=bool({"only", "single", "sole"} & set(before[-2:])),
        )


def _influence(words: list[str], at: int) -> tuple[str, int]:
    word = words[at]
    if word == "high-leverage" or (word == "high" and words[at + 1 : at + 2] == ["leverage"]):
        return "high leverage", 1 + (word == "high")
    if word == "influential":
        return "influential", 1
    if word in ("outlier", "outliers") and words[at - 1 : at] != ["high-leverage"]:
        return "outlier", 1
    return "", 0


def diagnostics(ground: Ground) -> Iterator[Statement]:
    """Cook's distances, leverages and VIFs, and the bounds they are held against."""
    words = ground.words
    for at, word in enumerate(words):
        measure, last = _measure(words, at)
        if not measure:
            continue
        start, end = ground.sentence(at)
        place = at + last
        if _word(ground, place) == "(":
            closing = ground.tokens.find(")", place, place + 10)
            if closing > 0 and "#" not in words[place:closing]:
                place = closing + 1
        between = place
        while (
            place < min(end, between + 6)
            and words[place] != "#"
            and (
                words[place] in _BOUND_WORDS
                or words[place] in (",", ":", "=", "(", "of", "is", "was", "at", "a", "the")
            )
        ):
            place += 1
        if _word(ground, place) != "#":
            continue
        value = ground.tokens.numbers[place]
        if value is None or value.unit:
            continue
        clause = max(start, *(t + 1 for t in range(start, at) if words[t] == ";"), start)
        bounded = bool(_BOUND_WORDS & set(words[between:place])) or value.bound in ("<", ">")
        common = ground.common(at, place + 1)
        subjects = ground.named_in(clause, at)
        yield Diagnostic(
            **common, measure=measure, value=value, threshold=bounded, subjects=subjects
        )
        over = place + 1
        if _word(ground, over) in ("vs", "against", "over", "above", ">", "<"):
            over += 1
            while _word(ground, over) in ("a", "the", "threshold", "of", "."):
                over += 1
            bound = ground.tokens.numbers[over] if over < len(words) else None
            if bound is not None and words[over] == "#":
                yield Diagnostic(**common, measure=measure, value=bound, threshold=True)


def _measure(words: list[str], at: int) -> tuple[str, int]:
    word = words[at]
    if word in ("cook's", "cook’s", "cook"):
        follows = words[at + 1 : at + 2]
        return ("cook", 2) if follows in (["d"], ["distance"], ["distances"]) else ("", 0)
    if word in ("leverage", "leverages"):
        return ("leverage", 1) if words[at - 1 : at] != ["high"] else ("", 0)
    return ("vif", 1) if word in ("vif", "vifs") else ("", 0)


# ---------------------------------------------------------------------- direction


def strengths(ground: Ground) -> Iterator[Statement]:
    """Strengthens and weakens, with the two figures where they are given."""
    words = ground.words
    for at, word in enumerate(words):
        stronger = word in _STRONGER or (
            word == "stronger" and words[at - 1 : at] and words[at - 1] in _BECOMES
        )
        weaker = word in _WEAKER or (
            word == "weaker" and words[at - 1 : at] and words[at - 1] in _BECOMES
        )
        if not (stronger or weaker):
            continue
        start, end = ground.sentence(at)
        before, after, of_p = _two_figures(ground, at, end)
        yield Direction(
            **ground.common(
                at,
                at + 1,
                negated=_denied(ground, at, ground.clause(at)),
                hypothetical=ground.is_hypothetical(at),
            ),
            direction="stronger" if stronger else "weaker",
            before=before,
            after=after,
            of_p=of_p,
        )


def _two_figures(ground: Ground, at: int, end: int) -> tuple[Number | None, Number | None, bool]:
    """The figures of "from r=−0.42 (…) to r=−0.62", or of two coefficients behind "from"."""
    words = ground.words
    origin = ground.tokens.find("from", at, min(end, at + 20))
    if origin < 0:
        return None, None, False
    behind = [o for o in ground.operands if origin < o.token < end]
    ends = [t for t in range(origin, end) if words[t] in ("to", "→")]
    if not ends:
        return None, None, False
    first = [o for o in behind if o.token < ends[0]]
    last = [o for o in behind if o.token > ends[0]]
    roles = {Role.CORRELATION, Role.P, Role.BARE, Role.PERCENT}
    before = next((o for o in first if o.role in roles), None)
    after = next((o for o in last if before and o.role is before.role), None)
    if before is None or after is None:
        return None, None, False
    return before.number, after.number, before.role is Role.P


# ---------------------------------------------------------------------- independence, confidence


def independences(ground: Ground) -> Iterator[Statement]:
    """What is called independent."""
    words = ground.words
    verbs = {"are", "is", "were", "was", "be", "being", "as"}
    for at, word in enumerate(words):
        if word not in ("independent", "independently", "non-independent"):
            continue
        start, end = ground.sentence(at)
        follows = _word(ground, at + 1)
        before = words[max(start, at - 4) : at]
        of = ""
        if follows in ("of", "from"):
            stop = next((t for t in range(at + 2, end) if not words[t][0].isalpha()), end)
            of = " ".join(words[at + 2 : min(stop, at + 8)])
        elif not (follows in _WITHIN_SAMPLES or follows == "questions"):
            predicate = verbs & set(before) and (not follows or not follows[0].isalpha())
            if word == "independently" or not predicate:
                continue
        around = {*words[max(start, at - 8) : at], *words[at : at + 4]}
        yield Independence(
            **ground.common(
                at,
                min(end, at + 2) if follows and follows[0].isalpha() else at + 1,
                negated=word.startswith("non") or _denied(ground, at, ground.clause(at)),
                hypothetical=ground.is_hypothetical(at),
            ),
            of=of,
            of_samples=bool(_WITHIN_SAMPLES & around),
        )


def confidences(ground: Ground) -> Iterator[Statement]:
    """The page's own confidence."""
    words = ground.words
    leading = words[0] if words else ""
    for at, word in enumerate(words):
        if word != "confidence":
            continue
        place = at + 1 + (_word(ground, at + 1) == "level")
        level = ""
        stop = at + 1
        if _word(ground, place) in (":", "is", "=", "–") and _word(ground, place + 1) in _LEVELS:
            level, stop = words[place + 1], place + 2
        elif _word(ground, at - 1) in _LEVELS:
            level = words[at - 1]
        if level:
            own = ground.passage.place is Place.TITLE or leading == "confidence"
            yield Confidence(
                **ground.common(at if stop > at + 1 else at - 1, stop), level=level.upper(), own=own
            )
