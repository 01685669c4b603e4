"""The pictures in docs/viewer, taken of the published results: `pytest tests/viewer/pictures.py`.

Its name keeps it out of the tests: it writes into docs/. The issues around the results, and what is
said on them, are made up on the emulator of GitHub; the pages, their numbers, completions and
verdicts are the published ones.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from bot_at_work import Bot, git
from PIL import Image
from playwright.sync_api import Browser, Page
from previewing import started

from epm.viewer.data.library import Library
from epm.viewer.exporting import export
from epm.viewer.fetching import fetch

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "viewer"
LARGEST = 120_000
"""Of a picture, in bytes."""
BOARD = (
    ("Does a persona's cosine to the assistant go with how easily it is marked?", "reviewing"),
    ("A judge that sees which arm it reads", "proposed"),
    ("Steering towards pleasure at five depths of the model", "reviewing"),
    ("Hedging learned from forty rows: does it reach other languages?", "running"),
    ("The marker under a second system prompt", "running"),
    ("Repeat the three seeds on a 1.7B model", "proposed"),
    ("Which of the negatives are too easy?", "completed"),
)


def test_pictures_are_taken(bot: Bot, browser: Browser, tmp_path: Path) -> None:
    top = bot.folder
    _said_on_github(bot, top)
    export(Library([], top), tmp_path / "pages")
    start = f"{(tmp_path / 'pages').as_uri()}/"
    marker, hedged = "r/issue-246/smollm2", "r/issue-16/pilot"
    page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="light")

    def show(address: str, ready: str) -> Page:
        page.goto("about:blank")
        page.goto(start + address)
        page.locator(ready).first.wait_for(timeout=60_000)
        return page

    _take(show("tasks.html", ".column .issue"), "board")
    show(f"{marker}/index.html", "article.body a.n").click("article.body a.n:text-is('33%')")
    page.locator(".panel .card").first.wait_for(timeout=60_000)
    _take(page, "number")
    _take(show(f"{marker}/matrix.html", "td.cell"), "matrix")
    _take(show(f"{hedged}/samples.html#k=conditions&m=hedge&t=other_questions", ".card"), "samples")
    show(f"{marker}/figures.html", "#slope img").locator("#slope").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#slope').scrollIntoView()")
    _take(page, "figure")
    _take(show(f"{marker}/history.html", "tbody tr"), "history", 460)
    page.close()
    draft = tmp_path / "issue-16" / "draft"
    draft.mkdir(parents=True)
    _preview(browser, draft)


def _said_on_github(bot: Bot, top: Path) -> None:
    """Issues, a page that was edited twice, and what was said of it."""
    for title, column in BOARD:
        labels = [f"status:{column}", "kind:experiment"]
        bot.hub.open_issue("An experiment.", title=title, labels=labels)
    for slug, run in (("issue-246", "smollm2"), ("issue-16", "pilot")):
        folder = top / "experiments" / slug.replace("-", "_") / "published" / run
        title = (folder / "title.txt").read_text(encoding="utf-8").strip()
        body = (folder / "body.md").read_text(encoding="utf-8")
        # the files are in this checkout's own commit
        body = re.sub("commit=[0-9a-f]+", f"commit={git(top, 'rev-parse', 'HEAD')}", body, count=1)
        body = body.replace("\n", f"\n<!-- epm:page v1 {slug}-{run} -->\n", 1)
        number = bot.open(body, title=title, labels=["clean-results", "status:awaiting_promotion"])
        bot.lint("opened", number)
        bot.hub.edit(number, body=body.replace("+2.5 points", "+25 points").replace("87%", "78%"))
        bot.lint("edited", number)
        fetch(bot.hub.client(), top, print)
        bot.hub.say(number, "The slope in the **AI TL;DR** is not what the table has: a slip?")
        bot.hub.edit(number, body=body)
        bot.lint("edited", number)
        bot.hub.say(number, "It was. Mended; the table was right.")
        fetch(bot.hub.client(), top, print)


def _preview(browser: Browser, scratch: Path) -> None:
    """A page that is being written, with a slip in it."""
    folder = ROOT / "experiments" / "issue_16" / "published" / "pilot"
    for name in ("title.txt", "results.json"):
        (scratch / name).write_bytes((folder / name).read_bytes())
    text = (folder / "body.md").read_text(encoding="utf-8")
    body = scratch / "body.md"
    body.write_text(text.replace("(416/480)", "(461/480)", 1), encoding="utf-8")
    preview = started(body, "--results", str(scratch / "results.json"), cwd=scratch)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="dark")
        page.goto(preview.url)
        page.locator("#page .margin").first.wait_for(timeout=60_000)
        _take(page, "preview")
        page.close()
    finally:
        preview.end()
    _lint(browser, body)


def _lint(browser: Browser, body: Path) -> None:
    """The same page in the viewer: its slip, wherever it was printed."""
    library = Library([str(body)], body.parent)
    pages = body.parent / "slip"
    export(library, pages)
    (key,) = library.places()
    page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="light")
    page.goto((pages / "r" / key / "lint.html").as_uri())
    _take(page, "lint", 640)
    page.close()


def _take(page: Page, name: str, height: int = 0) -> None:
    """A picture of what is in view, or of so much from its top, in 128 colours."""
    page.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    taken = taken.crop((0, 0, taken.width, height or taken.height))
    few = taken.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = PICTURES / f"{name}.png"
    few.save(file, optimize=True)
    assert file.stat().st_size < LARGEST, f"{file.name} has {file.stat().st_size:,} bytes"
