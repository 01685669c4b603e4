"""Parse a body once, as GitHub does, and hold it in the domain's words.

With `inline` the only module that touches markdown-it-py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from epm_lint.markdown.blocks import (
    Block,
    Code,
    CodeSpan,
    Comment,
    Figure,
    Html,
    Item,
    ItemList,
    Link,
    Paragraph,
    Prose,
    Quote,
    Section,
    Table,
    TableRow,
    Tag,
    title_key,
)
from epm_lint.markdown.inline import Known, inline_tokens
from epm_lint.markdown.raw_html import comments_in, images_among, tags_in, visible_text
from epm_lint.patterns import Pattern
from epm_lint.values import cached_property

_NEWLINE = Pattern(r"\r\n|\r|\n")
_TICKS = Pattern("`+")
_MOST_TICKS = 200
"""How many runs of backticks are looked at for one span: few are escaped."""
_KNOWN = Known()
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


class Document:
    """A body's sections, blocks and comments, in the order of the page."""

    def __init__(self, source: str) -> None:
        text = source.removeprefix("\ufeff")
        self.lines: tuple[str, ...] = tuple(_NEWLINE.split(text))
        """The source, line by line, without line endings and byte-order mark."""
        found: dict[str, Any] = {}
        builder = _Builder(_parser().parse(text, found))
        self.preamble, self.sections = builder.outline()
        self.comments = tuple(sorted(builder.comments, key=lambda comment: comment.line))
        self.headings = tuple(builder.headings)
        """Every heading, those in lists and quotes included."""
        self.tags = tuple(sorted(builder.tags, key=lambda tag: tag.line))
        """The tags of raw HTML, in the order of the page."""
        self.references = frozenset(found.get("references", ()))
        """The labels, in capitals, of link addresses that stand apart: `[label]: address`."""

    def walk(self) -> Iterator[Section]:
        """Every section of the body, in the order of the page."""
        return iter(self._walked)

    @cached_property
    def _walked(self) -> tuple[Section, ...]:
        return tuple(inner for section in self.sections for inner in section.walk())

    def find(self, *path: str) -> Section | None:
        """The section at a path of titles; each step may skip levels."""
        first, *rest = path
        key = title_key(first)
        for section in self.walk():
            if section.key == key:
                found: Section | None = section
                for title in rest:
                    found = found and found.find(title)
                if found:
                    return found
        return None

    def scope_of(self, comment: Comment) -> range | None:
        """The lines that a comment speaks of; None, before all visible blocks, for all of them.

        These are the lines of the block it stands in, else of the block or section that follows.
        """
        blocks, spans = self._spans
        if not spans or comment.line < spans[0].start:
            return None
        before = bisect_right(blocks, comment.line, key=_start) - 1
        if before >= 0 and comment.line in blocks[before]:
            return blocks[before]
        after = bisect_right(spans, comment.line, key=_start)
        return spans[after] if after < len(spans) else range(comment.line, comment.line + 1)

    def walk_blocks(self) -> Iterator[Block]:
        """Every block of the body, in the order of the page."""
        for block in self.preamble:
            yield from block.walk()
        for section in self.sections:
            yield from section.walk_blocks()

    @cached_property
    def _spans(self) -> tuple[list[range], list[range]]:
        """The lines of the visible blocks that no other holds; the same, and of the sections."""
        blocks, sections = [*self.preamble], []
        for section in self.walk():
            sections.append(range(section.line, section.end_line + 1))
            blocks += section.blocks
        visible = [
            range(block.line, block.end_line + 1)
            for block in blocks
            if not isinstance(block, Html) or block.text.strip() or block.figures
        ]
        visible.sort(key=_start)
        return visible, sorted([*visible, *sections], key=_start)

    def marker(self) -> str | None:
        """What the body says of itself: its first line, when that is an `epm:` comment."""
        if self.comments and self.comments[0].line == 1 and not self.comments[0].quoted:
            text = self.comments[0].text.strip()
            return text if text.startswith("epm:") else None
        return None

    def declared(self, name: str) -> str | None:
        """What the marker gives as `name=value`; the first where it says so twice."""
        return declarations(self.marker() or "").get(name)


def declarations(marker: str) -> dict[str, str]:
    """The `name=value` words of a marker's text; the first of those with one name."""
    pairs = (word.partition("=") for word in reversed(marker.split()))
    return {name: value for name, equals, value in pairs if equals}


def _start(span: range) -> int:
    return span.start


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.block.ruler.at("reference", _reference)
    parser.core.ruler.at("inline", _inline)
    return parser


