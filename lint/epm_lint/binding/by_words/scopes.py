"""The numbers of a page that may be results, each with the words around it, the nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby, pairwise

from epm_lint.binding.by_words.stretches import Stretches
from epm_lint.binding.by_words.vocabulary import (
    INTERVAL,
    ROLE_WORDS,
    Aspect,
    telling,
    words_of,
)
from epm_lint.patterns import Pattern
from epm_lint.reading.ground import Ground
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import Reading
from epm_lint.reading.text.passages import Passage, Place
from epm_lint.values import dataclass

AT_HAND, IN_CLAUSE, BEFORE, IN_SENTENCE, NEAR, HEADING, TITLE = range(7)
"""How far from a number a word stands: in its cell, row, header or directly beside it; in its
clause; beside the number before; in its sentence; in those before; in a heading; in the title."""

_WORD_BEFORE = Pattern(
    r"([^\W\d_][\w.'’-]{0,30})[\s:=(]{0,3}(?:(?:is|of|was|at|=|:|≈|~|about)\s{0,2}){0,2}\Z",
    re.IGNORECASE,
)
SPREADS = (Aspect.SE, Aspect.SD)
"""What ± may mean."""
_WORDS_BEHIND = Pattern(r"[\s,]?\(?\s?([^\W\d_][\w. ]{0,20})", re.IGNORECASE)
_LINKS = frozenset(("is", "was", "are", "were", "of", "at", "about"))
_ENDS_BETWEEN = re.compile(r"\s?(?:,|;|to|–|-|—|\.\.|and)\s?\Z")
_POINTS = Pattern(r"[\s-]?(?:percentage )?(?:points?|pp|ppts?)\b", re.IGNORECASE)
_TIMES = Pattern(r"\s?(?:times|fold|-fold|×|x)\b", re.IGNORECASE)
_DIFFERENCE = Pattern(
    r"\b(?:rise[sn]?|rose|falls?|fell|gain(?:s|ed)?|drop(?:s|ped)?|differ\w{0,8}|gap|delta|lift|uplift"
    r"|increas\w{0,4}|decreas\w{0,4}|improv\w{0,6}|chang\w{0,4}|declin\w{0,4}|reduc\w{0,5}"
    r"|lower(?:ed|s)? by|rais\w{0,4})\b(?! to\b)|[Δδ]",
    re.IGNORECASE,
)
_HIGHER = Pattern(
    r"\s?\S{0,12}\s(more|less|fewer|higher|lower|better|worse|above|below)\b", re.IGNORECASE
)
_CHANGE_BEHIND = Pattern(
    r"[\s-]?(?:percentage )?(?:points?|pp)?\s"
    r"(gain|rise|increase|lift|drop|fall|decrease|decline)\b",
    re.IGNORECASE,
)
_UP = Pattern(r"more|higher|above|rise|rose|gain|increas|rais|lift|uplift", re.IGNORECASE)
_DOWN = Pattern(r"less|fewer|lower|below|fall|fell|drop|decreas|declin|reduc", re.IGNORECASE)
_DENYING = frozenset(("not", "never", "nor"))
_NOT_ITS_OWN = Pattern(
    r"\b(?:earlier|previous(?:ly)?|prior|parent|published|reported|et al|expect\w{0,3}|literature"
    r"|predict\w{0,3}|hop(?:e|ed|ing)|target|goal|threshold|at least|at most|up to|chance|paper"
    r"|would|should|could|might|if we|suppose|assum\w{0,4}|for example|e\.g|instead of|rather than"
    r"|plan(?:s|ned)?|next|future|smaller|larger|bigger|another|second|third|different|pilot"
    r"|preliminary|according to (?!our|the table|table|figure)"
    r"|(?:before|after) (?:the |any )?(?:fix|calibrat|tun|train|filter|correct|chang)"
    r"\w{0,6})\b|#\d",
    re.IGNORECASE,
)
_RANGE = Pattern(
    r"\b(?:rang(?:e[sd]?|ing)|(?:run|vari|stay|lie)\w{0,3} (?:from|between)|between)\b",
    re.IGNORECASE,
)
_OF_A_PART = Pattern(
    r"\b(?:without|drop(?:ping|ped)|exclud\w{1,6}|remov\w{1,4}|within|leav\w{1,4}|held[ -]out"
    r"|subset|alone|only|except|filtered|restricted|limited to|first|last|half|per)\b",
    re.IGNORECASE,
)
_ELSEWHERE = Pattern(
    r"background|source issues|related|next steps|earlier|prior|references?\b|limits|future",
    re.IGNORECASE,
)
_COMMAS = Pattern(r"[,;:()\[\]] |[()\[\]]")
_NUMBERS = Pattern(r"(?<![\w.-])[-+−]?\d[\d.,]*\d?%?(?![\w-])")
_OWNER = Pattern(r"\b[\w-]{1,40}/(?=\w{1,40}[-.]\w)")
"""Whose a model is: `meta-llama/Llama-3.1-8B`."""
_OF_OTHERS = Pattern(
    r"\b(?!(?:We|Table|Figure|Section|This|It|That|Which|Appendix)\b)[A-Z]\w+(?: et al\.?)? "
    r"(?:reports?|claims?|cites?|states?|quotes?|lists?|publish(?:es)?)\b"
)
_PLUS_MINUS = ("±", "+/-", "+-")


@dataclass(frozen=True, slots=True)
class Mention:
    """A number of a page with the words around it."""

    number: Number
    passage: Passage
    levels: tuple[tuple[int, frozenset[str]], ...]
    """Words by how far they stand, the nearest first."""
    label: frozenset[str]
    """The words that are said of this number alone: row, header, its stretch of the clause."""
    heads: tuple[frozenset[str], ...] = ()
    """In a table, the words of its column's header, and those of its row's label."""
    roles: tuple[Aspect, ...] = ()
    """What it says it is, by its form or a word right before it; empty where it does not say."""
    percent: bool = False
    difference: bool = False
    direction: int = 0
    """Of a difference, whether it is said to be one up (1) or down (-1)."""
    compared: bool = False
    """Whether it is said to be so much more or less than what was named last: "15 points less"."""
    ratio: bool = False
    denied: bool = False
    """Whether the page says that it is not this: "is not 56.1%"."""
    own: bool = True
    """Whether the page says it of its own results, all of them."""
    part: bool = False
    """Whether its clause speaks of a part of the data: "without librarian"."""
    sentence: int = 0
    """Which sentence of its passage it stands in."""
    stretches: Stretches | None = None
    """In prose, the words of its clause between its numbers."""
    segments: tuple[tuple[str, ...], ...] = ()
    """In prose, the words of its sentence in their order, between its commas, up to this number."""

    def levels_for(
        self, names: frozenset[str]
    ) -> tuple[tuple[tuple[int, frozenset[str]], ...], bool]:
        """The levels as they are for names of one kind, and whether it is open whose they are.

        "66.8% for plus and 12.2% for minus", "plus gives 66.8%, minus 12.2%": whether the names
        stand before the numbers or after them shows at the ends of the clause.
        """
        if self.stretches is None:
            return self.levels, False
        own, carried, is_open = self.stretches.named(names)
        far = tuple((level, bag) for level, bag in self.levels if level > BEFORE)
        return ((AT_HAND, own), *((BEFORE, bag) for bag in carried), *far), is_open

    @property
    def cell(self) -> tuple[int, int, int] | None:
        """The table, row and column that it stands in."""
        spot = self.passage.spot
        return (spot.table_line, spot.row, spot.column) if spot else None


class Scopes:
    """Reads the mentions of a page, knowing the words of its results files and of their labels."""

    def __init__(
        self, reading: Reading, vocabulary: AbstractSet[str], labels: AbstractSet[str] = frozenset()
    ) -> None:
        self._vocabulary, self._labels = vocabulary, labels
        self._reading = reading
        self._aliases = {w: n for w, n in _aliases(reading).items() if w not in vocabulary}

    def mentions(self) -> Iterator[Mention]:
        """All numbers that may be results, in the order of the page."""
        before: list[Ground] = []
        title: frozenset[str] = frozenset()
        grounds = self._reading.grounds
        tables = {
            line: list(cells)
            for line, cells in groupby(
                (g for g in grounds if g.passage.place in (Place.CELL, Place.HEADER)),
                key=lambda g: g.passage.spot.table_line if g.passage.spot else 0,
            )
        }
        read: dict[int, _Table] = {}
        for ground in grounds:
            passage = ground.passage
            if passage.place is Place.TITLE or (passage.place is Place.HEADING and not title):
                title = title | self._bag(passage.text)
            if passage.place is Place.CELL and passage.spot:
                line = passage.spot.table_line
                if line not in read:
                    read[line] = _Table(tables[line], before[-1] if before else None)
                yield from self._cell(ground, read[line], title)
            elif passage.place not in (Place.HEADER,):
                if passage.place is not Place.HEADING:
                    yield from self._prose(ground, before[-1] if before else None, title)
                if passage.place in (Place.PARAGRAPH, Place.CAPTION, Place.ITEM):
                    before.append(ground)

    def _bag(self, text: str) -> frozenset[str]:
        found = set(telling(words_of(text)))
        for word in list(found):
            found.update(self._aliases.get(word, ()))
            if word.startswith("un") and word[2:] in self._vocabulary:
                found.update(("base", "control", word[2:]))
        return frozenset(found)

    # ------------------------------------------------------------------ tables

    def _cell(self, ground: Ground, table: _Table, title: frozenset[str]) -> Iterator[Mention]:
        passage = ground.passage
        spot = passage.spot
        if spot is None or spot.column in table.labels:
            return
        header = table.headers.get(spot.column, "")
        said = [header]
        for column in table.names_before(spot.column):
            text = table.cells.get((spot.row, column), "")
            name = table.headers.get(column, "")
            said.append(f"{name} {text}" if text[:1].isdigit() or text[:1] in "-−." else text)
        corner = table.headers.get(0, "")
        if header[:1].isdigit():
            said.append(f"{corner} {header}")
        bag = self._bag(" | ".join(said))
        name_bag = self._bag(corner) if corner and 0 in table.labels else frozenset()
        text = passage.text
        lead = self._bag(table.lead)
        sections = self._sections(passage)
        header_words = words_of(header)
        for at, number in enumerate(ground.tokens.numbers):
            if number is None or not number.kind.can_be_result:
                continue
            inside = self._bag(_without_numbers(text, ground))
            of_column = _header_roles(header_words, text, number)
            roles = _roles(ground, at, number, text) or of_column
            if roles == SPREADS:
                roles = _spreads(of_column)
            percent = number.unit == "%" or ("%" in header and not number.unit)
            where = f"{header} {spot.row_label}"
            yield Mention(
                number,
                passage,
                (
                    (AT_HAND, bag | inside),
                    (IN_CLAUSE, name_bag),
                    (NEAR, lead),
                    *sections,
                    (TITLE, title),
                ),
                self._bag(f"{header} | {' | '.join(said[1:])}"),
                (self._bag(header), self._bag(" | ".join(said[1:]))),
                roles,
                percent,
                difference=number.unit == "pp" or bool(_DIFFERENCE.search(where)),
                ratio=number.unit == "×" or "ratio" in where.casefold(),
                own=not passage.quoted and not any(map(_ELSEWHERE.search, passage.sections[-1:])),
                part=bool(_OF_A_PART.search(where)),
            )

    # ------------------------------------------------------------------ prose

    def _prose(
        self, ground: Ground, above: Ground | None, title: frozenset[str]
    ) -> Iterator[Mention]:
        passage, tokens = ground.passage, ground.tokens
        text = passage.text
        spans = [
            (n, at) for at, n in enumerate(tokens.numbers) if n is not None and n.kind.can_be_result
        ]
        sections = self._sections(passage)
        lead = _lead(text)
        for number, at in spans:
            start, end = ground.sentence(at)
            first, last = tokens.starts[start], tokens.ends[end - 1] if end else len(text)
            clause = _clause(text, first, last, number)
            of_clause = [n for n, _ in spans if clause[0] <= n.start < clause[1]]
            stretches = self._stretches(text, clause, of_clause, number)
            own = stretches.own
            sentence = text[first:last]
            earlier = text[max(0, first - 400) : first]
            if not earlier.strip() and above is not None and passage.place is Place.PARAGRAPH:
                earlier = above.passage.text[-300:]
            near = text[max(first, number.start - 120) : number.start]
            yield Mention(
                number,
                passage,
                (
                    (AT_HAND, self._bag(own)),
                    *((BEFORE, bag) for bag in reversed(stretches.bags[: stretches.place])),
                    (IN_SENTENCE, self._bag(sentence)),
                    (NEAR, self._bag(earlier) | self._bag(lead)),
                    *sections,
                    (TITLE, title),
                ),
                self._bag(own),
                (),
                _roles(ground, at, number, text),
                number.unit == "%",
                difference=_is_difference(text, first, number),
                direction=_direction(text, first, number),
                compared=_HIGHER.match(text, number.end) is not None,
                ratio=number.unit == "×" or bool(_TIMES.match(text, number.end)),
                denied=ground.is_denied(at, start, 2, _DENYING),
                own=not ground.is_quoted(number.start)
                and not ground.is_hypothetical(at)
                and not any(map(_ELSEWHERE.search, passage.sections[-1:]))
                and not _NOT_ITS_OWN.search(own)
                and not _OF_OTHERS.search(own)
                and not _RANGE.search(text[clause[0] : number.start]),
                part=bool(_OF_A_PART.search(near)),
                sentence=start,
                stretches=stretches,
                segments=self._segments(text[first : number.start], stretches.behind),
            )

    def _stretches(
        self, text: str, clause: tuple[int, int], numbers: Sequence[Number], number: Number
    ) -> Stretches:
        """The words of a clause, cut at its numbers; those in brackets are the number's before."""
        heads = [n for n in numbers if not _is_inside(text, clause[0], n.start)] or list(numbers)
        place = max((i for i, n in enumerate(heads) if n.start <= number.start), default=0)
        starts = [clause[0], *(n.end for n in heads)]
        ends = [*(n.start for n in heads), clause[1]]
        pieces = [text[a:b] for a, b in zip(starts, ends, strict=True)]
        inside = text[heads[place].end : number.start] if number is not heads[place] else ""
        return Stretches(
            pieces,
            [self._bag(piece) for piece in pieces],
            place,
            self._bag(inside),
            inside,
            self._labels,
        )

    def _segments(self, before: str, behind: str) -> tuple[tuple[str, ...], ...]:
        """What stands between the commas before a number, and right behind it."""
        *earlier, last = _COMMAS.split(before[before.rfind(";") + 1 :])
        texts = (*earlier, f"{last} {_COMMAS.split(behind)[0]}")
        words = (words_of(_NUMBERS.sub(" ", _OWNER.sub("", text))) for text in texts)
        # what the page itself calls a label by describes nothing
        return tuple(tuple(w for w in of if w not in self._aliases) for of in words)

    def _sections(self, passage: Passage) -> list[tuple[int, frozenset[str]]]:
        titles = passage.sections if passage.place is not Place.HEADING else passage.sections[:-1]
        return [(HEADING, self._bag(title)) for title in reversed(titles[1:] or titles)]


