"""Commands in comments: what is one, who may give one, and what comes of it."""

from __future__ import annotations

import re

import pytest
from bot_at_work import SEED_SHAPE, Bot

from epm.bot.commands import MOST, Command, parse
from epm.github.markers import Marker

PAGE = "<!-- epm:page v1 issue-246-published -->"
REPLY, REFUSAL = Marker("reply"), Marker("refusal")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/epm lint", [("lint", "")]),
        ("/epm run pilot", [("run", "pilot")]),
        ("Thanks!\n/epm lint\nbye", [("lint", "")]),
        ("Thanks!\r\n\r\n/epm lint\r\n", [("lint", "")]),
        ("/epm lint\n/epm explain hero-figure", [("lint", ""), ("explain", "hero-figure")]),
        ("/epm lint\n\n/epm lint", [("lint", "")]),
        ("# A heading\n\n/epm lint", [("lint", "")]),
        ("/epm", [("", "")]),
        ("/epm  run   pilot  now", [("run", "pilot")]),
        ("/EPM lint", [("lint", "")]),
        ("/Epm LINT", [("lint", "")]),
        ("   /epm lint", [("lint", "")]),
        (" say\n  /epm lint", [("lint", "")]),
        ("- /epm lint", [("lint", "")]),
        ("* /epm lint\n* /epm explain hero-figure", [("lint", ""), ("explain", "hero-figure")]),
        ("1. /epm lint", [("lint", "")]),
        ("- [ ] /epm run pilot", [("run", "pilot")]),
        ("- first\n  - /epm lint", [("lint", "")]),
        ("- item\n/epm lint", [("lint", "")]),
        ("<details>\n\nx\n\n</details>\n\n/epm lint", [("lint", "")]),
        ("<div align=center>\n\n/epm lint\n\n</div>", [("lint", "")]),
        ("<br>\n\n/epm lint", [("lint", "")]),
    ],
)
def test_commands(text: str, found: list[tuple[str, str]]) -> None:
    assert list(parse(text)) == [Command(*one) for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "say /epm lint",
        "> /epm lint",
        "> somebody said\n/epm lint",  # still the quotation's paragraph
        "```\n/epm lint\n```",
        "~~~~\n/epm lint\n~~~\n/epm lint",
        "    /epm lint",
        "`code\n/epm lint\n`",
        "<!--\n/epm lint\n-->",
        "text <!--\n/epm lint\n-->",
        "<details>\n/epm lint\n</details>",
        "<details>\n\n/epm lint\n\n</details>",
        "<details open>\n<summary>x</summary>\n\n- /epm lint\n\n</details>",
        "<details>\n\n/epm lint",  # never closed: all the rest is folded
        "<div hidden>\n\n/epm lint\n\n</div>",
        "<div\n hidden=''>\n\n/epm lint\n\n</div>",
        '<p style="display:none">\n\n/epm lint\n\n</p>',
        "<div hidden><div>\n\n/epm lint\n\n</div></div>",
        "<blockquote>\n\n/epm lint\n\n</blockquote>",
        "<del>\n\n/epm lint\n\n</del>",
        "> - /epm lint",
        "- > /epm lint",
        "- `/epm lint`",
        "-     /epm lint",
        "&#47;epm lint",
        "<pre>\n\n/epm lint\n</pre>",
        "| a |\n|---|\n/epm lint",
        "/epmlint",
        "\\/epm lint",
        "\u200b/epm lint",
        "/\u200bepm lint",
        "",
    ],
)
def test_no_commands(text: str) -> None:
    assert parse(text) == ()


def test_many_commands() -> None:
    assert len(parse("\n".join(f"/epm explain r{number}" for number in range(50)))) == MOST


def test_lint(bot: Bot) -> None:
    number = bot.open()
    ran = bot.say(number, "/epm lint")
    assert ran.code == 0
    assert len(bot.comments(number)) == 1
    assert len(bot.hub.bodies(number)) == 2, "no reply where the comment itself is one"
    reactions = [path for verb, path, _ in ran.calls if path.endswith("/reactions")]
    assert len(reactions) == 2
    assert ran.calls[0][1] == reactions[0], "acknowledged before all else"


def test_lint_without_the_label(bot: Bot) -> None:
    number = bot.open(labels=[])
    bot.say(number, "/epm lint")
    assert "no `clean-results` label" in bot.hub.bodies(number)[1]