def _reference(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """What begins with `[^1]:` is a footnote on GitHub, and not the address of a link."""
    start = state.bMarks[line] + state.tShift[line]
    return not state.src.startswith("[^", start) and reference(state, line, end_line, silent)


# underscores inside a word emphasise nothing
_MARKUP = Pattern(r"[\n\\`~*\[<&]|(?<![^\W_])_|_(?![^\W_])")


def _inline(state: StateCore) -> None:
    """Parse inline text; most of it, table cells above all, holds no markup."""
    for token in state.tokens:
        if token.type == "inline":
            if _MARKUP.search(token.content):
                token.children = inline_tokens(state, token.content, _KNOWN)
            else:
                plain = [Token("text", "", 0, content=token.content)] if token.content else []
                token.children = plain


class _Builder:
    """Turn the parser's flat list of tokens into blocks and sections."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.comments: list[Comment] = []
        self.headings: list[Prose] = []
        self.tags: list[Tag] = []
        self.quotes = 0
        """How many quotations are open."""

    def outline(self) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
        """The blocks before the first heading, and the tree of sections."""
        preamble: list[Block] = []
        headings: list[tuple[int, Prose, list[Block]]] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            if token.type == "heading_open":
                headings.append((int(token.tag[1:]), self._heading().content, []))
            elif block := self._block():
                (headings[-1][2] if headings else preamble).append(block)
        return tuple(preamble), _tree(headings)

    def _blocks(self, closing: str) -> tuple[Block, ...]:
        self.position += 1
        blocks = []
        while self.tokens[self.position].type != closing:
            if block := self._block():
                blocks.append(block)
        self.position += 1
        return tuple(blocks)

    def _block(self) -> Block | None:
        token = self.tokens[self.position]
        line, end_line = _lines(token)
        closing = token.type.replace("_open", "_close")
        match token.type:
            case "paragraph_open":
                return self._paragraph()
            case "heading_open":
                return self._heading()
            case "blockquote_open":
                self.quotes += 1
                quoted = Quote(line, end_line, self._blocks(closing))
                self.quotes -= 1
                return quoted
            case "list_item_open":
                return Item(line, end_line, self._blocks(closing))
            case "table_open":
                return Table(line, end_line, self._rows())
            case kind if kind in _LISTS:
                items = (block for block in self._blocks(closing) if isinstance(block, Item))
                return ItemList(line, end_line, tuple(items))
        self.position += 1
        match token.type:
            case "fence" | "code_block":
                fenced = token.type == "fence"
                last_is_open = token.content[-1:] not in ("", "\n")
                closed = end_line - line > token.content.count("\n") + last_is_open
                info = token.info.strip()
                return Code(line, end_line, token.content, info, fenced, closed or not fenced)
            case "html_block":
                return Html(line, end_line, self._html(token.content, line))
        return None

    def _paragraph(self) -> Paragraph:
        opening, inline = self.tokens[self.position : self.position + 2]
        self.position += 3
        return Paragraph(*_lines(opening), self._prose(inline))

    def _heading(self) -> Paragraph:
        heading = self._paragraph()
        self.headings.append(heading.content)
        return heading

    def _rows(self) -> tuple[TableRow, ...]:
        rows: list[TableRow] = []
        cells: list[Prose] = []
        while (token := self.tokens[self.position]).type != "table_close":
            if token.type == "inline":
                cells.append(self._prose(token))
            elif token.type == "tr_close":
                rows.append(TableRow(tuple(cells), cells[0].line if cells else 0))
                cells = []
            self.position += 1
        self.position += 1
        return tuple(rows)

    def _html(self, content: str, line: int) -> Prose:
        text, figures = self._raw(content, line)
        return Prose(text, content, line, figures, words=text)

    def _raw(self, html: str, line: int) -> tuple[str, tuple[Figure, ...]]:
        found = comments_in(html, line)
        self.comments += [replace(c, quoted=True) for c in found] if self.quotes else found
        tags = tuple(tags_in(html, line))
        self.tags += tags
        return visible_text(html), tuple(images_among(tags))

    def _prose(self, inline: Token) -> Prose:
        line, _ = _lines(inline)
        pieces: list[str] = []
        code: list[CodeSpan] = []
        hidden: list[tuple[int, str]] = []
        figures: list[Figure] = []
        links: list[Link] = []
        open_links: list[tuple[str, int, int]] = []
        cursor = 0
        for token in inline.children or ():
            piece = token.content
            match token.type:
                case "softbreak" | "hardbreak":
                    piece = "\n"
                case "code_inline":
                    piece, cursor = _code_span(inline.content, token, cursor)
                    code.append(CodeSpan(token.content, line))
                    hidden.append((len(pieces), _blanks(piece)))
                case "image":
                    figures.append(Figure(piece, str(token.attrs.get("src", "")), line))
                    piece = "\n" * piece.count("\n")
                case "html_inline":
                    text, images = self._raw(piece, line)
                    figures += images
                    piece = text or (" " if piece.startswith("<br") else "")
                case "link_open":
                    open_links.append((str(token.attrs.get("href", "")), len(pieces), line))
                case "link_close" if open_links:
                    url, start, link_line = open_links.pop()
                    links.append(Link("".join(pieces[start:]), url, link_line))
            line += piece.count("\n")
            pieces.append(piece)
        text = words = "".join(pieces)
        if hidden:
            for index, blanks in hidden:
                pieces[index] = blanks
            words = "".join(pieces)
        return Prose(
            text,
            inline.content,
            _lines(inline)[0],
            tuple(figures),
            tuple(links),
            tuple(code),
            words,
        )


def _blanks(code: str) -> str:
    return "\n".join(" " * len(line) for line in code.split("\n"))


def _code_span(source: str, token: Token, cursor: int) -> tuple[str, int]:
    """The span as written: the parser has turned its line breaks into spaces."""
    runs = islice(_TICKS.finditer(source, cursor), _MOST_TICKS)
    ticks = (run for run in runs if run.end() - run.start() == len(token.markup))
    for opening, closing in pairwise(ticks):
        written = source[opening.end() : closing.start()]
        if written.replace("\n", " ").strip(" ") == token.content.strip(" "):
            return written if "\n" in written else token.content, closing.end()
    return token.content, cursor


def _lines(token: Token) -> tuple[int, int]:
    first, after_last = token.map or (0, 1)
    return first + 1, after_last


def _tree(headings: list[tuple[int, Prose, list[Block]]]) -> tuple[Section, ...]:
    """Fold headings into a tree, from the last heading back to the first."""
    waiting: list[Section] = []
    for level, heading, blocks in reversed(headings):
        below: list[Section] = []
        while waiting and waiting[-1].level > level:
            below.append(waiting.pop())
        title = " ".join(heading.text.split())
        waiting.append(
            Section(level, title, title_key(title), heading.line, tuple(blocks), tuple(below))
        )
    return tuple(reversed(waiting))
