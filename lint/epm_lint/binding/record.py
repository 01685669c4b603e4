"""What epm rendered a page as: kept beside the results, where the page cannot reach it.

A page can claim anything of itself: its manifest, its comments and its first line are text like any
other. What it was rendered as lies beside the results, in the run's folder or in the commit that
published them: `rendered.md` with the title, the page and its manifest, what people write left out;
of older pages the manifest alone. Where the commit's own name would stand, there are zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from epm_lint.binding.manifest import MARK, BadManifest, Manifest, decode
from epm_lint.markdown.document import Document
from epm_lint.model import RenderedRecord
from epm_lint.values import dataclass

FILE = "rendered.md"
"""The file's name."""
NOWHERE = "0" * 40
"""Stands for the commit that the file is in."""

_HUMAN = ("epm:human", "/epm:human")
_KEPT = 4
"""Records that are kept as they were read: a page is linted again and again while it is written."""
_SHARE = 0.3
"""Of the lines of a record, how many a page has that is the one rendered, however edited."""
_LONG, _TELLING = 25, 3
"""Characters of a line, and of a number, that hardly stand in two pages by chance."""


def manifest_of(record: RenderedRecord) -> Manifest:
    """The page's figures, and what each came from. Raises `BadManifest`."""
    return decode(record.manifest)


def is_of(record: RenderedRecord, document: Document) -> bool:
    """Whether a page is the one that was rendered, by the lines that they share."""
    own = {line.strip() for line in document.lines}
    mine = [line.strip() for line in record.body.split("\n") if len(line.strip()) >= _LONG]
    if not mine:
        return _has_figures_of(record, document)
    return sum(line in own for line in mine) >= _SHARE * len(mine)


def _has_figures_of(record: RenderedRecord, document: Document) -> bool:
    """The same, by the numbers that a manifest has."""
    try:
        manifest = manifest_of(record)
    except BadManifest:
        return False
    figures = {bound.figure.text for unit in manifest.units for bound in unit.figures}
    known = {text for text in figures if len(text) > _TELLING}
    text = "\n".join(document.lines)
    return bool(known) and sum(one in text for one in known) >= _SHARE * len(known)


def has_comment(record: RenderedRecord, text: str) -> bool:
    """Whether the page was rendered with a comment."""
    comments = Document(record.body).comments
    return any(comment.text.strip() == text.strip() for comment in comments)


def other_manifests(record: RenderedRecord, document: Document) -> Iterator[tuple[int, str]]:
    """The line of each numbers manifest that the page was not rendered with, and what it is."""
    found = [c for c in document.comments if c.text.split()[:1] == [MARK]]
    for number, comment in enumerate(found):
        if not record.inline or comment.text.split() != record.manifest.split():
            yield comment.line, "this numbers manifest is not the one that epm rendered"
        elif number:
            yield comment.line, "a second numbers manifest"


def written(title: str, body: str) -> str:
    """The content of the file, for a page in which nothing of people's is left."""
    return f"# {title}\n\n{body}"


@lru_cache(_KEPT)
def read(rendered: str | None, numbers: str | None) -> RenderedRecord | None:
    """The record in a file of rendered pages, and in the one of a manifest that was kept apart."""
    title, body = "", ""
    if rendered is not None:
        first, _, rest = rendered.replace("\r\n", "\n").partition("\n")
        title, body = first.removeprefix("# ").strip(), rest.removeprefix("\n")
        inline = [c for c in Document(body).comments if c.text.split()[:1] == [MARK]]
        if inline:
            return RenderedRecord(body, title, inline[-1].text, inline=True)
    if numbers is None:
        return None
    text = numbers.strip().removeprefix("<!--").removesuffix("-->")
    return RenderedRecord(body, title, text)


@dataclass(frozen=True, slots=True)
class Edited:
    """A line that is not as it was rendered."""

    line: int
    was: str
    """Empty where nothing stood there."""
    now: str
    """Empty where it is gone."""

    @property
    def changes_digits(self) -> bool:
        """Whether the line has other digits than it was rendered with, as a reader sees them."""
        return bool(self.now) and bool(self.was) and _digits(self.was) != _digits(self.now)


def _digits(line: str) -> list[str]:
    return sorted(c for c in line if c.isdigit())


def edited(
    record: RenderedRecord, document: Document, human: frozenset[int], commit: str | None
) -> Iterator[Edited]:
    """The lines outside of what people write that are not as they were rendered."""
    from difflib import SequenceMatcher

    body = record.body.replace(NOWHERE, commit) if commit else record.body
    was = [line for _, line in _lines(body.split("\n"), _human_of(record.body))]
    found = list(_lines(document.lines, human))
    now = [line for _, line in found]
    if was == now:
        return
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(last - first, end - start)):
            old = was[first + offset] if first + offset < last else ""
            new = now[start + offset] if start + offset < end else ""
            place = min(start + offset, max(end - 1, start), len(found) - 1)
            yield Edited(found[place][0] if found else 1, old, new)


def _lines(lines: Sequence[str], human: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Lines that say something, and are nobody's but the renderer's; without the manifest."""
    for number, line in enumerate(lines, 1):
        bare = " ".join(line.split())
        if not bare or number in human or bare.startswith(f"<!-- {MARK} "):
            continue
        yield number, bare


@lru_cache(_KEPT)
def _human_of(body: str) -> frozenset[int]:
    """The lines of what people write, in the record: from its comments, which are the renderer's.

    Their headings are the renderer's; all below one, up to the next heading, is theirs.
    """
    rendered = Document(body)
    lines: set[int] = set()
    headings = sorted(section.line for section in rendered.walk())
    for comment in rendered.comments:
        if comment.text.split()[:1] == [_HUMAN[0]]:
            start = max((at for at in headings if at < comment.line), default=0)
            end = min((at for at in headings if at > comment.line), default=comment.line + 2)
            lines.update(range(start + 1, end))
    return frozenset(lines)
