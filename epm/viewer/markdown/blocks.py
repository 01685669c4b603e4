"""A page block by block, with marks in its margin."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from html import escape

from markdown_it.token import Token

from epm.viewer.markdown.inline import Inline, maths
from epm.viewer.markdown.parser import parser
from epm.viewer.markdown.raw_html import HEADING, RawHtml
from epm.viewer.markdown.shown import (
    Heading,
    MarginMark,
    Numbers,
    Picture,
    Shown,
    no_pictures,
)
from epm_lint.binding.units import slots_of

_CONTAINERS = {
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
}
_LEAVES = frozenset(
    "paragraph_open heading_open fence code_block html_block hr math_block table_open".split()
)
_SEVEREST = ("fail", "warn", "awaiting", "advice")


def render(
    source: str,
    *,
    marks: Iterable[MarginMark] = (),
    numbers: Numbers | None = None,
    picture: Picture = no_pictures,
    prefix: str = "",
) -> Shown:
    """Markdown as GitHub shows it.

    Args:
        source: the body of an issue.
        marks: notes that stand beside the block with their line.
        numbers: figures that are links.
        picture: where an image can be had without asking anybody.
        prefix: of all ids, where several texts stand on one page.
    """
    tokens = parser().parse(source.removeprefix("\ufeff"))
    return _Page(marks, numbers or Numbers(), picture, prefix).written(tokens)


class _Page:
    def __init__(
        self, marks: Iterable[MarginMark], numbers: Numbers, picture: Picture, prefix: str
    ) -> None:
        self.prefix = prefix
        self.raw = RawHtml(picture)
        self.inline = Inline(numbers, picture, self.raw, prefix)
        self.marks = deque(sorted(marks, key=lambda mark: mark.line))
        self.headings: list[Heading] = []
        self.keys: dict[str, int] = {}
        self.out: list[str] = []
        self.position = 0
        self.tokens: list[Token] = []

    def written(self, tokens: list[Token]) -> Shown:
        self.tokens = tokens
        while self.position < len(tokens):
            self._block(tokens[self.position])
        self.out.append(self.raw.rest())
        self.out += map(_note, self.marks)
        return Shown("".join(self.out), tuple(self.headings))

    def _block(self, token: Token) -> None:
        self.position += 1
        marked = self._margin(token) if token.type in _LEAVES else ""
        base = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "paragraph_open":
            self._paragraph(token, marked)
        elif token.type == "heading_open":
            self._heading(token, marked)
        elif token.type == "table_open":
            self._table(marked)
        elif token.type in ("fence", "code_block"):
            self.out.append(_code(token, marked))
        elif token.type == "html_block":
            line = token.map[0] + 1 if token.map else 0
            self.out.append(self.inline.raw_block(token.content, line))
        elif token.type == "hr":
            self.out.append("<hr>\n")
        elif token.type == "math_block":
            self.out.append(
                f'<div class="maths"{marked}>{maths(token.content, block=True)}</div>\n'
            )
        elif base == "alert" and token.nesting == 1:
            self.raw.enter()
            kind = escape(str(token.meta["kind"]).lower())
            self.out.append(f'<div class="alert alert-{kind}">\n')
        elif base == "alert_title":
            self.out.append('<p class="alert-title">' if token.nesting == 1 else "</p>\n")
        elif base == "alert" and token.nesting == -1:
            self.out.append(f"{self.raw.leave()}</div>\n")
        elif base in _CONTAINERS and token.nesting == 1:
            start = token.attrs.get("start")
            numbered = f' start="{int(start)}"' if start is not None else ""
            self.raw.enter()
            self.out.append(f"<{_CONTAINERS[base]}{numbered}{_task(token)}")
        elif base in _CONTAINERS:
            self.out.append(f"{self.raw.leave()}</{_CONTAINERS[base]}>\n")
        else:
            self._footnotes(token)

    def _footnotes(self, token: Token) -> None:
        if token.type == "footnote_block_open":
            self.out.append(f'{self.raw.rest()}<section class="footnotes"><ol>')
            self.raw.enter()
        elif token.type == "footnote_block_close":
            self.out.append("</ol></section>")
        elif token.type == "footnote_open":
            self.raw.enter()
            self.out.append(f'<li id="{self.prefix}fn-{int(token.meta["id"]) + 1}">')
        elif token.type == "footnote_close":
            self.out.append(f"{self.raw.leave()}</li>")
        elif token.type == "inline":
            self.out.append(self.inline.write(token))
        elif token.content:
            self.out.append(f"<p>{escape(token.content)}</p>")

    def _margin(self, token: Token) -> str:
        """Write the marks of a block's lines before it; the attributes that the block then has."""
        first, after = token.map or (0, 0)
        here = []
        while self.marks and self.marks[0].line <= after:
            here.append(self.marks.popleft())
        self.out += map(_note, here)
        place = f' data-line="{first + 1}"' if token.map else ""
        if not here:
            return place
        worst = min(here, key=lambda m: _rank(m.level)).level
        return f'{place} data-marked="{escape(worst)}"'

    def _paragraph(self, token: Token, marked: str) -> None:
        html = self.inline.write(self.tokens[self.position])
        self.position += 1
        while (inner := self.tokens[self.position]).type != "paragraph_close":
            self.position += 1
            back = f"#{self.prefix}fnref-{int(inner.meta['id']) + 1}"
            html += f' <a href="{back}" aria-label="back">↩</a>'
        self.position += 1
        self.out.append(html if token.hidden else f"<p{marked}>{html}</p>\n")

    def _heading(self, token: Token, marked: str) -> None:
        inline = self.tokens[self.position]
        self.position += 2
        text = " ".join(self.inline.text_of(inline).split())
        key = self._key(text)
        level = int(token.tag[1:])
        self.headings.append(Heading(level, text, key))
        # the page's own title is the h1
        tag, large = ("h2", ' class="as-h1"') if level == 1 else (token.tag, "")
        html = self.inline.write(inline)
        self.out.append(f'<{tag} id="{key}"{marked}{large}>{html}</{tag}>\n')

    def _key(self, text: str) -> str:
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") or "section"
        key = f"{self.prefix}{HEADING}{slug}"
        again = self.keys.get(key, 0)
        self.keys[key] = again + 1
        return escape(f"{key}-{again}" if again else key)

    def _table(self, marked: str) -> None:
        slots: list[int] = []
        columns: list[str] = []
        column, header = 0, True
        self.out.append(f'<div class="scroll" tabindex="0"{marked}><table>')
        while (token := self.tokens[self.position]).type != "table_close":
            self.position += 1
            align = str(token.attrs.get("style", "")).removeprefix("text-align:")
            aligned = f' class="{align}"' if align in ("left", "center", "right") else ""
            match token.type:
                case "tr_open":
                    column = 0
                    self.out.append("<tr>")
                case "th_open" | "td_open":
                    scope = ' scope="col"' if token.tag == "th" else ""
                    self.out.append(f"<{token.tag}{scope}{aligned}>")
                case "inline":
                    known = not header and column < len(slots)
                    if header:
                        columns.append(self.inline.text_of(token))
                    self.out.append(self.inline.write(token, slots[column] if known else 0))
                    column += 1
                case "thead_close":
                    header, slots = False, slots_of(columns)
                    self.out.append("</thead>")
                case _:
                    self.out.append(f"<{'/' if token.nesting < 0 else ''}{token.tag}>")
        self.position += 1
        self.out.append("</table></div>\n")


