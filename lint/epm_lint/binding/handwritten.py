"""Find what epm's own results contradict on a page that was written by hand.

What conditions, layers, methods and Ns are is known of such a file, so that more can be said than
by its words alone. A number is contradicted where its context names one value of the results, and
that differs; whatever is ambiguous is not.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from epm_lint.binding.leaves import Leaf, leaves, names_of, new_names
from epm_lint.binding.topics import Topic, listed, speaks_of_the_new, topics
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading
from epm_lint.reading.ranges import Range
from epm_lint.values import dataclass

_TELLTALE = ("bystander", "cluster", "base", "permutation", "holm", "bonferroni", "fdr", "without")
"""Words in a pointer that have to stand on the page too, for the two to be about the same."""
_PART = ("named", "drop", "held", "influence", "category", "categories", "within")


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A number, and what the results say in its place."""

    number: Number
    right: str
    pointer: str
    truncated: bool = False
    """Whether its digits were only cut off."""


def contradicted(
    reading: Reading, results: Mapping[str, Any], lines: Container[int] | None = None
) -> Iterator[Contradicted]:
    """The numbers of a page, or of these lines of it, that its results contradict."""
    names = names_of(results, reading.names)
    by_kind: dict[str, list[Leaf]] = {}
    for leaf in leaves(results, names):
        by_kind.setdefault(leaf.kind, []).append(leaf)
    new = [name for name in new_names(results) or _marked_new(reading) if name in names]
    found = list(topics(reading, sorted(names)))
    in_list: dict[int, Contradicted | None] = {}
    for at, topic in enumerate(found):
        if lines is not None and topic.number.line not in lines:
            continue
        if id(topic.number) not in in_list and topic.kind and not topic.names:
            in_list |= _list(listed(found, at), by_kind.get(topic.kind, ()), new)
        one = in_list.get(id(topic.number)) or _contradicted(topic, by_kind)
        if one is not None:
            yield one


def _marked_new(reading: Reading) -> list[str]:
    """The rows that a page marks "(new)"."""
    labels = {record.label: record.raw for table in reading.tables for record in table.records}
    return [name for name, label in labels.items() if "(new)" in label.casefold()]


def _list(
    together: Sequence[Topic], known: Sequence[Leaf], new: Sequence[str]
) -> dict[int, Contradicted | None]:
    """Numbers that are listed for the new conditions, as many as there are, in any order."""
    first = together[0]
    if not (first.sure and 1 < len(together) == len(new) and speaks_of_the_new(first)):
        return {}
    of_new = [[leaf for leaf in known if leaf.names == {name}] for name in new]
    if any(len({leaf.value for leaf in each}) != 1 for each in of_new):
        return {}
    right = [each[0] for each in of_new]
    left = list(right)
    standing: dict[int, Contradicted | None] = {}
    for topic in together:
        same = next((leaf for leaf in left if _equals(topic.number, leaf)), None)
        if same:
            left.remove(same)
            standing[id(topic.number)] = None
    for topic in together:
        if id(topic.number) not in standing:
            shown = " and ".join(topic.number.like(leaf.value) for leaf in right)
            where = ", ".join(leaf.pointer for leaf in right)
            standing[id(topic.number)] = Contradicted(topic.number, shown, where)
    return standing


def _contradicted(topic: Topic, by_kind: Mapping[str, Sequence[Leaf]]) -> Contradicted | None:
    number = topic.number
    if not (topic.kind and topic.sure):
        return None
    if number.fraction:
        return _contradicted_fraction(topic, by_kind)
    of_kind = [*by_kind.get(topic.kind, ())]
    if topic.kind == "rate":
        of_kind += [leaf for leaf in by_kind.get("k", ()) if leaf.n]
    near = (leaf for leaf in _near(number, of_kind) if _equals(number, leaf))
    if number.bound not in ("", "≈") or any(_may_be(topic, leaf) for leaf in near):
        return None
    exact = [leaf for leaf in of_kind if _must_be(topic, leaf) and _may_be(topic, leaf)]
    if len({round(float(_value(leaf)), 9) for leaf in exact}) != 1:
        return None
    leaf = exact[0]
    cut = number.truncated
    truncated = cut is not None and _value(leaf) in cut
    return Contradicted(number, number.like(_value(leaf)), leaf.pointer, truncated)


