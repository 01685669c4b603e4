"""A result stands on others, and each of those must be found and its part in this one known.

For pages with `## Source issues` or a `Source-issues:` line. Every entry names an issue as `#N` or
is a link; none is named twice, nor the page itself; and what a source has to do with this page is
said: in its entry ("#232 — the line through ten personas"), or where another section mentions it.
"none" is an answer.

Bad:

    # Detailed report

    ## Source issues

    - the earlier run
    - #232
    - #232

Good:

    # Detailed report

    ## Source issues

    - [#232](https://github.com/acme/lab/issues/232) — the line through ten personas
"""

import re
from collections.abc import Iterator, Sequence

from epm_lint.markdown.blocks import Block, Item, ItemList, Prose, Section, Table
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.prose import count_words
from epm_lint.page.references import Reference, is_own, references, references_in
from epm_lint.page.sections import part
from epm_lint.page.wording import own_prose, own_words, unquoted
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

FEWEST_WORDS = 2

_LINE = Pattern(r"\W{0,6}source[- ]issues?\W{0,4}:\W{0,4}?(?=[\w#\[])", re.IGNORECASE)
_BETWEEN = Pattern(r"[,;]|\s(?:and|&)\s")
_LEAD_END = Pattern(r"[—–:;(]|\s-\s|$")
_NONE = frozenset({"none", "na", "no", "nil"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the list: the issues it names, and whether it says what they are."""

    sources: tuple[Reference, ...]
    explained: bool
    is_link: bool
    text: str
    line: int


def check(page: Page) -> Verdict:
    """Every source is an issue, named once, and has its part told."""
    section = part(page, "sources")
    entries = list(_of_section(section)) if section else []
    lines = [entry for prose in own_prose(page) for entry in _of_line(prose)]
    if section is None and not lines:
        return Verdict.skipped("no 'Source issues' and no 'Source-issues:' line")
    if not entries and not lines and section:
        fix = "name an issue in each item, or say 'none'"
        return Verdict.failed(
            "no source issue", [Finding("no source issue", section.line, fix=fix)]
        )
    faults = [*_faults(page, entries), *_faults(page, lines)]
    if faults:
        return Verdict.failed(f"{len(faults)} entry(ies) amiss", faults)
    untold = _untold(page, section, [*entries, *lines])
    if untold:
        return Verdict.warned(
            f"{len(untold)} source(s) whose part in this page is not told", untold
        )
    numbers = {source.number for entry in (*entries, *lines) for source in entry.sources}
    return Verdict.passed(
        f"{len(numbers)} source issue(s)" if numbers else "none, as the page says"
    )


def _of_section(section: Section) -> Iterator[_Entry]:
    for below in section.walk():
        items = [item for b in below.blocks if isinstance(b, ItemList) for item in b.items]
        for block in items or unquoted(below.blocks):
            for own in _parted(block):
                if entry := _entry(own):
                    yield entry


def _parted(block: Block) -> Iterator[Sequence[Prose]]:
    """The rows of a table; of an item what it says itself, without the lists nested in it."""
    match block:
        case Table():
            yield from (row.cells for row in block.rows[1:])
        case Item():
            yield [p for b in block.blocks if not isinstance(b, ItemList) for p in b.prose]
        case _:
            yield block.prose


def _entry(own: Sequence[Prose]) -> _Entry | None:
    words = "\n".join(own_words(prose) for prose in own)
    if not words.strip():
        return None
    first, *others = (references(prose) for prose in own)
    lead_end = _LEAD_END.search(own_words(own[0]))
    lead = lead_end.start() if lead_end else 0
    leading = [reference for reference in first if reference.start < lead]
    named = [*first, *(reference for found in others for reference in found)]
    return _Entry(
        _distinct(leading or named[:1]),
        sum(map(_count_words_beside_references, own)) >= FEWEST_WORDS,
        any(prose.links for prose in own),
        words.strip(),
        own[0].line,
    )


def _count_words_beside_references(prose: Prose) -> int:
    words, count, end = own_words(prose), 0, 0
    for reference in references_in(words):
        count += count_words(words[end : reference.start])
        end = reference.end
    return count + count_words(words[end:])


def _of_line(prose: Prose) -> Iterator[_Entry]:
    """The entries of a "Source-issues:" line, which are parted by commas."""
    if "ource" not in prose.text:
        return
    for offset, words in enumerate(own_words(prose, addresses=True).split("\n")):
        if heading := _LINE.match(words):
            line = prose.line + offset
            linked = [link.text for link in prose.links if link.line == line]
            for text in filter(str.strip, _BETWEEN.split(words[heading.end() :])):
                sources = tuple(references_in(text))
                is_link = any(shown in text for shown in linked)
                yield _Entry(_distinct(sources), False, is_link, text.strip(), line)


def _distinct(named: Sequence[Reference]) -> tuple[Reference, ...]:
    """One reference for each number: "[#7](…/issues/7)" names its issue in text and target."""
    by_number: dict[int, Reference] = {}
    for reference in named:
        if reference.number not in by_number or reference.repository:
            by_number[reference.number] = reference
    return tuple(by_number.values())


def _faults(page: Page, entries: list[_Entry]) -> Iterator[Finding]:
    here = page.repository and page.repository.name
    seen: set[tuple[int, str]] = set()
    for entry in entries:
        if not entry.sources and not entry.is_link and not _is_none(entry.text):
            yield Finding(
                f"{quote(entry.text)} names no issue",
                entry.line,
                fix="name it as #N, or link to it",
            )
        for source in entry.sources:
            key = (source.number, (source.repository or here or "").casefold())
            if is_own(source, page):
                message = f"#{source.number} is this page itself"
                yield Finding(message, entry.line, fix="name the issues that it stands on")
            elif key in seen:
                yield Finding(f"#{source.number} is named twice", entry.line, fix="name it once")
            seen.add(key)


def _is_none(text: str) -> bool:
    first_word = "".join(c for c in text.split()[0] if c.isalnum()) if text.split() else ""
    return first_word.casefold() in _NONE


def _untold(page: Page, section: Section | None, entries: list[_Entry]) -> list[Finding]:
    inside = range(section.line, section.end_line + 1) if section else range(0)
    mentioned = {
        reference.number
        for prose in own_prose(page)
        if prose.line not in inside and not _LINE.match(prose.text)
        for reference in references(prose)
    }
    told = {source.number for entry in entries if entry.explained for source in entry.sources}
    return [
        Finding(
            f"what #{source.number} has to do with this page is not said",
            entry.line,
            fix=f"say it here, '#{source.number} — …', or mention it in Background",
        )
        for entry in entries
        for source in entry.sources
        if source.number not in mentioned | told
    ]


RULE = Rule("source-issues", "Narrative (source issues)", check, doc=__doc__)
