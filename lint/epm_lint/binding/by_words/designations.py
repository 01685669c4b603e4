"""The designations on a page, `Llama-3.1-8B-Instruct` or `gsm8k-hard`, which are whole names.

Who writes one means that thing alone. Where a results file knows only `Llama-3.1-8B` or `gsm8k`,
or has another number in the name, the page speaks of something that the file does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from epm_lint.binding.by_words.entries import Axis
from epm_lint.binding.by_words.vocabulary import ESTIMATES, telling, words_of
from epm_lint.patterns import Pattern

_VARIANT = r"(?: (?:Instruct|Chat|Base|Turbo|Pro|Mini|Lite|Coder|Math|Preview|Distill(?:ed)?)\b)?"
_JOINED = Pattern(
    rf"(?:[^\W_][\w.]{{0,40}}(?:[-‐‑_][^\W_][\w.]{{0,40}}){{1,8}}"
    rf"|[A-Z][^\W\d_]{{1,20}}[ -]?\d[\d.]{{0,4}}[ -]\d[\d.]{{0,5}}[BM]\b){_VARIANT}"
)
_PIECE_OF_A_NAME = re.compile(r"\d|(?<=[^\W\d_])[-‐‑_][^\W\d_a-z]")
_FILE = re.compile(r"\.[a-z]{1,5}\Z")
ADDS_NOTHING = frozenset(
    telling(
        words_of(
            "arm based benchmark case cell condition dataset eval family group level like model "
            "only prompt run score set setting split style subset suite task variant wise"
        )
    )
)
"""What a name may be joined with and stays what it is: "the gsm8k-based score"."""


def designations(texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """The words of each name in some texts that is joined of several and reads like a name."""
    found = (match[0].rstrip(".") for text in texts for match in _JOINED.finditer(text))
    return frozenset(
        tuple(telling(words_of(name)))
        for name in set(found)
        if _PIECE_OF_A_NAME.search(name) and not _FILE.search(name)
    )


def others_than(
    axis: Axis, names: Iterable[tuple[str, ...]], known: AbstractSet[str]
) -> Iterator[tuple[str, ...]]:
    """The names that are like those of an axis, and none of them.

    Known words that the axis does not have, `accuracy` in `gsm8k-accuracy`, make no other name.
    """
    own = [_bare(name) for name in axis.names]
    written = ["".join(name) for name in own]
    for name in names:
        told = tuple(
            word
            for word in name
            if word in axis.words or word not in known | ESTIMATES | ADDS_NOTHING
        )
        bare = _bare(told)
        is_own = any({*bare} <= {*name} for name in own) or "".join(bare) in written
        if not is_own and not axis.words.isdisjoint(told):
            yield told


def _bare(name: Iterable[str]) -> tuple[str, ...]:
    """The words of a name, whatever a number in it is of: `llama:8b` is `8b`."""
    return tuple(word.partition(":")[2] or word for word in name)
