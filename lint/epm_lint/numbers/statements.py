"""What a text says with its numbers: the grammar's forms, each tried in turn.

The order matters where a number could belong to two: a correlation takes its p and its N before
either is read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from epm_lint.numbers.amounts import arithmetic, comparisons, predictions, rates, sample_sizes
from epm_lint.numbers.claims import (
    confidences,
    directions,
    independences,
    influences,
    insides,
    multiplicities,
    significances,
)
from epm_lint.numbers.correlations import correlations, diagnostics, p_values, tests
from epm_lint.numbers.forms import Statement
from epm_lint.numbers.grammar import Ground, layer_of
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.tokens import numbers
from epm_lint.numbers.values import Number

FORMS = (
    (correlations, ("r", "ρ", "ϱ", "τ", "tau", "kendall")),
    (tests, ("t", "f", "χ", "chi", "x²", "z")),
    (rates, ()),
    (p_values, ("p",)),
    (diagnostics, ("cook", "leverage", "vif")),
    (sample_sizes, ("n", "per", "each")),
    (arithmetic, ("×", "·", "*", "x", "+", "−")),
    (comparisons, ()),
    (predictions, ("observed",)),
    (significances, ("significant", "ns", "n.s.", "all p", "both p")),
    (multiplicities, ("bonferroni", "holm", "fdr", "benjamini", "multiple")),
    (insides, ("inside", "within", "outside", "not in")),
    (influences, ("leverage", "influential", "outlier")),
    (directions, ()),
    (independences, ("independent",)),
    (confidences, ("confidence",)),
)
"""Each form with what a text, or its label, must hold for the form to occur in it."""


_CLAIM = re.compile(
    r"significant|\bNS\b|n\.s\.|bonferroni|holm|\bFDR\b|benjamini|multiple|inside|within|outside"
    r"|not in|leverage|influential|outlier|strength|stronger|weak|attenuate|independent|confidence",
    re.IGNORECASE,
)
"""What a claim without a number of its own must hold."""
_LETTER = re.compile(r"[^\W\d]|[×+−*]")


def parse(text: str, *, lead: str = "", names: Sequence[str] = ()) -> tuple[Statement, ...]:
    """The statements of a text by itself."""
    passage = Passage(text, 1, Place.PARAGRAPH)
    return _parse(Ground(text, numbers(passage), lead, names))


def statements(
    passage: Passage, found: Sequence[Number], names: Sequence[str] = ()
) -> tuple[Statement, ...]:
    """The statements of a passage, in order; `found` are its numbers."""
    if not (any(number.kind.is_quantity for number in found) or _CLAIM.search(passage.text)):
        return ()
    lead = lead_of(passage)
    return _parse(
        Ground(passage.text, found, lead, names, passage.quoted, layer_of(lead) if lead else None)
    )


def lead_of(passage: Passage) -> str:
    """The labels of a cell, as one line."""
    if passage.spot is None or passage.place is Place.HEADER:
        return ""
    labels = (passage.spot.row_label if passage.spot.column else "", passage.spot.header)
    return " | ".join(label for label in labels if label)


def _parse(ground: Ground) -> tuple[Statement, ...]:
    words = ground.text.casefold()
    if not _LETTER.search(words):
        said = [*correlations(ground), *rates(ground)] if ground.all_numbers else []
    else:
        words += ground.lead.casefold()
        said = [
            statement
            for form, needed in FORMS
            if not needed or any(map(words.__contains__, needed))
            for statement in form(ground)
        ]
    return tuple(sorted(said, key=lambda statement: (statement.start, -statement.end)))
