"""Rates that a sentence or heading gives for a row of the page's table, or for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from epm_lint.patterns import Pattern
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import Reading
from epm_lint.values import dataclass

_RUN = frozenset({"run", "runs", "range", "ranges", "lie", "lies", "vary", "varies", "go", "are"})
_EARLIER = frozenset({"previous", "earlier", "prior", "former", "reviewer"})


@dataclass(frozen=True, slots=True)
class RateMention:
    """A rate, and whose it is: that of a row, or the lowest or highest of all."""

    number: Number
    name: str


def is_earlier(ground: Ground) -> bool:
    """Whether a passage speaks of other pages: it names an issue, or earlier work."""
    if _EARLIER & set(ground.words):
        return True
    return any(number.kind is Kind.ISSUE for number in ground.numbers)


def rate_mentions(reading: Reading, names: Collection[str] = ()) -> Iterator[RateMention]:
    """As in "source rate of villain: 57%", "rates run from 32% to 67%".

    Args:
        reading: of a page.
        names: whose rates are looked for; by default those of the page's rows.
    """
    for ground in reading.grounds:
        if ground.passage.spot or ground.passage.quoted or is_earlier(ground):
            continue
        yield from _ends(ground)
        known = names or ground.names
        named = [name for name in known if ground.says(name)]
        if len(named) == 1:
            for operand in ground.operands:
                if operand.role in (Part.PERCENT, Part.COUNT) and _of_source(ground, operand.start):
                    yield RateMention(operand.number, named[0])


def _of_source(ground: Ground, at: int) -> bool:
    before = list(ground.words[max(0, at - 4) : at])
    while before and before[-1] in ("of", "is", "was", "at"):
        before.pop()
    return before[-2:] in (["source", "rate"], ["source", "rates"])


def _ends(ground: Ground) -> Iterator[RateMention]:
    words = ground.words
    operands = [o for o in ground.operands if o.role in (Part.PERCENT, Part.BARE)]
    for first, second in itertools.pairwise(operands):
        before = words[max(0, first.token - 3) : first.token]
        led = before[-1:] in (["from"], ["between"]) and bool(_RUN & set(before))
        rates = words[max(0, first.token - 4) : first.token]
        if (
            led
            and {"rate", "rates"} & set(rates)
            and words[first.end : second.start] in (["to"], ["and"])
        ):
            yield RateMention(first.number.with_unit(second.number.unit), "lowest")
            yield RateMention(second.number, "highest")


_WORD = Pattern(r"[^\W\d_]{2,}")


def words_of(text: str) -> set[str]:
    """The words of a text, in lower case; no single letters, numbers or signs."""
    return {*_WORD.findall(text.casefold())}
