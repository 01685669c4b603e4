"""The stretches of a page that its format asks something of: sections, and what follows a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from epm_lint.formats.format import Asks, Format, Label, Limit
from epm_lint.markdown.blocks import (
    Block,
    Code,
    Figure,
    Item,
    ItemList,
    Link,
    Paragraph,
    Quote,
    Section,
    Table,
    title_key,
)
from epm_lint.markdown.document import Document
from epm_lint.model import Finding, Page, Verdict
from epm_lint.page.prose import labelled
from epm_lint.page.sections import located
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_BOLD = Pattern(r"\s{0,3}\*\*([^*\n]{1,80})\*\*")


@dataclass(frozen=True)
class Stretch:
    """Some lines of a page, with what is asked of them."""

    document: Document
    name: str
    """As messages call it: the section's title, or the label."""
    lines: frozenset[int]
    line: int
    asks: Asks
    author: str
    opening: str | None = None
    """Of a label: the rest of its own line."""

    def blocks(self) -> Iterator[Block]:
        """The blocks that begin here, nested ones included."""
        return (block for block in self.document.walk_blocks() if block.line in self.lines)

    @property
    def paragraphs(self) -> list[Block]:
        """Paragraphs outside of lists, quotes and tables, captions left out."""
        nested = {
            id(below)
            for block in self.blocks()
            if isinstance(block, Quote | ItemList | Table)
            for below in block.walk()
        }
        return [
            block
            for block in self.blocks()
            if isinstance(block, Paragraph) and id(block) not in nested
        ]

    @property
    def text(self) -> str:
        """The visible text here, code left out; of a label, without the label."""
        if self.opening is None:
            return "\n".join(text for _, text in self._texts())
        lines = [text for line, text in self._texts() if line != self.line]
        return "\n".join([self.opening, *lines])

    @property
    def prose(self) -> str:
        """The words of paragraphs and bullets: no tables, quotes or code."""
        bullets = [item.own_text for item in self.items]
        return "\n".join([*(block.text for block in self.paragraphs), *bullets])

    @property
    def items(self) -> list[Item]:
        """The bullets that no other bullet holds."""
        lists = [block for block in self.blocks() if isinstance(block, ItemList)]
        inner = {id(b) for each in lists for i in each.items for b in i.walk() if b is not i}
        return [i for each in lists if id(each) not in inner for i in each.items]

    @property
    def figures(self) -> list[Figure]:
        """The images here."""
        found = (f for block in self.document.walk_blocks() for p in block.prose for f in p.figures)
        return [figure for figure in found if figure.line in self.lines]

    @property
    def links(self) -> list[Link]:
        """The links here."""
        found = (k for block in self.document.walk_blocks() for p in block.prose for k in p.links)
        return [link for link in found if link.line in self.lines]

    @property
    def tables(self) -> list[Table]:
        """The tables here."""
        return [block for block in self.blocks() if isinstance(block, Table)]

    @property
    def is_excused(self) -> bool:
        """Whether it holds the text that stands in place of what is asked."""
        return bool(self.asks.unless) and _plain(self.asks.unless) in _plain(self.text)

    @property
    def has_content(self) -> bool:
        """Whether anything stands here at all."""
        return bool(self.text.strip()) or any(isinstance(b, Code) for b in self.blocks())

    def _texts(self) -> Iterator[tuple[int, str]]:
        for block in self.document.walk_blocks():
            for prose in block.prose:
                yield from ((n, text) for n, text in prose.lines() if n in self.lines)


