"""The numbers of any results file, each with the words of its pointer.

A pointer's steps are *terms*. Where several steps stand side by side and hold the same things
(`baseline` and `plus`, each with `k` and `n`; the records of a list; the rows of a table), each is
a *label*: it tells one number from its likes, and a page has to name it. Other steps are containers,
and the last says what was measured. Nothing is counted over the whole file, so that numbers which
have nothing to do with a page change nothing for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from epm_lint.binding.by_words.vocabulary import (
    ESTIMATES,
    INTERVAL,
    MEASURES,
    ROLE_WORDS,
    Role,
    telling,
    words_of,
)
from epm_lint.values import dataclass

_MOST = 50_000
_DEEPEST = 16
_LONGEST_LABEL = 80
_ASIDE = frozenset(
    {"provenance", "tracking", "schema_version", "samples", "reductions", "git_hash"}
)
"""Parts that say how a file came to be, or hold single answers."""
_NUMBERING = frozenset(
    """
    layer step seed epoch checkpoint dose coefficient strength scale temperature rank k shot fold
    round iteration iter size budget year position depth fewshot token param lr alpha threshold id
    index run
    """.split()
)
"""What a number in a record may be that tells it from the others, and is no result."""
_MEASURING = frozenset({"metric", "measure", "metric_name", "quantity", "variable", "outcome"})
_COLUMNS = frozenset({"columns", "header", "headers", "fields", "column_names"})


@dataclass(frozen=True, slots=True)
class Term:
    """A step of a pointer, in the words that a page may use for it."""

    words: tuple[str, ...]
    siblings: tuple[tuple[str, ...], ...] = ()
    """The words of the steps beside it that hold the same things; of the last, of the numbers."""
    text: str = ""
    is_measure: bool = False
    """Whether the file calls it a metric: a label that says what was measured."""

    is_last: bool = False

    @property
    def is_label(self) -> bool:
        """Whether it tells its numbers from their likes."""
        return bool(self.siblings) and not self.is_last


@dataclass(frozen=True, slots=True)
class Entry:
    """A number of a results file."""

    source: str
    """The file's name."""
    pointer: str
    value: Fraction
    role: Role
    terms: tuple[Term, ...]
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
    """The last step as the file writes it; a column's or field's name where the pointer has none."""
    parts: tuple[str, ...] = ()
    """The pointers of what it was computed from, where the file does not hold it."""
    needs: tuple[str, ...] = ()
    """The words of the step above, where the last step is a label and that says what was measured."""
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


class Index:
    """All numbers of some results files, found by their words."""

    def __init__(self, sources: Sequence[Source]) -> None:
        entries: list[Entry] = []
        for source, labels in zip(sources, _labels_of_files(sources), strict=True):
            entries += _Reader(source.name).read(source.values, labels)
        self.entries = tuple(_with_needs(entries))
        self.vocabulary: set[str] = set()
        self.measured: set[str] = set()
        self._by_word: dict[str, list[int]] = {}
        for at, entry in enumerate(self.entries):
            own: set[str] = set(entry.measured)
            self.measured |= own
            for term in entry.terms:
                own.update(term.words)
            self.vocabulary |= own
            for word in own:
                self._by_word.setdefault(word, []).append(at)

    def with_pattern(self, pattern: tuple[object, ...]) -> list[Entry]:
        """The entries of one measure, whatever their labels."""
        return [entry for entry in self.entries if entry.pattern == pattern]

    def with_any(self, words: frozenset[str]) -> list[Entry]:
        """The entries that share a word with some."""
        found: set[int] = set()
        for word in words & self._by_word.keys():
            found.update(self._by_word[word])
        return [self.entries[at] for at in sorted(found)]


