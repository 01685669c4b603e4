"""A number of a results file, with the words of its pointer."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from functools import cached_property
from typing import Any

from epm_lint.binding.by_words.vocabulary import Aspect
from epm_lint.values import dataclass


class Axis:
    """Steps that stand side by side and hold the same things, each by its words."""

    def __init__(self, names: Collection[tuple[str, ...]]) -> None:
        self.names = tuple(sorted({name for name in names if name}))
        sets = [frozenset(name) for name in self.names]
        self.shared = (
            frozenset[str]().intersection(*sets) if not sets else sets[0].intersection(*sets)
        )
        """The words that all names have."""
        self.words = frozenset[str]().union(*sets)
        if all(self.shared < one for one in sets):
            self.words -= self.shared
        # where one is the start of another, `sft` of `sft_dpo`, what they share is a name as well
        self._by_word: dict[str, list[tuple[str, ...]]] = {}
        for name in self.names:
            for word in name:
                self._by_word.setdefault(word, []).append(name)

    def with_any(self, words: frozenset[str]) -> list[tuple[str, ...]]:
        """The names that share a telling word with some."""
        found = (self._by_word[word] for word in words & self._by_word.keys() & self.words)
        return sorted({name for names in found for name in names})


@dataclass(frozen=True, slots=True)
class PointerStep:
    """A step of a pointer, in the words that a page may use for it."""

    words: tuple[str, ...]
    axis: Axis | None = None
    """The steps beside it that hold the same things; of the last step, the numbers beside it."""
    text: str = ""
    is_measure: bool = False
    """Whether the file calls it a metric: a label that says what was measured."""
    is_last: bool = False

    @property
    def is_label(self) -> bool:
        """Whether it tells its numbers from their likes."""
        return self.axis is not None and not self.is_last


@dataclass(frozen=True, slots=True)
class ResultEntry:
    """A number of a results file."""

    source: str
    """The file's name."""
    pointer: str
    value: Fraction
    role: Aspect
    terms: tuple[PointerStep, ...]
    """Its steps, without those that say nothing; the last is what was measured."""
    measured: tuple[str, ...]
    """The words for what was measured: none where a role or "mean" says it all."""
    said: frozenset[str]
    """The words of the last step, the general ones ("mean", "rate") included."""
    is_count: bool = False
    """Whether the file has it as a whole number."""
    in_percent: bool = False
    """Whether the file says that it is a percentage."""
    k: Fraction | None = None
    n: Fraction | None = None
    """The count that it is the rate of, and what it was counted among."""
    n_pointer: str = ""
    name: str = ""
    """The last step as the file writes it; a column's name where the pointer has a place."""
    parts: tuple[str, ...] = ()
    """The pointers of what it was computed from, where the file does not hold it."""
    needs: tuple[str, ...] = ()
    """The words of the step above, where that says what was measured, and the last step of what."""
    is_guess: bool = False
    """Whether a label was taken for what was measured, as nothing else can be."""

    @cached_property
    def words(self) -> frozenset[str]:
        """All its words."""
        return (
            frozenset(w for term in self.terms for w in term.words) | {*self.measured} | self.said
        )

    @cached_property
    def pattern(self) -> tuple[object, ...]:
        """What it has in common with the same measure of other labels."""
        return (self.role, self.said, *(t.words for t in self.terms if not t.is_label))


@dataclass(frozen=True, slots=True)
class Source:
    """A results file as it was read, and the name that messages give it."""

    name: str
    values: Any
    about: tuple[tuple[str, str], ...] = ()
    """What the file says it is of: ("model", "tiny-chat"), ("task", "sums")."""
