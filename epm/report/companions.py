"""What of a page too long for an issue stands in files beside its results.

The numbers manifest, which nobody reads, goes first: the page's first line names it by its hash.
Then long tables and lists: the page keeps their first rows and a link to the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from epm.writing.tracing import untraced
from epm_lint.binding.manifest import FILE as NUMBERS
from epm_lint.page.companion import FILE as TABLES

SHORT = 12
"""Rows or items; a table or list of no more is not cut, however long they are."""
FEWEST = 3
"""A table or list that cannot show as many in the room it has shows none."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DELIMITERS = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_HEADING = re.compile(r"#{1,6} +(?P<heading>.+)|.*<summary>(?P<summary>.+)</summary>.*")


class Cut(NamedTuple):
    """A body whose long tables and lists are cut, and the file that has them whole."""

    body: str
    tables: str
    """Markdown; '' where nothing was cut."""


def numbers_apart(body: str, manifest: str) -> tuple[str, bytes]:
    """The body with its manifest's hash in the first line, and the content of that file."""
    content = f"{manifest}\n".encode()
    first, newline, rest = body.partition("\n")
    opening, closing, _ = first.rpartition(" -->")
    return f"{opening} numbers={sha256(content).hexdigest()}{closing}{newline}{rest}", content


def cut(body: str, longest: int, link: str) -> Cut:
    """Cut tables and lists that have more than `longest` characters.

    Args:
        body: Markdown, in which numbers may carry marks of where they come from.
        longest: characters that a table or list keeps, as readers see them.
        link: where the file with the whole tables is.
    """
    shown: list[str] = []
    whole: list[str] = []
    heading = ""
    for block in _blocks(body.split("\n")):
        lines = block.lines
        if block.kind == "text":
            for line in lines:
                if found := _HEADING.fullmatch(untraced(line)):
                    heading = (found["heading"] or found["summary"]).strip()
            shown += lines
            continue
        kept = _kept(block, longest)
        if len(kept) == len(lines):
            shown += lines
            continue
        number = len(whole) + 1
        where = f"[`{TABLES}`]({link}#table-{number})"
        opening = "The first of them; all are in" if kept else "Too long for this page: see"
        shown += [*kept, *([""] if kept else []), f"{opening} {where}."]
        whole.append(f"## Table {number}\n\n{heading}\n\n" + "\n".join(map(untraced, lines)))
    return Cut("\n".join(shown), "\n\n".join(whole) + "\n" if whole else "")


class _Block(NamedTuple):
    kind: str
    lines: list[str]


def _kept(block: _Block, longest: int) -> list[str]:
    """The lines of a table or list that stay; all of them where it is short enough."""
    head = 2 if block.kind == "table" else 0
    if len(block.lines) <= head + SHORT:
        return block.lines
    if sum(len(untraced(line)) + 1 for line in block.lines) <= longest:
        return block.lines
    left, kept = longest, []
    for line in block.lines:
        left -= len(untraced(line)) + 1
        if left < 0:
            break
        kept.append(line)
    return kept if len(kept) >= head + FEWEST else []


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """The lines as tables, lists and what is between; what stands in a code block is text."""
    at, fence = 0, ""
    text: list[str] = []
    while at < len(lines):
        plain = untraced(lines[at])
        if found := _FENCE.match(plain):
            if not fence:
                fence = found[1]
            elif plain.strip().startswith(fence) and not plain.strip().strip(fence[0]):
                fence = ""
        end = at if fence or found else _end(lines, at)
        if end == at:
            text.append(lines[at])
            at += 1
            continue
        yield _Block("text", text)
        yield _Block("table" if plain.startswith("|") else "list", lines[at:end])
        text, at = [], end
    yield _Block("text", text)


def _end(lines: list[str], start: int) -> int:
    """Where a table or list that starts here ends; `start` where none does."""
    table = untraced(lines[start]).startswith("|")
    if table and not (start + 1 < len(lines) and _DELIMITERS.fullmatch(untraced(lines[start + 1]))):
        return start
    if not table and not lines[start].startswith("- "):
        return start
    opening, end = "|" if table else "- ", start
    while end < len(lines) and untraced(lines[end]).startswith(opening):
        end += 1
    return end


__all__ = ["NUMBERS", "TABLES", "Cut", "cut", "numbers_apart"]