class _Table:
    """The texts of a table, and which of its columns name the rows."""

    def __init__(self, cells: Sequence[Ground], above: Ground | None) -> None:
        self.headers: dict[int, str] = {}
        self.cells: dict[tuple[int, int], str] = {}
        numeric: dict[int, list[bool]] = {}
        for ground in cells:
            spot = ground.passage.spot
            if spot is None:
                continue
            if ground.passage.place is Place.HEADER:
                self.headers[spot.column] = ground.passage.text
            else:
                self.cells[spot.row, spot.column] = ground.passage.text
                has = any(n is not None and n.kind.can_be_result for n in ground.tokens.numbers)
                if has or any(mark.isalpha() for mark in ground.passage.text):
                    numeric.setdefault(spot.column, []).append(has)
        self.labels = {0} | {c for c, found in numeric.items() if 2 * sum(found) < len(found)}
        self._short = {
            c for c in self.labels
            if all(len(text.split()) <= 2 for (_, at), text in self.cells.items() if at == c)
        }  # fmt: skip
        self.lead = ""
        if above is not None and cells:
            spot = cells[0].passage.spot
            near = spot is not None and above.passage.sections == cells[0].passage.sections
            self.lead = above.passage.text[-300:] if near else ""

    def names_before(self, column: int) -> list[int]:
        """The columns that name what stands in this one: those left of it, and short ones."""
        return [c for c in sorted(self.labels) if c < column or c in self._short]


