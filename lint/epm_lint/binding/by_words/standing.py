"""The standing of every number of a page that no manifest binds, by its words."""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.binding.by_words.designations import designations
from epm_lint.binding.by_words.entries import ResultEntry, Source
from epm_lint.binding.by_words.index import Index
from epm_lint.binding.by_words.judging import Judged, Standing, judge
from epm_lint.binding.by_words.matching import Matcher
from epm_lint.binding.by_words.neighbours import (
    settled,
    with_differences,
    with_ranges,
    without_strangers,
)
from epm_lint.binding.by_words.scopes import Scopes
from epm_lint.binding.by_words.slips import like
from epm_lint.binding.by_words.values import nearest
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A number with its standing, and what the results say."""

    number: Number
    standing: Standing
    right: str = ""
    """What the results say, in the number's dress."""
    source: str = ""
    """The file."""
    pointer: str = ""
    whole: Number | None = None
    """What the page has there as one number, k/n, where this is a part of it."""
    words: str = ""
    """The pointer as a person says it: "auc of layer 8, by_layer, probe"."""


def hold(reading: Reading, sources: Sequence[Source]) -> tuple[Held, ...]:
    """The standing of every number of a page that may be a result; of k/n, of both."""
    index = Index(sources)
    names = designations(ground.passage.text for ground in reading.grounds)
    matcher = Matcher(index, names)
    mentions = Scopes(reading, index.vocabulary, index.labels).mentions()
    judged: Sequence[Judged] = [judge(mention, matcher, index) for mention in mentions]
    judged = without_strangers(settled(with_differences(with_ranges(judged, index))))
    return tuple(held for one in judged for held in _told(one))


def _told(one: Judged) -> list[Held]:
    number, entry = one.mention.number, one.entry
    if entry is None:
        parts = _parts(number) if number.fraction else [number]
        return [Held(part, one.standing) for part in parts]
    if one.operands:
        sign = "/" if one.mention.ratio else "-"
        pointer = f" {sign} ".join(operand.pointer for operand in one.operands)
        words = f" {sign} ".join(map(in_words, one.operands))
        return [Held(number, one.standing, number.raw, entry.source, pointer, None, words)]
    words = in_words(entry)
    if number.fraction and entry.k is not None and entry.n is not None:
        return _told_of_parts(one, entry, words)
    value = nearest(one.mention, entry)
    standing, cut = one.standing, number.truncated
    if standing is Standing.CONTRADICTED and number.places and cut is not None and value in cut:
        standing = Standing.TRUNCATED
    return [Held(number, standing, like(number, value), entry.source, entry.pointer, None, words)]


def _told_of_parts(one: Judged, entry: ResultEntry, words: str) -> list[Held]:
    held: list[Held] = []
    parts = _parts(one.mention.number)
    of = words.partition(" of ")[2]
    known = ((entry.k, entry.pointer), (entry.n, entry.n_pointer))
    for part, (value, pointer) in zip(parts, known, strict=True):
        standing = one.standing
        if standing is Standing.CONTRADICTED and part.value == value:
            standing = Standing.VERIFIED
        if part is not parts[0]:
            words = f"n of {of}" if of else "n"
        whole = one.mention.number
        held.append(Held(part, standing, str(value), entry.source, pointer, whole, words))
    return held


def _parts(number: Number) -> list[Number]:
    """k and n of a fraction, each where it stands."""
    parts: list[Number] = []
    at = 0
    for value in number.fraction or ():
        digits = next((d for d in (str(value), f"{value:,}") if d in number.raw[at:]), str(value))
        place = max(number.raw.find(digits, at), at)
        start = number.start + place
        part = Number(digits, value, 0, start, start + len(digits))
        part.passage = number.passage
        parts.append(part)
        at = place + len(digits)
    return parts


def in_words(entry: ResultEntry) -> str:
    """A pointer as a person says it."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in entry.pointer.split("/")[1:]]
    names = [step for step in steps if not step.isdigit()]
    of = [term.text for term in entry.terms if term.is_label and term.text not in names]
    what = entry.name if entry.name not in names else names.pop()
    of += [name for name in reversed(names) if name != what]
    return f"{what} of {', '.join(of)}" if of else what
