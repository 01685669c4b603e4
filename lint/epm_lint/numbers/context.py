"""The words that say which number a number is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from epm_lint.numbers.grammar import Ground, layer_of
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.values import Kind, Number
from epm_lint.values import dataclass

_WORD = re.compile(r"[^\W\d][\w²'’-]{0,60}")
_JOINT = re.compile(
    r"(?:\s?\([^()\n]{0,30}\))?\s?(?:=|:|<|>|≤|≥|≈|~|is|of|at|was|over|to)?\s?[\[(]?\s?\Z"
)
_MOST_WORDS = 4
_NOUN = re.compile(r"[ \u00a0-](?P<noun>[^\W\d][\w'’-]{0,40})")
_CANONICAL = (
    ("p", re.compile(r"(?:^|\W)p(?:-value|_value)?\Z", re.IGNORECASE)),
    ("ρ", re.compile(r"(?:^|\W)(?:ρ|rho|r_s)\Z|spearman\Z", re.IGNORECASE)),
    ("r", re.compile(r"(?:^|\W)r\Z|(?i:pearson)\Z")),
    ("n", re.compile(r"(?:^|\W)[nN]\Z")),
    ("df", re.compile(r"(?:^|\W)(?:df|d\.f)\Z", re.IGNORECASE)),
    ("α", re.compile(r"(?:^|\W)(?:α|alpha)\Z", re.IGNORECASE)),
    ("cook", re.compile(r"cook['’]?s d(?:istances?)?\Z", re.IGNORECASE)),
    ("leverage", re.compile(r"leverage\Z", re.IGNORECASE)),
    ("vif", re.compile(r"(?:^|\W)vif\Z", re.IGNORECASE)),
    ("t", re.compile(r"(?:^|\W)t\Z")),
    ("F", re.compile(r"(?:^|\W)F\Z")),
    ("χ²", re.compile(r"(?:^|\W)(?:χ²|chi2)\Z", re.IGNORECASE)),
    ("z", re.compile(r"(?:^|\W)z\Z")),
)
_FUNCTION_WORDS = frozenset({"and", "or", "to", "of", "in", "is", "the", "a", "vs", "than", "with"})
_JOINTS = frozenset({"is", "of", "at", "was", "over", "to"})
_REACH = 70
_LONGEST_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a number and identifies it."""

    sentence: str
    """Of a very long one, what is near the number."""
    label: str = ""
    """Short for the usual ones (p, r, ρ, n, df, α, t, F, χ², z), else as written before it."""
    noun: str = ""
    """The word right after it, which says what is counted."""
    layer: int | None = None
    row_label: str = ""
    header: str = ""
    names: tuple[str, ...] = ()
    """Names from the page's tables: that of its row, else those in its sentence."""


def contexts(
    passage: Passage, numbers: Sequence[Number], names: Sequence[str] = ()
) -> tuple[Context, ...]:
    """The context of each number of a passage."""
    ground = Ground(passage.text, [n for n in numbers if n.kind is Kind.LAYER])
    if not numbers:
        return ()
    named = [
        (name, [found.start() for found in _name(name).finditer(passage.text)])
        for name in names
        if name.casefold() in passage.text.casefold()
    ]
    spot = passage.spot if passage.place is Place.CELL else None
    row = tuple(name for name in names if spot and spot.row_label.startswith(name))
    return tuple(_context(passage, ground, number, named, row) for number in numbers)


def _context(
    passage: Passage,
    ground: Ground,
    number: Number,
    named: Sequence[tuple[str, Sequence[int]]],
    row: tuple[str, ...],
) -> Context:
    at = ground.place(number.start)
    start, end = ground.sentence(at)
    first = max(ground.origin(start), number.start - _LONGEST_SENTENCE)
    last = min(ground.origin(end), number.end + _LONGEST_SENTENCE)
    spot = passage.spot if passage.place is Place.CELL else None
    inside = tuple(name for name, places in named if any(first <= place < last for place in places))
    noun = _NOUN.match(passage.text, number.end)
    return Context(
        passage.text[first:last].strip(),
        label_before(passage.text[max(first, number.start - _REACH) : number.start]),
        noun["noun"] if noun and noun["noun"].casefold() not in _FUNCTION_WORDS else "",
        ground.layer(at, at) or _layer_in(passage),
        spot.row_label if spot else "",
        spot.header if spot else "",
        row or inside,
    )


def label_before(before: str) -> str:
    """The label that words before a number end in."""
    before = before.replace("\n", " ").rstrip("*`_−-+±")
    words = list(_WORD.finditer(before))
    while words and words[-1].group() in _JOINTS and len(words) > 1:
        if not _JOINT.match(before, words[-2].end()):
            break
        words.pop()
    if not words or not _JOINT.match(before, words[-1].end()):
        return ""
    first = len(words) - 1
    while first and len(words) - first < _MOST_WORDS:
        if before[words[first - 1].end() : words[first].start()] not in (" ", "."):
            break
        first -= 1
    label = before[words[first].start() : words[-1].end()]
    for name, form in _CANONICAL:
        if form.search(label):
            return name
    return label


def _layer_in(passage: Passage) -> int | None:
    """The layer that the column or the row of a cell names."""
    if passage.spot is None or passage.place is not Place.CELL:
        return None
    return layer_of(passage.spot.header) or layer_of(passage.spot.row_label)


@cache
def _name(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
