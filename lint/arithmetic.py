"""Sums and products of whole numbers as a text writes them: `20 questions × 5 = 100`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<number>(?<![\w.,^/%~≈±−–-])(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(?![\w%^/°–-]|[.,]\d|\s?[%−]))"
    r"|(?P<sign>[×*+=]|(?<=\s)x(?=\s))"
    r"|(?P<word>[A-Za-z][\w-]*)"
    r"|\s+"
    r"|(?P<other>.)"
)
_SIGN = re.compile(r"[×*+]|\sx\s")
_STOP = re.compile(r"[;|]|[.!?:](?=\s)")
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides that a text puts as equal."""

    text: str
    left: int
    right: int
    start: int


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def equations(text: str) -> Iterator[Equation]:
    """Every equation whose sides are whole numbers, at least one of them a sum or a product.

    What goes on after the last number, or holds a fraction, a percentage or a power, is none.
    """
    if "=" not in text or _SIGN.search(text) is None:
        return
    start = 0
    for end in [*(stop.start() for stop in _STOP.finditer(text)), len(text)]:
        yield from _in_sentence(text, start, end)
        start = end


def _in_sentence(text: str, start: int, end: int) -> Iterator[Equation]:
    tokens = [
        _Token(match.lastgroup, match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(text, start, end)
        if match.lastgroup
    ]
    signs = [index for index, token in enumerate(tokens) if token.text == "="]
    for at, sign in enumerate(signs):
        before = tokens[signs[at - 1] + 1 if at else 0 : sign]
        after = tokens[sign + 1 : signs[at + 1] if at + 1 < len(signs) else len(tokens)]
        left, right = _ending(before), _beginning(after)
        if left and right and len(left[0]) + len(right[0]) > 2:
            yield Equation(text[left[1] : right[2]], _value(left[0]), _value(right[0]), left[1])


Side = tuple[list[str], int, int]
"""Numbers and signs in turn; where they start and end."""


def _beginning(tokens: Sequence[_Token]) -> Side | None:
    """The expression that some tokens begin with, unless it may go on behind it."""
    terms: list[str] = []
    words = used = 0
    end = 0
    for index, token in enumerate(tokens):
        wants_number = len(terms) % 2 == 0
        if token.kind == "number" and wants_number:
            terms.append(token.text)
            words, end, used = 0, token.end, index + 1
        elif token.kind == "sign" and not wants_number:
            terms.append(token.text)
        elif token.kind == "word" and not wants_number and words < _MOST_WORDS:
            words += 1
        else:
            break
    if len(terms) % 2 == 0 or any(token.kind == "sign" for token in tokens[used:]):
        return None
    following = tokens[used : used + 1]
    if following and following[0].text in ("/", "^", "%", "-", "−", "~", "≈", "±"):
        return None
    return terms, tokens[0].start, end


def _ending(tokens: Sequence[_Token]) -> Side | None:
    """The expression that some tokens end with, unless it may have begun before."""
    terms: list[str] = []
    words = 0
    start = len(tokens)
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.kind == "number" and len(terms) % 2 == 0:
            terms.append(token.text)
            words, start = 0, index
        elif token.kind == "sign" and len(terms) % 2 == 1:
            terms.append(token.text)
            words = 0
        elif token.kind == "word" and len(terms) % 2 == 0 and words < _MOST_WORDS:
            words += 1
        else:
            break
    if len(terms) % 2 == 0 or any(token.kind == "sign" for token in tokens[:start]):
        return None
    if start and tokens[start - 1].text in ("/", "^", "-", "−", "~", "≈", "±"):
        return None
    return terms[::-1], tokens[start].start, tokens[-1].end


def _value(terms: Sequence[str]) -> int:
    total, product = 0, int(terms[0].replace(",", ""))
    for sign, number in zip(terms[1::2], terms[2::2], strict=True):
        value = int(number.replace(",", ""))
        if sign == "+":
            total, product = total + product, value
        else:
            product *= value
    return total + product
