"""What GitHub refuses for good is one line that says what to mend."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from faulty_proxy import Fault, answer
from hub import BOT, Hub

from epm.errors import EpmError
from epm.github.client import Client
from epm.github.interface import Missing, NotStored
from epm.github.markers import Marker
from epm_lint.quoting import visible

LINT = Marker("clean-result-lint")


def _read(client: Client) -> object:
    return client.issue(1)


def _write(client: Client) -> object:
    return client.create_comment(1, LINT.wrap("x"), LINT)


def _edit(client: Client) -> object:
    return client.edit_issue(client.issue(1), body="x")


CASES: list[tuple[str, Fault, Callable[[Client], object], str]] = [
    (
        "GET",
        answer(401, "Bad credentials"),
        _read,
        "GitHub does not know GITHUB_TOKEN, needed to read issue 1 in {} (401: Bad credentials); "
        "set a token that has not expired, with the permission `issues: read`",
    ),
    (
        "POST",
        answer(403, "Resource not accessible by integration"),
        _write,
        "GITHUB_TOKEN may not write a comment on issue 1 in {} "
        "(403: Resource not accessible by integration); "
        "give the token the permission `issues: write`",
    ),
    (
        "PATCH",
        answer(403, "Forbidden", X_Accepted_GitHub_Permissions="issues=write; contents=write"),
        _edit,
        "GITHUB_TOKEN may not edit issue 1 in {} (403: Forbidden); "
        "give the token the permission `issues: write; contents: write`",
    ),
    (
        "POST",
        answer(403, "Forbidden", X_Accepted_GitHub_Permissions="issues=write`<b>@all"),
        _write,
        "GITHUB_TOKEN may not write a comment on issue 1 in {} (403: Forbidden); "
        "give the token the permission `issues: write`",
    ),
    (
        "POST",
        answer(403, "Unable to create comment because issue is locked."),
        _write,
        "GitHub refused to write a comment on issue 1 in {} "
        "(403: Unable to create comment because issue is locked.); unlock the conversation",
    ),
    (
        "POST",
        answer(404, "Not Found"),
        _write,
        "GITHUB_TOKEN may not write a comment on issue 1 in {}, or it is not there (404); "
        "give the token the permission `issues: write`",
    ),
    (
        "GET",
        answer(410, "This issue was deleted"),
        _read,
        "cannot read issue 1 in {}: it was deleted (410: This issue was deleted)",
    ),
    (
        "GET",
        answer(307),
        _read,
        "cannot read issue 1 in {}: it has moved; check the repository's name, and GITHUB_API_URL",
    ),
    ("GET", answer(418), _read, "GitHub refused to read issue 1 in {} (418)"),
]


@pytest.mark.parametrize(("verb", "fault", "act", "line"), CASES)
def test_one_line(
    hub: Hub,
    client: Client,
    verb: str,
    fault: Fault,
    act: Callable[[Client], object],
    line: str,
) -> None:
    hub.open_issue()
    hub.proxy.plan(verb, fault)
    with pytest.raises(EpmError) as got:
        act(client)
    assert str(got.value) == line.format(hub.name)
    assert isinstance(got.value, Missing) == (fault.status in (404, 410))
    assert hub.proxy.count(verb) == 1  # another try would hear the same


def test_issues_that_are_switched_off(hub: Hub, client: Client) -> None:
    hub.proxy.plan("GET", answer(410, "Issues are disabled for this repo"))
    with pytest.raises(Missing, match="issues are switched off there"):
        client.issue(1)


def test_an_issue_that_never_was_or_became_a_discussion(hub: Hub, client: Client) -> None:
    """GitHub answers 404 to both, and to a token that sees nothing; which of these is asked."""
    with pytest.raises(Missing) as got:
        client.issue(7)
    assert str(got.value) == (
        f"there is no issue 7 in {hub.name}: none was made, or it was converted into a discussion; "
        "check the number"
    )
    assert hub.proxy.count("GET") == 2
    hub.proxy.plan("GET", answer(404, "Not Found"), answer(404, "Not Found"))
    with pytest.raises(Missing) as got:
        client.issue(1)
    assert str(got.value).startswith(
        f"cannot read the repository in {hub.name}: it is not there, or GITHUB_TOKEN may not see it"
    )


def test_a_token_that_nobody_was_given(hub: Hub) -> None:
    hub.open_issue()
    client = hub.client(environment={"GITHUB_TOKEN": "", "GH_TOKEN": "out-of-date"})
    with pytest.raises(EpmError, match=r"GitHub does not know GH_TOKEN, .* \(401: Bad cred"):
        client.issue(1)


def test_a_text_that_github_finds_too_long(hub: Hub, client: Client) -> None:
    """The emulator takes anything; GitHub, and so the proxy, does not."""
    hub.open_issue()
    with pytest.raises(NotStored) as got:
        client.create_comment(1, LINT.wrap("x").ljust(65_537, "y"), LINT)
    assert str(got.value) == (
        f"GitHub refused to write a comment on issue 1 in {hub.name} "
        "(422: Validation Failed; body is too long (maximum is 65536 characters)); shorten the text"
    )
    assert hub.bodies(1) == []


def test_what_github_says_is_shown_harmless(hub: Hub, client: Client) -> None:
    hub.proxy.plan("GET", answer(418, "a\n::error::\x1b[31m\u202e" + "x" * 500))
    with pytest.raises(EpmError) as got:
        client.issue(1)
    assert str(got.value) == visible(str(got.value))
    assert len(str(got.value)) < 300


def test_an_error_page_of_something_on_the_way(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.proxy.plan("GET", answer(502, raw=b"<html>Bad gateway"), answer(200, raw=b"<html>Log in"))
    assert client.issue(number).number == number


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ([], "GitHub's issue is not an object"),
        ({"number": "1"}, "GitHub's field number is not a number"),
        ({"number": 1, "title": 5}, "GitHub's field title is not text"),
        ({"number": 1, "created_at": "noon"}, "GitHub's field created_at is not a time"),
        ({"number": 1, "labels": {}}, "GitHub's labels are not a list"),
    ],
)
def test_an_answer_of_another_shape(hub: Hub, client: Client, data: object, line: str) -> None:
    hub.proxy.record("GET", "/issues/1$", 200, data)
    with pytest.raises(EpmError, match=f"^{re.escape(line)}$"):
        client.issue(1)


def test_nobody_is_there(hub: Hub) -> None:
    import github_emulator

    nobody = f"http://localhost:{github_emulator.free_port()}"
    with pytest.raises(EpmError, match=r"^cannot reach localhost:\d+: no connection can be made; "):
        hub.client(environment={"GITHUB_API_URL": nobody}).issue(1)


def test_no_such_name(hub: Hub) -> None:
    """Names under .invalid never exist, by their definition."""
    client = hub.client(environment={"GITHUB_API_URL": "https://github.invalid/api/v3"})
    line = "cannot reach github.invalid/api/v3: its name cannot be resolved; check the network, and"
    with pytest.raises(EpmError, match=f"^{line} GITHUB_API_URL$"):
        client.create_comment(1, LINT.wrap("x"), LINT)


def test_pygithub_is_missing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "github", None)
    with pytest.raises(EpmError, match=r"^PyGithub is not installed; run `pip install .*github\]"):
        hub.client()


def test_no_failure_tells_the_token(hub: Hub) -> None:
    hub.proxy.plan("GET", answer(401, "Bad credentials"))
    client = hub.client()
    with pytest.raises(EpmError) as got:
        client.issue(1)
    assert BOT not in f"{got.value!r} {client._credentials!r}"
