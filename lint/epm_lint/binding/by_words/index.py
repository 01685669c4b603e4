"""All numbers of some results files, found by their words.

Nothing is counted over whole files, so that numbers which have nothing to do with a page change
nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from epm_lint.binding.by_words.entries import Axis, PointerStep, ResultEntry, Source
from epm_lint.binding.by_words.vocabulary import ESTIMATES, MEASURES, telling, words_of
from epm_lint.binding.by_words.walk import entries_of, role_of


class Index:
    """All numbers of some results files, found by their words."""

    def __init__(self, sources: Sequence[Source]) -> None:
        entries: list[ResultEntry] = []
        for source, labels in zip(sources, _labels_of_files(sources), strict=True):
            entries += entries_of(source.name, source.values, labels)
        self.entries = tuple(_with_needs(entries))
        self.vocabulary: set[str] = set()
        self.labels: set[str] = set()
        """The words of all labels."""
        self.measured: set[str] = set()
        """The words of all that is measured."""
        self._by_word: dict[str, list[int]] = {}
        self._names: dict[str, set[tuple[str, ...]]] = {}
        for at, entry in enumerate(self.entries):
            own: set[str] = set(entry.measured)
            self.measured |= own
            for term in entry.terms:
                own.update(term.words)
                if term.axis:
                    self.labels.update(term.words)
                if term.is_label:
                    self._names.setdefault(term.words[0], set()).add(term.words)
            self.vocabulary |= own
            for word in own:
                self._by_word.setdefault(word, []).append(at)

    def with_pattern(self, pattern: tuple[object, ...]) -> list[ResultEntry]:
        """The entries of one measure, whatever their labels."""
        return [entry for entry in self.entries if entry.pattern == pattern]

    def names_other(self, words: frozenset[str], own: frozenset[str]) -> bool:
        """Whether some words name a label in full that is none of an entry's own."""
        near = (name for word in words for name in self._names.get(word, ()))
        return any(words.issuperset(name) and not own.issuperset(name) for name in near)

    def with_any(self, words: frozenset[str]) -> list[ResultEntry]:
        """The entries that share a word with some."""
        found: set[int] = set()
        for word in words & self._by_word.keys():
            found.update(self._by_word[word])
        return [self.entries[at] for at in sorted(found)]


def _with_needs(entries: Sequence[ResultEntry]) -> Iterator[ResultEntry]:
    """Of `prompt_tokens: {librarian: 15}`, a page has to name both."""
    labels = {term.words for entry in entries for term in entry.terms if term.is_label}
    for entry in entries:
        above, last = entry.terms[-2:] if len(entry.terms) > 1 else (None, None)
        if above and last and last.is_last and last.axis and not above.is_label:
            said = words_of(above.text)
            measuring = not MEASURES.isdisjoint(said) or role_of(said) is not None
            if last.words in labels or (measuring and MEASURES.isdisjoint(last.words)):
                yield replace(entry, needs=tuple(w for w in above.words if w not in ESTIMATES))
                continue
        yield entry


def _labels_of_files(sources: Sequence[Source]) -> list[tuple[PointerStep, ...]]:
    """What tells several files from each other: what they say they are of, else their names."""
    told: list[list[PointerStep]] = [[] for _ in sources]
    fields = list(dict.fromkeys(field for source in sources for field, _ in source.about))
    for field in fields:
        _add_labels(told, [dict(source.about).get(field, "") for source in sources])
    apart = {tuple(term.words for term in terms) for terms in told}
    if len(apart) < len(sources):
        _add_labels(told, [source.name.rpartition("/")[2].rpartition(".")[0] for source in sources])
    return [tuple(terms) for terms in told]


def _add_labels(told: Sequence[list[PointerStep]], texts: Sequence[str]) -> None:
    words = [tuple(telling(words_of(text))) for text in texts]
    axis = Axis(words)
    for terms, own, text in zip(told, words, texts, strict=True):
        if own and len(axis.names) > 1:
            terms.append(PointerStep(own, axis, text))
