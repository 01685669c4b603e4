"""Judge one number by the words around it: which value of a results file it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from epm_lint.binding.by_words.entries import ResultEntry
from epm_lint.binding.by_words.index import Index
from epm_lint.binding.by_words.matching import ENOUGH, Match, Matcher, best_of
from epm_lint.binding.by_words.qualifiers import is_qualified
from epm_lint.binding.by_words.scopes import (
    HEADING,
    IN_CLAUSE,
    IN_SENTENCE,
    NEAR,
    SPREADS,
    TITLE,
    Mention,
)
from epm_lint.binding.by_words.values import is_equal, nearest
from epm_lint.binding.by_words.vocabulary import (
    ESTIMATES,
    INTERVAL,
    ROLE_WORDS,
    Aspect,
    telling,
    words_of,
)
from epm_lint.values import StrEnum, dataclass

_MARGIN = 0.2
_OTHER_MEASURE = frozenset(
    """
    train valid test heldout macro micro weight weighted unweight norm strict flexible
    adjust correct partial median max min total initial best worst std relative absolut raw cumul
    pooled peak
    """.split()
)
"""Words that make another measure of one."""
_OPPOSITES = frozenset(telling(words_of("error wrong incorrect mistake fail failure miss missed")))
"""Words for the answers that a rate of right ones leaves out."""
_ABOUT = Fraction(1, 20)
"""How far from its value "about" may be, as a share of it."""
_APART = 3
"""How many times as large as an SE its SD surely is: the root of no fewer than 10."""
_FORMS = frozenset(telling(["percent", "rate", "points", "pp", "x", "ratio"])).union(
    ESTIMATES, INTERVAL, *ROLE_WORDS.values()
)
"""Words that say in what form a number is given, and nothing of what it measures."""


class Standing(StrEnum):
    """What a results file says of a number."""

    VERIFIED = "verified"
    CONTRADICTED = "contradicted"
    TRUNCATED = "truncated"
    """Contradicted, but only for its digits were cut off."""
    UNTOLD = "not told apart"
    """Its words fit several values of the file, and it is one of them."""
    ABSENT = "not in it"


@dataclass(frozen=True, slots=True)
class Judged:
    """A number and what was found for it."""

    mention: Mention
    standing: Standing
    entry: ResultEntry | None = None
    """What it is, or should be."""
    sure: bool = False
    """Of a contradiction, whether the words alone suffice for it."""
    choice: tuple[ResultEntry, ...] = ()
    """Of a number that is not told apart: those that its words fit and that have its value."""
    operands: tuple[ResultEntry, ...] = ()
    """The two values that it is the difference or ratio of."""


def judge(mention: Mention, matcher: Matcher, index: Index) -> Judged:
    """The standing of a number by its own words; what stands beside it may change it yet."""
    if mention.denied:
        return Judged(mention, Standing.ABSENT)
    matches = [m for m in matcher.matches(mention) if not _is_of_the_opposite(mention, m)]
    equal = [match for match in matches if is_equal(mention, match.entry)]
    top: list[Match] = []
    for tier in (
        [match for match in matches if match.is_addressed],
        [match for match in matches if match.is_named and match.measured >= 0.5],
        [match for match in matches if match.is_consistent and match.measured >= ENOUGH],
    ):
        top = best_of(tier, _MARGIN)
        right = [match for match in top if match in equal]
        if top and len(right) == len(top):
            if not _is_of_both_heads(mention, top[0].entry):
                return Judged(mention, Standing.UNTOLD, top[0].entry)
            return Judged(mention, Standing.VERIFIED, top[0].entry)
        if right:
            choice = tuple(match.entry for match in right)
            return Judged(mention, Standing.UNTOLD, choice[0], choice=choice)
        if top:
            break
    fitting = [m.entry for m in equal if m.is_consistent and m.measured >= 0.5]
    if fitting:
        return Judged(mention, Standing.UNTOLD, fitting[0])
    if _is_right_in_other_words(mention, matcher):
        return Judged(mention, Standing.ABSENT)
    if len(_values(mention, top)) == 1 and _may_contradict(mention, top[0], index):
        sure = _is_sure(mention, top[0], index)
        return Judged(mention, Standing.CONTRADICTED, top[0].entry, sure)
    return Judged(mention, Standing.ABSENT)


def _is_of_the_opposite(mention: Mention, match: Match) -> bool:
    """Whether words name the rest of what was measured, "error rate", and none that itself."""
    near = frozenset[str]().union(*(bag for level, bag in mention.levels if level <= IN_CLAUSE))
    if near.isdisjoint(_OPPOSITES) or not match.entry.words.isdisjoint(_OPPOSITES):
        return False
    return near.isdisjoint(match.entry.measured)


def _is_right_in_other_words(mention: Mention, matcher: Matcher) -> bool:
    """Whether it is a value that its words name too, where it is no difference, ratio or spread."""
    if not (mention.difference or mention.ratio or mention.roles):
        return False
    plain = replace(mention, difference=False, ratio=False, roles=())
    return any(
        match.is_addressed and is_equal(plain, match.entry) for match in matcher.matches(plain)
    )


def _is_complement(mention: Mention, entry: ResultEntry) -> bool:
    """Whether a sentence may give what a rate or count leaves: 43.9% of 56.1%, 40/250."""
    if mention.cell is not None:  # what a column gives, its header says
        return False
    if mention.number.fraction:
        k, n = mention.number.fraction
        return entry.k is not None and entry.n == n and k == n - entry.k
    whole = 100 if entry.in_percent else 1
    is_share = entry.role is Aspect.ESTIMATE and 0 <= entry.value <= whole and not entry.is_count
    return is_share and is_equal(mention, replace(entry, value=whole - entry.value))


def _is_of_both_heads(mention: Mention, entry: ResultEntry) -> bool:
    """Whether neither the row nor the column of a cell is about something else altogether."""
    known = entry.words | ROLE_WORDS.get(entry.role, frozenset())
    return all(head <= _FORMS or head & known for head in mention.heads)


def _values(mention: Mention, matches: Sequence[Match]) -> set[tuple[Fraction | None, ...]]:
    if mention.number.fraction:
        return {(match.entry.k, match.entry.n) for match in matches}
    return {(match.entry.value,) for match in matches}


def _may_contradict(mention: Mention, match: Match, index: Index) -> bool:
    number = mention.number
    if not mention.own or number.bound not in ("", "≈") or match.level > HEADING:
        return False
    if mention.part and "negation" not in match.entry.words:
        return False
    if any(label.rivals or label.level == TITLE for label in match.labels) or _names_another(
        mention, match, index
    ):
        return False
    if not _is_of_both_heads(mention, match.entry):
        return False
    if _is_complement(mention, match.entry):
        return False
    right = nearest(mention, match.entry)
    if number.bound == "≈" and abs(number.value - right) <= _ABOUT * abs(right):
        return False
    if right and not number.fraction and 2 * abs(right) < number.step:
        return False  # it would be printed as 0: another unit
    if (
        number.is_whole
        and not number.unit
        and not match.entry.is_count
        and abs(match.entry.value) < 1
    ):
        return False
    if mention.cell is None:
        if index.names_other(mention.label, match.entry.words):
            return False
        own = match.entry.words
        if is_qualified(mention.segments, own, (index.vocabulary | _FORMS) - _OTHER_MEASURE | own):
            return False
    # a bare whole number in a sentence may count anything
    counts = number.is_whole and not mention.roles and not mention.percent
    return mention.cell is not None or not counts


def _names_another(mention: Mention, match: Match, index: Index) -> bool:
    """Whether words nearer than those of its own measure are those of another."""
    for level, bag in mention.levels:
        if level > HEADING or (match.by_words and level >= match.level):
            break
        if bag & index.measured:
            return not bag & index.measured <= match.entry.words
    return False


def _is_of_another_size(mention: Mention, match: Match) -> bool:
    """Whether a number behind ± is so far off that it is the SE to an SD, or the SD to an SE."""
    size, right = abs(mention.number.value), abs(nearest(mention, match.entry))
    return not right <= _APART * size <= _APART**2 * right


def _is_sure(mention: Mention, match: Match, index: Index) -> bool:
    """Whether the words alone say that it is this entry: all of its own, and no other measure's."""
    if (
        match.measured <= ENOUGH
        or match.level > IN_SENTENCE
        or not match.is_named
        or match.entry.is_guess
        or (mention.roles == SPREADS and _is_of_another_size(mention, match))
    ):
        return False
    if any(label.share < 1 or label.level in (NEAR, TITLE) for label in match.labels):
        return False
    left = mention.label - match.entry.words - _FORMS
    if mention.cell is not None:
        return not left
    return not left & (_OTHER_MEASURE | index.vocabulary)