def _without_numbers(text: str, ground: Ground) -> str:
    cut = text
    for number in ground.tokens.numbers:
        if number is not None and number.kind.can_be_result:
            cut = cut[: number.start] + " " * (number.end - number.start) + cut[number.end :]
    return cut


def _lead(text: str) -> str:
    """The lead of a list item or paragraph: what stands before its first colon."""
    lead, colon, _ = text[:60].partition(":")
    return lead if colon else ""


def _clause(text: str, first: int, last: int, number: Number) -> tuple[int, int]:
    start = max(text.rfind(mark, first, number.start) for mark in (";", " – ", " — "))
    start = max(first, start + 1 if start >= 0 else first)
    ends = [at for mark in (";", " – ", " — ") if (at := text.find(mark, number.end, last)) >= 0]
    return start, min([last, *ends])


def _is_inside(text: str, first: int, place: int) -> bool:
    """Whether a place is within a bracket that opens after `first`."""
    depth = 0
    for mark in text[first:place]:
        depth += mark in "([" or -(mark in ")]" and depth > 0)
    return depth > 0


def _is_difference(text: str, first: int, number: Number) -> bool:
    if number.unit == "pp" or _POINTS.match(text, number.end) or _HIGHER.match(text, number.end):
        return True
    return bool(_change_before(text, first, number))


