"""The ground of the grammar: a text in which every number is one character.

A form is then a short pattern: `#` stands for a number and `¤` for a fraction k/n. Marks left over
from Markdown are gone, every space is a plain one, and names with digits in them stay words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypedDict

from epm_lint.numbers.spans import spans
from epm_lint.numbers.values import Kind, Number, Span

_NUMBER, _FRACTION = "\ue000", "\ue001"
_MARKS = re.compile(r"[*`]{1,200}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")
_SPACES = str.maketrans(
    {**dict.fromkeys("\n\r\t\u00a0\u2007\u2009\u200a\u202f", " "), _NUMBER: " ", _FRACTION: " "}
)
_QUOTES = re.compile(r"“[^”]{1,300}”|‘[^’]{1,300}’|«[^»]{1,300}»|\"[^\"]{1,300}\"")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]{0,3}(?=\s)")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|vs|cf|al|approx|[Ff]ig|[Ee]q|resp|[Nn]o|n\.s|ca))\Z")
_UNREAL = re.compile(
    r"\b(?:as if|as though|if|whether|would|could|might|were|should|suppose|assum\w{1,6})\b",
    re.IGNORECASE,
)
_LONGEST_CLAUSE = 400
_LISTED = re.compile(
    r"(?:layers? |L)?\d{1,3}(?:\s?[,/&]\s?|\s?,? and\s|\s(?:are |is )?)(?:layers? )?"
)
_LAYER_AFTER = re.compile(r"[)\]]{0,2},?\s?(?:at|in|for|on)\s(?:the )?(?:layer |L)(\d{1,3})")


def pattern(form: str, *, exact_case: bool = False) -> re.Pattern[str]:
    """Compile a form written with `#` and `¤`."""
    flags = re.NOFLAG if exact_case else re.IGNORECASE
    return re.compile(form.replace("#", _NUMBER).replace("¤", _FRACTION), flags)


class Common(TypedDict):
    """What every statement carries."""

    start: int
    end: int
    text: str
    layer: int | None
    quoted: bool


@dataclass
class Ground:
    """A passage made ready for the forms."""

    original: str
    all_numbers: Sequence[Number]
    lead: str = ""
    """What labels the passage from outside: a cell's row and column."""
    names: Sequence[str] = ()
    quoted: bool = False
    lead_layer: int | None = None
    """The layer that the labels name."""
    text: str = field(init=False, default="")
    taken: set[int] = field(init=False, default_factory=set)
    """Where numbers stand that a statement has already used as its own."""

    def __post_init__(self) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[int] = []
        self._at: dict[int, Number] = {}
        length = position = 0

        def add(piece: str, origin: int) -> None:
            nonlocal length
            if piece:
                self._starts.append(length)
                self._origins.append(origin)
                pieces.append(piece)
                length += len(piece)

        for number in (*self.all_numbers, None):
            if number is not None and not number.kind.is_quantity:
                continue
            end = number.start if number else len(self.original)
            for mark in _MARKS.finditer(self.original, position, end):
                add(self.original[position : mark.start()].translate(_SPACES), position)
                position = mark.end()
            add(self.original[position:end].translate(_SPACES), position)
            if number:
                self._at[length] = number
                add(_FRACTION if number.kind is Kind.FRACTION else _NUMBER, number.start)
                position = number.end
        self.text = "".join(pieces)

    def origin(self, position: int) -> int:
        """The place in the passage of a place in the text."""
        if not self._starts:
            return position
        at = max(0, bisect_right(self._starts, position) - 1)
        return min(self._origins[at] + position - self._starts[at], len(self.original))

    def place(self, origin: int) -> int:
        """The place in the text of a place in the passage."""
        at = max(0, bisect_right(self._origins, origin) - 1)
        return self._starts[at] + origin - self._origins[at] if self._starts else origin

    def end_origin(self, position: int) -> int:
        """The place in the passage where a stretch of the text that ends here ends."""
        number = self._at.get(position - 1)
        return number.end if number else self.origin(position - 1) + 1

    def number(self, position: int) -> Number:
        """The number at a place of the text."""
        return self._at[position]

    def numbers_in(self, start: int, end: int) -> list[Number]:
        """The numbers in a stretch of the text."""
        return [self._at[at] for at in self.places_in(start, end)]

    def places_in(self, start: int, end: int) -> list[int]:
        """Where in a stretch of the text numbers stand."""
        places = self._places
        return places[bisect_right(places, start - 1) : bisect_right(places, end - 1)]

    @cached_property
    def _places(self) -> list[int]:
        return sorted(self._at)

    @cached_property
    def spans(self) -> dict[int, Span]:
        """The intervals and ranges, by where their lower number stands in the passage."""
        return {span.low.start: span for span in spans(self.original, self.all_numbers)}

    def span_at(self, position: int) -> Span | None:
        """The span whose lower number stands at a place of the text."""
        return self.spans.get(self._at[position].start) if position in self._at else None

    @cached_property
    def _ends(self) -> list[int]:
        return [
            end.end()
            for end in _SENTENCE.finditer(self.text)
            if not _ABBREVIATION.search(self.text, max(0, end.start() - 8), end.start())
        ]

    def sentence(self, position: int) -> tuple[int, int]:
        """The bounds of the sentence around a place."""
        at = bisect_right(self._ends, position)
        start = self._ends[at - 1] if at else 0
        return start, self._ends[at] if at < len(self._ends) else len(self.text)

    @cached_property
    def _quotes(self) -> list[tuple[int, int]]:
        return [quote.span() for quote in _QUOTES.finditer(self.text)]

    def is_quoted(self, position: int) -> bool:
        """Whether a place is within quotation marks, or the passage is a quotation."""
        at = bisect_right(self._quotes, (position, len(self.text))) - 1
        return self.quoted or (at >= 0 and self._quotes[at][1] > position)

    def is_hypothetical(self, position: int, reach: int = 60) -> bool:
        """Whether what is said at a place is asked or supposed."""
        start, end = self.sentence(position)
        if self.text[max(start, end - 3) : end].rstrip("\"'”’)] ").endswith("?"):
            return True
        clause = self.clause(position)
        return bool(_UNREAL.search(self.text, max(clause, position - reach), position))

    def clause(self, position: int) -> int:
        """Where the clause around a place starts: after `;`, `:` or a dash, or at the sentence."""
        start = max(self.sentence(position)[0], position - _LONGEST_CLAUSE)
        return max(start, *(self.text.rfind(mark, start, position) + 1 for mark in ";:—"))

    @cached_property
    def _layers(self) -> tuple[list[int], list[int]]:
        layers = [number for number in self.all_numbers if number.kind is Kind.LAYER]
        return [layer.start for layer in layers], [int(layer.value) for layer in layers]

    def layer(self, start: int, end: int) -> int | None:
        """The layer that a stretch is about: named in it, right after, or last before it."""
        if after := _LAYER_AFTER.match(self.text, end):
            return int(after.group(1))
        places, layers = self._layers
        at = bisect_right(places, self.origin(max(start, end - 1))) - 1
        if at < 0 or places[at] < self.origin(self.sentence(start)[0]):
            return self.lead_layer
        return layers[at]

    def layers_before(self, start: int) -> tuple[int, ...]:
        """The layers that are listed right before a place: L10/L15/L20 and L25."""
        places, layers = self._layers
        listed: list[int] = []
        after = self.origin(start)
        for at in range(bisect_right(places, after) - 1, -1, -1):
            between = self.original[places[at] : after][:16]
            if not _LISTED.fullmatch(between):
                break
            listed.insert(0, layers[at])
            after = places[at]
        return tuple(listed)

    def finditer(self, form: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """All places where a form occurs."""
        return form.finditer(self.text)

    def common(self, start: int, end: int) -> Common:
        """The part that is alike in all statements, for one that fills a stretch of the text."""
        first, last = self.origin(start), self.end_origin(end)
        said = self.original[first:last]
        if said.endswith(")") and said.count("(") < said.count(")"):
            last -= 1
        return {
            "start": first,
            "end": last,
            "text": self.original[first:last],
            "layer": self.layer(start, end),
            "quoted": self.is_quoted(start),
        }


@lru_cache(maxsize=512)
def layer_of(label: str) -> int | None:
    """The one layer that a label names."""
    found = re.search(r"(?<!\w)(?:L|[Ll]ayer )(\d{1,3})(?!\w)", label)
    return int(found.group(1)) if found else None