def _plain(text: str) -> str:
    return " ".join(text.replace("–", "—").replace("**", "").split()).casefold()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label that the format asks for: where it was found, and what follows it."""

    label: Label
    inside: str
    """What it belongs to, as messages call it."""
    line: int
    """Of the section, where the label is missing."""
    found: tuple[Stretch, ...]


def stretches(page: Page, clause: str) -> list[Stretch]:
    """The sections and labels of a page of which a rule judges something."""
    return [one for one in _all(page) if clause in one.asks.clauses and not one.is_excused]


def labels(page: Page) -> tuple[Labelled, ...]:
    """Every label of the format, with where it stands."""
    return _found(page)[1]


def human(page: Page) -> list[Stretch]:
    """The sections and labels that people write, without those whose rule is another."""
    own = {asked.path for asked in page.format.sections if asked.rule}
    named = {asked.title for asked in page.format.sections if asked.path in own}
    return [one for one in _all(page) if one.author == "human" and one.name not in named]


def _all(page: Page) -> list[Stretch]:
    found, labelled_ones = _found(page)
    return [*found, *(one for each in labelled_ones for one in each.found)]


def _found(page: Page) -> tuple[list[Stretch], tuple[Labelled, ...]]:
    return _found_in(page.document, page.format)


@lru_cache(maxsize=1)
def _found_in(document: Document, asked: Format) -> tuple[list[Stretch], tuple[Labelled, ...]]:
    return _AskReader(Page(document, asked)).read()


class _AskReader:
    def __init__(self, page: Page) -> None:
        self._page, self._document = page, page.document

    def read(self) -> tuple[list[Stretch], tuple[Labelled, ...]]:
        everywhere = frozenset(range(1, len(self._document.lines) + 1))
        footer = self._labelled(self._page.format.labels, everywhere, "the page", 1)
        taken = {line for one in footer for each in one.found for line in each.lines}
        sections, found = [], list(footer)
        for asked in self._page.format.sections:
            if asked.need == "forbidden":
                continue
            for section in located(self._page, asked):
                lines = frozenset(self._lines(section)) - taken
                stretch = Stretch(
                    self._document, section.title, lines, section.line, asked.asks, asked.author
                )
                sections.append(stretch)
                found += self._labelled(asked.labels, lines, section.title, section.line)
        return sections, tuple(found)

    def _lines(self, section: Section) -> range:
        inside = {below.line for below in section.walk()}
        after = (s.line for s in self._document.walk() if s.line > section.line)
        end = next((line for line in after if line not in inside), len(self._document.lines) + 1)
        return range(section.line, end)

    def _labelled(
        self, asked: tuple[Label, ...], lines: frozenset[int], inside: str, line: int
    ) -> list[Labelled]:
        if not asked:
            return []
        marks = sorted(self._marks(asked, lines)) if lines else []
        ends = [*(mark for mark, _, _ in marks[1:]), max(lines, default=line) + 1]
        found: dict[str, list[Stretch]] = {}
        headings = sorted(section.line for section in self._document.walk())
        for (start, name, rest), end in zip(marks, ends, strict=False):
            label = next(one for one in asked if one.name == name)
            if inside == "the page":
                end = min([end, *(at for at in headings if at > start)])
            own = frozenset(range(start, end)) & lines
            stretch = Stretch(self._document, name, own, start, label.asks, label.author, rest)
            found.setdefault(name, []).append(stretch)
        return [Labelled(one, inside, line, tuple(found.get(one.name, ()))) for one in asked]

    def _marks(
        self, asked: tuple[Label, ...], lines: frozenset[int]
    ) -> Iterator[tuple[int, str, str]]:
        """Line, name and the rest of the line of each label."""
        for section in self._document.walk():
            if section.line in lines:
                key = title_key(section.title)
                yield from ((section.line, one.name, "") for one in asked if one.is_called(key))
        for block in self._document.walk_blocks():
            if not isinstance(block, Paragraph):
                continue
            sources = block.content.source.split("\n")
            for (line, text), source in zip(block.content.lines(), sources, strict=False):
                if line in lines:
                    name, rest = _label_of(text, source)
                    key = title_key(name)
                    yield from ((line, one.name, rest) for one in asked if one.is_called(key))


def _label_of(text: str, source: str) -> tuple[str, str]:
    """The label of a line and the rest: what stands before a colon, or in bold at its head."""
    if bold := _BOLD.match(source):
        name = bold.group(1).strip().rstrip(":")
        if text.lstrip().startswith(name):
            return name, text.lstrip()[len(name) :].lstrip(" :")
    name, rest = labelled(text)
    return (name, rest) if name else (text, "")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a stretch lacks, or has too much of."""

    finding: Finding
    severity: str
    """`fail`, `warn`, or `advised`."""


def judged(faults: list[Fault], passed: str) -> Verdict:
    """The verdict on all stretches: the worst of their faults, or that all is well."""
    findings = sorted((fault.finding for fault in faults), key=lambda finding: finding.line)
    worst = {fault.severity for fault in faults}
    if not faults:
        return Verdict.passed(passed)
    detail = findings[0].message if len(findings) == 1 else f"{len(findings)} to look at"
    if "fail" in worst:
        return Verdict.failed(detail, findings)
    if "warn" in worst:
        return Verdict.warned(detail, findings)
    remarks = [replace(finding, fix=None) for finding in findings]
    return Verdict.advised(f"{passed}; advice: {detail}", remarks)


def within(
    number: int, limit: Limit | None, what: str, where: str, line: int, severity: str
) -> Iterator[Fault]:
    """The fault of a number that is outside of a limit, or of what is advised."""
    if limit is None:
        return
    said = f"{number} {what} in '{where}'"
    if limit.least is not None and number < limit.least:
        finding = Finding(f"{said}, at least {limit.least} expected", line, fix="add to it")
        yield Fault(finding, severity)
    elif limit.most is not None and number > limit.most:
        finding = Finding(f"{said}, at most {limit.most} expected", line, fix="shorten it")
        yield Fault(finding, severity)
    elif limit.advised_least is not None and number < limit.advised_least:
        yield Fault(Finding(f"{said}, {limit.advised_least} or more advised", line), "advised")
    elif limit.advised_most is not None and number > limit.advised_most:
        yield Fault(Finding(f"{said}, {limit.advised_most} or fewer advised", line), "advised")
