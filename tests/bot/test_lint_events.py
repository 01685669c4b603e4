"""Events of issues: one comment, kept true, in few requests."""

from __future__ import annotations

import re

import pytest
from bot_at_work import LABEL, SEED_SHAPE, Bot
from faulty_proxy import Fault, Request, answer, meanwhile

from epm.errors import EpmError

HERO = re.compile(r"/main/figures/[\w./]+")
PINNED = f"/{'a' * 40}/figures/issue_246/hero_l20.png"


def without_history(comment: str) -> str:
    """What a comment says but for what it remembers, and which edit it is about."""
    own = r"^<!-- epm:lint-.*$|^Judged: .*$|^<!-- epm:past-verdicts -->$.*?</details>$"
    return re.sub(own, "", comment, flags=re.MULTILINE | re.DOTALL).strip()


@pytest.mark.parametrize("action", ["opened", "edited", "labeled", "reopened"])
def test_one_comment_for_each_event(bot: Bot, action: str) -> None:
    number = bot.open()
    ran = bot.lint(action, number)
    assert ran.code == 0
    [comment] = bot.comments(number)
    lines = comment.splitlines()
    assert lines[0] == "<!-- epm:clean-result-lint v1 -->"
    assert lines[-1] == "<!-- /epm:clean-result-lint -->"
    assert lines[1].startswith("<!-- epm:lint-memory ")
    assert lines[2].startswith("<!-- epm:lint-history ")
    assert lines[3] == "> [!CAUTION]"
    assert lines[4].startswith("> **✗ FAIL — ")
    assert (ran.reads, ran.writes) == (4, 1)
    assert "::error " in ran.log
    assert "Hero figure" in ran.summary


