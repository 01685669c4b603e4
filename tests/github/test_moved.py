"""Issues and repositories that have moved: nothing is read or written where they are now."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

import pytest
from faulty_proxy import Fault, Request, answer
from hub import OWNER, Hub

from epm.github.client import Client
from epm.github.interface import Moved
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")

READS: dict[str, Callable[[Client], object]] = {
    "issue": lambda client: client.issue(1),
    "comments": lambda client: client.comments(1),
    "own comments": lambda client: client.own_comments(1, LINT),
    "issues": lambda client: client.issues(),
    "own issues": lambda client: client.own_issues(LINT),
    "repository": lambda client: client.repository(),
    "permission": lambda client: client.permission("reader"),
}


@pytest.fixture
def elsewhere(hub: Hub) -> str:
    """Another repository of the same owner, whose issue 3 is a stranger's."""
    name = f"{hub.name}-elsewhere"
    made = {"name": name.partition("/")[2], "auto_init": True}
    url = f"http://127.0.0.1:{hub.proxy.emulator}/user/repos"
    headers = {"Authorization": f"token {hub.proxy.alias(OWNER)}"}
    request = urllib.request.Request(url, data=json.dumps(made).encode(), headers=headers)
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    other = Hub(name, hub.proxy, hub.environment)
    for _ in range(3):
        other.open_issue("A stranger's.", token=OWNER)
    return name


def moved(hub: Hub, elsewhere: str, status: int = 301) -> Callable[[Request], Fault | None]:
    """What GitHub answers to every read of an issue that was transferred, or of all."""

    def draw(request: Request) -> Fault | None:
        start = f"/repos/{hub.name}"
        if not request.path.startswith((f"{start}/", f"{start}?")) and request.path != start:
            return None
        path = request.path.replace(start, f"/repos/{elsewhere}", 1).replace("/1", "/3", 1)
        return answer(status, "Moved Permanently", Location=f"{hub.proxy.url}{path}")

    return draw


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("name", READS)
def test_a_read_that_is_sent_elsewhere(
    hub: Hub, client: Client, elsewhere: str, name: str, status: int
) -> None:
    hub.open_issue("Ours.")
    hub.proxy.reset()
    with (
        hub.proxy.chaos(moved(hub, elsewhere, status)),
        pytest.raises(Moved, match=f"it has moved to {elsewhere}") as got,
    ):
        READS[name](client)
    assert "\n" not in str(got.value)
    assert [path for _, path, _ in hub.proxy.seen if elsewhere in path] == []


def test_the_new_number_is_named(hub: Hub, client: Client, elsewhere: str) -> None:
    hub.open_issue("Ours.")
    with hub.proxy.chaos(moved(hub, elsewhere)), pytest.raises(Moved) as got:
        client.issue(1)
    assert str(got.value) == (
        f"cannot read issue 1 in {hub.name}: it has moved to {elsewhere}#3; "
        f"name that repository, with --repo {elsewhere} or in the remote"
    )


def test_a_repository_is_named_by_its_number(hub: Hub, client: Client, elsewhere: str) -> None:
    """As GitHub does: its redirections say `/repositories/ID`, which is asked for its name."""
    url = f"{hub.proxy.url}/repositories/77/issues/3"
    hub.proxy.record("GET", "/repositories/77$", 200, hub_repository(hub, elsewhere))
    hub.proxy.plan("GET", answer(301, "Moved Permanently", Location=url))
    with pytest.raises(Moved, match=f"it has moved to {elsewhere}#3; "):
        client.issue(1)
    hub.proxy.requests.clear()  # its answers lead there, but the description leaves it out


def hub_repository(hub: Hub, name: str) -> object:
    return Hub(name, hub.proxy, hub.environment).ask(OWNER, "GET", "")


def test_a_move_to_another_host_is_not_looked_at(hub: Hub, client: Client) -> None:
    url = "https://github.invalid/repos/x/y/issues/3"
    hub.proxy.plan("GET", answer(301, "Moved Permanently", Location=url))
    with pytest.raises(Moved, match=r"it has moved to another host, github\.invalid"):
        client.issue(1)
    hub.proxy.plan("GET", answer(301, "Moved Permanently"))
    with pytest.raises(Moved, match="it has moved; "):
        client.issue(1)


@pytest.mark.parametrize("verb", ["POST", "PATCH", "DELETE"])
def test_a_write_that_is_sent_elsewhere(
    hub: Hub, client: Client, elsewhere: str, verb: str
) -> None:
    number = hub.open_issue("Ours.")
    seen = client.issue(number)
    comment = client.create_comment(number, LINT.wrap("x"), LINT)
    draw = moved(hub, elsewhere)
    acts: dict[str, Callable[[], object]] = {
        "POST": lambda: client.create_comment(number, LINT.wrap("x"), LINT),
        "PATCH": lambda: client.edit_issue(seen, body="new"),
        "DELETE": lambda: client.delete_comment(comment),
    }
    before = Hub(elsewhere, hub.proxy, hub.environment).all_issues()
    with (
        hub.proxy.chaos(lambda request: draw(request) if request.verb == verb else None),
        pytest.raises(Moved),
    ):
        acts[verb]()
    assert Hub(elsewhere, hub.proxy, hub.environment).all_issues() == before


def test_an_answer_about_something_else(hub: Hub, client: Client, elsewhere: str) -> None:
    """Something on the way has followed the redirection for us, and says nothing of it."""
    hub.open_issue("Ours.")
    other = Hub(elsewhere, hub.proxy, hub.environment)
    other.say(3, "A stranger's comment.", OWNER)
    stranger = other.ask(OWNER, "GET", "/issues/3")
    hub.proxy.record("GET", "/issues/1$", 200, stranger)
    hub.proxy.record(
        "GET", "/issues/1/comments", 200, other.ask(OWNER, "GET", "/issues/3/comments")
    )
    hub.proxy.record("GET", "/issues[?]", 200, [stranger])
    hub.proxy.record("GET", f"{hub.name}$", 200, hub_repository(hub, elsewhere))
    for name in ("issue", "comments", "own comments", "issues", "own issues", "repository"):
        with pytest.raises(Moved, match=f"it has moved to {elsewhere}"):
            READS[name](client)


def test_the_case_of_a_name_is_no_move(hub: Hub) -> None:
    number = hub.open_issue("Ours.")
    hub.proxy.record(
        "GET",
        "/issues/1$",
        200,
        {
            **hub.ask(OWNER, "GET", f"/issues/{number}"),
            "repository_url": f"https://api.github.com/repos/{hub.name.upper()}",
        },
    )
    assert hub.client().issue(number).body == "Ours."
