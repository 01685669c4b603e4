"""Raw HTML in a page: what GitHub lets through, balanced, and text alone of the rest."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from epm.viewer.markdown.shown import Picture

_TAGS = frozenset(
    "a abbr b bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strike strong sub summary sup table tbody td tfoot th thead time tr tt ul var wbr".split()
)
_VOID = frozenset({"br", "hr", "img", "wbr"})
_ATTRIBUTES = frozenset(
    "abbr align alt cite colspan datetime dir height lang open reversed rowspan scope span start "
    "title type valign value width".split()
)
_SILENT = frozenset({"script", "style", "iframe", "object", "title", "textarea", "noscript"})
"""Their content is no text of the page."""
HEADING = "h-"
"""What the id of a heading begins with, so that a page's words take no id of the viewer's."""
_SCHEMES = frozenset({"http", "https", "mailto"})


def safe_address(address: str) -> str | None:
    """An address that a link may lead to.

    None for a scheme that would run or read something, and for a path, which leads from an issue
    to nothing, on GitHub too.
    """
    plain = "".join(c for c in address if c > " " and c != "\x7f")
    try:
        scheme = urlsplit(plain).scheme
    except ValueError:
        return None
    if scheme and scheme.lower() not in _SCHEMES:
        return None
    return plain if scheme or plain.startswith("#") else None


def link_open(address: str, title: str = "") -> str:
    """The tag of a link that leaves the page, or stays in it."""
    safe = safe_address(address)
    if safe is None:
        return "<a>"
    if safe.startswith("#"):
        safe = f"#{HEADING}{safe[1:]}"
    away = ' rel="noopener noreferrer nofollow"' if urlsplit(safe).scheme else ""
    titled = f' title="{escape(title)}"' if title else ""
    return f'<a href="{escape(safe)}"{away}{titled}>'


def image(address: str, alt: str, picture: Picture, extra: str = "") -> str:
    """An image that is at hand; of any other its words, as nothing is fetched."""
    if (local := picture(address)) is not None:
        return f'<img src="{escape(local)}" alt="{escape(alt)}" loading="lazy"{extra}>'
    words = escape(alt or address.rpartition("/")[2] or "without a description")
    safe = safe_address(address)
    link = f' <a href="{escape(safe)}" rel="noopener noreferrer">its address</a>' if safe else ""
    return f'<span class="no-picture">[picture that is not on this machine: {words}{link}]</span>'


class RawHtml(HTMLParser):
    """Filters one page's raw HTML, fragment by fragment, and remembers what is open."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(convert_charrefs=True)
        self._picture = picture
        self._open: list[list[str]] = [[]]
        self._silent = 0
        self._out: list[str] = []
        self._text: Callable[[str], str] = escape

    def filtered(self, fragment: str, text: Callable[[str], str] = escape) -> str:
        """The fragment as it may stand in the page; its text as `text` writes it."""
        self._out, self._text, self._silent = [], text, 0
        self.feed(fragment)
        self.close()
        self.reset()
        return "".join(self._out)

    def enter(self) -> None:
        """Begin an element of Markdown's own: what is opened in it ends in it."""
        self._open.append([])

    def leave(self) -> str:
        """The end tags of what is still open in it."""
        return "".join(f"</{tag}>" for tag in reversed(self._open.pop()))

    def rest(self) -> str:
        """The end tags of everything that the page has left open."""
        return self.leave()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
            return
        if tag not in _TAGS or self._silent:
            return
        given = {name: value or "" for name, value in attrs}
        kept = "".join(
            f' {name}="{escape(value)}"' for name, value in given.items() if name in _ATTRIBUTES
        )
        if tag == "img":
            kept = "".join(
                f' {name}="{escape(given[name])}"' for name in ("width", "height") if name in given
            )
            self._out.append(image(given.get("src", ""), given.get("alt", ""), self._picture, kept))
            return
        if tag == "a":
            opened = link_open(given["href"], given.get("title", "")) if "href" in given else "<a>"
            self._out.append(opened)
        else:
            self._out.append(f"<{tag}{kept}>")
        if tag not in _VOID:
            self._open[-1].append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _SILENT:
            self._silent -= 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in self._open[-1]:
            while (last := self._open[-1].pop()) != tag:
                self._out.append(f"</{last}>")
            self._out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(self._text(data))