def test_what_the_comment_says(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    [comment] = bot.comments(number)
    page = f"http://localhost:[0-9]+/{bot.hub.name}/issues/{number}"
    assert re.search(rf"  - \[line \d+\]\({page}#:~:text=[A-Za-z0-9%_.]+\): ", comment)
    assert comment.index("✗ **Hero figure** `hero-figure`") < comment.index("! **")
    assert "\nCheck                            Status  Detail\n" in comment
    assert comment.count("<details>") == comment.count("</details>") == 1
    assert "Suggested patch" not in comment, "a stub of a section is no suggestion"


def test_nothing_changed_nothing_written(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    before = bot.hub.bodies(number)
    for action in ("edited", "labeled", "reopened"):
        ran = bot.lint(action, number)
        assert (ran.reads, ran.writes) == (3, 0)
    bot.hub.edit(number, body=SEED_SHAPE.replace("ten named personas", "our named personas"))
    assert bot.lint("edited", number).writes == 1, "which edit was judged is said, too"
    [after], [earlier] = bot.hub.bodies(number), before
    assert without_history(after) == without_history(earlier)


def test_what_an_edit_has_changed(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    first = bot.comments(number)
    assert "Since the last" not in first[0]
    bot.hub.edit(number, body=HERO.sub(PINNED, SEED_SHAPE))
    ran = bot.lint("edited", number)
    assert (ran.reads, ran.writes) == (4, 1)
    [second] = bot.comments(number)
    assert re.search(r"Since the last verdict: mended: [^.]*Hero figure", second)
    assert bot.lint("labeled", number).writes == 0, "that line alone is no change"
    bot.hub.edit(number, body=SEED_SHAPE)
    bot.lint("edited", number)
    [third] = bot.comments(number)
    assert re.search(r"Since the last verdict:.*newly failed: [^.]*Hero figure", third)


def test_the_label_goes_and_comes_back(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    bot.hub.edit(number, labels=["bug"])
    ran = bot.lint("unlabeled", number, label={"name": LABEL})
    assert (ran.reads, ran.writes) == (5, 1)  # the fifth folds the comment
    [comment] = bot.comments(number)
    assert "not checked" in comment
    assert "Hero figure" not in comment
    assert bot.lint("unlabeled", number, label={"name": LABEL}).writes == 0
    assert bot.lint("unlabeled", number, label={"name": "bug"}).calls == []
    bot.hub.edit(number, labels=[LABEL])
    bot.lint("labeled", number)
    [comment] = bot.comments(number)
    assert "✗ FAIL" in comment


def test_an_outdated_comment_is_folded_until_the_label_comes_back(bot: Bot) -> None:
    """The emulator knows no GraphQL; what is sent is looked at."""

    def mutations(action: str, **extra: object) -> list[tuple[str, str]]:
        before = len(bot.hub.proxy.requests)
        bot.lint(action, number, **extra)
        asked = [one.json for one in bot.hub.proxy.requests[before:] if one.path == "/graphql"]
        return [
            (one["query"].split("{ ")[1].split("(")[0], one["variables"]["id"]) for one in asked
        ]

    number = bot.open()
    assert mutations("opened") == []
    [comment] = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}/comments")
    bot.hub.edit(number, labels=["bug"])
    gone = {"label": {"name": LABEL}}
    assert mutations("unlabeled", **gone) == [("minimizeComment", comment["node_id"])]
    assert mutations("unlabeled", **gone) == [], "it is folded already"
    bot.hub.edit(number, labels=[LABEL])
    assert mutations("labeled") == [("unminimizeComment", comment["node_id"])]
    bot.hub.edit(number, body="Nothing here.")
    assert mutations("edited") == []


def test_what_is_no_result_costs_nothing(bot: Bot) -> None:
    number = bot.open(labels=["bug"])
    for action in ("opened", "edited", "labeled", "reopened"):
        assert bot.lint(action, number).calls == []
    ran = bot.lint("unlabeled", number, label={"name": LABEL})
    assert ran.calls == [
        ("GET", f"/repos/{bot.hub.name}/issues/{number}/comments?per_page=100", 200)
    ]
    assert bot.lint("assigned", number).calls == []
    assert bot.hub.bodies(number) == []


def test_a_page_that_was_closed_as_not_planned_is_left_alone(bot: Bot) -> None:
    number = bot.open()
    bot.hub.edit(number, state="closed", state_reason="not_planned")
    assert bot.lint("edited", number).calls == []
    bot.hub.edit(number, state="closed", state_reason="completed")
    bot.lint("edited", number)
    assert len(bot.comments(number)) == 1


def test_an_edit_while_linting_gets_its_verdict(bot: Bot) -> None:
    number = bot.open()
    newer = "## AI Summary\n\nNothing here."
    bot.hub.proxy.plan("POST", meanwhile(lambda: bot.hub.edit(number, body=newer)))
    ran = bot.lint("opened", number)
    [comment] = bot.comments(number)
    assert ran.code == 0
    assert "Since the last verdict" in comment
    assert "hero_l20" not in comment
    bot.hub.edit(number, labels=["bug"])
    assert bot.lint("edited", number).calls == []


def test_an_old_event_does_not_overwrite_a_newer_verdict(bot: Bot) -> None:
    number = bot.open()
    old = bot.issue_event("opened", number)
    old["issue"]["updated_at"] = "2026-01-01T00:00:00Z"
    bot.hub.edit(number, body="Nothing here.")
    bot.lint("edited", number)
    before = bot.comments(number)
    ran = bot.run("issues", old)
    assert ran.writes == 0
    assert bot.comments(number) == before


def test_a_comment_that_somebody_edited_is_put_right(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    rows = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}/comments")
    spoilt = rows[0]["body"].replace("✗ FAIL", "✓ PASS")
    path = f"/issues/comments/{rows[0]['id']}"
    bot.hub.ask("token-of-the-owner", "PATCH", path, {"body": spoilt})
    assert bot.lint("edited", number).writes == 1
    [comment] = bot.comments(number)
    assert without_history(comment) == without_history(rows[0]["body"])


def test_duplicates_of_an_accident_go(bot: Bot) -> None:
    number = bot.open()
    bot.lint("opened", number)
    [comment] = bot.comments(number)
    bot.hub.say(number, comment, "token-of-the-bot")
    bot.lint("edited", number)
    assert bot.comments(number) == [comment]


def test_two_runs_that_both_create(bot: Bot) -> None:
    number = bot.open()
    event = bot.issue_event("opened", number)
    bot.hub.proxy.plan("POST", meanwhile(lambda: bot.run("issues", event)))
    assert bot.run("issues", event).code == 0
    assert len(bot.comments(number)) == 1


def test_our_own_events(bot: Bot) -> None:
    """What we publish is linted too; as a lint edits no issue, no event comes of it."""
    number = bot.open()
    bot.lint("opened", number, sender="epm-bot")
    assert len(bot.comments(number)) == 1
    before = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")
    bot.lint("edited", number, sender="epm-bot")
    after = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")
    assert (before["body"], before["labels"]) == (after["body"], after["labels"])


def test_who_may_silence_a_rule(bot: Bot) -> None:
    silenced = f"<!-- epm: ignore[hero-figure] it is lost -->\n{SEED_SHAPE}"
    by_writer = bot.open(silenced)
    bot.lint("opened", by_writer)
    assert "✗ **Hero figure**" not in bot.comments(by_writer)[0]
    by_stranger = bot.open(silenced)
    payload = bot.issue_event("edited", by_stranger)
    payload["issue"]["user"] = {"login": "stranger"}
    bot.run("issues", payload)
    assert "✗ **Hero figure**" in bot.comments(by_stranger)[0]
    assert "only people with write access can silence a rule" in bot.comments(by_stranger)[0]


def test_an_issue_that_was_transferred_meanwhile(bot: Bot) -> None:
    """The event is of the old place; each read of it is answered by 301 to a stranger's issue."""
    number, stranger = bot.open(), bot.open()
    event = bot.issue_event("edited", number)
    old, new = (f"/repos/{bot.hub.name}/issues/{one}" for one in (number, stranger))

    def draw(request: Request) -> Fault | None:
        if not request.path.startswith(old):
            return None
        return answer(301, Location=bot.hub.proxy.url + request.path.replace(old, new))

    with bot.hub.proxy.chaos(draw), pytest.raises(EpmError, match=f"it has moved to .*#{stranger}"):
        bot.run("issues", event)
    assert bot.hub.bodies(number) == bot.hub.bodies(stranger) == []


def test_the_bots_account_changes(bot: Bot) -> None:
    """One comment lives; the old one says where, and comes to life where the account comes back."""
    number = bot.open()
    bot.lint("opened", number)
    other = {"GITHUB_TOKEN": "token-of-ada"}
    bot.hub.ask("token-of-the-owner", "PUT", "/collaborators/ada", {"permission": "push"})
    event = bot.issue_event("edited", number)
    bot.run("issues", event, environment=other)
    old, new = bot.comments(number)
    assert "Another account keeps this comment now: [here](" in old
    assert "✗ FAIL" in new
    assert bot.run("issues", event, environment=other).writes == 0
    bot.lint("edited", number)
    back, gone = bot.comments(number)
    assert "✗ FAIL" in back
    assert "Another account keeps this comment now" in gone