def _change_before(text: str, first: int, number: Number) -> str:
    """The word before a number that says that something changed by it."""
    before = re.split(r"[,;(]", text[max(first, number.start - 50) : number.start])[-1]
    found = _DIFFERENCE.search(before)
    rest = before[found.end() :] if found else ""
    # "drops 3% relative to the 61.2%": it is another number that it drops by
    if not found or re.search(r"\b(?:to|from)\s*\Z|\bfrom\b|\d\W*\s[^\W\d]{4}", rest):
        return ""
    return found[0]


def _direction(text: str, first: int, number: Number) -> int:
    behind = _HIGHER.match(text, number.end) or _CHANGE_BEHIND.match(text, number.end)
    word = behind[1] if behind else _change_before(text, first, number)
    return bool(_UP.match(word)) - bool(_DOWN.match(word))


def _roles(ground: Ground, at: int, number: Number, text: str) -> tuple[Aspect, ...]:
    """By its form and the words right before it."""
    if number.fraction or number.kind is Kind.FRACTION:
        return (Aspect.K, Aspect.N)
    before = text[max(0, number.start - 60) : number.start].rstrip()
    after = text[number.end : number.end + 20].lstrip()
    if number.sign == "±" or before.endswith(_PLUS_MINUS):
        said = _WORDS_BEHIND.match(after)
        return _spreads(_named_role(words_of(said[1])[:1]) if said else ())
    numbers = ground.tokens.numbers
    if before.endswith("["):
        return (Aspect.LOW,)
    if (
        after.startswith("]")
        and at >= 2
        and _ENDS_BETWEEN.search(f" {_between(text, numbers, at)}")
    ):
        return (Aspect.HIGH,)
    if re.search(r"\bCI:?\s*[\[(]?\Z", before):
        return (Aspect.LOW,)
    if re.search(r"\bCI:?\s*[\[(]?\s*[-+−]?[\d.]+%?\s?(?:,|to|–|-)\Z", before):
        return (Aspect.HIGH,)
    found = _WORD_BEFORE.search(before + " ")
    if found and (named := _named_role(words_of(found[1])[-1:])):
        return named
    return _role_of_quantity(_between_numbers(ground, at, text))


