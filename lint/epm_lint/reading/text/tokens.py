"""Cut a text into words, numbers and marks, once, from left to right.

A name with digits in it (L20, seed42, v1.2, a path, a hash) is one token, and so is a number with
its sign, its thousands, its exponent and its unit. What emphasises is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from epm_lint.patterns import Pattern
from epm_lint.reading.number import NUMBER, SPACES, Kind, Number
from epm_lint.reading.text.names import kind_of_name
from epm_lint.reading.text.tex import as_read
from epm_lint.values import cached_property

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_TOKEN = re.compile(
    r"[\s*`$]*(?:"
    rf"(?P<month>(?=[ADFJMNOS]){_MONTH} (?:\d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{4})(?![\w-]|[.,/:]\d))"
    r"|(?=[hfwG#])(?:(?P<url>(?:https?|ftp)://[^\s<>\"]{1,2000}|www\.[^\s<>\"]{1,2000})"
    r"|(?P<issue>(?<![\w&])(?:GH-|\#)\d{1,9}\b))"
    r"|(?P<word>(?:~/|\./|\.\./|/)?[^\W\d][\w'’]*(?:[./@\\-](?=[\w/])[\w'’]*)*)"
    r"|(?P<long>\d{41,})"
    # only what goes on like this can be a date, a time, a hash, a version or an ordinal
    r"|(?=\d+(?:[-/:a-zA-Z]| [ADFJMNOSap]|\.\d+\.)|(?<===)\d)(?:"
    r"(?P<date>(?<![\w.,/-])(?:(?:19|20)\d\d-(?:0\d|1[0-2])(?:-[0-3]\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?|\d{1,2}/\d{1,2}/\d{4}"
    rf"|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?: \d{{4}})?)"
    r"(?![\w-]|[.,/:]\d))"
    r"|(?P<time>(?<![\w:.])(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?: ?(?:[ap]m|UTC|GMT))?"
    r"|\d{1,2}(?::[0-5]\d)? ?[ap]m)(?![\w:]))"
    r"|(?P<hash>(?<![\w.])(?=[0-9]*[a-f])(?!\d{1,9}e\d{1,4}\b)[0-9a-f]{7,64}\b)"
    r"|(?P<version>(?<![\w.])\d{1,9}(?:\.\d{1,9}){2,4}(?:[-+.]?[a-z][\w.+-]{0,40})?(?!\w)"
    r"|(?<===)\d[\w.+-]{0,40})"
    r"|(?P<ordinal>(?<![\w.])\d{1,9}(?:st|nd|rd|th)\b))"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<mark><=|>=|->|=>|==|\S))"
)
_NUMBER = Pattern(NUMBER)
_ISSUE_BEHIND = Pattern(r"#\d{1,9}\b")
_DIGITS = Pattern(r"\d{1,40}")
_STAR = Pattern(r"(?<=[\w)%])( ?)(?<!\*)\*(?!\*)(?= ?[\d(])")
_OPENING = frozenset(SPACES + "\t\n([{=<>≤≥≈~:;,|/±\"'“‘*`→∈")
_INSIDE_A_NAME = Pattern(
    r"(?![xX]\d)[^\W\d]\w{0,80}"
    r"|-(?:tailed|sided|shot|way|step|hot|gram|bit|dimensional|layer|item|turn|year|day)s?\b"
)
_DIGIT = Pattern(r"\d")
_MARKS = {
    "<=": "≤",
    ">=": "≥",
    "⩽": "≤",
    "⩾": "≥",
    "->": "→",
    "=>": "→",
    "==": "=",
    "⇒": "→",
    "∼": "~",
    "≃": "≈",
    "⋅": "·",
    "⁄": "/",
    "∕": "/",
    "—": "–",
    "‒": "–",
    "‑": "-",
    "’": "'",
    "✕": "×",
    "#": "№",
    "¤": "№",
}
_RELATIONS = {"=": "=", "<": "<", ">": ">", "≤": "≤", "≥": "≥", "≈": "≈", "~": "≈"}
_COMMA_DECIMALS = Pattern(r",\d{1,2}(?!\d|[.,]\d)|,\d{4,40}(?!\d|[.,]\d)|(?<=\b0),\d{3}(?!\d|,\d)")
_DEGREES_OF_FREEDOM = Pattern(r"\d{1,6}(?:\.\d{1,6})?(?=\s?,)")
_SPACED_THOUSANDS = Pattern(r" \d{3}(?![\d.])(?!\s?(?:×|x\b|\*|of\b))")
_SENTENCE_MARKS = frozenset(".!?…")
_ABBREVIATIONS = frozenset(
    {"e.g", "i.e", "vs", "cf", "al", "approx", "fig", "eq", "resp", "no", "n.s", "ca", "s.d", "s.e"}
    | {"incl", "excl", "max", "min", "avg", "std", "dr", "st", "d.f"}
)
_LONGEST_SENTENCE, _BREAK_WITHIN = 250, 60
"""In tokens; and how far back a comma or semicolon is looked for to break a longer one at."""
_NEW_LINE = Pattern(r"\n(?=[A-Z][\w /-]{0,40}:)")


class Tokens:
    """A text in tokens, and the bounds that they stand in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.raws: list[str] = []
        """Each as written."""
        self.words: list[str] = []
        """Words in small letters, marks as one character; `#` for a quantity, `¤` for k/n.

        Where the text itself has one of these two marks, it becomes `№`.
        """
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.numbers: list[Number | None] = []
        """Beside each token that holds digits, what they are."""
        self._read(_STAR.sub(r"\1×", as_read(text)) if "*" in text else as_read(text))

    def __len__(self) -> int:
        return len(self.words)

    def copy(self) -> Tokens:
        """The same again, its numbers too, so that either can be told more."""
        made = object.__new__(Tokens)
        made.__dict__.update(self.__dict__)
        made.raws, made.words = self.raws[:], self.words[:]
        made.starts, made.ends = self.starts[:], self.ends[:]
        made.numbers = [number and number.copy() for number in self.numbers]
        return made

    def _add(self, raw: str, word: str, start: int, end: int, number: Number | None = None) -> None:
        self.raws.append(raw)
        self.words.append(word)
        self.starts.append(start)
        self.ends.append(end)
        self.numbers.append(number)

    def _read(self, text: str) -> None:
        raws, words, starts = self.raws.append, self.words.append, self.starts.append
        ends, numbers = self.ends.append, self.numbers.append
        position = 0
        match, marks = _TOKEN.match, _MARKS.get
        while found := match(text, position):
            position = found.end()
            kind = found.lastgroup
            if kind == "word":
                raw = found["word"]
                if not raw.isalpha() and (end := self._is_name(raw, position)):
                    position = end
                    continue
                raws(raw)
                words(raw.casefold())
                starts(position - len(raw))
                ends(position)
                numbers(None)
            elif kind == "mark":
                raw = found["mark"]
                if raw != "\\" and not raw.isspace():
                    raws(raw)
                    words(marks(raw, raw))
                    starts(position - len(raw))
                    ends(position)
                    numbers(None)
            elif kind == "number":
                position = self._number(found, text)
            elif kind:
                position = self._named(found, kind)

    def _is_name(self, raw: str, end: int) -> int:
        """Take in a word that ends there, if it has digits; where that ends, or 0."""
        if "/" in raw and (behind := _ISSUE_BEHIND.match(self.text, end)):
            return self._issue(end - len(raw), behind.end())
        if _DIGIT.search(raw):
            self._name(raw, end - len(raw))
            return end
        return 0

    def _issue(self, start: int, end: int) -> int:
        """An issue of another repository: acme/lab#12."""
        raw = self.text[start:end]
        digits = raw.rpartition("#")[2]
        self._add(raw, raw.casefold(), start, end, Number.named(raw, start, Kind.ISSUE, digits))
        return end

    def _name(self, raw: str, start: int) -> None:
        for piece, offset, kind in kind_of_name(raw):
            digits = _DIGITS.search(piece)
            at = start + offset
            number = Number.named(piece, at, kind, digits[0] if digits else "0")
            self._add(piece, piece.casefold(), at, at + len(piece), number)

    def _named(self, found: re.Match[str], kind: str) -> int:
        raw, start = found[kind], found.start(kind)
        if kind == "url":
            raw = raw.rstrip(".,;:!?)]'*_")
        if kind == "url" and not _DIGIT.search(raw):
            self._add(raw, raw, start, start + len(raw))
        else:
            told = {"month": Kind.DATE, "long": Kind.IDENTIFIER}.get(kind) or Kind(kind)
            digits = _DIGITS.search(raw)
            number = Number.named(raw, start, told, digits[0] if digits else "0")
            self._add(raw, raw.casefold(), start, start + len(raw), number)
        return start + len(raw)

    def _number(self, found: re.Match[str], text: str) -> int:
        start = found.start("number")
        # F(2,158) has two degrees of freedom, and not two thousand
        if self.words[-2:] == ["f", "("] and (first := _DEGREES_OF_FREEDOM.match(text, start)):
            found = _NUMBER.match(text, start, first.end()) or found
        mark = found["sign"]
        signed = not mark or _is_sign(text, start)
        number = Number.found(found, text, signed)
        if not signed:
            self._add(mark, _MARKS.get(mark, mark), start, start + 1)
        end = number.end
        follows = text[end : end + 1]
        in_a_name = follows.isalnum() or follows in ("_", "-")
        if in_a_name and (rest := _INSIDE_A_NAME.match(text, end)):
            raw = text[number.start : rest.end()]
            digits = _DIGITS.search(raw)
            named = Number.named(raw, number.start, Kind.IDENTIFIER, digits[0] if digits else "0")
            self._add(raw, raw.casefold(), number.start, rest.end(), named)
            return rest.end()
        if follows == "," and (foreign := _COMMA_DECIMALS.match(text, end)):
            if not self._is_list(text, foreign.end()):
                end = foreign.end()
                number = Number.named(text[number.start : end], number.start, Kind.FOREIGN)
        elif follows == " " and self._goes_on(number, text):
            end += 4
            number = Number.named(text[number.start : end], number.start, Kind.FOREIGN)
        if self.words:
            number.relation = _RELATIONS.get(self.words[-1], "")
        self._add(
            number.raw, "#" if number.kind.is_quantity else number.raw, number.start, end, number
        )
        return end

    def _goes_on(self, number: Number, text: str) -> bool:
        """Whether a number's thousands stand behind a space."""
        small = number.power == 0 and number.mantissa < 1000
        return small and _SPACED_THOUSANDS.match(text, number.end) is not None

    def _is_list(self, text: str, end: int) -> bool:
        """Whether a comma stands between two numbers: 10,15,20 or [22,40]."""
        last = self.words[-1:]
        return last == [","] or (last in (["["], ["("]) and text[end : end + 1] in ("]", ")"))

    @cached_property
    def sentences(self) -> list[int]:
        """The token after each end of a sentence, in order."""
        ends: list[int] = []
        text, words = self.text, self.words
        whole = len(words) <= _LONGEST_SENTENCE and "\n" not in text
        if whole and _SENTENCE_MARKS.isdisjoint(words):
            return ends
        last = len(words) - 1
        for at, word in enumerate(words):
            if word in _SENTENCE_MARKS and at < last:
                follows = text[self.ends[at] : self.ends[at] + 4].lstrip("\"'”’)]*_")
                before = words[at - 1] if at else ""
                if (not follows or follows[0].isspace()) and not (
                    word == "." and before in _ABBREVIATIONS
                ):
                    ends.append(at + 1)
        for line in _NEW_LINE.finditer(text):
            at = bisect_left(self.starts, line.start())
            if 0 < at <= last:
                ends.append(at)
        return list(_at_most(sorted(set(ends)), words))

    def sentence(self, at: int) -> tuple[int, int]:
        """The tokens of the sentence around a token: its first, and the one after its last."""
        place = bisect_right(self.sentences, at)
        start = self.sentences[place - 1] if place else 0
        return start, self.sentences[place] if place < len(self.sentences) else len(self.words)

    def at(self, position: int) -> int:
        """The first token that does not end before a place in the text."""
        return bisect_right(self.ends, position)

    def find(self, mark: str, start: int, end: int) -> int:
        """Where a mark stands among some tokens, or -1."""
        try:
            return self.words.index(mark, start, end)
        except ValueError:
            return -1


def _at_most(ends: list[int], words: list[str]) -> Iterator[int]:
    """The ends of sentences, and a break in what is too long for one.

    Whatever looks about in its sentence then takes a time that does not grow with the text.
    """
    start = 0
    for end in [*ends, len(words)]:
        while end - start > _LONGEST_SENTENCE:
            latest = start + _LONGEST_SENTENCE
            breaks = range(latest, latest - _BREAK_WITHIN, -1)
            start = next((at for at in breaks if words[at - 1] in (";", ",")), latest)
            yield start
        start = end
        if end < len(words):
            yield end


def _is_sign(text: str, start: int) -> bool:
    """Whether a dash or plus before digits is their sign, and no hyphen, range or operator."""
    if start == 0:
        return True
    before = text[start - 1]
    if before not in _OPENING:
        return text[start] in "±∓"
    if before not in SPACES and before != "\n":
        return True
    earlier = text[max(0, start - 3) : start].rstrip()
    closes = earlier[-1:].isdigit() or earlier[-1:] in ("%", ")", "]")
    return not closes or text[start] in "±∓"
