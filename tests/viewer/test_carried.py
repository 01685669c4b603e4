"""Without scripts: what HTML cannot carry, or nobody sees, stands there as an escape."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site, Tab, site_of  # type: ignore[attr-defined]
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from viewer_runs import HOSTILE, discussed

from epm.viewer.carried import carried
from epm.viewer.data.library import Library
from epm.viewer.markdown import render
from epm.viewer.routes import addresses, content

UNSEEN = {
    "nul": ("\x00", "\N{REPLACEMENT CHARACTER}"),  # which CommonMark has in its place
    "escape": ("\x1b", "\\x1b"),
    "next line": ("\x85", "\\x85"),
    "override": ("\u202e", "\\u202e"),
    "isolate": ("\u2066", "\\u2066"),
    "zero width": ("\u200b", "\\u200b"),
    "mark of order": ("\ufeff", "\\ufeff"),
    "private": ("\ue000", "\\ue000"),
    "half of a pair": ("\ud800", "\\ud800"),
    "tag": ("\U000e0041", "\\U000e0041"),
}
PLACES = {
    "paragraph": "Said {}.",
    "heading": "## Said {} aloud",
    "code": "Said `a {} b`.",
    "fence": "```text\nsaid {}\n```",
    "cell": "| a |\n|---|\n| said {} |",
    "quote": "> said {}",
    "raw": "<p>said {}</p>",
    "raw, its title": '<abbr title="said {}">said</abbr>',
    "fold": "<details><summary>said {}</summary>\n\nMore.\n\n</details>",
    "alt": "![said {}](https://example.org/x.png)",
    "note": "Said[^1].\n\n[^1]: It is {}.",
}


def is_unseen(character: str) -> bool:
    kept = "\n\t\u200c\u200d"
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs") and character not in kept


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", UNSEEN)
def test_in_every_place_of_a_body_there_is_a_substitute(place: str, name: str) -> None:
    character, shown = UNSEEN[name]
    html = carried(render(PLACES[place].format(f"<{character}>".strip("<>"))).html)
    assert shown in html
    assert not [each for each in html if is_unseen(each)]


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_written_can_be_encoded_and_seen(text: str) -> None:
    shown = carried(text)
    shown.encode("utf-8")
    assert not [each for each in shown if is_unseen(each)]
    assert carried(shown) == shown


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    fillers = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    assert carried(text) == text or set(text) & set(fillers)


def test_what_holds_a_word_together_stays() -> None:
    for word in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f469"):
        assert carried(word) == word


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page, its title, its timeline and its comments, all of them hostile."""
    folder = tmp_path_factory.mktemp("carried") / "repository"
    run = folder / "runs" / "issue-16" / "said"
    run.mkdir(parents=True)
    every = "".join(character for character, _ in UNSEEN.values() if character != "\ud800")
    body = "\n\n".join(template.format(every) for template in PLACES.values())
    quoted = "\n\n".join(
        f"```text\n{text[:400]}\n```" for text in HOSTILE.values() if "\ud800" not in text
    )
    (run / "body.md").write_text(f"## AI Summary\n\n{body}\n\n{quoted}\n", encoding="utf-8")
    (run / "title.txt").write_text("Said \u202e aloud\n", encoding="utf-8")
    github = folder / "runs" / "github"
    github.mkdir()
    about = discussed()
    (github / "issues.json").write_text(json.dumps([about["issue"]]))
    about["comments"][1]["body"] = "\n\n".join(
        template.format("".join(character for character, _ in UNSEEN.values()))
        for template in PLACES.values()
    )
    about["timeline"].append({**about["timeline"][0], "actor": "\u202eme", "about": "a\ud800\x1b"})
    (github / "issue-16.json").write_text(json.dumps(about))
    return folder


@pytest.fixture(scope="module", params=["served", "exported"])
def site(
    request: pytest.FixtureRequest, hostile: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Either carrier."""
    pages = tmp_path_factory.mktemp("carried-exported") / "pages"
    with site_of(request.param, hostile, pages) as found:
        yield found


def test_no_page_holds_what_cannot_be_seen(hostile: Path) -> None:
    library = Library([], hostile)
    pages = [path for path in addresses(library) if path.endswith(".html")]
    assert len(pages) > 10
    for path in pages:
        found = content(library, path)
        assert found is not None
        assert not [c for c in found.body.decode("utf-8") if is_unseen(c)], path


def test_a_journey_without_scripts_shows_substitutes(tab: Tab) -> None:
    page = tab(java_script_enabled=False).open("r/issue-16/said/index.html")
    expect(page.locator("h1")).to_have_text("Said \\u202e aloud")
    for place in ("p", "h2", "code", "td", "blockquote", "summary", "section.footnotes"):
        shows(page, f"article.body {place} >> text=\\u202e >> nth=0")
    shows(page, "article.body pre >> text=\\x1b[31m >> nth=0")
    page.click(".screens a:text-is('Lint')")
    shows(page, "pre.source >> text=\\u202e >> nth=0")
    page.click(".screens a:text-is('History')")
    page.locator("tbody tr a").first.click()
    page.locator("summary", has_text="Timeline").click()
    shows(page, ".timeline >> text=\\u202eme")
    shows(page, ".timeline >> text=a\\ud800\\x1b")
    page.locator("summary", has_text="Comments").click()
    shows(page, ".comment >> text=\\ud800 >> nth=0")


def shows(page: Page, where: str) -> None:
    found = page.locator(where)
    expect(found).to_be_attached()
    assert not [c for c in found.text_content() or "" if is_unseen(c)]
