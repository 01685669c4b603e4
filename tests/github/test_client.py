"""The client against an emulator of GitHub, where nothing goes wrong."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC

import pytest
from hub import BOT, HUMAN, OWNER, Hub

from epm.errors import EpmError
from epm.github.client import Client
from epm.github.interface import Conflict, GitHub, Missing, Permission, Reaction
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")


def test_an_issue_as_it_is(hub: Hub, client: Client) -> None:
    number = hub.open_issue("one\r\ntwo", labels=["b", "a"])
    issue = client.issue(number)
    assert (issue.number, issue.title, issue.body) == (number, "A title", "one\r\ntwo")
    assert (issue.labels, issue.state, issue.author) == (("a", "b"), "open", "researcher")
    assert issue.html_url.endswith(f"/{hub.name}/issues/{number}")
    assert issue.updated_at.tzinfo is UTC
    assert hub.proxy.seen == [("GET", f"/repos/{hub.name}/issues/{number}", 200)]


def test_an_issue_without_a_body_has_an_empty_one(hub: Hub, client: Client) -> None:
    assert client.issue(hub.ask(HUMAN, "POST", "/issues", {"title": "t"})["number"]).body == ""


def test_all_pages_of_comments(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    for place in range(203):
        hub.say(number, f"comment {place}")
    found = client.comments(number)
    assert [one.body for one in found] == [f"comment {place}" for place in range(203)]
    assert hub.proxy.count("GET", "/comments") == 3


def test_our_comment_on_the_last_page_is_found(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    for place in range(101):
        hub.say(number, f"comment {place}")
    ours = hub.say(number, LINT.wrap("clean"), BOT)
    assert [one.id for one in client.own_comments(number, LINT)] == [ours]


def test_ours_is_marker_and_author(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.say(number, LINT.wrap("forged"), HUMAN)
    hub.say(number, f"> {LINT}\nquoted by us", BOT)
    hub.say(number, Marker("results").wrap("another of ours"), BOT)
    assert client.own_comments(number, LINT) == []
    ours = hub.say(number, Marker("clean-result-lint", version=2).wrap("newer"), BOT)
    assert [one.id for one in client.own_comments(number, LINT)] == [ours]


def test_nobody_asks_who_we_are_where_no_marker_is(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.say(number, "no marker")
    assert client.own_comments(number, LINT) == []
    assert hub.proxy.count("GET", "/user") == 0


def test_all_pages_of_issues_with_all_these_labels(hub: Hub, client: Client) -> None:
    numbers = [hub.open_issue(labels=["wanted", "x y"]) for _ in range(104)]
    hub.open_issue(labels=["other"])
    closed = numbers.pop()
    hub.edit(closed, state="closed")
    assert [one.number for one in client.issues(["wanted", "x y"])] == numbers
    assert [one.number for one in client.issues(["wanted"], "closed")] == [closed]


def test_pull_requests_are_no_issues(hub: Hub, client: Client) -> None:
    """GitHub lists them among the issues; the emulator does not."""
    number = hub.open_issue()
    issue = hub.ask(HUMAN, "GET", f"/issues/{number}")
    pull = {**issue, "number": 9, "pull_request": {"url": issue["url"]}}
    hub.proxy.record("GET", "/issues[?]", 200, [issue, pull])
    assert [one.number for one in client.issues()] == [number]


def test_an_issue_is_made_and_found_again(hub: Hub, client: Client) -> None:
    hub.open_issue(LINT.wrap("forged"))
    made = client.create_issue("T", LINT.wrap("ours"), ["clean-results:draft"], LINT)
    assert (made.author, made.labels) == ("epm-bot", ("clean-results:draft",))
    client.create_issue("T", Marker("other").wrap("ours"), [], Marker("other"))
    hub.edit(made.number, state="closed")
    assert [one.number for one in client.own_issues(LINT)] == [made.number]


def test_an_edit_writes_what_is_given_and_no_more(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue(labels=["a"]))
    after = client.edit_issue(seen, body="new")
    assert (after.title, after.body, after.labels) == ("A title", "new", ("a",))
    after = client.edit_issue(after, title="Other", labels=["b", "A"])
    assert (after.title, after.body, after.labels) == ("Other", "new", ("A", "b"))


def test_an_edit_that_changes_nothing_is_not_written(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue("one\r\ntwo\r\n", labels=["a"]))
    client.edit_issue(seen, title="A title", body="one\ntwo", labels=["A"])
    assert hub.proxy.count("PATCH") == 0


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ({"body": "theirs"}, {"body": "ours"}, "the body of issue"),
        ({"title": "theirs"}, {"title": "ours", "body": "ours"}, "the title of issue"),
        ({"labels": ["theirs"]}, {"labels": ["ours"]}, "the labels of issue"),
        (
            {"title": "theirs", "body": "theirs"},
            {"title": "ours", "body": "ours"},
            "the title and the body of issue",
        ),
    ],
)
def test_what_somebody_else_edited_is_not_overwritten(
    hub: Hub, client: Client, theirs: dict[str, object], ours: dict[str, object], words: str
) -> None:
    seen = client.issue(hub.open_issue())
    hub.edit(seen.number, **theirs)
    with pytest.raises(Conflict, match=f"somebody changed {words} 1 .*; look at the change") as got:
        client.edit_issue(seen, **ours)  # type: ignore[arg-type]
    assert got.value.current == client.issue(seen.number)
    assert hub.proxy.count("PATCH") == 0


def test_what_we_do_not_write_may_have_changed(hub: Hub, client: Client) -> None:
    """A comment and a label move `updated_at`, too."""
    seen = client.issue(hub.open_issue())
    hub.say(seen.number, "hello")
    hub.edit(seen.number, labels=["theirs"], title="theirs")
    after = client.edit_issue(seen, body="ours")
    assert (after.body, after.title, after.labels) == ("ours", "theirs", ("theirs",))


def test_comments_are_written_edited_and_deleted(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    made = client.create_comment(number, LINT.wrap("one"), LINT)
    assert hub.bodies(number) == [LINT.wrap("one")]
    assert client.edit_comment(made, LINT.wrap("one")) == made
    assert hub.proxy.count("PATCH") == 0
    client.edit_comment(made, LINT.wrap("two"))
    assert hub.bodies(number) == [LINT.wrap("two")]
    client.delete_comment(made)
    client.delete_comment(made)
    assert hub.bodies(number) == []
    with pytest.raises(Missing):
        client.edit_comment(made, LINT.wrap("three"))


def test_a_body_must_carry_its_marker(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    with pytest.raises(ValueError, match="does not begin with <!-- epm:clean-result-lint v1 -->"):
        client.create_comment(number, "no marker", LINT)


def test_a_title_that_is_too_long_is_not_sent(client: Client, hub: Hub) -> None:
    body = LINT.wrap("x")
    with pytest.raises(EpmError, match="the title has 257 characters; GitHub takes 1 to 256"):
        client.create_issue("t" * 257, body, [], LINT)
    with pytest.raises(EpmError, match="the title has 0 characters"):
        client.create_issue(" ", body, [], LINT)
    assert hub.proxy.seen == []


def test_permissions(hub: Hub, client: Client) -> None:
    hub.ask(OWNER, "PUT", "/collaborators/stranger", {"permission": "triage"})
    expected = {
        "lab": Permission.ADMIN,
        "epm-bot": Permission.WRITE,
        "reader": Permission.READ,
        "stranger": Permission.READ,
        "nobody": Permission.NONE,
        "../issues": Permission.NONE,
    }
    assert {login: client.permission(login) for login in expected} == expected
    assert [one.can_write for one in Permission] == [False, False, True, True]


def test_the_repository(hub: Hub, client: Client) -> None:
    found = client.repository()
    assert (found.full_name, found.private, found.default_branch) == (hub.name, False, "main")
    assert client.full_name == hub.name


def test_reactions_where_there_are_none(hub: Hub, client: Client) -> None:
    assert client.react(hub.say(hub.open_issue(), "hello"), Reaction.SEEN) is False


def test_reactions_as_github_answers(hub: Hub, client: Client) -> None:
    comment = hub.say(hub.open_issue(), "/epm lint")
    shape = {"id": 1, "node_id": "x", "content": "eyes", "created_at": "2026-11-01T00:00:00Z"}
    hub.proxy.record("POST", rf"/issues/comments/{comment}/reactions$", 201, shape)
    assert client.react(comment, Reaction.SEEN) is True


def test_minimising_where_there_is_no_graphql(hub: Hub, client: Client) -> None:
    made = client.create_comment(hub.open_issue(), LINT.wrap("old"), LINT)
    assert client.minimise_comment(made) is False


@pytest.mark.parametrize(
    ("shape", "folded"),
    [
        ({"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}, True),
        ({"data": {"minimizeComment": None}, "errors": [{"type": "FORBIDDEN"}]}, False),
        ({"errors": [{"message": "Something went wrong"}]}, False),
        (["no answer of GitHub's"], False),
    ],
)
def test_minimising_as_github_answers(
    hub: Hub, client: Client, shape: object, folded: bool
) -> None:
    made = client.create_comment(hub.open_issue(), LINT.wrap("old"), LINT)
    hub.proxy.record("POST", "/graphql$", 200, shape)
    assert client.minimise_comment(made) is folded


@pytest.mark.parametrize(
    ("shape", "unfolded"),
    [
        ({"data": {"unminimizeComment": {"unminimizedComment": {"isMinimized": False}}}}, True),
        ({"data": {"unminimizeComment": None}, "errors": [{"type": "FORBIDDEN"}]}, False),
    ],
)
def test_restoring_as_github_answers(
    hub: Hub, client: Client, shape: object, unfolded: bool
) -> None:
    made = client.create_comment(hub.open_issue(), LINT.wrap("old"), LINT)
    assert client.restore_comment(made) is False
    hub.proxy.record("POST", "/graphql$", 200, shape)
    assert client.restore_comment(made) is unfolded


def test_a_client_is_what_the_interface_asks_for(client: Client) -> None:
    github: GitHub = client
    asked = {name for name in vars(GitHub) if not name.startswith("_")}
    assert asked == {name for name in dir(github) if not name.startswith("_")}


def test_only_the_transport_loads_pygithub() -> None:
    code = (
        "import sys, epm.github.client, epm.github.events, epm.github.comments, epm.github.text;"
        "print([name for name in ('github', 'requests', 'urllib3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
