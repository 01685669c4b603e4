"""Walk a results file of any shape: its numbers, each with the words of its pointer.

A pointer's steps are *terms*. Where several steps stand side by side and hold the same things
(`baseline` and `plus`, each with `k` and `n`; the records of a list; the rows of a table), each is
a *label*: it tells one number from its likes, and a page has to name it. Other steps are
containers, and the last says what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from epm_lint.binding.by_words.entries import Axis, PointerStep, ResultEntry
from epm_lint.binding.by_words.records import (
    COLUMNS,
    MEASURING,
    identifying,
    identity,
    is_number,
    parallel_arrays,
    shared_texts,
    table_in,
)
from epm_lint.binding.by_words.vocabulary import (
    ESTIMATES,
    INTERVAL,
    MEASURES,
    ROLE_WORDS,
    Aspect,
    telling,
    words_of,
)

_MOST = 50_000
_DEEPEST = 16
_ASIDE = frozenset(
    {"provenance", "tracking", "schema_version", "samples", "reductions", "git_hash"}
)
"""Parts that say how a file came to be, or hold single answers."""
_SPREADS = (Aspect.SE, Aspect.SD)
_THE_NUMBER = frozenset({"value", "mean", "estimate", "score", "point", "result"})


def entries_of(source: str, values: Any, labels: tuple[PointerStep, ...] = ()) -> list[ResultEntry]:
    """All numbers of a file; `labels` tell it from the other files."""
    return _EntryReader(source).read(values, labels)


class _EntryReader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._found: list[ResultEntry] = []

    def read(self, values: Any, about: tuple[PointerStep, ...]) -> list[ResultEntry]:
        self._node(values, "", about, {})
        return self._found

    # ------------------------------------------------------------------ walking

    def _node(
        self, node: Any, pointer: str, terms: tuple[PointerStep, ...], counted: dict[str, Any]
    ) -> None:
        if len(self._found) >= _MOST or pointer.count("/") > _DEEPEST:
            return
        if isinstance(node, Mapping):
            self._object(node, pointer, terms, counted)
        elif isinstance(node, list):
            self._list(node, pointer, terms, counted)

    def _object(
        self,
        node: Mapping[str, Any],
        pointer: str,
        terms: tuple[PointerStep, ...],
        counted: dict[str, Any],
    ) -> None:
        numbers = {str(k): v for k, v in node.items() if is_number(v)}
        counted = self._counted(numbers, pointer) or counted
        if (table := table_in(node)) is not None:
            columns, rows, where = table
            places = {column: str(place) for place, column in enumerate(columns)}
            self._records(
                [dict(zip(columns, row, strict=True)) for row in rows],
                [f"{pointer}/{_escaped(where)}/{at}" for at in range(len(rows))],
                [places] * len(rows),
                terms,
                counted,
            )
            node = {k: v for k, v in node.items() if k != where and k not in COLUMNS}
        elif (columns_of := parallel_arrays(node)) is not None:
            keys = list(columns_of)
            records = [
                dict(zip(keys, row, strict=True)) for row in zip(*columns_of.values(), strict=True)
            ]
            steps = [{k: f"{_escaped(k)}/{at}" for k in keys} for at in range(len(records))]
            self._records(records, [pointer] * len(records), steps, terms, counted)
            node = {k: v for k, v in node.items() if k not in columns_of}
        self._virtual(numbers, pointer, terms, counted)
        beside = _beside(numbers)
        for key, value in numbers.items():
            self._leaf(
                f"{pointer}/{_escaped(key)}",
                (*terms, PointerStep(tuple(words_of(key)), None, key)),
                value,
                counted,
                None,
                beside,
            )
        inner = {
            str(k): v for k, v in node.items() if isinstance(v, Mapping | list) and k not in _ASIDE
        }
        for key, value in [*inner.items()]:
            if isinstance(value, Mapping) and (step := _only_number(value)) is not None:
                del inner[key]
                path = f"{pointer}/{_escaped(key)}/{_escaped(step)}"
                self._leaf(
                    path,
                    (*terms, PointerStep(tuple(words_of(key)), None, key)),
                    value[step],
                    counted,
                )
        named = {key: _without_spread(telling(self._words(key, terms))) for key in inner}
        axes = _axes({k: v for k, v in inner.items() if isinstance(v, Mapping)}, named)
        for key, value in inner.items():
            axis = axes.get(key)
            term = PointerStep(named[key], axis, key)
            below = (*terms, term) if term.words else terms
            if isinstance(value, list) and self._interval(
                value,
                f"{pointer}/{_escaped(key)}",
                (*terms, PointerStep(tuple(words_of(key)), None, key)),
                counted,
            ):
                continue
            self._node(value, f"{pointer}/{_escaped(key)}", below, {} if axis else counted)

    def _list(
        self, node: list[Any], pointer: str, terms: tuple[PointerStep, ...], counted: dict[str, Any]
    ) -> None:
        records = [value for value in node if isinstance(value, Mapping)]
        if records and len(records) == len(node):
            paths = [f"{pointer}/{at}" for at in range(len(node))]
            self._records(records, paths, [{}] * len(node), terms, counted)

    def _words(self, key: str, terms: tuple[PointerStep, ...]) -> list[str]:
        """The words of a key; a bare number is one of what the step above it names."""
        words = words_of(key)
        if len(words) == 1 and words[0].replace(".", "").isdigit():
            above = next(
                (w for t in reversed(terms) for w in reversed(t.words) if ":" not in w), ""
            )
            return [f"{above}:{words[0]}"] if above else [f"#:{words[0]}"]
        return words

    def _records(
        self,
        records: Sequence[Mapping[str, Any]],
        pointers: Sequence[str],
        steps: Sequence[Mapping[str, str]],
        terms: tuple[PointerStep, ...],
        counted: dict[str, Any],
    ) -> None:
        """Records of a list, a table or parallel arrays, told apart by what identifies each."""
        fields = identifying(records)
        if not fields and len(records) > 1:
            return  # nothing tells one of them from the next
        shared = shared_texts(records) if len(records) > 1 else {}
        labels: list[list[PointerStep]] = [
            [
                PointerStep(tuple(telling(words_of(text))), None, text, key.casefold() in MEASURING)
                for key, text in shared.items()
            ]
            for _ in records
        ]
        for field in fields:
            named = [identity(field, record.get(field)) for record in records]
            axis = Axis(named)
            for at, words in enumerate(named):
                if words:
                    text = f"{field} {records[at].get(field)}"
                    labels[at].append(
                        PointerStep(
                            words,
                            axis if len(axis.names) > 1 else None,
                            text,
                            field.casefold() in MEASURING,
                        )
                    )
        for record, path, step, own in zip(records, pointers, steps, labels, strict=True):
            left = {str(k): v for k, v in record.items() if k not in fields}
            below = (*terms, *own)
            if not step:
                self._object(left, path, below, {} if own else counted)
                continue
            numbers = {k: v for k, v in left.items() if is_number(v)}
            of_row = self._counted(numbers, path, step) or counted
            self._virtual(numbers, path, below, of_row, step)
            beside = _beside(numbers)
            for key, value in numbers.items():
                self._leaf(
                    f"{path}/{step[key]}",
                    (*below, PointerStep(tuple(words_of(key)), None, key)),
                    value,
                    of_row,
                    None,
                    beside,
                )

    # ------------------------------------------------------------------ numbers

    def _counted(
        self, numbers: Mapping[str, Any], pointer: str, step: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """k and n of an object, where it has one of each."""
        found: dict[str, Any] = {}
        for role in (Aspect.K, Aspect.N):
            of = [
                key
                for key in numbers
                if role_of(words_of(key)) == role and len(telling(words_of(key))) == 1
            ]
            whole = [key for key in of if isinstance(numbers[key], int) and numbers[key] >= 0]
            if len(whole) == 1:
                place = step[whole[0]] if step else _escaped(whole[0])
                found[role] = Fraction(numbers[whole[0]])
                found[f"{role}_pointer"] = f"{pointer}/{place}"
        return found if Aspect.N in found else {}

    def _virtual(
        self,
        numbers: Mapping[str, Any],
        pointer: str,
        terms: tuple[PointerStep, ...],
        counted: dict[str, Any],
        step: Mapping[str, str] | None = None,
    ) -> None:
        """The rate that k and n give, where the file does not hold it."""
        k, n = counted.get(Aspect.K), counted.get(Aspect.N)
        if k is None or not n or k > n or f"{Aspect.K}_pointer" not in counted:
            return
        if not counted[f"{Aspect.K}_pointer"].startswith(pointer):
            return
        if any(_is_rate_of(key, value, k / n) for key, value in numbers.items()):
            return
        last = next((term.words for term in reversed(terms) if not term.is_label), ())
        parts = (counted[f"{Aspect.K}_pointer"], counted[f"{Aspect.N}_pointer"])
        self._found.append(
            ResultEntry(self._source, parts[0], k / n, Aspect.ESTIMATE, terms, tuple(telling(last)),
                  frozenset(("rate",)), False, False, k, n, parts[1], "rate", parts)
        )  # fmt: skip

    def _interval(
        self,
        value: list[Any],
        pointer: str,
        terms: tuple[PointerStep, ...],
        counted: dict[str, Any],
    ) -> bool:
        if len(value) != 2 or not all(map(is_number, value)) or value[0] > value[1]:
            return False
        if INTERVAL.isdisjoint(w.partition(":")[0] for w in terms[-1].words):
            return False
        for role, end, place in ((Aspect.LOW, value[0], 0), (Aspect.HIGH, value[1], 1)):
            self._leaf(f"{pointer}/{place}", terms, end, counted, role)
        return True

    def _leaf(
        self,
        pointer: str,
        terms: tuple[PointerStep, ...],
        value: Any,
        counted: dict[str, Any],
        role: Aspect | None = None,
        beside: Axis | None = None,
    ) -> None:
        *above, last = terms
        words = list(last.words)
        role = role or role_of(words) or _role_above(above, words)
        own = _without_role(role, words)
        measured = _measures(role, words)
        percent = (
            "percent" in last.text.casefold() or "pct" in last.text.casefold() or "%" in last.text
        )
        kept = [t for t in above if t.words]
        is_guess = False
        if not measured:  # "mean", "sd", "p": what is above says of what
            measured, is_guess = _measured_above(kept)
            measured = tuple(
                w for w in measured if w.partition(":")[0] not in INTERVAL and w not in ESTIMATES
            )
        else:
            kept.append(PointerStep(measured, beside, last.text, is_last=True))
        exact = Fraction(str(value))
        k, n = counted.get(Aspect.K), counted.get(Aspect.N)
        if role is Aspect.K:
            k = exact
        elif role is not Aspect.ESTIMATE or not n or k is None or not _is_close(exact, k / n):
            k = None
            if (
                role is Aspect.ESTIMATE
                and n
                and "rate" in own
                and _is_close(round(exact * n), exact * n)
            ):
                k = Fraction(round(exact * n))
        self._found.append(
            ResultEntry(self._source, pointer, exact, role, tuple(kept), measured, frozenset(own),
                  isinstance(value, int), percent, k, n if k is not None else None,
                  counted.get(f"{Aspect.N}_pointer", ""), last.text, (), (), is_guess)
        )  # fmt: skip


def _is_close(one: Fraction | int, other: Fraction) -> bool:
    return abs(one - other) <= Fraction(1, 1000)


def _is_rate_of(key: str, value: Any, rate: Fraction) -> bool:
    """Whether the file itself holds the rate that its counts give."""
    return "rate" in words_of(key) and _is_close(Fraction(str(value)), rate)


def _without_role(role: Aspect | None, words: Sequence[str]) -> list[str]:
    """The words of a key that do not say what its number is of the quantity."""
    in_role = ROLE_WORDS.get(role or Aspect.ESTIMATE, frozenset())
    return [w for w in telling(words) if w not in in_role and w.partition(":")[0] not in INTERVAL]


def _measures(role: Aspect | None, words: Sequence[str]) -> tuple[str, ...]:
    """What a key says is measured: nothing in `mean`, `sd` or `n`."""
    return tuple(word for word in _without_role(role, words) if word not in ESTIMATES)


def _measured_above(above: Sequence[PointerStep]) -> tuple[tuple[str, ...], bool]:
    """What "mean" or "se" is of, by the steps above it; and whether that is a guess."""
    if not above:
        return (), False
    *_, last = above
    metrics = [term for term in above if term.is_measure]
    if not metrics and not MEASURES.isdisjoint(
        (*last.words, *(last.axis.words if last.axis else ()))
    ):
        metrics = [last]
    if metrics:
        return tuple(telling(metrics[-1].words)), False
    if last.is_label and sum(term.is_label for term in above) > 1:
        return tuple(telling(last.words)), True
    containers = [term for term in above if not term.is_label]
    return (tuple(telling(containers[-1].words)) if containers else ()), False


def role_of(words: Sequence[str]) -> Aspect | None:
    """What the words of a key say that its number is."""
    for role in (
        Aspect.SE,
        Aspect.SD,
        Aspect.LOW,
        Aspect.HIGH,
        Aspect.P,
        Aspect.N,
        Aspect.K,
    ):
        if not ROLE_WORDS[role].isdisjoint(words):
            return role
    return None


def _role_above(above: Sequence[PointerStep], words: Sequence[str]) -> Aspect:
    """`se: {plus: 1.3}`, `accuracy_se: {gsm8k: {plus: 0.02}}`: the role stands above labels."""
    if any(word in MEASURES for word in words):
        return Aspect.ESTIMATE
    for term in reversed(above[-3:]):
        said = words_of(term.text)
        found = role_of(said)
        if found and (found in _SPREADS or len(telling(said)) == 1):
            return found
    return Aspect.ESTIMATE


def _without_spread(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a step without "se" and "sd", which say nothing of what is measured."""
    spread = ROLE_WORDS[Aspect.SE] | ROLE_WORDS[Aspect.SD]
    return tuple(word for word in words if word not in spread) or tuple(words)


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _shape(node: Any, depth: int = 3) -> frozenset[str]:
    """What a node holds, by the names of what lies in it."""
    if isinstance(node, Mapping):
        found: set[str] = set()
        for key, value in node.items():
            inner = _shape(value, depth - 1) if depth else frozenset()
            found.update(f"{key}/{name}" for name in inner)
            if not inner:
                found.add(str(key))
        return frozenset(found)
    if isinstance(node, list) and depth:
        return frozenset().union(*(_shape(value, depth - 1) for value in node[:20]))
    return frozenset()


