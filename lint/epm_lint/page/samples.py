"""Tell samples that a model drew from words that only stand in for them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from epm_lint.markdown.blocks import Block, Code, Quote, Section, Table
from epm_lint.markdown.details import folds, outermost
from epm_lint.markdown.document import Document
from epm_lint.model import Finding
from epm_lint.page.placeholders import blank_in
from epm_lint.page.prose import count_words
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote

_STAND_IN = Pattern(r"\[generated (?:under|with|by|from)\b|\bsample texts? omitted", re.IGNORECASE)
_OMITTED = Pattern(
    r"\b(?:samples?|outputs?|completions?)(?: texts?| outputs?)?(?: (?:are|is|was|were))? omitted",
    re.IGNORECASE,
)


def is_stand_in(sample: str) -> bool:
    """Whether there is nothing to read; a model may well say "unknown" or leave a blank."""
    sample = sample.strip()
    if sample in {"", "...", "…"} or blank_in(sample) == sample:
        return True
    return _STAND_IN.search(sample) is not None


DISCLOSURES = (
    *("random", "cherry-pick", "cherry pick", "cherrypick", "hand-pick", "hand pick"),
    *("handpick", "chosen", "selected", "selection", "picked", "drawn", "the first"),
    *("all samples", "all of the samples", "every sample"),
)
"""Beginnings of words that say how samples were chosen."""


def samples_in(document: Document, section: Section, real: bool = False) -> int:
    """How many samples stand under a heading: see `samples_among`."""
    lines = range(section.line, section.end_line + 1)
    return samples_among(document, section.walk_blocks(), lines, real)


def samples_among(
    document: Document, blocks: Iterable[Block], lines: Container[int], real: bool = False
) -> int:
    """How many samples there are: fences, quotations, rows of tables, and what is folded.

    What holds others counts by those. With `real`, fences count that can be read.
    """
    count, counted, end = 0, list[int](), 0
    for block in blocks:
        if block.line <= end or not isinstance(block, Code | Quote | Table):
            continue
        end = block.end_line
        counted.append(block.line)
        if isinstance(block, Table):
            count += len(block.rows) - 1
        elif isinstance(block, Code):
            shows = block.fenced and not (real and is_stand_in(block.content))
            count += shows
        else:
            count += bool(block.text.strip()) or any(isinstance(b, Code) for b in block.walk())
    for fold in folds(document):
        words = _words_before(document)
        if fold.line in lines and words[fold.last + 1] - words[fold.first] > FEWEST_FOLDED:
            held = bisect_left(counted, fold.line) < bisect_right(counted, fold.end_line)
            count += not held
    return count


@lru_cache(maxsize=4)
def _words_before(document: Document) -> list[int]:
    """How many words stand before each of the blocks that folds hold, and before the end."""
    blocks = [block for _, block in outermost(document)]
    return [0, *accumulate(sum(count_words(b.text) for b in top.walk()) for top in blocks)]


FEWEST_FOLDED = 3
"""Words of a `<details>` that make it a sample."""


def is_disclosed(text: str, words: tuple[str, ...] = DISCLOSURES) -> bool:
    """Whether a text says how samples were chosen."""
    return _disclosure(words).search(text) is not None


@lru_cache(maxsize=8)
def _disclosure(words: tuple[str, ...]) -> re.Pattern[str]:
    found = "|".join(map(re.escape, words)) or r"(?!)"
    return re.compile(rf"\b(?:{found})|\bfirst (?:\d|two|three|four|five|ten)", re.IGNORECASE)


def stand_ins(section: Section) -> Iterator[Finding]:
    """What stands under a heading in place of samples."""
    for fence in section.fences:
        if is_stand_in(fence.content):
            yield Finding(
                f"no sample but a placeholder: {quote(fence.content)}",
                fence.line,
                end_line=fence.end_line,
                fix="paste the completion itself",
            )
    for line, text in section.lines():
        folded = text.casefold()
        if "generated" not in folded and "omitted" not in folded:
            continue
        if _STAND_IN.search(text) or _OMITTED.search(text):
            yield Finding(f"samples left out: {quote(text)}", line, fix="paste the completions")
