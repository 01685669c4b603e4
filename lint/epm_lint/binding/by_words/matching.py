"""Decide what a results file says of each number of a page.

A number is *verified* where its words are those of a pointer and its value is the one there;
*contradicted* where its words are those of one pointer (or of several with one value) and the value
is another; *not told apart* where the words are those of several, with different values, and one of
them is the number's. A value that only occurs in the file is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from epm_lint.binding.by_words.designations import others_than
from epm_lint.binding.by_words.entries import Axis, PointerStep, ResultEntry
from epm_lint.binding.by_words.index import Index
from epm_lint.binding.by_words.scopes import (
    AT_HAND,
    BEFORE,
    HEADING,
    IN_CLAUSE,
    IN_SENTENCE,
    NEAR,
    TITLE,
    Mention,
)
from epm_lint.binding.by_words.values import may_be
from epm_lint.binding.by_words.vocabulary import SAID_ESTIMATES, Aspect
from epm_lint.values import dataclass

_WEIGHTS = {
    AT_HAND: 1.0,
    IN_CLAUSE: 0.95,
    BEFORE: 0.9,
    IN_SENTENCE: 0.7,
    NEAR: 0.4,
    HEADING: 0.4,
    TITLE: 0.2,
}
_OF_CONTAINERS = 0.5
_UNMET = 0.15
_BY_FORM = 0.6
"""How far a form says what was measured: 12.2% is a rate, 29/238 a count, "SE" a standard error."""
_ACCURACY = ("acc",)
"""What a percentage is where nothing says of what."""
_UNSAID = 0.5
"""The same where the file itself names nothing that was measured, but conditions alone."""
ENOUGH = 0.9
"""The share of its words at which a measure is named."""
_COMMON = 0.0
"""What a word counts that all labels of a kind share, `mini` in `mini_facts` and `mini_logic`."""
_FARTHEST = 99


Levels = Sequence[tuple[int, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """How far one label was met."""

    level: int
    share: float
    rivals: bool
    """Whether a label beside it is met as near."""
    excluded: bool
    """Whether one beside it is met nearer, or better at the same place."""


@dataclass(frozen=True, slots=True)
class Match:
    """How far the words of an entry are those of a mention."""

    entry: ResultEntry
    score: float
    labels: tuple[LabelMatch, ...]
    measured: float
    """The share of the words for what was measured, or what its form says of them."""
    level: int
    """Where those stand."""
    by_words: bool
    """Whether any of them was met, and it is not the form alone."""
    words: frozenset[str]
    """All words of the entry."""

    @property
    def is_named(self) -> bool:
        """Whether all its labels are met, and no other label is as near."""
        return all(
            label.share >= 0.5 and not label.rivals and not label.excluded for label in self.labels
        )

    @property
    def is_consistent(self) -> bool:
        """Whether no other label stands where one of its own should."""
        return not any(label.excluded for label in self.labels)

    @property
    def is_addressed(self) -> bool:
        """Whether a page that has these words speaks of this entry."""
        return self.is_named and self.measured >= ENOUGH


class Matcher:
    """Matches mentions to the entries of an index."""

    def __init__(self, index: Index, designations: Collection[tuple[str, ...]] = ()) -> None:
        self._index = index
        self._designations = designations
        self._others: dict[int, tuple[tuple[str, ...], ...]] = {}

    def others(self, axis: Axis) -> tuple[tuple[str, ...], ...]:
        """The page's names that are like those of an axis, and none of them."""
        if id(axis) not in self._others:
            found = others_than(axis, self._designations, self._index.vocabulary)
            self._others[id(axis)] = tuple(sorted(set(found)))
        return self._others[id(axis)]

    def matches(self, mention: Mention) -> list[Match]:
        """The entries that share words with a mention and may be what it is, the best first."""
        near = frozenset[str]().union(*(bag for level, bag in mention.levels if level < TITLE))
        words = _Words(mention, self.others)
        found = [
            words.match(entry) for entry in self._index.with_any(near) if may_be(mention, entry)
        ]
        return sorted((m for m in found if m), key=lambda m: (-m.score, m.entry.pointer))


class _Place(NamedTuple):
    """Where some words are met the nearest, what share of them, and which."""

    level: int = _FARTHEST
    share: float = 0.0
    found: frozenset[str] = frozenset()


