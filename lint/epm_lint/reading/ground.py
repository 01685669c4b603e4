"""A passage made ready for the forms: its tokens, its operands, and what stands around it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from epm_lint.patterns import Pattern
from epm_lint.reading.lexicon import NEGATIONS
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.operands import Operand, operands
from epm_lint.reading.statements import Binding, Qualifier, Span
from epm_lint.reading.text.fractions import join_fractions
from epm_lint.reading.text.kinds import classify
from epm_lint.reading.text.passages import Passage, Place
from epm_lint.reading.text.tokens import Tokens
from epm_lint.remembering import Remembered
from epm_lint.values import cached_property

_QUOTES = Pattern(r"“[^”]{1,300}”|‘[^’]{1,300}’|«[^»]{1,300}»|\"[^\"]{1,300}\"")
_OPENING_QUOTES = frozenset('“‘«"')
_UNREAL = frozenset(
    """
        if whether would could might were should suppose supposing assume assumes assumed assuming
        assumption
    """.split()
)
_CLAUSE_ENDS = frozenset(";:–")
_LONGEST_CLAUSE = 90
_LISTED = frozenset({",", "/", "&", "and", "is", "are", "layer", "layers", "l"})
_LAYER_LEADS = frozenset(["at", "in", "for", "on", "of"])
_SETUP = Pattern(r"set-?\s?up\b|hyper-?\s?parameters?", re.IGNORECASE)
_LAYERS_LABEL = Pattern(r"\s*layers?\b(?! agree)", re.IGNORECASE)
_SEEDS_LABEL = Pattern(r"\s*(?:random )?seeds?\b", re.IGNORECASE)
_LAYER_LABEL = Pattern(r"(?<!\w)(?:L|[Ll]ayer )(\d{1,3})(?!\w)")
_A_VALUE = Pattern(
    r"[\w.'’]{0,30}(?: [\w.'’]{1,20}){0,2}\s?[=:<>≤≥≈]{0,2}\s?[\[\](){},;%\d.\s−-]{0,60}"
)


def _read(text: str) -> Tokens:
    tokens = Tokens(text)
    join_fractions(tokens)
    classify(tokens)
    return tokens


_tokens = Remembered(_read)
"""A text's tokens, its fractions joined and each number of the kind that its neighbours tell."""


