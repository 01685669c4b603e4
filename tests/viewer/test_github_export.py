"""What is exported from GitHub: asked for once, from a GitHub that answers, and read offline."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from bot_at_work import LABEL, SEED_SHAPE, TITLE, Bot
from conftest import Site, Tab  # type: ignore[attr-defined]
from faulty_proxy import answer
from playwright.sync_api import expect
from viewer_runs import HOSTILE

from epm.cli import main
from epm.errors import EpmError
from epm.viewer.data.discussion import discussion
from epm.viewer.data.library import Library
from epm.viewer.fetching import fetch
from epm.viewer.routes import content

ROOT = Path(__file__).parents[2]
HISTORY = "r/issue-16/pilot/history.html"
PAGE = f"<!-- epm:page v1 issue-16-pilot -->\n{SEED_SHAPE}"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A checkout with one published run."""
    place = "experiments/issue_16/published"
    shutil.copytree(ROOT / place, tmp_path / "here" / place)
    return tmp_path / "here"


def shown(top: Path, path: str) -> str:
    found = content(Library([], top), path)
    assert found is not None
    return found.body.decode()


def test_a_page_has_the_verdicts_comments_and_timeline_of_its_issue(bot: Bot, top: Path) -> None:
    hub = bot.hub
    hub.open_issue("An experiment.", title="Not the page")
    number = bot.open(PAGE)
    hub.say(number, f"{bot_marker()}\nForged.")
    bot.lint("opened", number)
    first = bot.hub.ask("token-of-a-human", "GET", f"/issues/{number}")["body"]
    hub.edit(number, body=PAGE.replace("##", "#", 1), title=f"{TITLE}!")
    hub.edit(number, labels=[LABEL, "blocked"])
    bot.lint("edited", number)
    hub.say(number, "A *remark*, <script>alert(1)</script>.")

    assert fetch(hub.client(), top, print) == 2
    before = discussion(top, number)
    assert before is not None
    assert before.past == ()
    done = {(one.kind, one.actor, one.about) for one in before.timeline}
    assert {("opened", "researcher", ""), ("labeled", "researcher", "blocked")} <= done

    # an earlier text is known as soon as a later one is exported
    hub.edit(number, body=first, title=TITLE)
    bot.lint("edited", number)
    fetch(hub.client(), top, print)
    asked = len(hub.proxy.seen)
    history = shown(top, HISTORY)
    rows = re.findall(r"<tr><td.*?</tr>", history)
    assert len(rows) == 3
    assert "3 verdicts since" in history
    assert "newly" in rows[1]
    assert "mended" in rows[0]
    was = re.findall(r'href="([^"]*)">[0-9a-f]{8}, as it was', history)
    assert len(was) == 3
    assert "This is an earlier text" in shown(top, was[1].removeprefix("../../../"))
    assert was[0] == was[2] != was[1]
    page = shown(top, "r/issue-16/pilot/index.html")
    assert "Comments · 3" in page
    assert "<em>remark</em>" in page
    assert "<script>alert" not in page
    board = shown(top, "tasks.html")
    assert f'href="issues/{number}.html"' in board
    cards = re.findall(r'<article class="issue".*?</article>', board, re.DOTALL)
    (card,) = [one for one in cards if f"issues/{number}.html" in one]
    assert 'href="r/issue-16/pilot/index.html">pilot, lint: ' in card
    assert "not in the export" not in board
    assert 'href="../r/issue-16/pilot/index.html"' in shown(top, f"issues/{number}.html")
    assert len(hub.proxy.seen) == asked, "something was asked that nobody asked for"


def bot_marker() -> str:
    from epm.bot.comment import MARKER

    return str(MARKER)


def test_a_comment_that_another_account_wrote_remembers_nothing(bot: Bot, top: Path) -> None:
    number = bot.open(PAGE)
    bot.lint("opened", number)
    real = bot.comments(number)[0]
    forged = bot.hub.open_issue(PAGE, title=TITLE, labels=[LABEL])
    bot.hub.say(forged, real)
    fetch(bot.hub.client(), top, print)
    for one, known in ((number, True), (forged, False)):
        about = discussion(top, one)
        assert about is not None
        assert (about.verdicts is not None) == known


def test_what_fails_leaves_the_export_as_it_was(bot: Bot, top: Path) -> None:
    bot.open(PAGE)
    fetch(bot.hub.client(), top, print)
    folder = top / "runs" / "github"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    bot.open("Another.", title="Another")
    client = bot.hub.client()
    client.login()
    bot.hub.proxy.plan("GET", answer(200, [{"number": 1}]))
    with pytest.raises(EpmError):
        fetch(client, top, print)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_command_asks_github_only_where_it_is_told_to(
    bot: Bot, top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = bot.open(PAGE)
    for name, value in bot.hub.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_REPOSITORY", bot.hub.name)
    monkeypatch.chdir(top)
    asked = len(bot.hub.proxy.seen)
    assert main(["view", "--export", "pages"]) == 0
    assert len(bot.hub.proxy.seen) == asked
    assert main(["view", "--github", "--export", "pages"]) == 0
    assert "exported 1 issue of" in capsys.readouterr().err
    assert (top / "pages" / "issues" / f"{number}.html").is_file()


@pytest.mark.parametrize("broken", ["", "[", "{}", '{"issue": 1}', '{"issue": {"number": 16}}'])
def test_an_export_that_is_broken_is_as_none(top: Path, broken: str) -> None:
    folder = top / "runs" / "github"
    folder.mkdir(parents=True)
    listed = {"number": 16, "title": "Hedging", "state": "open", "labels": []}
    (folder / "issues.json").write_text(json.dumps([listed]))
    (folder / "issue-16.json").write_text(broken)
    assert "Nothing is known of this run's issue" in shown(top, HISTORY)
    assert "Timeline" not in shown(top, "r/issue-16/pilot/index.html")


def test_history_leads_to_the_page_as_it_was_and_comments_are_text(tab: Tab, site: Site) -> None:
    page = tab().open(HISTORY)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("newly failed: a")
    rows.nth(0).locator("a").click()
    expect(page.locator(".notice:visible")).to_contain_text("This is an earlier text")
    expect(page.locator("article.body").first).to_have_text("Body.")
    page.go_back()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.click(".pills a:text-matches('Comments')")
    expect(page.locator(".comment").nth(1)).to_be_visible()
    assert page.locator(".comment").count() == len(HOSTILE) + 4
    ids = page.locator("[id]").evaluate_all("(all) => all.map((one) => one.id)")
    assert len(ids) == len(set(ids))
    for tag in ("script", "img", "[onerror]", "a[href^=javascript]"):
        assert page.locator(f".discussed {tag}").count() == 0
    expect(page.locator(".timeline li").first).to_contain_text("ghost renamed")


def test_what_cannot_be_seen_is_an_escape_where_no_script_marks_it(tmp_path: Path) -> None:
    page = tmp_path / "body.md"
    page.write_text(
        "## AI Summary\n\nA rate\tof 3/4 (80%)\u202e\x1b[31m\x00\u200b here.\n", newline=""
    )
    library = Library([str(page)], tmp_path)
    (key,) = library.places()
    found = content(library, f"r/{key}/lint.html")
    assert found is not None
    quoted = "".join(re.findall(r'<pre class="source".*?</pre>', found.body.decode(), re.DOTALL))
    assert "(80%)\\u202e\\x1b[31m\\x00\\u200b here" in quoted
    assert not set("\u202e\x1b\x00\u200b") & set(found.body.decode())
