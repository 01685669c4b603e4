"""Markdown as GitHub shows it, and never more than GitHub lets through."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from epm.viewer.markdown import MarginMark, Numbers, render

ROOT = Path(__file__).parents[2]
BODIES = sorted((ROOT / "experiments").glob("*/published/*/body.md"))
_UNSAFE = Options.CMARK_OPT_UNSAFE
_VOID = {"br", "hr", "img", "input", "wbr"}


class Seen(HTMLParser):
    """The text of HTML, its tags, and what is wrong with their nesting."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text.append(" " if tag in ("td", "th") else "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] == [tag]:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> list[str]:
        return "".join(self.text).split()


SHOWN = [
    ("> [!WARNING]\n> Care", '<div class="alert alert-warning">\n<p class="alert-title">Warning'),
    ("- [x] done", '<li class="task"><input type="checkbox" disabled aria-label="task" checked>'),
    ("| a |\n|--:|\n| 1 |", '<td class="right">1</td>'),
    ("one\ntwo", "one<br>\ntwo"),
    ("~~gone~~", "<del>gone</del>"),
    ("https://example.org/x.", '<a href="https://example.org/x" rel="noopener'),
    ("[in it](#one)", '<a href="#h-one">in it</a>'),
    ("[a path](docs/x.md)", "<a>a path</a>"),
    ("[a host](//example.org/x)", "<a>a host</a>"),
    ("# One", '<h2 id="h-one" data-line="1" class="as-h1">One</h2>'),
    ("$a^2$", "<msup><mi>a</mi><mn>2</mn></msup>"),
    ("$$\na\n$$", '<div class="maths" data-line="1"><math'),
    ("```math\na\n```", '<div class="maths" data-line="1"><math'),
    ("from $5 to $6", "from $5 to $6"),
    ("a[^1]\n\n[^1]: b", '<li id="fn-1">'),
    ("<details><summary>S</summary>\n\n*in*\n\n</details>", "<details><summary>S</summary>"),
    ("![words](https://example.org/a.png)", "picture that is not on this machine: words"),
]


@pytest.mark.parametrize(("source", "html"), SHOWN)
def test_as_github_shows_it(source: str, html: str) -> None:
    assert html in render(source).html


NEVER = [
    "<script>alert(1)</script>",
    "a <script>alert(1)</script> b",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](data:text/html,hi)",
    "<style>* { color: red }</style>",
    '<p style="position:fixed" class="n" id="f1" data-n="n1">x</p>',
    "<iframe src=//example.org></iframe>",
    "<form action=//example.org><button>x</button></form>",
    "</div></main></body>",
    "> </blockquote></div> <b>",
    "$\\href{javascript:alert(1)}{x}$",
    "| <b> | </table> |\n|---|---|\n| <details> | </td></tr> |",
    "<details>\n\n- <i>\n\n</details></li></ul>",
    "<svg onload=alert(1)>",
    "<math><mi onclick=alert(1)>",
]


def held(source: str) -> None:
    """Nothing runs, nothing is fetched, and nothing that is open reaches out of the page."""
    seen = Seen(render(source).html)
    assert not seen.faults
    for tag, attributes in seen.tags:
        assert tag not in ("script", "style", "iframe", "form", "svg", "object", "link", "base")
        assert not {name for name in attributes if name.startswith("on") or name == "style"}
        address = attributes.get("href") or attributes.get("src") or ""
        assert not re.match(r"\s*(javascript|data|vbscript|file):", address)
        assert tag != "img"
        own = attributes.get("id") or ""
        assert not own or re.match(r"(h-|fn-|fnref-)", own)
        assert "data-n" not in attributes


@pytest.mark.parametrize("source", NEVER)
def test_never_more_than_github_lets_through(source: str) -> None:
    held(source)


_ODDS = (
    *("<b>", "</b>", "<p>", "</p>", "<td>", "<!--", "-->", "&lt;", "&#0;", "\x00"),
    *("`", "```", "> ", "- ", "\n", "\n\n", "    ", "[^1]", "|", "$"),
)
_PIECES = st.sampled_from([*NEVER, *(source for source, _ in SHOWN), *_ODDS])


@given(st.lists(_PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_any_text_is_held(source: str) -> None:
    held(source)


@pytest.mark.parametrize("body", BODIES, ids=lambda path: path.parts[-4])
def test_published_pages_have_the_words_that_github_shows(body: Path) -> None:
    source = body.read_text(encoding="utf-8")
    theirs = Seen(cmarkgfm.github_flavored_markdown_to_html(source, _UNSAFE)).words
    ours = Seen(render(source, picture=lambda _: "figures/x.png").html).words
    assert ours == theirs


def test_marks_stand_beside_the_block_of_their_line_in_its_order() -> None:
    source = "# One\n\ntext\n\n| a |\n|---|\n| 1 |\n| 2 |\n\n- item\n"
    marks = [MarginMark(n, "warn", f"rule-{n}", "said", f"f{n}") for n in (10, 8, 3, 40)]
    html = render(source, marks=marks).html
    places = [html.index(f'id="f{n}"') for n in (3, 8, 10, 40)]
    assert places == sorted(places)
    for key, words in ((3, ">text<"), (8, "<table>"), (10, "item")):
        between = html[html.index(f'id="f{key}"') : html.index(words)]
        assert between.count("</span></div>") == 1


def test_numbers_are_links_where_they_stand() -> None:
    source = "Of 20 and **20**/30 `20`.\n\n| a | b |\n|---|---|\n| 20 | 20 |\n\n<b>20</b>\n"
    from epm_lint.binding.units import slots_of

    first, second = slots_of(["a", "b"])
    numbers = Numbers(
        [
            (1, 0, "20", "n1", "#n1"),
            (1, 0, "20/30", "n2", "#n2"),
            (1, 0, "20", "n3", "#n3"),
            (5, second, "20", "n4", "#n4"),
            (7, 0, "20", "n5", "#n5"),
        ]
    )
    html = render(source, numbers=numbers).html
    found = re.findall(r'<a class="n" href="#(n\d)" data-n="\1">([^<]*)</a>', html)
    assert found == [
        ("n1", "20"),
        ("n2", "20"),
        ("n2", "/30"),
        ("n3", "20"),
        ("n4", "20"),
        ("n5", "20"),
    ]
    assert '<td>20</td><td><a class="n"' in html
    assert first != second
