"""Counts written as "31/100", "31 of 100", "nine of the ten" are one number, and one token."""

from __future__ import annotations

from epm_lint.reading.lexicon import NUMBER_WORDS
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.text.tokens import Tokens

_ARTICLES = frozenset({"the", "all", "its", "our", "these", "those", "their", "every"})
_LARGEST = 10**12
_SLASH_GAP = 2


def join_fractions(tokens: Tokens) -> None:
    """Put each k/n together; a number that is written as a word counts only in one."""
    words = tokens.words
    if "/" not in words and "of" not in words:
        return
    at = 0
    while at < len(words):
        if words[at] == "/" and 0 < at < len(words) - 1:
            at = _slashed(tokens, at)
        elif words[at] == "of":
            at = _worded(tokens, at)
        else:
            at += 1


def _slashed(tokens: Tokens, at: int) -> int:
    k, n = _count(tokens, at - 1), _count(tokens, at + 1)
    words = tokens.words
    continued = words[at - 2 : at - 1] == ["/"] or words[at + 2 : at + 3] == ["/"]
    near = (
        tokens.starts[at] - tokens.ends[at - 1] < _SLASH_GAP
        and tokens.starts[at + 1] - tokens.ends[at] < _SLASH_GAP
    )
    if k is None or n is None or continued or not near or not 0 < n.mantissa < _LARGEST:
        return at + 1
    return _join(tokens, at - 1, at + 1, k, n)


def _worded(tokens: Tokens, at: int) -> int:
    words = tokens.words
    first = at - 1 - (words[at - 1 : at] == ["out"])
    last = at + 1
    while last < at + 3 and words[last : last + 1] and words[last] in _ARTICLES:
        last += 1
    if first < 0 or last >= len(words):
        return at + 1
    k, n = _count(tokens, first, words_too=True), _count(tokens, last, words_too=True)
    if k is None or n is None or not 0 < n.mantissa < _LARGEST or k.mantissa > n.mantissa:
        return at + 1
    if words[first] in ("one", "zero") and tokens.numbers[last] is None:
        return at + 1
    return _join(tokens, first, last, k, n)


def _count(tokens: Tokens, at: int, *, words_too: bool = False) -> Number | None:
    """The whole number that a token is."""
    number = tokens.numbers[at]
    if number is not None:
        plain = number.kind is Kind.PLAIN and number.is_whole and not number.sign
        return number if plain else None
    value = NUMBER_WORDS.get(tokens.words[at]) if words_too else None
    if value is None:
        return None
    return Number(tokens.raws[at], value, 0, tokens.starts[at], tokens.ends[at])


def _join(tokens: Tokens, first: int, last: int, k: Number, n: Number) -> int:
    raw = tokens.text[k.start : n.end]
    joined = Number(raw, k.mantissa, 0, k.start, n.end, kind=Kind.FRACTION)
    joined.fraction = (k.mantissa, n.mantissa)
    joined.relation = k.relation
    whole = slice(first, last + 1)
    tokens.raws[whole], tokens.words[whole] = [raw], ["¤"]
    tokens.starts[whole], tokens.ends[whole] = [k.start], [n.end]
    tokens.numbers[whole] = [joined]
    return first + 1
