"""What a body consists of: sections that hold blocks, and blocks that hold prose.

Everything is a value with the line it starts on, counted from 1 as an editor does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from epm_lint.values import cached_property, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """An image, written as Markdown or as an `<img>` tag."""

    alt: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link with the text a reader sees."""

    text: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment, without its delimiters."""

    text: str
    line: int
    quoted: bool = False
    """Whether it stands in a quotation, where it says nothing of the page."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of raw HTML; one that closes has no attributes."""

    name: str
    closing: bool
    attributes: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class CodeSpan:
    """Code within a line of text."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Prose:
    """A run of inline text.

    `text` is what a reader sees, with one newline for each newline of `source`, which is the
    Markdown it was written as.
    """

    text: str
    source: str
    line: int
    figures: tuple[Figure, ...] = ()
    links: tuple[Link, ...] = ()
    code: tuple[CodeSpan, ...] = ()
    words: str = ""
    """The text with a blank for each character of code."""

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each line of the visible text, with its number."""
        return enumerate(self.text.split("\n"), start=self.line)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a body; `end_line` is its last line."""

    line: int
    end_line: int

    @property
    def children(self) -> tuple[Block, ...]:
        """The blocks directly inside this one."""
        return ()

    @property
    def prose(self) -> tuple[Prose, ...]:
        """The text that this block holds itself, outside its children."""
        return ()

    def walk(self) -> Iterator[Block]:
        """The block itself and all blocks within it, in the order of the page."""
        waiting: list[Block] = [self]
        while waiting:
            block = waiting.pop()
            yield block
            if children := block.children:
                waiting += reversed(children)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The images in this block and the blocks within it."""
        return tuple(f for block in self.walk() for prose in block.prose for f in prose.figures)

    @property
    def text(self) -> str:
        """The visible text of this block and the blocks within it, code left out."""
        return "\n".join(prose.text for block in self.walk() for prose in block.prose)


@dataclass(frozen=True, slots=True)
class Paragraph(Block):
    """A paragraph, or a heading too deep inside a list or a quote to open a section."""

    content: Prose

    @property
    def prose(self) -> tuple[Prose, ...]:
        return (self.content,)


@dataclass(frozen=True, slots=True)
class Html(Block):
    """A block of raw HTML; its text is what remains without tags and comments."""

    content: Prose

    @property
    def prose(self) -> tuple[Prose, ...]:
        return (self.content,)


@dataclass(frozen=True, slots=True)
class Code(Block):
    """A code block: fenced with backticks or tildes, or merely indented."""

    content: str
    info: str
    fenced: bool
    closed: bool = True
    """Whether a fence ends with one, rather than where what holds it ends."""


@dataclass(frozen=True, slots=True)
class Quote(Block):
    """A block quote."""

    blocks: tuple[Block, ...]

    @property
    def children(self) -> tuple[Block, ...]:
        return self.blocks


@dataclass(frozen=True, slots=True)
class Item(Block):
    """One item of a list, bulleted with any character or numbered."""

    blocks: tuple[Block, ...]

    @property
    def children(self) -> tuple[Block, ...]:
        return self.blocks

    @property
    def own_text(self) -> str:
        """The visible text of the item itself, without that of lists nested in it."""
        return "\n".join(block.text for block in self.blocks if not isinstance(block, ItemList))


@dataclass(frozen=True, slots=True)
class ItemList(Block):
    """A list; one written with another bullet character is another list."""

    items: tuple[Item, ...]

    @property
    def children(self) -> tuple[Block, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table."""

    cells: tuple[Prose, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table(Block):
    """A table; the first of its rows is the header."""

    rows: tuple[TableRow, ...]

    @property
    def prose(self) -> tuple[Prose, ...]:
        return tuple(cell for row in self.rows for cell in row.cells)


def title_key(title: str) -> str:
    """Titles with the same key are the same title: case, spacing and punctuation are dropped."""
    return "".join(c for c in title.replace("&", " and ").casefold() if c.isalnum())


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it, up to the next heading of its level or above."""

    level: int
    title: str
    key: str
    line: int
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]

    @property
    def end_line(self) -> int:
        """The last line that a block of this section, or of one within it, stands on."""
        blocks = (block.end_line for block in self.blocks)
        return max((self.line, *blocks, *(section.end_line for section in self.sections)))

    def walk(self) -> Iterator[Section]:
        """The section itself and all sections within it, in the order of the page."""
        yield self
        for section in self.sections:
            yield from section.walk()

    def find(self, title: str) -> Section | None:
        """The first section of that title within this one, at any depth."""
        key = title_key(title)
        return next((s for s in self.walk() if s.key == key and s is not self), None)

    def walk_blocks(self) -> Iterator[Block]:
        """All blocks of this section, nested ones and those of its subsections included."""
        return iter(self._walked)

    @cached_property
    def _walked(self) -> tuple[Block, ...]:
        own = (block for top in self.blocks for block in top.walk())
        return (*own, *(block for section in self.sections for block in section._walked))

    @cached_property
    def _prose(self) -> tuple[Prose, ...]:
        return tuple(prose for block in self._walked for prose in block.prose)

    @property
    def text(self) -> str:
        """All visible text under the heading; code is left out."""
        return "\n".join(prose.text for prose in self._prose)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The images under the heading."""
        return tuple(f for prose in self._prose for f in prose.figures)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links under the heading."""
        return tuple(k for prose in self._prose for k in prose.links)

    @property
    def items(self) -> tuple[Item, ...]:
        """The list items under the heading, nested ones included."""
        return tuple(block for block in self.walk_blocks() if isinstance(block, Item))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables under the heading."""
        return tuple(block for block in self.walk_blocks() if isinstance(block, Table))

    @property
    def fences(self) -> tuple[Code, ...]:
        """The fenced code blocks under the heading."""
        return tuple(b for b in self.walk_blocks() if isinstance(b, Code) and b.fenced)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each line of visible text under the heading, with its number."""
        for prose in self._prose:
            yield from prose.lines()