def _spreads(named: Sequence[Aspect]) -> tuple[Aspect, ...]:
    """What stands behind ±: what words name, else either."""
    return tuple(role for role in SPREADS if role in named) or SPREADS


def _between_numbers(ground: Ground, at: int, text: str) -> str:
    """What stands before a number in its sentence, behind the number before it."""
    start, _ = ground.sentence(at)
    tokens = ground.tokens
    earlier = (n for n in reversed(tokens.numbers[start:at]) if n and n.kind.can_be_result)
    first = next((n.end for n in earlier), tokens.starts[start])
    return text[first : tokens.starts[at]]


def _role_of_quantity(before: str) -> tuple[Aspect, ...]:
    """That of "the standard error is", "the stderr of the accuracy of A is"."""
    words = words_of(_COMMAS.split(before)[-1])
    while words and words[-1] in _LINKS:
        words.pop()
    if named := _named_role(words[-1:] if words[-1:] != ["bound"] else words[-2:]):
        return named
    for role in (Aspect.SE, Aspect.SD, Aspect.P):
        if any(word in ROLE_WORDS[role] and then == "of" for word, then in pairwise(words)):
            return (role,)
    bounds = [word for word, then in pairwise(words) if then in ("bound", "limit")]
    return next((named for word in bounds if (named := _named_role([word]))), ())


