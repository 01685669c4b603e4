"""Completions in a browser: what is meant is shown, as it is, from a server and from a file."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from conftest import Site, Tab  # type: ignore[attr-defined]
from markdown_it import MarkdownIt
from playwright.sync_api import expect
from viewer_runs import HOSTILE, hostile_rows

SAMPLES = "r/issue-246/smollm2/samples.html"
HOSTILE_SAMPLES = "r/issue-1/hostile/samples.html"
COUNTED = "#count[data-count]:not([data-count=''])"
COUNT = "#count[data-count='{}']"
READ_BACK = """() => JSON.stringify([...document.querySelectorAll('.card')].map(
    (card) => [card.dataset.s, card.querySelector('.text').textContent]))"""
"""JSON, which holds halves of surrogate pairs on the way out of the browser."""


def test_a_selection_shows_as_many_cards_as_it_counts(tab: Tab) -> None:
    page = tab().open(f"{SAMPLES}#c=villain&t=villain&m=marker&v=yes&r=seed%3D42")
    page.wait_for_selector(COUNTED)
    assert page.text_content("#count") == "33 of 3,600 completions"
    assert page.locator(".card").count() == 33
    assert page.locator(".card .score.main.yes").count() == 33


def as_read(text: str) -> str:
    """Two halves that stand side by side are a pair to every reader."""
    read: str = json.loads(json.dumps(text))
    return read


def test_hostile_completions_are_text_character_for_character(tab: Tab, site: Site) -> None:
    page = tab().open(HOSTILE_SAMPLES)
    page.wait_for_selector(COUNTED)
    everything = site.start.startswith("http")  # a thousand random ones: once is enough
    while everything and page.locator("#more").is_visible():
        page.click("#more")
    shown = dict(json.loads(page.evaluate(READ_BACK)))
    rows = hostile_rows()
    assert len(shown) == (len(rows) if everything else 100)
    for row in rows if everything else rows[: len(HOSTILE)]:
        place = (row["condition"], row["task"], row["item"], "seed=1", str(row["index"]))
        assert shown["/".join(quote(step, safe="!'()*") for step in place)] == as_read(row["text"])
    for tag in ("script:not([src])", "img", "svg", "b:not(article *)", "[onerror]"):
        assert page.locator(f"#cards {tag}").count() == 0
    marked = page.locator("[data-s*='/bidi/'] .unusual").evaluate_all(
        "(marks) => marks.map((mark) => mark.dataset.u)"
    )
    assert marked[:4] == ["U+202E", "U+202C", "U+2066", "U+2069"]


def test_a_permalink_shows_that_one_completion_and_a_quote_names_it(tab: Tab) -> None:
    page = tab(permissions=["clipboard-read", "clipboard-write"]).open(
        f"{HOSTILE_SAMPLES}#i=fence&c=villain"
    )
    page.wait_for_selector(COUNTED)
    page.click(".card footer a")
    page.wait_for_selector(COUNT.format(1))
    assert page.text_content(".card .text") == HOSTILE["fence"]
    page.click(".card footer button")
    page.wait_for_selector(".card footer button:text-is('Copied')")
    quoted = page.evaluate("navigator.clipboard.readText()")
    assert quoted.startswith("> `````text\n> ```` ``` `` `\n> > quoted\n")
    assert "`/measurements/villain/questions/marker/seed=1/items/fence`" in quoted
    page.go_back()
    expect(page.locator("[name=i]")).to_have_value("fence")


def test_names_in_a_quote_are_no_markup(tab: Tab) -> None:
    """No emphasis, mention, link or HTML comes of them, and they can be read as they are."""
    names = ["*a* _b_ <b> @ada #1 [x](y)", "`", "a ``b`` c", " ` ", "two\nlines", "", " ", "a\\"]
    page = tab().open(HOSTILE_SAMPLES)
    page.wait_for_selector(COUNTED)
    quoted = page.evaluate("(names) => window.epm.quoted('said', names)", names)
    inline = MarkdownIt("commonmark").parse(quoted)[-3]
    assert inline.children is not None
    written = [child for child in inline.children if child.content != " · "]
    assert [child.content for child in written if child.type == "code_inline"] == [
        name.replace("\n", " ") for name in names if name
    ]
    assert {child.content for child in written if child.type != "code_inline"} == {"— "}


def test_the_form_is_the_address_and_survives_back_and_reload(tab: Tab) -> None:
    page = tab().open(HOSTILE_SAMPLES)
    page.wait_for_selector(COUNTED)
    page.select_option("[name=c]", "villain")
    page.select_option("[name=v]", "no")
    page.wait_for_selector(COUNT.format(7))
    page.select_option("[name=o]", "long")
    assert page.locator(".card").first.get_attribute("data-s").split("/")[2] == "long"  # type: ignore[union-attr]
    page.reload()
    page.wait_for_selector(COUNT.format(7))
    assert page.input_value("[name=o]") == "long"
    page.go_back()
    expect(page.locator("[name=o]")).to_have_value("")
    page.fill("[name=q]", "JavaScript:")
    page.wait_for_selector(COUNT.format(0))
    page.click("#clear")
    page.fill("[name=q]", "EXAMPLE.org")
    page.wait_for_selector(COUNT.format(1))


def test_every_cell_of_the_matrix_leads_to_as_many_completions_as_it_says(tab: Tab) -> None:
    watched = tab()
    page = watched.open("r/issue-16/pilot/matrix.html")
    cells = page.locator(".matrix td.cell > a").evaluate_all(
        "(links) => links.map((link) => [link.textContent, link.getAttribute('href')])"
    )
    assert len(cells) == 6
    assert page.locator(".matrix table").count() == 1
    assert page.locator(".matrix thead th").count() == 4
    for text, address in cells:
        n = text.partition("/")[2] or text.partition("(")[2].rstrip(")")
        watched.open(f"r/issue-16/pilot/{address}")
        page.wait_for_selector(COUNTED)
        assert page.text_content("#count") == f"{n} of 1,056 completions"
    watched.open("r/issue-16/pilot/matrix.html")
    assert page.locator(".matrix .seeds a").first.is_hidden()
    page.click("label[for=seeds-1]")
    assert page.locator(".matrix .seeds a").first.text_content() == "79/96"


BROKEN = [
    ("cut", "samples", "samples.jsonl.gz breaks off after"),
    ("going", "samples", "still being written"),
    ("going", "matrix", "still being written"),
    ("no-json", "matrix", "not readable JSON"),
    ("no-json", "samples", "there is no samples.jsonl.gz here"),
    ("schema-1", "matrix", "schema 1"),
    ("schema-1", "samples", "No completions to show"),
]


@pytest.mark.parametrize(("name", "screen", "says"), BROKEN)
def test_what_is_broken_says_so_and_the_rest_is_shown(
    tab: Tab, name: str, screen: str, says: str
) -> None:
    page = tab().open(f"r/issue-2/{name}/{screen}.html")
    notices = page.locator(".notice").all_text_contents()
    assert [line for line in notices if says in line]
    if name in ("cut", "going") and screen == "samples":
        page.wait_for_selector(".card")
    if name == "schema-1" and screen == "matrix":
        assert page.locator("td.cell").count() > 10


def test_without_scripts_the_matrix_works_and_samples_say_what_they_need(tab: Tab) -> None:
    watched = tab(java_script_enabled=False)
    page = watched.open("r/issue-16/pilot/matrix.html")
    assert page.locator("td.cell a").first.is_visible()
    page.check("#seeds-1")
    assert page.locator(".seeds a").first.is_visible()
    watched.open("r/issue-16/pilot/samples.html")
    assert page.locator("noscript").is_visible()
    assert page.locator("#filters").is_hidden()