def _task(token: Token) -> str:
    """The rest of a list's or item's tag, with the box of a task."""
    if "checked" in token.meta:
        checked = " checked" if token.meta["checked"] else ""
        return f' class="task"><input type="checkbox" disabled aria-label="task"{checked}> '
    return ' class="tasks">' if "task" in str(token.attrs.get("class", "")) else ">"


def _rank(level: str) -> int:
    return _SEVEREST.index(level) if level in _SEVEREST else len(_SEVEREST)


def _note(mark: MarginMark) -> str:
    title = escape(mark.title)
    kind, key = escape(mark.level), escape(mark.key)
    head = f'<a href="{escape(mark.href)}">{title}</a>' if mark.href else title
    return (
        f'<div class="margin {kind}" role="note" id="{key}" tabindex="-1">'
        f'<b class="level">{kind}</b> {head}'
        f'<span class="said">{escape(mark.message)}</span></div>\n'
    )


def _formula(token: Token, marked: str) -> str:
    return f'<div class="maths"{marked}>{maths(token.content, block=True)}</div>\n'


def _code(token: Token, marked: str) -> str:
    words = token.info.split()
    if words[:1] == ["math"]:
        return _formula(token, marked)
    language = f' class="language-{escape(words[0])}"' if words else ""
    return f'<pre tabindex="0"{marked}><code{language}>{escape(token.content)}</code></pre>\n'
