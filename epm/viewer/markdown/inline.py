"""The text of a paragraph, heading or cell, its numbers linked."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from markdown_it.token import Token

from epm.viewer.markdown.parser import formula
from epm.viewer.markdown.raw_html import RawHtml, image, link_open
from epm.viewer.markdown.shown import Numbers, Picture, no_pictures
from epm_lint.binding.units import Reader
from epm_lint.markdown.raw_html import visible_text

_TAGS = {"strong": "strong", "em": "em", "s": "del"}
_READER = Reader()


@dataclass
class _Span:
    start: int
    end: int
    key: str
    href: str


@dataclass
class Inline:
    """Writes inline tokens of one page, in its order."""

    numbers: Numbers
    picture: Picture
    raw: RawHtml
    prefix: str = ""
    """Of the ids, as in `render`."""
    waiting: dict[tuple[int, int, str], deque[tuple[str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with every number still to be placed."""
        self.waiting = self.numbers.waiting()

    def text_of(self, token: Token) -> str:
        """What the linter reads there (`epm_lint.markdown.document`)."""
        return "".join(map(_piece, token.children or ()))

    def write(self, token: Token, slot: int = 0) -> str:
        """The HTML of an inline token."""
        children = token.children or []
        spans = self.spans(self.text_of(token), token.map[0] + 1 if token.map else 0, slot)
        self.raw.enter()
        html = self._written(children, spans)
        return html + self.raw.leave()

    def raw_block(self, content: str, line: int) -> str:
        """A block of raw HTML, its numbers linked where they stand in one piece of text."""
        spans = self.spans(visible_text(content), line, 0)
        waiting = deque(spans)

        def linked(text: str) -> str:
            parts, cursor = [], 0
            while waiting:
                span = waiting[0]
                at = text.find(span_text[id(span)], cursor)
                if at < 0:
                    break
                waiting.popleft()
                end = at + len(span_text[id(span)])
                parts += [escape(text[cursor:at]), _link(text[at:end], span, inside_link=False)]
                cursor = end
            return "".join([*parts, escape(text[cursor:])])

        whole = visible_text(content)
        span_text = {id(span): whole[span.start : span.end] for span in spans}
        return self.raw.filtered(content, linked)

    def spans(self, text: str, line: int, slot: int) -> list[_Span]:
        if line not in self.numbers.lines:
            return []
        spans = []
        for figure in _READER.figures(text, line, slot):
            links = self.waiting.get((line, slot, figure.text))
            if links:
                spans.append(_Span(figure.start, figure.start + len(figure.text), *links.popleft()))
        return spans

    def _written(self, children: Sequence[Token], spans: list[_Span]) -> str:
        out: list[str] = []
        at = links = 0
        for token in children:
            piece = _piece(token)
            kind = token.type
            name = kind.removesuffix("_open").removesuffix("_close")
            if kind == "text":
                out.append(_linked(piece, at, spans, inside_link=links > 0))
            elif kind == "code_inline":
                code = _linked(piece, at, spans, inside_link=links > 0)
                out.append(f"<code>{code}</code>")
            elif kind in ("softbreak", "hardbreak"):
                out.append("<br>\n")
            elif kind == "image":
                source = str(token.attrs.get("src", ""))
                out.append(image(source, token.content, self.picture))
            elif kind == "html_inline":
                out.append(self.raw.filtered(token.content))
            elif kind == "link_open":
                links += 1
                title = str(token.attrs.get("title", ""))
                out.append(link_open(str(token.attrs.get("href", "")), title))
            elif kind == "link_close":
                links -= 1
                out.append("</a>")
            elif name in _TAGS:
                out.append(f"<{'/' if kind.endswith('_close') else ''}{_TAGS[name]}>")
            elif kind == "footnote_ref":
                number = int(token.meta["id"]) + 1
                note, key = f"{self.prefix}fn-{number}", f"{self.prefix}fnref-{number}"
                mark = f'<a href="#{note}" id="{key}">{number}</a>'
                out.append(f'<sup class="footnote">{mark}</sup>')
            elif kind == "math_inline":
                out.append(maths(token.content))
            elif token.content:
                out.append(escape(token.content))
            at += len(piece)
        return "".join(out)


def linked(text: str, numbers: Numbers) -> str:
    """A plain text that is no Markdown, a title, with those of its figures linked."""
    inline = Inline(numbers, no_pictures, RawHtml(no_pictures))
    return _linked(text, 0, inline.spans(text, 0, 0), inside_link=False)


def maths(tex: str, *, block: bool = False) -> str:
    """A formula; as it was typed where it cannot be set."""
    made = formula(tex, block=block)
    return made if made is not None else f'<code class="tex">{escape(tex)}</code>'


def _piece(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":
            return "\n" * token.content.count("\n")
        case "html_inline":
            return visible_text(token.content) or (" " if token.content.startswith("<br") else "")
        case "math_inline":
            return f"${token.content}$"
    return token.content


def _linked(piece: str, at: int, spans: Sequence[_Span], *, inside_link: bool) -> str:
    """A text that starts at an offset, with the stretches of it that are numbers linked."""
    out, cursor = [], 0
    for span in spans:
        start, end = max(span.start - at, 0), min(span.end - at, len(piece))
        if start < end:
            out += [escape(piece[cursor:start]), _link(piece[start:end], span, inside_link)]
            cursor = end
    return "".join([*out, escape(piece[cursor:])])


def _link(text: str, span: _Span, inside_link: bool) -> str:
    words = escape(text)
    if inside_link:
        return f'<span class="n" data-n="{escape(span.key)}">{words}</span>'
    return f'<a class="n" href="{escape(span.href)}" data-n="{escape(span.key)}">{words}</a>'
