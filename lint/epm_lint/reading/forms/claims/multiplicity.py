"""Claims to survive a correction for many tests."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.forms.claims.significance import alpha_behind, coefficients_named
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import NEGATIONS, Part
from epm_lint.reading.number import Number
from epm_lint.reading.qualifier_words import correction_of, qualifier_of
from epm_lint.reading.statements import (
    Multiplicity,
    Qualifier,
    Statement,
)

_SURVIVES = frozenset(
    """
        survive survives survived withstand withstands pass passes passed clears robust hold holds
    """.split()
)


_MULTIPLE = (("multiple", "testing"), ("multiple", "comparisons"), ("multiple", "comparison"))


_FAMILIES = frozenset(
    "layers layer tests test comparisons comparison seeds models contrasts terms".split()
)


_ACROSS = frozenset(["across", "over", "for", "on", "at", "in"])


def multiplicities(ground: Ground) -> Iterator[Statement]:
    """Claims to survive a correction for many tests."""
    words = ground.words
    for at, word in enumerate(words):
        if word not in _SURVIVES:
            continue
        start, end = ground.sentence(at)
        near = words[at + 1 : min(end, at + 9)]
        correction = _named_correction(near)
        if not correction:
            continue
        p = next(
            (o for o in reversed(ground.inside(start, at)) if o.role is Part.P),
            None,
        )
        before = words[max(start, at - 6) : at]
        alpha = alpha_behind(ground, at + 1, end)
        family, everywhere, last = _family(ground, at, start, end)
        place = max(last, at + 1 + _reach(near))
        stop = ground.tokens.ends[min(place, end) - 1]
        if alpha is not None:
            stop = max(stop, alpha.end)
        denied = bool((NEGATIONS | {"no"}) & set(before)) or any(
            w.endswith(("n't", "n’t")) for w in before
        )
        yield Multiplicity(
            **ground.common(at, at + 1, hypothetical=ground.is_hypothetical(at)) | {"end": stop},
            correction=correction,
            negated=denied,
            alpha=alpha,
            family=family,
            everywhere=everywhere,
            methods=coefficients_named(words[start:end]),
            p=p.number if p and ground.clause(at) <= p.token else None,
        )


def _named_correction(near: list[str]) -> str:
    for at, word in enumerate(near):
        if word in ("#", ".", ";", "("):
            return ""
        if qualifier_of(word) is Qualifier.CORRECTED:
            named = correction_of([word])
            return "any" if named == "other" else named
        if tuple(near[at : at + 2]) in _MULTIPLE:
            return "any"
    return ""


def _reach(near: list[str]) -> int:
    for at, word in enumerate(near):
        if qualifier_of(word) is Qualifier.CORRECTED or word in ("testing", "comparisons"):
            return at + 1
    return 0


def _family(ground: Ground, at: int, start: int, end: int) -> tuple[Number | None, bool, int]:
    """Over how many: "across all 4 layers", or "with 5 tests" before it."""
    words = ground.words
    for operand in ground.inside(start, end):
        if operand.role is not Part.COUNTED:
            continue
        if operand.nouns[0] not in _FAMILIES or not operand.number.is_whole:
            continue
        lead = words[max(start, operand.start - 4) : operand.start]
        everywhere = bool({"all", "every", "each"} & set(lead))
        if operand.token > at and _ACROSS & set(lead):
            return operand.number, everywhere, operand.end + 1
        if operand.token < at and {"with", "for", "of", "across", "over"} & set(lead):
            return operand.number, False, at + 1
    return None, False, at + 1