class Ground:
    """A passage with its tokens and operands, read once."""

    def __init__(self, passage: Passage, names: Sequence[str] = ()) -> None:
        self.passage = passage
        self.names = names
        self.tokens = tokens = _tokens(passage.text).copy()
        self._place()
        self.words = tokens.words
        self.operands: list[Operand] = operands(tokens)
        self.lead = lead_of(passage)
        """The labels of a cell, as one line."""
        self.beside: list[str] = []
        """The words of the cells of its row that hold no number."""
        self.declared: frozenset[Qualifier] = frozenset()
        """What a sentence of the section, a caption or a note says of all its p-values."""
        self.declared_intervals: frozenset[Qualifier] = frozenset()
        """The same of all its intervals."""
        self.stated_size: Number | None = None
        """The N that a cell's row or column states: "Pearson r (N=12)"."""

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number of the passage, those that name something included."""
        return (number for number in self.tokens.numbers if number is not None)

    def _place(self) -> None:
        """Tell each number where it stands, and that it is a setting or code if its place says."""
        passage, tokens = self.passage, self.tokens
        if not any(tokens.numbers):
            return
        code = "`" in passage.source
        label = passage.spot.row_label if passage.spot and passage.spot.column else ""
        layers, seeds = _LAYERS_LABEL.match(label), _SEEDS_LABEL.match(label)
        card = is_card(passage)
        for at, number in enumerate(tokens.numbers):
            if number is None:
                continue
            number.passage = passage
            if code and passage.is_code(number.start):
                number.code = True
                if number.kind.is_quantity and _is_part_of_code(number, passage):
                    number.kind = Kind.IDENTIFIER
                    tokens.words[at] = number.raw.casefold()
                    continue
            if layers and number.kind is Kind.PLAIN and number.is_whole:
                number.kind = Kind.LAYER
                tokens.words[at] = number.raw.casefold()
            elif (seeds and number.kind.is_quantity) or (card and number.kind is Kind.PLAIN):
                number.kind = Kind.SETTING

    # ------------------------------------------------------------------ sentences and clauses

    def word(self, at: int) -> str:
        """A token in small letters; nothing before the first and after the last."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """The first token of each sentence, and the one after its last."""
        bounds = [0, *self.tokens.sentences, len(self.words)]
        return tuple((start, end) for start, end in pairwise(bounds) if start < end)

    def sentence(self, at: int) -> tuple[int, int]:
        """The tokens of the sentence around a token."""
        return self.tokens.sentence(at)

    @cached_property
    def _number_tokens(self) -> list[int]:
        return [operand.token for operand in self.operands]

    def inside(self, start: int, end: int) -> list[Operand]:
        """The operands whose numbers stand among some tokens."""
        places = self._number_tokens
        return self.operands[bisect_left(places, start) : bisect_left(places, end)]

    def clause(self, at: int) -> int:
        """The token where the clause around a token starts: after `;`, `:` or a dash."""
        start, _ = self.sentence(at)
        for place in range(at - 1, max(start, at - _LONGEST_CLAUSE) - 1, -1):
            if self.words[place] in _CLAUSE_ENDS:
                return place + 1
        return start

    def said(self, start: int, end: int) -> str:
        """The text of some tokens."""
        if end <= start:
            return ""
        return self.passage.text[self.tokens.starts[start] : self.tokens.ends[end - 1]]

    # ------------------------------------------------------------------ what is said of a place

    @cached_property
    def _quotes(self) -> list[tuple[int, int]]:
        if _OPENING_QUOTES.isdisjoint(self.words):
            return []
        return [quote.span() for quote in _QUOTES.finditer(self.passage.text)]

    def is_quoted(self, position: int) -> bool:
        """Whether a place in the text is within quotation marks, or the passage is a quotation."""
        if self.passage.quoted:
            return True
        quotes = self._quotes
        at = bisect_right(quotes, (position, len(self.passage.text))) - 1
        return at >= 0 and quotes[at][1] > position

    def is_hypothetical(self, at: int, reach: int = 12) -> bool:
        """Whether what is said at a token is asked or supposed."""
        _, end = self.sentence(at)
        closing = end - 1
        while closing > at and self.words[closing] in ("”", '"', ")", "'"):
            closing -= 1
        if 0 <= closing < len(self.words) and self.words[closing] == "?":
            return True
        before = self.words[max(self.clause(at), at - reach) : at]
        if not _UNREAL.isdisjoint(before):
            return True
        return any(pair in (("as", "if"), ("as", "though")) for pair in pairwise(before))

    def is_denied(
        self, at: int, start: int, reach: int = 4, by: frozenset[str] = NEGATIONS
    ) -> bool:
        """Whether a negation stands shortly before a token, and not before `start`."""
        near = self.words[max(start, at - reach) : at]
        contracted = any(word.endswith(("n't", "n’t")) for word in near)
        return contracted or not by.isdisjoint(near)

    @cached_property
    def lead_layer(self) -> int | None:
        """The layer that the labels of a cell name."""
        return layer_of(self.lead) if self.lead else None

    @cached_property
    def _layers(self) -> list[int]:
        numbers = self.tokens.numbers
        return [at for at, number in enumerate(numbers) if number and number.kind is Kind.LAYER]

    def layer(self, start: int, end: int) -> int | None:
        """The layer that some tokens are about: named in them, right after, or last before."""
        layers = self._layers
        if not layers:
            return self.lead_layer
        after = end
        while self.word(after) in (")", "]", ","):
            after += 1
        if self.word(after) in _LAYER_LEADS:
            after += 1
            after += self.word(after) == "the"
            after += self.word(after) == "layer"
            if after in layers:
                return self._layer_at(after)
        at = bisect_right(layers, max(start, end - 1)) - 1
        if at < 0 or layers[at] < self.sentence(start)[0]:
            return self.lead_layer
        return self._layer_at(layers[at])

    def with_layer(self, end: int) -> int:
        """The token after "at L20", where that stands right behind some tokens, or `end`."""
        if self.word(end) not in _LAYER_LEADS:
            return end
        at = end + 1 + (self.word(end + 1) == "layer")
        number = self.tokens.numbers[at] if at < len(self.words) else None
        return at + 1 if number is not None and number.kind is Kind.LAYER else end

    def _layer_at(self, at: int) -> int:
        number = self.tokens.numbers[at]
        return number.mantissa if number else 0

    def layers_before(self, start: int) -> tuple[int, ...]:
        """The layers that are listed right before a token: L10/L15/L20 and L25."""
        listed: list[int] = []
        after = start
        for at in reversed([layer for layer in self._layers if layer < start]):
            if not _LISTED.issuperset(self.words[at + 1 : after]):
                break
            listed.insert(0, self._layer_at(at))
            after = at
        return tuple(listed)

    def common(self, start: int, end: int, **more: Any) -> dict[str, Any]:
        """The part that is alike in all statements, for one that fills some tokens."""
        tokens = self.tokens
        first, last = tokens.starts[start], tokens.ends[max(start, end - 1)]
        said = self.passage.text[first:last]
        opened, closed = said.count("("), said.count(")")
        if said.endswith(")") and opened < closed:
            last -= 1
        elif opened > closed and self.passage.text.startswith(")", last):
            last += 1
        return {
            "passage": self.passage,
            "start": first,
            "end": last,
            "layer": self.layer(start, end),
            "quoted": self.is_quoted(first),
            "binding": Binding.GROUP,
            **more,
        }

    def named_in(self, start: int, end: int) -> tuple[str, ...]:
        """The names of the page's rows that stand among some tokens."""
        if not self.names:
            return ()
        said = self.said(start, end).casefold()
        return tuple(name for name in self.names if name.casefold() in said and _has(name, said))

    def says(self, name: str) -> bool:
        """Whether the passage names something."""
        folded = self.passage.text.casefold()
        return name.casefold() in folded and _has(name, folded)


