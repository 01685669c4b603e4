"""What a page says in its own words, for rules that look for a wording.

Left out are headings, code, block quotes, images and the targets of links; and, where a rule asks
for it, addresses and what stands between quotation marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice

from epm_lint.markdown.blocks import Block, Prose, Quote, Section
from epm_lint.markdown.raw_html import visible_text
from epm_lint.model import Page
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

NOT_THE_PAGES_WORDS = frozenset({"humantldr", "humansummary", "sampleoutputs"})
"""The keys of the sections that people or models write."""

CONTEXT = 240
"""How many characters around a mention are looked at."""

_CUT = "\ufffc"
_LONGEST_LINE = 5_000
_MOST_ENCLOSED = 40

_ENCLOSING = Pattern(r"<(code|pre|kbd|samp|q|blockquote|del|s)\b[^<>]{0,200}>")
_ADDRESS = Pattern(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_STRUCK = Pattern(r"~~([^~]{1,300})~~")
_QUOTATION = Pattern(
    r"\"[^\"]{1,300}\"|“[^“”]{1,300}”|„[^„“”]{1,300}[“”]|«[^«»]{1,300}»"
    r"|‘[^‘’]{1,300}’(?!\w)|(?<!\w)'(?=\S)[^']{1,300}(?<=\S)'(?!\w)"
)

_NEGATED_BEFORE = Pattern(
    r"(?:\b(?:no|not|never|without|nor|neither|cannot|none\sof|instead\sof|rather\sthan"
    r"|in\splace\sof|(?:avoid|omit|forbid)\w{0,4})|n['’]t)"
    r"(?:(?:\s+(?!(?:by|with|using|via|under|in|at|from|per|but|because|so)\b)[\w'’-]{1,30}){0,4}\s+"
    r"|(?:,?\s+[\w'’-]{1,30}){1,9},?\s+n?or\s+(?:an?\s+)?)$",
    re.IGNORECASE,
)
_NEGATED_AFTER = Pattern(
    r"\s+(?:(?:is|are|was|were|has|have|had)\s+(?:been\s+)?(?:not|never)|(?:isn|aren|wasn|weren)['’]t)"
    r"\s+(?:\w{1,30}\s+)?(?:reported|given|computed|used|shown|stated|applied|run|needed|claimed)\b",
    re.IGNORECASE,
)
_LISTING = Pattern(r"[\s,/]{0,9}(?:(?:or|and|nor|a|an|any|the)\s{1,9}){0,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A wording that was looked for, in the words around it."""

    text: str
    before: str
    """What stands before it in its paragraph, item or cell; no more than `CONTEXT` characters."""
    after: str
    line: int
    column: int | None
    """Where it starts in the line; None where that is not certain."""
    negated: bool
    """Whether the page says that this is *not* so."""


def own_blocks(page: Page, without: Collection[str] = ()) -> Iterator[Block]:
    """Every block in which the page itself speaks, save in sections with one of these keys."""
    yield from unquoted(page.document.preamble)
    for section in _sections(page.document.sections, without):
        yield from unquoted(section.blocks)


