"""Align the figures of a body with those it was rendered with.

Units are known again by their words, so that reordered bullets and deleted sentences confuse
nothing; inside a unit, figures are aligned in their order, column by column in a table.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field

from epm_lint.binding.manifest import Bound, BoundUnit
from epm_lint.binding.units import Numeral, Unit
from epm_lint.values import dataclass

_ALIKE = 0.5
"""Share of the words, of both together, that an edited unit has in common with what it was."""

_COMMON = 400
"""A word in more units than this tells none of them apart."""


@dataclass(slots=True)
class Alignment:
    """What became of the figures that a body was rendered with."""

    kept: list[tuple[Bound, Numeral]] = field(default_factory=list)
    changed: list[tuple[Bound, Numeral]] = field(default_factory=list)
    moved: list[tuple[Bound, Numeral]] = field(default_factory=list)
    """The same text, at another place of its unit, where another was."""
    intruding: list[Numeral] = field(default_factory=list)
    """Numbers in cells of a rendered table that held none, or fewer."""
    renamed: list[tuple[BoundUnit, Unit]] = field(default_factory=list)
    """Units whose numbers now stand beside other names."""
    fences: list[Numeral] = field(default_factory=list)
    """Code blocks with another text than they were rendered with."""
    new: list[tuple[Unit, Numeral]] = field(default_factory=list)
    gone: list[BoundUnit] = field(default_factory=list)
    """Units of which nothing is left."""
    deleted: int = 0


def align(rendered: Sequence[BoundUnit], found: Sequence[Unit]) -> Alignment:
    """Compare what was rendered with what is found."""
    alignment = Alignment()
    prose = [entry for entry in rendered if entry.unit.kind != "fence"]
    pairs, left = _paired(prose, [unit for unit in found if unit.kind != "fence"])
    found_again = {id(entry) for entry, _ in pairs}
    alignment.gone = [entry for entry in prose if id(entry) not in found_again]
    for entry, unit in pairs:
        _compare(entry, unit, alignment)
    for unit in left:
        alignment.new += [(unit, figure) for figure in unit.figures]
    alignment.deleted += sum(len(entry.figures) for entry in prose) - sum(
        len(entry.figures) for entry, _ in pairs
    )
    _compare_fences(rendered, found, alignment)
    return alignment


def moved_to(gone: Sequence[BoundUnit], found: Sequence[Unit]) -> Alignment:
    """What became of units that are gone, among others that nobody rendered: no number is new."""
    alignment = align(gone, found)
    alignment.new, alignment.fences, alignment.intruding = [], [], []
    return alignment


def _paired(
    rendered: Sequence[BoundUnit], found: Sequence[Unit]
) -> tuple[list[tuple[BoundUnit, Unit]], list[Unit]]:
    """Pair what is unchanged; then units of equal words, in order; then the most alike."""
    was = [entry.unit for entry in rendered]
    same = _in_order(was, found, range(len(was)), range(len(found)), _unchanged)
    rest = [index for index in range(len(was)) if index not in set(same.values())]
    left = [place for place in range(len(found)) if place not in same]
    reworded = _in_order(was, found, rest, left, _signature)
    rest = [index for index in rest if index not in set(reworded.values())]
    left = [place for place in left if place not in reworded]
    pairs = same | reworded | _most_alike(was, found, rest, left)
    unknown = [unit for place, unit in enumerate(found) if place not in pairs]
    return [(rendered[index], found[place]) for place, index in sorted(pairs.items())], unknown


def _unchanged(unit: Unit) -> Hashable:
    return unit.kind, unit.words, tuple(figure.text for figure in unit.figures)


def _signature(unit: Unit) -> Hashable:
    return unit.kind, unit.words


def _in_order(
    was: Sequence[Unit],
    found: Sequence[Unit],
    indices: Sequence[int],
    places: Sequence[int],
    key: Callable[[Unit], Hashable],
) -> dict[int, int]:
    """Pair units of an equal key, first with first: place in the body -> index in the manifest."""
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for index in indices:
        waiting[key(was[index])].append(index)
    pairs: dict[int, int] = {}
    for place in places:
        if same := waiting[key(found[place])]:
            pairs[place] = same.popleft()
    return pairs


def _most_alike(
    was: Sequence[Unit], found: Sequence[Unit], indices: Sequence[int], places: Sequence[int]
) -> dict[int, int]:
    by_word: dict[int, list[int]] = defaultdict(list)
    for index in indices:
        for word in was[index].words:
            by_word[word].append(index)
    scored: list[tuple[float, int, int, int]] = []
    for place in places:
        unit = found[place]
        shared: dict[int, int] = defaultdict(int)
        for word in unit.words:
            if len(by_word[word]) <= _COMMON:
                for index in by_word[word]:
                    shared[index] += 1
        for index, count in shared.items():
            other = was[index]
            alike = count / (len(unit.words) + len(other.words) - count)
            if other.kind == unit.kind and alike >= _ALIKE:
                scored.append((-alike, abs(index - place), place, index))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, place, index in sorted(scored):
        if place not in pairs and index not in taken:
            pairs[place] = index
            taken.add(index)
    return pairs


def _compare(entry: BoundUnit, unit: Unit, alignment: Alignment) -> None:
    if _renamed(entry.unit.names, unit.names):
        alignment.renamed.append((entry, unit))
    slots = dict.fromkeys(bound.figure.slot for bound in entry.figures)
    slots.update(dict.fromkeys(figure.slot for figure in unit.figures))
    for slot in slots:
        was = [bound for bound in entry.figures if bound.figure.slot == slot]
        now = [figure for figure in unit.figures if figure.slot == slot]
        _compare_sequences(was, now, unit, alignment)


def _compare_sequences(
    was: list[Bound], now: list[Numeral], unit: Unit, alignment: Alignment
) -> None:
    if [bound.figure.before for bound in was] == [figure.before for figure in now]:
        # not a word between them has changed
        for bound, figure in zip(was, now, strict=True):
            same = bound.figure.text == figure.text
            (alignment.kept if same else alignment.changed).append((bound, figure))
        return
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(
        None,
        [(bound.figure.text, bound.figure.before) for bound in was],
        [(figure.text, figure.before) for figure in now],
        autojunk=False,
    )
    replaced: list[tuple[list[Bound], list[Numeral]]] = []
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            alignment.kept += zip(was[first:last], now[start:end], strict=True)
        else:
            replaced.append((was[first:last], now[start:end]))
    gone = [bound for old, _ in replaced for bound in old]
    for old, new in replaced:
        for figure in new:
            _place(figure, old, gone, unit, alignment)
    alignment.deleted += len(gone)


def _place(
    figure: Numeral, old: list[Bound], gone: list[Bound], unit: Unit, alignment: Alignment
) -> None:
    """Find what a figure was: the same text nearby, or what it stands in place of."""
    here = [bound for bound in old if bound in gone]
    if same := _first(here, text=figure.text):
        # rephrased: another word before it, no other figure in its place
        crossing = len(here) > 1 and here[0] is not same and figure.before != same.figure.before
        (alignment.moved if crossing else alignment.kept).append((same, figure))
    elif (same := _first(gone, text=figure.text)) and figure.before == same.figure.before:
        alignment.kept.append((same, figure))
    elif same := (
        _first(here, before=figure.before) or _first(here) or _first(gone, before=figure.before)
    ):
        alignment.changed.append((same, figure))
    elif same := _first(gone, text=figure.text):
        alignment.moved.append((same, figure))
    else:
        if unit.kind == "row":
            alignment.intruding.append(figure)
        else:
            alignment.new.append((unit, figure))
        return
    gone.remove(same)


def _renamed(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether a name gave way to another, or two changed places; one more or less is no matter."""
    if len(was) == len(now):
        return was != now
    from collections import Counter

    return bool(Counter(was) - Counter(now)) and bool(Counter(now) - Counter(was))


def _first(
    bounds: Iterable[Bound], text: str | None = None, before: int | None = None
) -> Bound | None:
    for bound in bounds:
        if text is not None and bound.figure.text != text:
            continue
        if before is not None and bound.figure.before != before:
            continue
        return bound
    return None


def _compare_fences(
    rendered: Sequence[BoundUnit], found: Sequence[Unit], alignment: Alignment
) -> None:
    """A fence that is not as rendered, in a section that lacks one as rendered, was changed."""
    lacking: dict[frozenset[int], list[str]] = defaultdict(list)
    for entry in rendered:
        if entry.unit.kind == "fence":
            lacking[entry.unit.words].append(entry.figures[0].figure.text)
    strangers: list[Unit] = []
    for unit in found:
        if unit.kind == "fence":
            if unit.figures[0].text in lacking[unit.words]:
                lacking[unit.words].remove(unit.figures[0].text)
            else:
                strangers.append(unit)
    for unit in strangers:
        if lacking[unit.words]:
            lacking[unit.words].pop()
            alignment.fences.append(unit.figures[0])
