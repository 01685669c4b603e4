"""Whether a page tells of something planned: its result, or why there is none.

A name counts where it stands by itself: as the first cell of a row, the head of a column, a span of
code, or a word that is no ordinary one. Beside it stands a number; where there is no result, the
reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from epm_lint.patterns import Pattern
from epm_lint.rules.structure.plan_told.own_numbers import Estimates, has_one_of, is_own, numbers_in
from epm_lint.rules.structure.plan_told.passages import Passage, Passages, has_figure, key
from epm_lint.rules.structure.plan_told.planned import Kind, Planned
from epm_lint.values import cached_property

_WORD = Pattern(r"\w+")
_REASON_WORD = Pattern(r"[^\W\d_]{3,}")
_FEWEST_WORDS = 3
"""Of a reason."""
_FEWEST_LISTED = 3
"""Conditions of an analysis, of which a page that gives most of them owes the others."""
_ABSENT = Pattern(
    r"\b(?:missing|unavailable|excluded|left out|not (?:run|measured|answered|evaluated|asked"
    r"|computed|in the)|no (?:measurements?|answers?|results?|data)|failed|diverged|crashed|lost"
    r"|skipped|dropped|could not|cannot|because|since)\b",
    re.IGNORECASE,
)
_LEFT_OUT = Pattern(r"\b(?:left out|excluded)\b", re.IGNORECASE)
_VERDICT = Pattern(
    r"\b(?:yes|no|passed|pass(?:es)?|fail(?:s|ed)?|(?:not )?met|missed|holds?|reached|n/a"
    r"|not evaluated|not run)\b",
    re.IGNORECASE,
)
_ODD = Pattern(r"[\W\d_]|(?<=.)[A-Z]")
"""What ordinary words do not have."""
_AFTER = r"(?=\s*(?:[:,;(—–]|$)|\s+with\b)"


class Telling:
    """The passages of a page, asked for what was planned."""

    def __init__(
        self, passages: Passages, plan: Sequence[Planned], covariates: Iterable[str]
    ) -> None:
        self._found = passages
        self._plan = plan
        self._conditions = {key(one.name) for one in plan if one.kind is Kind.CONDITION}
        self._alike = Counter(key(name) for name in {one.name for one in plan})
        self._measures = {
            words(label) for one in plan if one.kind is Kind.METRIC for label in one.labels
        } | {words(label) for label in covariates}
        """What columns are called after, whatever analysis they belong to."""
        labels = [
            words(label)
            for one in plan
            if one.kind is Kind.ANALYSIS
            for label in {words(each): each for each in one.labels}.values()
        ]
        self._shared = {label for label in labels if labels.count(label) > 1}

    def tells(self, one: Planned) -> bool:
        """Whether the page tells of it."""
        if one.kind is Kind.GATE:
            return self._gate(one)
        if one.kind is Kind.ANALYSIS:
            return self._reason(one) if one.absence is not None else self._analysis(one)
        if one.absence is not None:
            return self._reason(one)
        if one.kind is Kind.CONDITION:
            return self._condition(one)
        return self._task(one) if one.kind is Kind.TASK else self._metric(one)

    def omitted(self, one: Planned) -> list[str]:
        """Conditions of which an analysis has an estimate that the page does not give.

        Empty where the page does not list that analysis condition by condition.
        """
        conditions = one.block.get("conditions") if isinstance(one.block, Mapping) else None
        if not isinstance(conditions, Mapping) or len(conditions) < _FEWEST_LISTED:
            return []
        given, omitted = 0, []
        for name, found in conditions.items():
            estimate = found.get("estimate") if isinstance(found, Mapping) else None
            if isinstance(estimate, bool) or not isinstance(estimate, int | float):
                continue
            rests = [_rest_of_row(row) for row in self._rows(name) if row.is_result]
            rests += [_without(p.text, name) for p in self._plain(name) if p.is_result]
            beside = [each for rest in rests for each in numbers_in(rest) if each.is_of(estimate)]
            given += any(each.digits > 1 for each in beside)
            omitted += [] if beside else [name]
        return omitted if given > len(conditions) / 2 else []

    def unlisted(self, one: Planned) -> list[str]:
        """Conditions or pairs that have no row under an analysis' own title, where others have.

        Empty where its tables give half or fewer, a choice of some; but one of two is no choice.
        """
        block = one.block if isinstance(one.block, Mapping) else {}
        listed = self._listed_under(one)
        for part in ("conditions", "pairs"):
            named = block.get(part)
            names = [
                str(name)
                for name, found in (named.items() if isinstance(named, Mapping) else ())
                if not (isinstance(found, Mapping) and "unavailable" in found)
            ]
            lacking = [name for name in names if key(name) not in listed]
            if lacking and (2 * len(lacking) < len(names) or (len(lacking), len(names)) == (1, 2)):
                return lacking
        return []

    def _listed_under(self, one: Planned) -> set[str]:
        """What the tables that are called as an analysis is have rows of."""
        labels = [label for label in map(words, one.labels) if label not in self._shared]
        return {
            first
            for table in self._found.listings
            for first in table.firsts
            if any(
                any(_opens(title, label) for title in table.titles) or _begins(table.lead, label)
                for label in labels
                if label
            )
        }

    def without_row(self, names: Iterable[str]) -> list[str]:
        """Of some names those that no row or column of results is of."""
        return [
            name
            for name in names
            if not any(row.is_result for row in self._rows(name))
            and not any(row.is_result for row in self._found.by_header.get(key(name), ()))
        ]

    # ------------------------------------------------------------ where a name stands

    def _rows(self, name: str) -> Iterator[Passage]:
        """The rows that begin with a name; exactly so where another name looks like it."""
        alike = self._alike[key(name)] > 1
        for row in self._found.by_first.get(key(name), ()):
            if not alike or row.cells[0] == name or words(row.cells[0]) == words(name):
                yield row

    def _named(self, name: str) -> Iterator[Passage]:
        """Passages with the name as code, or as a word of a text that is no ordinary one."""
        yield from self._found.by_code.get(key(name), ())
        if len(name) > 1 and _ODD.search(name):
            form = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w|[.-]\w)")
            yield from (one for one in self._found.prose if form.search(one.text))

    # ------------------------------------------------------------ what has a result

    def _condition(self, one: Planned) -> bool:
        for row in self._rows(one.name):
            # a row of what is found without a condition is about the others
            own = row.is_result and not row.header[0].casefold().startswith("without")
            if own and _gives(_rest_of_row(row)):
                return True
        for row in self._found.by_header.get(key(one.name), ()):
            named = sum(key(cell) in self._conditions for cell in row.header)
            if row.is_result and named > 1 and has_figure(_rest_of_row(row)):
                return True
        for passage in self._named(one.name):
            about = passage.is_result and _is_about(passage.text, one.name)
            if about and _gives(_without(passage.text, one.name)):
                return True
        for passage in self._plain(one.name):
            about = passage.is_result and _is_about(passage.text, one.name)
            if about and has_one_of(_without(passage.text, one.name), self._of_condition(one.name)):
                return True
        return False

    def _plain(self, name: str) -> Iterator[Passage]:
        """Paragraphs with a name that is an ordinary word, too."""
        form = re.compile(rf"(?<![\w.-]){re.escape(name)}(?!\w|[.-]\w)")
        return (one for one in self._found.prose if name in one.text and form.search(one.text))

    def _of_condition(self, name: str) -> list[Any]:
        return [*_under(name, [one.block for one in self._plan if one.block], 0)]

    def _task(self, one: Planned) -> bool:
        if self._found.by_header.get(key(one.name)):
            return True
        places = (*self._rows(one.name), *self._named(one.name))
        if key(one.name) in self._conditions:  # where results are given, it is the condition's name
            return any(one.is_target or not place.is_result for place in places)
        return bool(places) or any(
            "task" in passage.text.casefold() and _sets_off(passage.text, one.name)
            for passage in self._plain(one.name)
        )

    def _metric(self, one: Planned) -> bool:
        if self._found.by_code.get(key(one.name)):
            return True
        return any(self._calls_metric(label) for label in map(words, one.labels) if label)

    def _calls_metric(self, label: str) -> bool:
        several = " " in label
        for passage in self._found.all:
            if passage.cells:
                cells = {words(cell) for cell in (*passage.header, passage.cells[0])}
                if label in cells or (several and any(_holds(cell, label) for cell in cells)):
                    return True
                continue
            if not _holds(words(passage.text), label):
                continue
            in_result = several and passage.is_result and has_figure(_rest(passage.text, label))
            if in_result or _sets_off(passage.text, label):
                return True
        return False

    def _analysis(self, one: Planned) -> bool:
        labels = {words(each): each for each in one.labels}
        for label in labels:
            if label and label not in self._shared and self._calls_analysis(label):
                return True
        if any(
            passage.is_result and (has_figure(_without(passage.text, one.name)))
            for passage in self._found.by_code.get(key(one.name), ())
        ):
            return True
        return any(
            passage.is_result and is_own(passage.text, one.name, self._estimates)
            for passage in self._found.all
        )

    @cached_property
    def _estimates(self) -> Mapping[str, Estimates]:
        return {one.name: Estimates(one.block) for one in self._plan if one.block is not None}

    def _calls_analysis(self, label: str) -> bool:
        if any(title.tells and _opens(title.text, label) for title in self._found.titles):
            return True
        measure = label in self._measures
        return any(
            passage.is_result and self._gives(passage, label, measure)
            for passage in self._found.all
        )

    def _gives(self, passage: Passage, label: str, measure: bool) -> bool:
        """Whether a passage gives a result of what has that label."""
        if passage.cells:
            # an ordinary word, 'slope' say, heads columns of other analyses
            head = " " in label and any(words(cell) == label for cell in passage.header)
            first = words(passage.cells[0]) == label
            return not measure and (head or first) and has_figure(_rest_of_row(passage))
        if words(passage.bold) == label:
            whole = words(passage.text) == label
            return passage.introduces if whole else has_figure(_rest(passage.text, label))
        if passage.heads_table and _begins(passage.text, label):
            return True
        if measure:
            return False
        if " " in label and not _holds(words(passage.text), label):
            return False
        if " " not in label and not _begins(passage.text, label):
            return False
        return has_figure(_rest(passage.text, label))

    # ------------------------------------------------------------ what has none

    def _reason(self, one: Planned) -> bool:
        """Whether the page says why something has no result."""
        wanted = set(map(str.casefold, _REASON_WORD.findall(one.absence or "")))
        for name in (one.name, *one.labels):
            for passage in (*self._rows(name), *self._named(name), *self._listed(name)):
                said = [w.casefold() for w in _REASON_WORD.findall(_without(passage.text, name))]
                if len(said) < _FEWEST_WORDS:
                    continue
                if wanted & set(said) or (not passage.cells and _ABSENT.search(passage.text)):
                    return True
        return False

    def _listed(self, name: str) -> Iterator[Passage]:
        """Paragraphs in which a name stands before a colon or a comma: 'not run, NAME: …'."""
        form = re.compile(rf"(?:^|[:,;(]\s*|\s['\"“]){re.escape(name)}['\"”]?{_AFTER}", re.I)
        folded = name.casefold()
        return (
            one
            for one in self._found.prose
            if folded in one.text.casefold() and form.search(one.text)
        )

    def _gate(self, one: Planned) -> bool:
        for row in self._rows(one.name):
            if row.is_result and _VERDICT.search(_rest_of_row(row)):
                return True
        for passage in self._found.prose:
            called = any(key(span) == key(one.name) for span in passage.code)
            spaced = " " in one.labels[0] and _holds(words(passage.text), words(one.labels[0]))
            listed = called or spaced or _begins(passage.text, words(one.labels[0]))
            rest = _without(passage.text, one.name)
            if listed and passage.is_result and (_VERDICT.search(rest) or _ABSENT.search(rest)):
                return True
        return False


def words(text: str) -> str:
    """The words of a text alone, in lower case, with a blank between them."""
    return " ".join(_WORD.findall(text.replace("_", " ").casefold()))


def _holds(text: str, phrase: str) -> bool:
    return f" {phrase} " in f" {text} "


def _opens(text: str, label: str) -> bool:
    """Whether a title is a label, or begins with one and a colon."""
    return words(text) == label or _begins(text, label)


def _begins(text: str, label: str) -> bool:
    """Whether a text, or a sentence of it, begins with a label that a mark sets off."""
    bare = text.casefold().lstrip("* ")
    if not label or label.split(" ")[0] not in bare:
        return False
    form = r"\W+".join(map(re.escape, label.split(" ")))
    return re.search(rf"(?:^|[.;:]\s+|\n)\W{{0,3}}{form}\W{{0,2}}?{_AFTER}", bare) is not None


def _sets_off(text: str, label: str) -> bool:
    """Whether a label stands by itself in a text, as in a list."""
    form = r"[\W_]+".join(map(re.escape, label.split(" ")))
    before = r"(?:^|[.:,;(/—–]\s*|\b(?:and|or|tasks?|metrics?)\s+)\W?"
    after = r"(?=\W?(?:\s*(?:[:,;.)(/—–]|$)|\s+(?:and|or|of|with|in|on)\b))"
    return re.search(f"{before}{form}{after}", text, re.IGNORECASE | re.MULTILINE) is not None


def _gives(text: str) -> bool:
    """Whether a text gives a result, or says that something was left out."""
    return has_figure(text) or _LEFT_OUT.search(text) is not None


def _is_about(text: str, name: str) -> bool:
    """Whether a name stands in a text that does not only speak of what is found without it."""
    return re.search(rf"(?<!\w)(?<!without )(?<!Without ){re.escape(name)}", text) is not None


def _rest(text: str, label: str) -> str:
    """A text without a label in it."""
    form = r"[\W_]+".join(map(re.escape, label.split(" ")))
    return re.sub(form, " ", text, flags=re.IGNORECASE)


def _without(text: str, name: str) -> str:
    """A text without a name in it; 'without NAME' is told of the others."""
    return re.sub(rf"(?:\bwithout\s+)?{re.escape(name)}", " ", text)


def _rest_of_row(row: Passage) -> str:
    return " | ".join(row.cells[1:])


def _under(name: str, nodes: Iterable[Any], depth: int) -> Iterator[Any]:
    """What stands under a name, at any depth."""
    for node in nodes:
        if isinstance(node, Mapping) and depth < 8:
            if name in node:
                yield node[name]
            yield from _under(name, node.values(), depth + 1)
