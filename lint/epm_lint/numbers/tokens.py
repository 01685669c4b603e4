"""Find every number in a text, and tell those that count from those that name.

The text is read once from left to right: a name with digits in it (L20, seed42, v1.2, a path, a
hash) is one token, and so is a number with its sign, its thousands, its exponent and its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from epm_lint.numbers.fractions import join_fractions
from epm_lint.numbers.kinds import by_surroundings
from epm_lint.numbers.names import kind_of_name
from epm_lint.numbers.passages import Locator, Passage
from epm_lint.numbers.values import Kind, Number

MINUS = "−–‒﹣－-"
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_UNITS = (
    r"GPU-(?:hours?|hrs?|h)|GiB|MiB|KiB|TiB|GB|MB|kB|KB|TB|ms|µs|μs|ns|min(?:utes?)?|hours?|hrs?"
    r"|days?|seconds?|sec|[sh]|Hz|GHz|MHz"
)
_GAP = r"[ \u00a0\u2009\u202f]"
_SHIFT = rf"[+{MINUS}]?\d{{1,3}}"
_SUPER = r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}"
_FORMS = {
    "url": r"(?:https?|ftp)://[^\s<>\"]{1,2000}|www\.[^\s<>\"]{1,2000}",
    "issue": r"(?<![\w&])(?:GH-|(?:[\w.-]{1,60}/[\w.-]{1,60})?\#)\d{1,9}\b",
    "date": (
        r"(?<![\w.,/-])(?:(?:19|20)\d\d-(?:0\d|1[0-2])(?:-[0-3]\d(?:[T ]\d\d:\d\d"
        r"(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?|\d{1,2}/\d{1,2}/\d{4}"
        rf"|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?: \d{{4}})?"
        rf"|{_MONTH} (?:\d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{4}}))(?![\w-]|[.,/:]\d)"
    ),
    "time": (
        r"(?<![\w:.])(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?: ?(?:[ap]m|UTC|GMT))?"
        r"|\d{1,2}(?::[0-5]\d)? ?[ap]m)(?![\w:])"
    ),
    "name": r"(?:~/|\./|\.\./|/)?[^\W\d][\w./@\\-]*",
    "hash": r"(?<![\w.])(?=[0-9]*[a-f])(?!\d{1,9}e\d{1,4}\b)[0-9a-f]{7,64}\b",
    "long": r"\d{41,}",
    "version": (
        r"(?<![\w.])\d{1,9}(?:\.\d{1,9}){2,4}(?:[-+.]?[a-z][\w.+-]{0,40})?(?!\w)"
        r"|(?<===)\d[\w.+-]{0,40}"
    ),
    "ordinal": r"(?<![\w.])\d{1,9}(?:st|nd|rd|th)\b",
    "number": (
        rf"(?P<sign>[±∓+{MINUS}]?)"
        r"(?P<digits>\d{1,3}(?:[,_\u2009\u202f\u00a0]\d{3}){1,9}(?!\d)(?:\.\d{1,40})?"
        r"|\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})"
        rf"(?P<exponent>[eE][+{MINUS}]?\d{{1,4}}(?!\w)"
        rf"|{_GAP}?[×·x*]{_GAP}?10(?:\^\{{?{_SHIFT}\}}?|\*\*{_SHIFT}|{_SUPER})"
        rf"|\^\{{?{_SHIFT}\}}?|{_SUPER})?"
        r"(?P<size>[BM](?:-?params?)?\b)?(?P<kilo>[kK]\b)?"
        rf"(?P<unit>{_GAP}?[%‰]|[ \u00a0]per ?cent\b"
        rf"|(?:{_GAP}|-)?(?:pp\b|ppts?\b|(?:percentage|%)[ -]points?\b)"
        r"|-point(?= (?:rise|drop|gap|increase|decrease|difference|fall|gain|loss))"
        rf"|[x×✕](?!{_GAP}?[(\d.])(?!\w)"
        rf"|{_GAP}[×✕](?= (?:more|less|as|high|low|larg|small|fast|the)\w*)"
        rf"|-fold\b| times\b(?! (?:\d|per\b))|(?:{_GAP}|-)?(?:{_UNITS})(?![\w=]))?"
    ),
}
_TOKEN = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items()))
_TRAILING = re.compile(r"[./@\\-]+$")
_DIGIT = re.compile(r"\d{1,40}")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_ASCII_MINUS = str.maketrans(dict.fromkeys(MINUS, "-"))
_RELATION = re.compile(r"(=|<=|>=|[<>≤≥≈~∼])[ \u00a0\u2009\u202f]{0,2}$")
_RELATIONS = {"<=": "≤", ">=": "≥", "~": "≈", "∼": "≈"}
_OPENING = frozenset(" \t\n\u00a0\u2009\u202f([{=<>≤≥≈~:;,|/±\"'“‘*`→")
_TEN = 10
_LARGEST_BASE = 1000
_INSIDE_A_NAME = re.compile(r"(?![xX]\d)[^\W\d]\w{0,80}")
_WORD_UNITS = {"×": "×", "✕": "×", "x": "×", "-fold": "×", "times": "×", "%": "%", "percent": "%"}


def numbers(passage: Passage) -> tuple[Number, ...]:
    """Every number of a passage, in order."""
    if not _DIGIT.search(passage.text):
        return ()
    found = [_placed(number, passage) for number in scan(passage.text)]
    locator = Locator(passage)
    return tuple(
        number.at(*locator.where(number.start)) for number in by_surroundings(found, passage)
    )


def _placed(number: Number, passage: Passage) -> Number:
    return replace(number, code=True) if passage.is_code(number.start) else number


def scan(text: str) -> list[Number]:
    """The numbers of a text by their form alone, as if it were one line."""
    return join_fractions(text, list(_tokens(text)))


def _tokens(text: str) -> Iterator[Number]:
    position = 0
    while found := _TOKEN.search(text, position):
        position = found.end()
        match found.lastgroup:
            case "name":
                raw = _TRAILING.sub("", found.group())
                position = found.start() + len(raw) or position
                yield from _names(raw, found.start())
            case "number":
                number = _number(found, text)
                if rest := _INSIDE_A_NAME.match(text, position):
                    raw = text[number.start : rest.end()]
                    number = _named(raw, number.start, Kind.IDENTIFIER)
                position = number.end
                yield number
            case "long":
                yield _named(found.group(), found.start(), Kind.IDENTIFIER)
            case "url":
                raw = found.group().rstrip(".,;:!?)]'*_")
                position = found.start() + len(raw)
                if _DIGIT.search(raw):
                    yield _named(raw, found.start(), Kind.URL)
            case str(kind):
                yield _named(found.group(), found.start(), Kind(kind))


def _names(raw: str, start: int) -> Iterator[Number]:
    if _DIGIT.search(raw):
        for piece, offset, kind in kind_of_name(raw):
            yield _named(piece, start + offset, kind)


def _named(raw: str, start: int, kind: Kind) -> Number:
    digits = _DIGIT.search(raw)
    value = Decimal(digits.group()) if digits else Decimal(0)
    return Number(raw, value, 0, start, start + len(raw), 0, kind=kind)


def _number(found: re.Match[str], text: str) -> Number:
    start, end = found.span()
    sign = found["sign"]
    if sign and not _is_sign(text, start):
        start, sign = start + 1, ""
    value = _value(found["digits"], found["exponent"])
    if found["kilo"]:
        value = value.scaleb(3)
    unit = _unit(found["unit"])
    kind = Kind.PLAIN
    if unit not in ("", "%", "pp", "×", "‰"):
        kind = Kind.MEASURE
    if found["size"]:
        kind = Kind.MODEL_SIZE
    if sign and sign in MINUS:
        value = -value
    relation = _RELATION.search(text, max(0, start - 4), start)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return Number(
        text[start:end],
        value,
        -exponent,
        start,
        end,
        0,
        kind=kind,
        unit=unit,
        sign=sign,
        relation=_RELATIONS.get(relation[1], relation[1]) if relation else "",
    )


def _is_sign(text: str, start: int) -> bool:
    """Whether a dash or plus before digits is their sign, and no hyphen, range or operator."""
    if start == 0:
        return True
    before = text[start - 1]
    if before not in _OPENING:
        return text[start] in "±∓"
    if text[start] in "-−+±∓" or before != " ":
        return True
    last = text[start - 2 : start - 1]
    return not (last.isdigit() or last in "%)]")


def _value(digits: str, exponent: str | None) -> Decimal:
    value = Decimal("".join(c for c in digits if c.isdigit() or c == "."))
    if not exponent:
        return value
    power = exponent.translate(_SUPERSCRIPT).translate(_ASCII_MINUS)
    if power[0] in "eE":
        return value.scaleb(int(power[1:]))
    if power[0] in "^+-" or power[0].isdigit():
        return _power(value, int(power.strip("^{}")))
    return value.scaleb(int(power.partition("10")[2].strip("^{}*")))


def _power(base: Decimal, size: int) -> Decimal:
    """10⁻³ is kept exact; of other bases only what a person would write as a power."""
    if base == _TEN:
        return Decimal(1).scaleb(size)
    small = base < _LARGEST_BASE and 0 <= size < _TEN and base.as_tuple().exponent == 0
    return base**size if small else base


def _unit(written: str | None) -> str:
    if not written:
        return ""
    unit = written.strip(" \u00a0\u2009\u202f")
    if unit.lstrip("-").startswith(("pp", "percentage", "point", "%-", "% p")):
        return "pp"
    if unit.startswith("per"):
        return "%"
    return _WORD_UNITS.get(unit, unit.lstrip("-"))