def _with_needs(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Of `prompt_tokens: {librarian: 15}`, a page has to name both."""
    labels = {term.words for entry in entries for term in entry.terms if term.is_label}
    for entry in entries:
        *_, above, last = (None, None, *entry.terms)
        if above and last and last.is_last and last.siblings and not above.is_label:
            said = words_of(above.text)
            measuring = not MEASURES.isdisjoint(said) or _role(said) is not None
            if last.words in labels or (measuring and MEASURES.isdisjoint(last.words)):
                yield replace(entry, needs=tuple(w for w in above.words if w not in ESTIMATES))
                continue
        yield entry


def _labels_of_files(sources: Sequence[Source]) -> list[tuple[Term, ...]]:
    """What tells several files from each other: what they say they are of, else their names."""
    told: list[list[Term]] = [[] for _ in sources]
    fields = list(dict.fromkeys(field for source in sources for field, _ in source.about))
    for field in fields:
        _add_labels(told, [dict(source.about).get(field, "") for source in sources])
    apart = {tuple(term.words for term in terms) for terms in told}
    if len(apart) < len(sources):
        _add_labels(told, [source.name.rpartition("/")[2].rpartition(".")[0] for source in sources])
    return [tuple(terms) for terms in told]


def _add_labels(told: Sequence[list[Term]], texts: Sequence[str]) -> None:
    words = [tuple(telling(words_of(text))) for text in texts]
    distinct = sorted(set(words) - {()})
    for terms, own, text in zip(told, words, texts, strict=True):
        if own and len(distinct) > 1:
            terms.append(Term(own, tuple(other for other in distinct if other != own), text))


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) < 1e300


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
    numbers = [key for key, value in node.items() if _is_number(value)]
    others = (value for value in node.values() if not _is_number(value))
    plain = all(
        value is None or isinstance(value, str | bool) or value in ({}, []) for value in others
    )
    return numbers[0] if len(numbers) == 1 and numbers[0] in _THE_NUMBER and plain else None


_THE_NUMBER = frozenset({"value", "mean", "estimate", "score", "point", "result"})


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) and 2 * len(one & other) >= min(len(one), len(other), 8)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._found: list[Entry] = []

    def read(self, values: Any, about: tuple[Term, ...]) -> list[Entry]:
        self._node(values, "", about, {})
        return self._found

    # ------------------------------------------------------------------ walking

    def _node(
        self, node: Any, pointer: str, terms: tuple[Term, ...], counted: dict[str, Any]
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
        terms: tuple[Term, ...],
        counted: dict[str, Any],
    ) -> None:
        numbers = {str(k): v for k, v in node.items() if _is_number(v)}
        counted = self._counted(numbers, pointer) or counted
        if (table := _table_in(node)) is not None:
            columns, rows, where = table
            self._records([dict(zip(columns, row, strict=False)) for row in rows],
                          [f"{pointer}/{_escaped(where)}/{at}" for at in range(len(rows))],
                          [{c: str(i) for i, c in enumerate(columns)}] * len(rows), terms, counted)  # fmt: skip
            node = {k: v for k, v in node.items() if k != where and k not in _COLUMNS}
        elif (columns_of := _parallel(node)) is not None:
            keys = list(columns_of)
            records = [
                dict(zip(keys, row, strict=True)) for row in zip(*columns_of.values(), strict=True)
            ]
            steps = [{k: f"{_escaped(k)}/{at}" for k in keys} for at in range(len(records))]
            self._records(records, [pointer] * len(records), steps, terms, counted)
            node = {k: v for k, v in node.items() if k not in columns_of}
        self._virtual(numbers, pointer, terms, counted)
        for key, value in numbers.items():
            self._leaf(
                f"{pointer}/{_escaped(key)}",
                (*terms, Term(tuple(words_of(key)), (), key)),
                value,
                counted,
                None,
                numbers,
            )
        inner = {
            str(k): v for k, v in node.items() if isinstance(v, Mapping | list) and k not in _ASIDE
        }
        for key, value in [*inner.items()]:
            if isinstance(value, Mapping) and (step := _only_number(value)) is not None:
                del inner[key]
                path = f"{pointer}/{_escaped(key)}/{_escaped(step)}"
                self._leaf(
                    path, (*terms, Term(tuple(words_of(key)), (), key)), value[step], counted
                )
        shapes = {key: _shape(value) for key, value in inner.items() if isinstance(value, Mapping)}
        named = {key: _without_spread(telling(self._words(key, terms))) for key in inner}
        for key, value in inner.items():
            alike = tuple(
                named[other]
                for other, shape in shapes.items()
                if other != key and key in shapes and _alike(shape, shapes[key]) and named[other] != named[key]
            )  # fmt: skip
            step = Term(named[key], alike, key)
            below = (*terms, step) if step.words else terms
            if isinstance(value, list) and self._interval(
                value,
                f"{pointer}/{_escaped(key)}",
                (*terms, Term(tuple(words_of(key)), (), key)),
                counted,
            ):
                continue
            self._node(value, f"{pointer}/{_escaped(key)}", below, {} if alike else counted)

    def _list(
        self, node: list[Any], pointer: str, terms: tuple[Term, ...], counted: dict[str, Any]
    ) -> None:
        records = [value for value in node if isinstance(value, Mapping)]
        if records and len(records) == len(node):
            paths = [f"{pointer}/{at}" for at in range(len(node))]
            self._records(records, paths, [{}] * len(node), terms, counted)

    def _words(self, key: str, terms: tuple[Term, ...]) -> list[str]:
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
        terms: tuple[Term, ...],
        counted: dict[str, Any],
    ) -> None:
        """Records of a list, a table or parallel arrays, told apart by what identifies each."""
        fields = _identifying(records)
        if not fields and len(records) > 1:
            return  # nothing tells one of them from the next
        shared = _shared(records) if len(records) > 1 else {}
        labels: list[list[Term]] = [
            [
                Term(tuple(telling(words_of(text))), (), text, key.casefold() in _MEASURING)
                for key, text in shared.items()
            ]
            for _ in records
        ]
        for field in fields:
            named = [_identity(field, record.get(field)) for record in records]
            distinct = {words for words in named if words}
            for at, words in enumerate(named):
                if words:
                    others = tuple(sorted(distinct - {words}))
                    text = f"{field} {records[at].get(field)}"
                    labels[at].append(Term(words, others, text, field.casefold() in _MEASURING))
        for record, path, step, own in zip(records, pointers, steps, labels, strict=True):
            left = {str(k): v for k, v in record.items() if k not in fields}
            below = (*terms, *own)
            if not step:
                self._object(left, path, below, {} if own else counted)
                continue
            numbers = {k: v for k, v in left.items() if _is_number(v)}
            of_row = self._counted(numbers, path, step) or counted
            self._virtual(numbers, path, below, of_row, step)
            for key, value in numbers.items():
                self._leaf(
                    f"{path}/{step[key]}",
                    (*below, Term(tuple(words_of(key)), (), key)),
                    value,
                    of_row,
                    None,
                    numbers,
                )

    # ------------------------------------------------------------------ numbers

    def _counted(
        self, numbers: Mapping[str, Any], pointer: str, step: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """k and n of an object, where it has one of each."""
        found: dict[str, Any] = {}
        for role in (Role.K, Role.N):
            of = [
                key
                for key in numbers
                if _role(words_of(key)) == role and len(telling(words_of(key))) == 1
            ]
            whole = [key for key in of if isinstance(numbers[key], int) and numbers[key] >= 0]
            if len(whole) == 1:
                place = step[whole[0]] if step else _escaped(whole[0])
                found[role] = Fraction(numbers[whole[0]])
                found[f"{role}_pointer"] = f"{pointer}/{place}"
        return found if Role.N in found else {}

    def _virtual(
        self,
        numbers: Mapping[str, Any],
        pointer: str,
        terms: tuple[Term, ...],
        counted: dict[str, Any],
        step: Mapping[str, str] | None = None,
    ) -> None:
        """The rate that k and n give, where the file does not hold it."""
        k, n = counted.get(Role.K), counted.get(Role.N)
        if k is None or not n or k > n or f"{Role.K}_pointer" not in counted:
            return
        if not counted[f"{Role.K}_pointer"].startswith(pointer):
            return
        if any(_is_rate_of(key, value, k / n) for key, value in numbers.items()):
            return
        last = next((term.words for term in reversed(terms) if not term.is_label), ())
        parts = (counted[f"{Role.K}_pointer"], counted[f"{Role.N}_pointer"])
        self._found.append(
            Entry(self._source, parts[0], k / n, Role.ESTIMATE, terms, tuple(telling(last)),
                  frozenset(("rate",)), False, False, k, n, parts[1], "rate", parts)
        )  # fmt: skip

    def _interval(
        self, value: list[Any], pointer: str, terms: tuple[Term, ...], counted: dict[str, Any]
    ) -> bool:
        if len(value) != 2 or not all(map(_is_number, value)) or value[0] > value[1]:
            return False
        if INTERVAL.isdisjoint(w.partition(":")[0] for w in terms[-1].words):
            return False
        for role, end, place in ((Role.LOW, value[0], 0), (Role.HIGH, value[1], 1)):
            self._leaf(f"{pointer}/{place}", terms, end, counted, role)
        return True

    def _leaf(
        self,
        pointer: str,
        terms: tuple[Term, ...],
        value: Any,
        counted: dict[str, Any],
        role: Role | None = None,
        beside: Collection[str] = (),
    ) -> None:
        *above, last = terms
        words = list(last.words)
        role = role or _role(words) or _role_above(above, words)
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
            others = {
                _measures(_role(words_of(key)), words_of(key)) for key in beside if key != last.text
            }
            kept.append(
                Term(measured, tuple(sorted(others - {(), measured})), last.text, is_last=True)
            )
        exact = Fraction(str(value))
        k, n = counted.get(Role.K), counted.get(Role.N)
        if role is Role.K:
            k = exact
        elif role is not Role.ESTIMATE or not n or k is None or not _is_close(exact, k / n):
            k = None
            if (
                role is Role.ESTIMATE
                and n
                and "rate" in own
                and _is_close(round(exact * n), exact * n)
            ):
                k = Fraction(round(exact * n))
        self._found.append(
            Entry(self._source, pointer, exact, role, tuple(kept), measured, frozenset(own),
                  isinstance(value, int), percent, k, n if k is not None else None,
                  counted.get(f"{Role.N}_pointer", ""), last.text, (), (), is_guess)
        )  # fmt: skip


def _is_close(one: Fraction | int, other: Fraction) -> bool:
    return abs(one - other) <= Fraction(1, 1000)


def _is_rate_of(key: str, value: Any, rate: Fraction) -> bool:
    """Whether the file itself holds the rate that its counts give."""
    return "rate" in words_of(key) and _is_close(Fraction(str(value)), rate)


def _without_role(role: Role | None, words: Sequence[str]) -> list[str]:
    """The words of a key that do not say what its number is of the quantity."""
    in_role = ROLE_WORDS.get(role or Role.ESTIMATE, frozenset())
    return [w for w in telling(words) if w not in in_role and w.partition(":")[0] not in INTERVAL]


def _measures(role: Role | None, words: Sequence[str]) -> tuple[str, ...]:
    """What a key says is measured: nothing in `mean`, `sd` or `n`."""
    return tuple(word for word in _without_role(role, words) if word not in ESTIMATES)


def _measured_above(above: Sequence[Term]) -> tuple[tuple[str, ...], bool]:
    """What "mean" or "se" is of, by the steps above it; and whether that is a guess."""
    if not above:
        return (), False
    *_, last = above
    metrics = [term for term in above if term.is_measure]
    if not metrics and not MEASURES.isdisjoint(
        (*last.words, *(w for s in last.siblings for w in s))
    ):
        metrics = [last]
    if metrics:
        return tuple(telling(metrics[-1].words)), False
    if last.is_label and sum(term.is_label for term in above) > 1:
        return tuple(telling(last.words)), True
    containers = [term for term in above if not term.is_label]
    return (tuple(telling(containers[-1].words)) if containers else ()), False


def _role(words: Sequence[str]) -> Role | None:
    """What the words of a key say that its number is."""
    for role in (Role.SE, Role.SD, Role.LOW, Role.HIGH, Role.P, Role.N, Role.K):
        if not ROLE_WORDS[role].isdisjoint(words):
            return role
    return None


def _role_above(above: Sequence[Term], words: Sequence[str]) -> Role:
    """`se: {plus: 1.3}` and `accuracy_se: {gsm8k: {plus: 0.02}}`: the role stands above the labels."""
    if any(word in MEASURES for word in words):
        return Role.ESTIMATE
    for term in reversed(above[-3:]):
        said = words_of(term.text)
        found = _role(said)
        if found and (found in _SPREADS or len(telling(said)) == 1):
            return found
    return Role.ESTIMATE


_SPREADS = (Role.SE, Role.SD)


def _without_spread(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a step without "se" and "sd", which say nothing of what is measured."""
    spread = ROLE_WORDS[Role.SE] | ROLE_WORDS[Role.SD]
    return tuple(word for word in words if word not in spread) or tuple(words)


def _identity(field: str, value: Any) -> tuple[str, ...]:
    """The words of a field that tells records apart: `layer 8`, or the name alone."""
    if isinstance(value, str):
        return tuple(telling(words_of(value))) or tuple(words_of(value))
    if _is_number(value):
        head = next((w for w in reversed(words_of(field)) if ":" not in w), "#")
        return (f"{head}:{_plain(value)}",)
    if isinstance(value, bool):
        return tuple(telling(words_of(field))) if value else ("negation", *telling(words_of(field)))
    return ()


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _identifying(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields whose values tell records apart: short texts, then numberings."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    texts: list[str] = []
    numberings: list[str] = []
    for key in keys:
        values = [record.get(key) for record in records]
        given = [value for value in values if value is not None]
        if not given:
            continue
        if all(isinstance(v, str) and len(v) <= _LONGEST_LABEL and v.strip() for v in given):
            if len(set(given)) > 1 or len(records) == 1:
                texts.append(key)
        elif all(isinstance(v, bool) for v in given):
            if len(set(given)) > 1:
                texts.append(key)
        elif all(map(_is_number, given)) and len(set(given)) > 1:
            head = next((w for w in reversed(words_of(str(key))) if ":" not in w), "")
            if head in _NUMBERING and not any(
                isinstance(v, float) and not v.is_integer() for v in given
            ):
                numberings.append(key)
            elif head in _NUMBERING - {"k"} and key == keys[0]:
                numberings.append(key)
    kept: list[str] = []
    for key in [*texts, *numberings]:
        if key in texts or not _tells_apart(records, texts) or _depends(records, key):
            kept.append(key)
    first = keys[0] if keys else ""
    if not _tells_apart(records, kept) and first not in kept and len(records) > 2:
        values = [record.get(first) for record in records]
        if all(map(_is_number, values)) and all(a < b for a, b in pairwise(values)):
            kept.append(first)
    return kept if _tells_apart(records, kept) else []


def _shared(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The short texts that all records have in common."""
    first = records[0]
    texts = {k: v for k, v in first.items() if isinstance(v, str) and 0 < len(v) <= _LONGEST_LABEL}
    return {k: v for k, v in texts.items() if all(record.get(k) == v for record in records)}


def _depends(records: Sequence[Mapping[str, Any]], key: str) -> bool:
    return key.casefold() not in ("k", "size", "run", "index", "id")


def _tells_apart(records: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bool:
    return len({tuple(map(str, map(record.get, fields))) for record in records}) == len(records)


def _table_in(node: Mapping[str, Any]) -> tuple[list[str], list[list[Any]], str] | None:
    """Rows of values with their names in a list beside them."""
    for key in node:
        columns = node[key]
        if key not in _COLUMNS or not isinstance(columns, list):
            continue
        if not columns or not all(isinstance(name, str) for name in columns):
            continue
        for where, rows in node.items():
            if where == key or not isinstance(rows, list) or not rows:
                continue
            if all(isinstance(row, list) and len(row) == len(columns) for row in rows):
                return [str(name) for name in columns], rows, where
    return None


def _parallel(node: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """Arrays of one length, one of which names the others' places."""
    arrays = {
        str(k): v
        for k, v in node.items()
        if isinstance(v, list)
        and len(v) > 1
        and all(isinstance(x, str) or _is_number(x) for x in v)
    }
    lengths = [len(v) for v in arrays.values()]
    if len(arrays) < 2 or not lengths:
        return None
    usual = max(set(lengths), key=lambda length: (lengths.count(length), length))
    arrays = {k: v for k, v in arrays.items() if len(v) == usual and not (
        usual == 2 and not INTERVAL.isdisjoint(words_of(k)))}  # fmt: skip
    if len(arrays) < 2:
        return None
    records = [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]
    return arrays if _identifying(records) else None