def test_explain(bot: Bot) -> None:
    number = bot.open()
    bot.say(number, "/epm explain hero-figure")
    reply = bot.hub.bodies(number)[1]
    assert reply.startswith("<!-- epm:reply v1 c")
    assert "Hero figure (hero-figure)" in reply
    assert "Bad:" in reply


def test_explain_what_there_is_not(bot: Bot) -> None:
    number = bot.open()
    bot.say(number, "/epm explain hero-figur")
    reply = bot.hub.bodies(number)[1]
    assert "“hero-figur”" in reply
    assert "`human-summary`" in reply


def test_a_run_is_asked_for_on_the_page_as_well(bot: Bot) -> None:
    """The page names its experiment; only one that is defined here can be started."""
    page = bot.open(f"<!-- epm:clean-result format=v1 -->\n{PAGE}\n\n{SEED_SHAPE}")
    assert outputs(bot.say(page, "/epm run").output)["profile"] == "published"
    assert outputs(bot.say(page, "/epm run smoke").output)["profile"] == "smoke"
    assert outputs(bot.say(page, "/epm publish").output)["publish"] == "ready"
    forged = bot.open(f"<!-- epm:page v1 issue-1-$(id) -->\n\n{SEED_SHAPE}")
    assert bot.say(forged, "/epm run").output == ""


def test_what_cannot_be_ready_is_refused_at_once(bot: Bot) -> None:
    """Publishing would refuse a pilot after hours on a machine."""
    open_246(bot)
    ran = bot.say(246, "/epm publish pilot")
    assert ran.output == ""
    reply = bot.hub.bodies(246)[-1]
    assert "the profile pilot is a pilot, which is never published as ready" in reply
    assert "/epm run pilot" in reply
    ran = bot.say(246, "/epm publish")
    assert ran.output == ""
    assert "name one: full, smollm2, published" in bot.hub.bodies(246)[-1]


def test_a_repository_without_a_job_that_runs(bot: Bot) -> None:
    open_246(bot)
    payload = bot.comment_event(246, bot.hub.say(246, "/epm run"))
    ran = bot.run("issue_comment", payload, inputs={"EPM_RUNS": "false"})
    assert ran.output == ""
    assert "no job that runs experiments; docs/bot.md has one to copy" in bot.hub.bodies(246)[-1]


@pytest.mark.parametrize(
    ("result", "page", "trouble", "words"),
    [
        ("success", "2", "", "published as a draft: [#2]("),
        ("failure", "", "the GPU is [gone]", "failed: the GPU is \\[gone\\] ([log]("),
        ("failure", "", "", "failed ([log]("),
        ("cancelled", "", "", "a newer run of it took its place in the queue"),
        ("skipped", "", "", "was not run: the workflow held it back"),
        ("nonsense", "$(id)", "@everyone\n::error::x", "failed: @\u200beveryone"),
    ],
)
def test_the_reply_says_how_the_run_ended(
    bot: Bot, result: str, page: str, trouble: str, words: str
) -> None:
    open_246(bot)
    payload = bot.comment_event(246, bot.hub.say(246, "/epm run\n/epm explain hero-figure"))
    bot.run("issue_comment", payload)
    started = bot.hub.bodies(246)[-1]
    assert "Started `issue-246` with the profile `pilot`" in started
    assert "will say how it ended" in started
    inputs = {"EPM_ENDED": result, "EPM_PAGE": page, "EPM_TROUBLE": trouble}
    for _ in range(2):
        ran = bot.run("issue_comment", payload, inputs=inputs)
        assert (ran.code, ran.output) == (0, "")
        ended = bot.hub.bodies(246)[-1]
        assert words in ended
        assert "Started `" not in ended
        assert "actions/runs/77" in ended
        assert "Hero figure (hero-figure)" in ended, "the rest of the reply stays"
        assert "\n::error" not in ended
    assert ran.writes == 0
    assert result == "success" or "`/epm run pilot`" in ended or result == "skipped"


def test_the_end_is_told_where_the_reply_was_deleted(bot: Bot) -> None:
    open_246(bot)
    payload = bot.comment_event(246, bot.hub.say(246, "/epm run"))
    bot.run("issue_comment", payload, inputs={"EPM_ENDED": "failure"})
    assert "failed ([log](" in bot.hub.bodies(246)[-1]