def _only_number(node: Mapping[str, Any]) -> str | None:
    """The key of the one number of an object that names and describes it."""
    numbers = [key for key, value in node.items() if is_number(value)]
    others = (value for value in node.values() if not is_number(value))
    plain = all(
        value is None or isinstance(value, str | bool) or value in ({}, []) for value in others
    )
    return numbers[0] if len(numbers) == 1 and numbers[0] in _THE_NUMBER and plain else None


def _axes(
    inner: Mapping[str, Mapping[str, Any]], named: Mapping[str, tuple[str, ...]]
) -> dict[str, Axis]:
    """For each object the axis that it is on with those beside it that hold the same things."""
    by_shape: dict[frozenset[str], list[str]] = {}
    for key, value in inner.items():
        by_shape.setdefault(_shape(value), []).append(key)
    axes: dict[str, Axis] = {}
    for shape, keys in by_shape.items():
        others = (other for other in by_shape if other == shape or _alike(shape, other))
        axis = Axis([named[key] for other in others for key in by_shape[other]])
        if shape and len(axis.names) > 1:
            axes.update(dict.fromkeys(keys, axis))
    return axes


def _beside(numbers: Mapping[str, Any]) -> Axis | None:
    """The measures of the numbers of one object."""
    axis = Axis([_measures(role_of(words_of(key)), words_of(key)) for key in numbers])
    return axis if len(axis.names) > 1 else None


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) and 2 * len(one & other) >= min(len(one), len(other), 8)
