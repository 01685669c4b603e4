"""Parse a body once, as GitHub does, and hold it in the domain's words.

The only module that touches markdown-it-py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lint.blocks import (
    Block,
    Code,
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
    title_key,
)
from lint.raw_html import comments_in, images_in, visible_text

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


class Document:
    """A body's sections, blocks and comments, in the order of the page."""

    def __init__(self, source: str) -> None:
        text = source.removeprefix("\ufeff")
        self.lines: tuple[str, ...] = tuple(_NEWLINE.split(text))
        """The source, line by line, without line endings and byte-order mark."""
        tokens = _parser().parse(text)
        builder = _Builder(tokens)
        self.preamble, self.sections = builder.outline()
        self.comments = tuple(sorted(builder.comments, key=lambda comment: comment.line))

    def walk(self) -> Iterator[Section]:
        """Every section of the body, in the order of the page."""
        for section in self.sections:
            yield from section.walk()

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
        spans = sorted(self._spans(), key=lambda span: (span.start, -span.stop))
        if not spans or comment.line < spans[0].start:
            return None
        for span in reversed(spans):
            if comment.line in span and not any(s.line == span.start for s in self.walk()):
                return span
        after = (span for span in spans if span.start > comment.line)
        return next(after, range(comment.line, comment.line + 1))

    def _spans(self) -> Iterator[range]:
        """The lines of every section and every visible block that no other block holds."""
        blocks = [*self.preamble]
        for section in self.walk():
            yield range(section.line, section.end_line + 1)
            blocks += section.blocks
        for block in blocks:
            if not isinstance(block, Html) or block.text.strip() or block.figures:
                yield range(block.line, block.end_line + 1)

    def marker(self) -> str | None:
        """What the body says of itself: its first line, when that is an `epm:` comment."""
        if self.comments and self.comments[0].line == 1:
            text = self.comments[0].text.strip()
            return text if text.startswith("epm:") else None
        return None


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


class _Builder:
    """Turn the parser's flat list of tokens into blocks and sections."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.comments: list[Comment] = []

    def outline(self) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
        """The blocks before the first heading, and the tree of sections."""
        preamble: list[Block] = []
        headings: list[tuple[int, Prose, list[Block]]] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            if token.type == "heading_open":
                headings.append((int(token.tag[1:]), self._paragraph().content, []))
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
            case "paragraph_open" | "heading_open":
                return self._paragraph()
            case "blockquote_open":
                return Quote(line, end_line, self._blocks(closing))
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
                return Code(line, end_line, token.content, token.info.strip(), fenced)
            case "html_block":
                return Html(line, end_line, self._html(token.content, line))
        return None

    def _paragraph(self) -> Paragraph:
        opening, inline = self.tokens[self.position : self.position + 2]
        self.position += 3
        return Paragraph(*_lines(opening), self._prose(inline))

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
        self.comments += comments_in(content, line)
        text = visible_text(content)
        return Prose(text, content, line, tuple(images_in(content, line)))

    def _prose(self, inline: Token) -> Prose:
        line, _ = _lines(inline)
        pieces: list[str] = []
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
                case "image":
                    figures.append(Figure(piece, str(token.attrs.get("src", "")), line))
                    piece = "\n" * piece.count("\n")
                case "html_inline":
                    self.comments += comments_in(piece, line)
                    figures += images_in(piece, line)
                    piece = visible_text(piece) or (" " if piece.startswith("<br") else "")
                case "link_open":
                    open_links.append((str(token.attrs.get("href", "")), len(pieces), line))
                case "link_close" if open_links:
                    url, start, link_line = open_links.pop()
                    links.append(Link("".join(pieces[start:]), url, link_line))
            line += piece.count("\n")
            pieces.append(piece)
        text = "".join(pieces)
        return Prose(text, inline.content, _lines(inline)[0], tuple(figures), tuple(links))


def _code_span(source: str, token: Token, cursor: int) -> tuple[str, int]:
    """The span as written: the parser has turned its line breaks into spaces."""
    start = source.find(token.markup, cursor) + len(token.markup)
    end = source.find(token.markup, start + len(token.content))
    if "\n" not in source[start:end] or end < 0:
        return token.content, max(start + len(token.content), cursor)
    return source[start:end], end + len(token.markup)


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
