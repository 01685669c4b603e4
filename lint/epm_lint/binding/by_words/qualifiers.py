"""Words that make what a sentence speaks of another thing than what the file holds.

"Validation accuracy", "the best-of-3 accuracy", "in 8-bit", "after rescoring": who has never heard
of such a word cannot tell whether the file's accuracy is meant. So every word that describes a
quantity or its labels has to be known, or nothing is said against the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import takewhile

from epm_lint.binding.by_words.designations import ADDS_NOTHING
from epm_lint.binding.by_words.vocabulary import NEUTRAL, words_of

_PREPOSITIONS = frozenset(
    words_of(
        "with without after before under using via by during when while once if in on at for of "
        "over across from through given upon"
    )
)
_OF = frozenset({"of"})
_CARRYING = frozenset(
    words_of(
        "has have had do does did get gets got gives gave given yields solves reaches obtains "
        "achieves attains hits shows showed scores sees saw finds found measures observes "
        "delivers keeps holds held stays comes came goes falls fell rises rose drops increases "
        "decreases improves becomes became remains lands sits stands stood ends makes made"
    )
)
"""Verbs that give a quantity its value."""
_PLAIN = ADDS_NOTHING | frozenset(
    words_of(
        "according question problem item example sample label dataset test answer response "
        "completion generation experiment system evaluation table figure appendix section study "
        "page total general contrast comparison average course particular terms level number "
        "percent point same observed measured resulting corresponding respective whole full own "
        "here now only just again also so thus hence too about around nearly almost roughly "
        "exactly slightly clearly however overall finally instead indeed meanwhile namely and "
        "or but not whereas s t you he she"
    )
)
"""Words that describe nothing further."""
_LONGEST_INSERTED = 4


def is_qualified(
    segments: Sequence[Sequence[str]], own: AbstractSet[str], known: AbstractSet[str]
) -> bool:
    """Whether a word that is not known describes what has the words `own`.

    The segments are what stands between the commas of a sentence up to a number; the number is in
    the last. Looked at are short ones, "in 8-bit", and those that have a word of its own.
    """

    def is_known(word: str) -> bool:
        return (
            word in known
            or word in NEUTRAL
            or word in _PLAIN
            or word in _CARRYING
            or word[0].isdigit()
        )

    *before, last = segments
    inserted = (segment for segment in before if len(segment) <= _LONGEST_INSERTED)
    if not all(is_known(word) for segment in inserted for word in segment):
        return True
    near = [segment for segment in before if not own.isdisjoint(segment)]
    return any(
        not all(map(is_known, phrase))
        for segment in (*near, last)
        for phrase in _describing(segment, own)
    )


def _describing(segment: Sequence[str], own: AbstractSet[str]) -> Iterator[list[str]]:
    """The words that stand right before words of its own, and those behind a preposition."""
    for at, word in enumerate(segment):
        if word in own:
            left = [*reversed(segment[:at])]
            yield [*takewhile(_describes, left)]
            yield [*_quantities(left)]
        elif word in _PREPOSITIONS:
            rest = segment[at + 1 :]
            skipped = len([*takewhile(lambda word: word in NEUTRAL, rest)])
            yield [*takewhile(_describes, rest[skipped:])]


def _quantities(left: Sequence[str]) -> Iterator[str]:
    """What is said to be of a word, by those left of it: "the variance of the accuracy"."""
    rest = [word for word in left if word not in NEUTRAL - _OF]
    while len(rest) > 1 and rest[0] == "of":
        yield rest[1]
        rest = rest[2:]


def _describes(word: str) -> bool:
    return word not in NEUTRAL and word not in _CARRYING and word not in _PREPOSITIONS
