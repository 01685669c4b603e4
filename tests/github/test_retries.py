"""What passes is tried again, as GitHub asks; what takes too long is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from faulty_proxy import HALF, Fault, answer, cut, slow
from hub import Hub

from epm.errors import EpmError
from epm.github.client import Client
from epm.github.interface import Comment, Reaction
from epm.github.markers import Marker
from epm.github.retry import RetryPolicy, asked_to_wait

LINT = Marker("clean-result-lint")
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
PASSING = [
    *(answer(status, when=when) for status in (500, 502, 503, 504) for when in ("before", "after")),
    *(cut("before"), cut("after"), HALF),
    *(answer(429), answer(403, SECONDARY), answer(403, "no words of a limit", Retry_After="0")),
    answer(403, "API rate limit exceeded for installation"),
]


def _named(fault: Fault) -> str:
    return f"{fault.kind} {fault.status or ''} {fault.when}"


@pytest.mark.parametrize("fault", PASSING, ids=_named)
def test_a_read_is_tried_again(hub: Hub, client: Client, fault: Fault) -> None:
    number = hub.open_issue()
    hub.proxy.plan("GET", fault, fault)
    assert client.issue(number).number == number
    assert hub.proxy.count("GET") == 3


@pytest.mark.parametrize("fault", PASSING, ids=_named)
def test_an_edit_of_an_issue_is_tried_again(hub: Hub, client: Client, fault: Fault) -> None:
    seen = client.issue(hub.open_issue())
    hub.proxy.plan("PATCH", fault)
    assert client.edit_issue(seen, body="new").body == "new"
    # what took effect is seen when the issue is read again, and not written twice
    assert hub.proxy.count("PATCH") == (1 if fault.when == "after" else 2)


@pytest.mark.parametrize("fault", PASSING, ids=_named)
def test_comments_are_edited_and_deleted_again(hub: Hub, client: Client, fault: Fault) -> None:
    number = hub.open_issue()
    made = client.create_comment(number, LINT.wrap("one"), LINT)
    hub.proxy.plan("PATCH", fault)
    assert client.edit_comment(made, LINT.wrap("two")).body == LINT.wrap("two")
    hub.proxy.plan("DELETE", fault)
    client.delete_comment(made)
    assert hub.bodies(number) == []


def test_a_page_in_the_middle_is_tried_again(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    for place in range(150):
        hub.say(number, str(place))
    met = 0

    def second_page(request: object) -> Fault | None:
        nonlocal met
        if "page=2" not in request.path or met == 2:  # type: ignore[attr-defined]
            return None
        met += 1
        return answer(502)

    with hub.proxy.chaos(second_page):
        assert len(client.comments(number)) == 150
    assert met == 2


def test_a_slow_answer_is_not_waited_for(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.proxy.plan("GET", slow(3, "before"))
    began = time.monotonic()
    assert client.issue(number).number == number
    assert 1 <= time.monotonic() - began < 2.5


@pytest.mark.parametrize("status", [403, 429, 503])
def test_retry_after_is_honoured(hub: Hub, client: Client, status: int) -> None:
    number = hub.open_issue()
    hub.proxy.plan("GET", answer(status, SECONDARY, Retry_After="1"))
    began = time.monotonic()
    client.issue(number)
    assert 1 <= time.monotonic() - began < 2


def test_a_limit_that_does_not_say_for_how_long(hub: Hub) -> None:
    number = hub.open_issue()
    hub.proxy.plan("GET", answer(403, SECONDARY))
    began = time.monotonic()
    hub.client(unsaid=0.6).issue(number)
    assert time.monotonic() - began >= 0.6


def test_the_hourly_limits_reset_is_awaited(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    used_up = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(time.time()) + 1)}
    hub.proxy.plan("GET", answer(403, "API rate limit exceeded", **used_up))
    began = time.monotonic()
    client.issue(number)
    assert 1 <= time.monotonic() - began < 3


GIVEN_UP: list[tuple[Fault, Callable[[Client, int], object], str]] = [
    (
        answer(403, SECONDARY, Retry_After="3600"),
        lambda client, number: client.issue(number),
        r"GitHub's rate limit is reached \(403\) and asks to wait 3600 s; given up after 0 s and "
        r"1 try \(at most 1 s\); run the same command again later: nothing is written twice",
    ),
    (
        answer(429, Retry_After="61"),
        lambda client, number: client.create_comment(number, LINT.wrap("x"), LINT),
        r"GitHub's rate limit is reached \(429\) and asks to wait 61 s; given up",
    ),
    (
        answer(502),
        lambda client, number: client.issue(number),
        r"GitHub fails \(502\); given up after [01] s and \d tries \(at most 1 s\); run",
    ),
    (
        cut("before"),
        lambda client, number: client.comments(number),
        r"no answer from localhost:\d+ \(the connection was cut\); given up after",
    ),
    (
        cut("before"),
        lambda client, number: client.create_comment(number, LINT.wrap("x"), LINT),
        r"no answer from localhost:\d+ \(the connection was cut\); given up after",
    ),
]


@pytest.mark.parametrize(("fault", "act", "line"), GIVEN_UP)
def test_the_wait_has_a_bound(
    hub: Hub, fault: Fault, act: Callable[[Client, int], object], line: str
) -> None:
    number = hub.open_issue()
    began = time.monotonic()
    with hub.proxy.chaos(lambda _: fault), pytest.raises(EpmError, match=line):
        act(hub.client(longest=1), number)
    assert time.monotonic() - began < 1.5
    assert hub.bodies(number) == []


def test_nobody_waits_long_for_a_reaction(hub: Hub) -> None:
    with hub.proxy.chaos(lambda _: answer(503, Retry_After="11")):
        assert hub.client(longest=100).react(1, Reaction.SEEN) is False
    assert hub.proxy.count("POST") == 1


def test_a_stale_answer_is_asked_for_again(hub: Hub, client: Client) -> None:
    """GitHub reads from copies, which can be behind what we have seen."""
    number = hub.open_issue("old")
    old = hub.ask("token-of-a-human", "GET", f"/issues/{number}")
    time.sleep(0.005)
    hub.edit(number, body="newer")
    seen = client.issue(number)
    hub.proxy.plan("GET", Fault("stale", data=old))
    assert client.edit_issue(seen, body="ours").body == "ours"
    assert hub.proxy.count("GET") == 4  # the last reads back what was written


def test_waits_double_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    wait = RetryPolicy().start()
    wait._began = 0.0
    for _ in range(7):
        wait.before_next("it fails")
    with pytest.raises(EpmError, match=r"it fails; given up after 91 s and 8 tries"):
        wait.before_next("it fails")
    assert slept == [1, 2, 4, 8, 16, 30, 30]


NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, 9),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 5)}, 6),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(int(NOW.timestamp()) + 5)}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "never"}, None),
    ],
)
def test_what_github_asks(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_to_wait(headers, NOW) == seconds


def test_a_deleted_comment_is_not_deleted_twice(hub: Hub, client: Client) -> None:
    comment: Comment = client.create_comment(hub.open_issue(), LINT.wrap("x"), LINT)
    hub.proxy.plan("DELETE", answer(502, when="after"))
    client.delete_comment(comment)
    assert [status for verb, _, status in hub.proxy.seen if verb == "DELETE"] == [502, 404]