def _between(text: str, numbers: Sequence[Number | None], at: int) -> str:
    earlier = next((n for n in reversed(numbers[:at]) if n is not None), None)
    here = numbers[at]
    return text[earlier.end : here.start] if earlier and here else "x"


def _named_role(words: Sequence[str]) -> tuple[Aspect, ...]:
    for role, named in ROLE_WORDS.items():
        if not named.isdisjoint(words) and not {"size", "sample", "positive", "passed", "hit"} & {
            *words
        }:
            return (role,)
    return ()


def _header_roles(header: Sequence[str], text: str, number: Number) -> tuple[Aspect, ...]:
    """Those that a header names: "SE", "SE or SD", "n", "p of ρ"."""
    if not INTERVAL.isdisjoint(header):
        return ()
    found = tuple(role for role, named in ROLE_WORDS.items() if not named.isdisjoint(header))
    return found if not number.unit or Aspect.K not in found else ()


def _aliases(reading: Reading) -> dict[str, set[str]]:
    """What the page itself calls things: "added (`plus`)" makes "added" a word for `plus`."""
    found: dict[str, set[str]] = {}
    for ground in reading.grounds:
        text = ground.passage.text
        for match in _DEFINITION.finditer(text):
            if not ground.passage.is_code(match.start("name")):
                continue
            name = telling(words_of(match["name"]))
            meant = telling(words_of(match["words"]))[-1:]
            for word in meant:
                if name and word not in name:
                    found.setdefault(word, set()).update(name)
    return found


_DEFINITION = Pattern(r"(?P<words>[^\W\d_][\w-]{2,30}) \((?P<name>[\w./-]{2,40})\)")