class _Words:
    """The words around one mention; what was asked of them is kept."""

    def __init__(
        self, mention: Mention, others: Callable[[Axis], Iterable[tuple[str, ...]]]
    ) -> None:
        self._mention = mention
        self._others = others
        self._places: dict[tuple[str, ...], _Place] = {}
        self._labels: dict[tuple[object, ...], LabelMatch] = {}
        self._axes: dict[int, _OnAxis] = {}

    def match(self, entry: ResultEntry) -> Match | None:
        """How far the words of an entry are met; None where it is only a form that fits."""
        score = 0.0
        labels: list[LabelMatch] = []
        for term in entry.terms:
            if term.is_label:
                label = self._label(term)
                labels.append(label)
                score += _WEIGHTS.get(label.level, 0) * label.share - _UNMET * (1 - label.share)
            elif term.words != entry.measured:
                there = self._place(term.words)
                score += _OF_CONTAINERS * _WEIGHTS.get(there.level, 0) * there.share
                score -= _UNMET * (1 - there.share)
        measured, level, by_words = self._measured(entry)
        weight = _WEIGHTS.get(level, 0.5) if by_words else 0.5
        score += weight * measured - 2 * _UNMET * (1 - measured)
        named = any(label.share for label in labels)
        if measured <= 0 or not (by_words or named or not entry.measured):
            return None
        return Match(entry, score, tuple(labels), measured, level, by_words, entry.words)

    def _place(self, words: tuple[str, ...]) -> _Place:
        if words not in self._places:
            self._places[words] = _met(words, self._mention.levels, frozenset())
        return self._places[words]

    def _measured(self, entry: ResultEntry) -> tuple[float, int, bool]:
        """How far a mention says what an entry measures, where, and whether in words."""
        last = entry.terms[-1] if entry.terms else None
        if last is not None and last.is_last and last.axis is not None:
            label = self._label(last)
            if label.excluded:
                return 0.0, _FARTHEST, False
            level, share = label.level, label.share
        else:
            level, share, _ = self._place(entry.measured) if entry.measured else _Place(AT_HAND)
        if entry.needs:
            above = self._place(entry.needs)
            level, share = max(level, above.level), min(share, above.share)
        if level >= TITLE:  # a title names the whole page, and no number of it
            level, share = _FARTHEST, 0.0
        by_words = share > 0
        if entry.role is Aspect.ESTIMATE:
            if not (entry.measured and set(entry.measured) <= entry.said):
                for word in sorted(entry.said & SAID_ESTIMATES):
                    there = self._place((word,))
                    if there.share and there.level <= IN_SENTENCE and share < ENOUGH:
                        level, share, by_words = there.level, ENOUGH, True
                if self._mention.percent and not share:
                    level, share = min(level, IN_SENTENCE), _BY_FORM
                elif not entry.measured and share < _UNSAID:
                    level, share = IN_SENTENCE, _UNSAID
            elif self._mention.percent and entry.measured == _ACCURACY and not share:
                level, share = min(level, IN_SENTENCE), _BY_FORM
        elif entry.role in self._mention.roles and not share:
            level, share = min(level, IN_SENTENCE), _BY_FORM if entry.measured else 1.0
        return share, level, by_words

    def _label(self, term: PointerStep) -> LabelMatch:
        assert term.axis is not None  # noqa: S101
        key = (term.words, id(term.axis))
        if key not in self._labels:
            self._labels[key] = self._label_on(term.axis, term.words)
        return self._labels[key]

    def _label_on(self, axis: Axis, own: tuple[str, ...]) -> LabelMatch:
        """How far a name of an axis is met, against the others that are."""
        levels, is_open, rivals = self._on(axis)
        level, share, found = rivals.get(own) or _met(own, levels, axis.shared)
        open_ = is_open and level <= BEFORE
        excluded = False
        for name, (there, part, words) in rivals.items():
            if name == own or part < 0.5 or (is_open and level > AT_HAND):
                continue
            if there < level or share < 0.5:
                # a name that goes on where this one ends is another's, and so is one that is nearer
                excluded = excluded or there < level or not words < found
            elif there == level:
                if words > found:
                    excluded = True
                elif not words < found:
                    open_ = open_ or part >= share - 0.01
                    excluded = excluded or part > share + 0.01
        return LabelMatch(level, share, open_, excluded)

    def _on(self, axis: Axis) -> _OnAxis:
        """The words around the mention as they are for an axis, and where its names are met."""
        if id(axis) not in self._axes:
            levels, is_open = self._mention.levels_for(axis.words)
            near = frozenset[str]().union(*(bag for _, bag in levels))
            names = axis.with_any(near)
            met = {name: _met(name, levels, axis.shared) for name in names}
            for name in self._others(axis):
                if near.issuperset(name) and (there := _met(name, levels, frozenset())).share >= 1:
                    met[name] = there
            self._axes[id(axis)] = _OnAxis(levels, is_open, met)
        return self._axes[id(axis)]


class _OnAxis(NamedTuple):
    levels: Levels
    is_open: bool
    met: dict[tuple[str, ...], _Place]


def _met(
    words: tuple[str, ...],
    levels: Levels,
    common: frozenset[str],
) -> _Place:
    """Where words are met; digits all of them, and of others some that not all labels share."""
    digits = {word for word in words if ":" in word}
    common = common if len(common) < len(words) else frozenset()
    weigh = {word: _COMMON if word in common else 1.0 for word in words}
    whole = sum(weigh.values()) or 1.0
    best = _Place()
    for level, bag in levels:
        found = frozenset(word for word in words if word in bag)
        if digits - found or found <= common:
            continue
        share = sum(weigh[word] for word in found) / whole
        if share > best.share + 1e-9 and (best.share < 0.5 or share >= 1):
            best = _Place(level, share, found)
        if best.share >= 1:
            break
    return best


def best_of(matches: Iterable[Match], margin: float) -> list[Match]:
    """Those whose words are met about as well as the best one's.

    Of two measures that are both named, `acc` and `acc_norm`, the page means the longer name.
    """
    found = list(matches)
    highest = max((match.score for match in found), default=0.0)
    near = [match for match in found if match.score >= highest - margin]
    return [match for match in near if not any(_goes_on(match, other) for other in near)]


def _goes_on(match: Match, other: Match) -> bool:
    longer = {*match.entry.measured} < {*other.entry.measured}
    return longer and other.measured >= ENOUGH and other.level <= match.level