def test_run(bot: Bot) -> None:
    open_246(bot)
    ran = bot.say(246, "/epm run")
    assert outputs(ran.output) == {
        "experiment": "issue-246",
        "profile": "pilot",
        "runner": "ubuntu-24.04",
        "publish": "draft",
    }
    assert "actions/runs/77" in bot.hub.bodies(246)[-1]
    assert outputs(bot.say(246, "/epm run full").output)["runner"] == "gpu"
    assert outputs(bot.say(246, "/epm publish published").output)["publish"] == "ready"


def test_a_run_that_cannot_be(bot: Bot) -> None:
    number = bot.open()
    ran = bot.say(number, "/epm run")
    assert (ran.code, ran.output) == (0, "")
    assert f"no experiment is defined for issue {number}" in bot.hub.bodies(number)[-1]
    open_246(bot)
    for profile in ("nothing", "$(id)", "../../x", "pilot;id", "--help"):
        ran = bot.say(246, f"/epm run {profile}")
        assert (ran.code, ran.output) == (0, "")
        assert "has no such profile; it has full, " in bot.hub.bodies(246)[-1]
    ran = bot.say(246, "/epm run pilot\n/epm run full")
    assert outputs(ran.output)["profile"] == "pilot"
    assert "one comment starts one run" in bot.hub.bodies(246)[-1]


def test_unknown_commands(bot: Bot) -> None:
    number = bot.open()
    ran = bot.say(number, "/epm delete @everyone #1 `x` | <b>")
    reply = bot.hub.bodies(number)[-1]
    assert ran.code == 0
    assert "`/epm explain RULE`" in reply
    assert "@everyone" not in reply


@pytest.mark.parametrize("sender", ["reader", "stranger"])
def test_people_without_write_access(bot: Bot, sender: str) -> None:
    number = bot.open()
    for _ in range(3):
        ran = bot.say(number, "/epm lint\n/epm run full\n/epm publish", sender)
        assert (ran.code, ran.output) == (0, "")
    ours = [body for body in bot.hub.bodies(number) if body.startswith("<!--")]
    assert len(ours) == 1, "one refusal for all"
    assert REFUSAL.leads(ours[0])
    assert "write access" in ours[0]
    assert "@" not in ours[0]


def test_what_does_not_command(bot: Bot) -> None:
    number = bot.open()
    said = bot.hub.say(number, "/epm lint")
    for action in ("edited", "deleted"):
        payload = bot.comment_event(number, said, action=action)
        assert bot.run("issue_comment", payload).calls == []
    on_pull_request = bot.comment_event(number, said)
    on_pull_request["issue"]["pull_request"] = {"url": "x"}
    of_a_bot = bot.comment_event(number, said)
    of_a_bot["comment"]["user"]["login"] = "other[bot]"
    ours = bot.comment_event(number, said)
    ours["comment"]["body"] = REPLY.wrap("/epm lint")
    idle = bot.comment_event(number, said)
    idle["comment"]["body"] = "No command."
    for payload in (on_pull_request, of_a_bot, ours, idle):
        assert bot.run("issue_comment", payload).calls == []
    assert bot.hub.bodies(number) == ["/epm lint"]


def test_the_same_event_twice(bot: Bot) -> None:
    number = bot.open()
    payload = bot.comment_event(number, bot.hub.say(number, "/epm explain hero-figure"))
    bot.run("issue_comment", payload)
    bot.run("issue_comment", payload)
    assert len(bot.hub.bodies(number)) == 2


def test_reactions_as_github_answers_them(bot: Bot) -> None:
    """The emulator knows none; the shape is that of GitHub's description."""
    bot.hub.proxy.record("POST", "/reactions$", 201, {"id": 1, "content": "eyes"})
    number = bot.open()
    bot.say(number, "/epm lint")
    sent = [one.json for one in bot.hub.proxy.requests if one.path.endswith("/reactions")]
    assert sent == [{"content": "eyes"}, {"content": "rocket"}]
    bot.say(number, "/epm lint", "stranger")
    sent = [one.json for one in bot.hub.proxy.requests if one.path.endswith("/reactions")]
    assert sent[2:] == [{"content": "eyes"}, {"content": "confused"}]


def outputs(text: str) -> dict[str, str]:
    """As the runner reads GITHUB_OUTPUT."""
    found = re.findall(r"^(\w+)<<(epm-[0-9a-f]{32})\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
    return {name: value for name, _, value in found}


def open_246(bot: Bot) -> None:
    """The issue of the project's own experiment, and all before it."""
    while bot.open(SEED_SHAPE) < 246:
        pass
