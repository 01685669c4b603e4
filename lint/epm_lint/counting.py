"""What a page and its results file say of counts, in a form that can be compared."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from epm_lint.markdown.blocks import Html, Prose, Quote, Table
from epm_lint.model import Page
from epm_lint.values import dataclass

_OTHERS = re.compile(
    r"bystander|untrained|control|baseline|base model|pilot|held.?out|previous", re.I
)
_NEWLINE = re.compile("\n")
_STOP = re.compile(r"[.;] ")
_NEARBY = 300


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a heading or a table's row as one line of text, code left out."""

    text: str
    first_line: int
    breaks: tuple[int, ...] = ()
    """Where its lines end."""

    @classmethod
    def of(cls, prose: Prose) -> Passage:
        """The passage that some prose makes."""
        if "\n" not in prose.words:
            return cls(prose.words, prose.line)
        breaks = tuple(match.start() for match in _NEWLINE.finditer(prose.words))
        return cls(prose.words.replace("\n", " "), prose.line, breaks)

    def line(self, start: int) -> int:
        """The line that a place in the text is on."""
        return self.first_line + bisect_left(self.breaks, start)

    def speaks_of_others(self, start: int, end: int) -> bool:
        """Whether the sentence is about samples that have an n of their own."""
        before = _STOP.split(self.text[max(0, start - _NEARBY) : start])[-1]
        after = _STOP.split(self.text[end : end + _NEARBY], maxsplit=1)[0]
        return _OTHERS.search(f"{before} {after}") is not None


def passages_of(page: Page) -> Iterator[Passage]:
    """What the page says itself: quotations and raw HTML are left out."""
    quoted: set[int] = set()
    for prose in page.document.headings:
        yield Passage.of(prose)
    for block in page.document.walk_blocks():
        match block:
            case Quote():
                quoted.update(range(block.line, block.end_line + 1))
            case Html():
                pass
            case Table() if block.line not in quoted:
                for row in block.rows:
                    if row.cells:
                        yield Passage(" | ".join(c.words for c in row.cells), row.line)
            case _ if block.line not in quoted:
                for prose in block.prose:
                    yield Passage.of(prose)


def trials_of_each(results: Mapping[str, Any]) -> int | None:
    """The n of every source persona, if they all have the same and no other samples another."""
    conditions = mapping(results, "conditions").values()
    sources = {rate[1] for c in conditions if (rate := count(mapping(c, "source")))}
    others = {
        rate[1]
        for c in conditions
        for value in mapping(c, "bystanders").values()
        if (rate := count(value))
    }
    return sources.pop() if len(sources) == 1 and others <= sources else None


def rows_of_each(results: Mapping[str, Any]) -> int | None:
    """The rows of every condition, if they all have the same."""
    profile = mapping(mapping(results, "definition"), "profile")
    total = mapping(profile, "rows").get("total")
    return total if isinstance(total, int) else None


def mapping(value: Any, key: str) -> Mapping[str, Any]:
    """A part of a results file that may be of any shape."""
    part = value.get(key) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def count(value: Any) -> tuple[int, int] | None:
    """The successes and the trials of a rate in a results file."""
    if not isinstance(value, Mapping):
        return None
    k, n = value.get("successes"), value.get("trials")
    return (k, n) if isinstance(k, int) and isinstance(n, int) else None


def cells_of_source(results: Mapping[str, Any], name: str) -> list[dict[str, tuple[int, int]]]:
    """The counts of a condition's source rate by question, for each of its seeds."""
    condition = mapping(mapping(results, "conditions"), name)
    replicates = condition.get("replicates")
    parts = replicates if isinstance(replicates, list) and replicates else [condition]
    found = []
    for part in parts:
        clusters = mapping(part, "source").get("clusters")
        counts = {
            str(cluster.get("cluster")): counted
            for cluster in (clusters if isinstance(clusters, list) else [])
            if isinstance(cluster, Mapping) and (counted := count(cluster))
        }
        if counts:
            found.append(counts)
    return found