def _contradicted_fraction(
    topic: Topic, by_kind: Mapping[str, Sequence[Leaf]]
) -> Contradicted | None:
    k, n = topic.number.fraction or (0, 0)
    same = [leaf for leaf in by_kind.get("k", ()) if leaf.names <= topic.names]
    if any(leaf.value == k and leaf.n in (n, None) for leaf in same):
        return None
    exact = [leaf for leaf in same if topic.kind == "k" and _must_be(topic, leaf) and leaf.n]
    if len({(leaf.value, leaf.n) for leaf in exact}) != 1:
        return None
    right = f"{exact[0].value:.0f}/{exact[0].n:.0f}"
    return Contradicted(topic.number, right, exact[0].pointer)


def _value(leaf: Leaf) -> Fraction:
    """The rate that a count is, else the value itself, as JSON writes it."""
    value = Fraction(str(leaf.value))
    return value / Fraction(str(leaf.n)) if leaf.kind == "k" and leaf.n else value


def _near(as_printed: Number, known: Sequence[Leaf]) -> Sequence[Leaf]:
    """Those that may be equal, told with floats."""
    if as_printed.bound:
        return known
    middle, reach = float(as_printed.value), 2 * float(as_printed.step) + 1e-9
    return [leaf for leaf in known if abs(_float(leaf) - middle) <= reach + abs(middle) * 1e-9]


def _float(leaf: Leaf) -> float:
    return leaf.value / leaf.n if leaf.kind == "k" and leaf.n else leaf.value


def _equals(as_printed: Number, leaf: Leaf) -> bool:
    value = _value(leaf)
    noise = abs(value) / 10**12
    return as_printed.range.meets(Range(value - noise, value + noise))


def _may_be(topic: Topic, leaf: Leaf) -> bool:
    """Whether nothing in a number's context speaks against a value of its kind."""
    if not leaf.names <= topic.names:
        return False
    if topic.layer is not None and leaf.layer is not None and topic.layer != leaf.layer:
        return False
    if topic.method and leaf.method and topic.method != leaf.method:
        return False
    if topic.n is not None and leaf.n is not None and topic.n != leaf.n:
        return False
    partial = "partial" in leaf.words
    if topic.kind in ("p", "coefficient") and partial is not topic.partial:
        return False
    words = topic.words.casefold()
    return all(word in words for word in _TELLTALE if any(w.startswith(word) for w in leaf.words))


def _must_be(topic: Topic, leaf: Leaf) -> bool:
    """Whether a number's context says all that the pointer does, and nothing more."""
    if leaf.names != topic.names or len(topic.names) > 1:
        return False
    words = topic.words.casefold()
    if any(word in words and not any(w.startswith(word) for w in leaf.words) for word in _TELLTALE):
        return False
    if topic.kind in ("p", "coefficient"):
        same_n = topic.n is not None and topic.n == leaf.n
        if topic.corrected or topic.names or any(part in leaf.words for part in _PART):
            return False
        if topic.partial:
            return leaf.method in ("", topic.method)
        at_layer = topic.layer is not None and topic.layer == leaf.layer
        return bool(topic.method) and topic.method == leaf.method and (at_layer or same_n)
    if topic.kind in ("low", "high"):
        return bool(topic.names) and "wilson" in leaf.words and "wilson" in words
    if topic.kind == "cosine":
        return bool(topic.names) and topic.layer is not None and topic.layer == leaf.layer
    if topic.kind == "vif":
        return True
    if topic.kind == "rate" and not topic.passage.spot:
        return False
    return bool(topic.names) and topic.kind in _PER_NAME


_PER_NAME = frozenset({"rate", "k", "cook", "leverage", "predicted", "half", "tokens"})