def span_of(operand: Operand) -> Span | None:
    """The two ends of an operand that has two."""
    return Span(operand.number, operand.high) if operand.high else None


def lead_of(passage: Passage) -> str:
    """The labels of a cell, as one line."""
    if passage.spot is None or passage.place is Place.HEADER:
        return ""
    labels = (passage.spot.row_label if passage.spot.column else "", passage.spot.header)
    return " | ".join(label for label in labels if label)


@lru_cache(maxsize=512)
def layer_of(label: str) -> int | None:
    """The one layer that a label names."""
    found = _LAYER_LABEL.search(label)
    return int(found.group(1)) if found else None


def is_card(passage: Passage) -> bool:
    """Whether a passage is a cell of the reproducibility card."""
    in_table = passage.spot is not None and passage.place is not Place.ALT
    return in_table and _is_setup(passage.sections)


@lru_cache(maxsize=64)
def _is_setup(sections: tuple[str, ...]) -> bool:
    return any(map(_SETUP.search, sections))


def _is_part_of_code(number: Number, passage: Passage) -> bool:
    if passage.source_map is None:
        return False
    span = next(
        ((a, b) for a, b in passage.source_map.code if a <= number.start < b), (number.start, 0)
    )
    rest = passage.text[span[0] : number.start] + passage.text[number.end : span[1]]
    return not _A_VALUE.fullmatch(rest)


@lru_cache(maxsize=512)
def _form(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _has(name: str, text: str) -> bool:
    return _form(name).search(text) is not None