def unquoted(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks and those within them, in the order of the page; block quotes are left out."""
    for block in blocks:
        if not isinstance(block, Quote):
            yield block
            yield from unquoted(block.children)


def own_prose(page: Page, without: Collection[str] = ()) -> Iterator[Prose]:
    """The prose of `own_blocks`, each cell of a table by itself."""
    for block in own_blocks(page, without):
        yield from block.prose


def own_words(prose: Prose, *, addresses: bool = False, quotations: bool = True) -> str:
    """The prose as it is spoken; each place in it is the same place in `prose.text`."""
    text = prose.words
    if "<" in prose.source or "~~" in prose.source:
        text = _without(text, islice(_enclosed(prose.source), _MOST_ENCLOSED))
    if not addresses and ("://" in text or "www." in text):
        text = _ADDRESS.sub(_cut, text)
    return text if quotations else _QUOTATION.sub(_cut, text)


def mentions(
    page: Page,
    wordings: tuple[str, ...],
    *,
    without: Collection[str] = (),
    quotations: bool = True,
) -> Iterator[Occurrence]:
    """Where the page itself uses one of the wordings, in any of the shapes of `phrases`."""
    spoken = list(own_prose(page, without))
    # to search for plain words costs a fraction of compiling a pattern and trying it
    candidates = _candidates(wordings, "\n".join(prose.words for prose in spoken))
    if not candidates:
        return
    pattern = phrases(candidates)
    telling = {_words(wording)[0] for wording in candidates}
    for prose in spoken:
        folded = prose.words.casefold()
        for word in telling:
            if word in folded:
                yield from _mentions_in(page, prose, pattern, quotations)
                break


@lru_cache(maxsize=64)
def phrases(wordings: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for these wordings in any case, in the plural, hyphenated, and over line ends."""
    longest_first = sorted((w for w in wordings if w.strip()), key=len, reverse=True)
    found = "|".join(map(_phrase, longest_first)) or r"(?!)"
    return re.compile(rf"(?<![\w'’/.-])(?:{found})(?:e?s)?(?![\w/]|\.\w)", re.IGNORECASE)


def column_of(page: Page, line: int, text: str) -> int | None:
    """The column at which a line holds the text, if it does so exactly once."""
    lines = page.document.lines
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    if len(source) > _LONGEST_LINE or source.count(text) != 1:
        return None
    return source.index(text) + 1


def lines_of(prose: Prose, words: str) -> Callable[[int], int]:
    """Tells the line of the page on which a place in the prose's words stands."""
    ends = [end.start() for end in re.finditer("\n", words)]
    return lambda place: prose.line + bisect_left(ends, place)


def _mentions_in(
    page: Page, prose: Prose, pattern: re.Pattern[str], quotations: bool
) -> Iterator[Occurrence]:
    words = own_words(prose, quotations=quotations)
    line_at = lines_of(prose, words)
    end, negated = 0, False
    for match in pattern.finditer(words):
        before = words[max(0, match.start() - CONTEXT) : match.start()]
        after = words[match.end() : match.end() + CONTEXT]
        listed = negated and _LISTING.fullmatch(words, end, match.start()) is not None
        negated = listed or _is_negated(before, after)
        end = match.end()
        line = line_at(match.start())
        column = column_of(page, line, match.group())
        yield Occurrence(match.group(), before, after, line, column, negated)


def _is_negated(before: str, after: str) -> bool:
    return bool(_NEGATED_BEFORE.search(before[-120:]) or _NEGATED_AFTER.match(after))


def _phrase(wording: str) -> str:
    words = [re.sub(r"['’]", "['’]", re.escape(word)) for word in wording.split()]
    phrase = r"(?:[^\S\n]{1,2}|\s?\n\s*|[-‐‑–])".join(words)
    # where one letter stands before it, as in t-test, a hyphen is what makes it a name
    return re.sub(r"(?<=\w\w)\\-", r"[-‐‑–\\s]", phrase).replace("\\-", "[-‐‑–]")


def _candidates(wordings: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The wordings whose words are all somewhere in the text."""
    folded = text.casefold()
    found = []
    for wording in wordings:
        words = _words(wording)
        for word in words:
            if word not in folded:
                break
        else:
            found += [wording] * bool(words)
    return tuple(found)


@lru_cache(maxsize=1024)
def _words(wording: str) -> tuple[str, ...]:
    """The words of a wording, the longest first."""
    return tuple(sorted(re.findall(r"[^\W_]+", wording.casefold()), key=len, reverse=True))


def _sections(sections: tuple[Section, ...], without: Collection[str]) -> Iterator[Section]:
    for section in sections:
        if section.key not in without:
            yield section
            yield from _sections(section.sections, without)


def _without(text: str, passages: Iterable[str]) -> str:
    """The text without these passages; the same words elsewhere in it go with them."""
    for passage in passages:
        text = re.sub(rf"(?<!\w){re.escape(passage)}(?!\w)", _cut, text)
    return text


def _enclosed(source: str) -> Iterator[str]:
    """What HTML or a pair of tildes marks as code, as quoted or as withdrawn."""
    yield from _STRUCK.findall(source)
    folded = source.lower()
    unclosed: set[str] = set()
    after = 0
    for opening in _ENCLOSING.finditer(folded):
        name = opening.group(1)
        if opening.start() < after or name in unclosed:
            continue
        closing = folded.find(f"</{name}", opening.end())
        if closing < 0:
            unclosed.add(name)
            continue
        after = closing
        passage = visible_text(source[opening.end() : closing])
        if passage.strip():
            yield passage


def _cut(match: re.Match[str]) -> str:
    return _blank(match.group())


def _blank(text: str) -> str:
    """As long as the text, with its newlines."""
    return "\n".join(_CUT * len(line) for line in text.split("\n"))
