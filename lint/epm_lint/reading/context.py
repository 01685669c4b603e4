"""The words that say which number a number is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.reading.ground import Ground, layer_of
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.text.passages import Place
from epm_lint.values import dataclass

_JOINTS = frozenset(
    {"is", "of", "at", "was", "over", "to", "=", ":", "<", ">", "≤", "≥", "≈", "~", "(", "["}
)
_CANONICAL = (
    ("p", re.compile(r"(?:^|\W)p(?:-value|_value)?\Z", re.IGNORECASE)),
    ("ρ", re.compile(r"(?:^|\W)(?:ρ|rho|r_s)\Z|spearman\Z", re.IGNORECASE)),
    ("r", re.compile(r"(?:^|\W)r\Z|(?i:pearson)\Z")),
    ("n", re.compile(r"(?:^|\W)[nN]\Z")),
    ("cook", re.compile(r"cook['’]?s d(?:istances?)?\Z", re.IGNORECASE)),
    ("leverage", re.compile(r"leverage\Z", re.IGNORECASE)),
    ("vif", re.compile(r"(?:^|\W)vif\Z", re.IGNORECASE)),
)
_FUNCTION_WORDS = frozenset({"and", "or", "to", "of", "in", "is", "the", "a", "vs", "than", "with"})
_MOST_WORDS = 4
_LONGEST_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a number and identifies it."""

    sentence: str
    """Of a very long one, what is near the number."""
    label: str = ""
    """Short for the usual ones (p, r, ρ, n), else as written before it."""
    noun: str = ""
    """The word right after it, which says what is counted."""
    layer: int | None = None
    row_label: str = ""
    header: str = ""
    names: tuple[str, ...] = ()
    """Names from the page's tables: that of its row, else those in its sentence."""


def contexts(reading: Reading) -> Iterator[tuple[Ground, Number, Context]]:
    """Every number of a page with its context, in order."""
    for ground in reading.grounds:
        for at, number in enumerate(ground.tokens.numbers):
            if number is not None:
                yield ground, number, _context(ground, at, number)


def _context(ground: Ground, at: int, number: Number) -> Context:
    passage, tokens = ground.passage, ground.tokens
    start, end = ground.sentence(at)
    first = max(tokens.starts[start], number.start - _LONGEST_SENTENCE)
    last = min(tokens.ends[end - 1] if end else 0, number.end + _LONGEST_SENTENCE)
    spot = passage.spot if passage.place is Place.CELL else None
    row = tuple(n for n in ground.names if spot and spot.row_label.startswith(n))
    follows = ground.words[at + 1] if at + 1 < len(ground.words) else ""
    layer = ground.layer(at, at + 1)
    if layer is None and spot:
        layer = layer_of(spot.header) or layer_of(spot.row_label)
    return Context(
        passage.text[first:last].strip(),
        _label(ground, at, start),
        follows if follows[:1].isalpha() and follows not in _FUNCTION_WORDS else "",
        layer,
        spot.row_label if spot else "",
        spot.header if spot else "",
        row or (ground.named_in(start, end) if not spot else ()),
    )


def _label(ground: Ground, at: int, start: int) -> str:
    """The label that the words before a number end in."""
    words = ground.words
    place = at - 1
    while place >= start and words[place] in _JOINTS and at - place <= _MOST_WORDS:
        place -= 1
    if place < start or not words[place][0].isalpha():
        return ""
    first = place
    while first > start and place - first < _MOST_WORDS - 1 and words[first - 1][0].isalpha():
        first -= 1
    label = ground.said(first, place + 1)
    for name, form in _CANONICAL:
        if form.search(label):
            return name
    return label
