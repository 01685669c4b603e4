"""The event that started a workflow: GitHub's own examples, and hostile ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.errors import EpmError
from epm.github import events
from epm.github.events import CommentEvent, DispatchEvent, IssueEvent, parse, read

KINDS = {
    "issues": IssueEvent,
    "issue_comment": CommentEvent,
    "workflow_dispatch": DispatchEvent,
}
USER = {"login": "octocat", "type": "User"}
ISSUE: dict[str, object] = {
    "number": 5,
    "title": "T",
    "body": "B",
    "labels": [{"name": "x"}],
    "state": "open",
    "user": USER,
    "created_at": "2026-11-01T10:00:00Z",
    "updated_at": "2026-11-01T10:00:01Z",
    "html_url": "https://github.com/lab/repo/issues/5",
}
PAYLOAD: dict[str, object] = {
    "action": "edited",
    "issue": ISSUE,
    "sender": USER,
    "repository": {"full_name": "lab/repo"},
}


def _event(**changes: object) -> str:
    return json.dumps({**PAYLOAD, **changes})


@pytest.fixture(scope="session")
def examples(npm: Path) -> list[tuple[str, Any]]:
    """Payloads that GitHub has sent."""
    index = npm / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    return [
        (one["name"], each) for one in json.loads(index.read_text()) for each in one["examples"]
    ]


def test_githubs_own_examples(examples: list[tuple[str, Any]]) -> None:
    known = [(name, example) for name, example in examples if name in KINDS]
    assert len(known) >= 35
    for name, example in known:
        event = parse(name, json.dumps(example))
        assert isinstance(event, KINDS[name])
        assert event.repository == example["repository"]["full_name"]
        assert event.sender == example["sender"]["login"]
        if not isinstance(event, DispatchEvent):
            assert event.action == example["action"]
            assert event.issue.number == example["issue"]["number"]
            assert event.issue.body == (example["issue"]["body"] or "")
        if isinstance(event, CommentEvent):
            assert event.comment.body == example["comment"]["body"]
            assert event.on_pull_request == ("pull_request" in example["issue"])
        if isinstance(event, IssueEvent):
            assert event.label == example.get("label", {}).get("name", "")


def test_events_that_epm_does_not_answer(examples: list[tuple[str, Any]]) -> None:
    others = [(name, example) for name, example in examples if name not in KINDS]
    for name, example in others:
        with pytest.raises(EpmError):
            parse(name, json.dumps(example))
    with pytest.raises(
        EpmError, match=r"^epm has no answer to the event 'push'; start it on issues"
    ):
        parse("push", _event())


def test_what_an_edit_replaced() -> None:
    event = parse("issues", _event(changes={"body": {"from": "old"}}))
    assert isinstance(event, IssueEvent)
    assert (event.previous_body, event.previous_title) == ("old", None)


def test_inputs_of_a_dispatch() -> None:
    inputs = {"profile": "pilot", "dry": True, "n": 3, "x\ud800": None}
    event = parse("workflow_dispatch", _event(inputs=inputs, ref="refs/heads/main"))
    assert isinstance(event, DispatchEvent)
    assert event.inputs == {"profile": "pilot", "dry": "true", "n": "3", "x\ufffd": ""}


def test_half_a_character_is_replaced() -> None:
    event = parse("issues", _event(issue={**ISSUE, "body": "a\ud800b"}))
    assert isinstance(event, IssueEvent)
    assert event.issue.body == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "the event is not JSON"),
        ("[]", "GitHub's event is not an object"),
        ("{}", "GitHub's repository is not an object"),
        ("[" * 200_000, "the event is nested too deeply"),
        ('{"a": NaN}', "the event is not JSON (NaN is no number)"),
        ('{"a": ' + "9" * 5_000 + "}", "the event is not JSON"),
        (_event(issue={**ISSUE, "number": 10**30}), "GitHub's field number is not a number"),
        (_event(issue={**ISSUE, "number": True}), "GitHub's field number is not a number"),
        (_event(issue={**ISSUE, "body": ["x"]}), "GitHub's field body is not text"),
        (_event(issue={**ISSUE, "user": "x"}), "GitHub's user is not an object"),
        (_event(issue={**ISSUE, "updated_at": "0000"}), "updated_at is not a time"),
        (_event(changes={"body": "x"}), "GitHub's body is not an object"),
        (_event(label=[]), "GitHub's label is not an object"),
    ],
)
def test_what_github_would_not_send(text: str, line: str) -> None:
    with pytest.raises(EpmError) as got:
        parse("issues", text)
    assert line in str(got.value)
    assert len(str(got.value)) < 200


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(ISSUE) + sorted(PAYLOAD)), _JSON)
def test_any_value_anywhere_is_an_event_or_one_line(name: str, key: str, value: object) -> None:
    payload = {**PAYLOAD, "comment": {**ISSUE, "id": 1}, "inputs": {"a": value}, "ref": "main"}
    inner = {"issue": {**ISSUE, key: value}} if key in ISSUE else {key: value}
    line = _outcome(name, json.dumps({**payload, **inner}))
    assert "\n" not in line
    line.encode()  # no half characters are left


def _outcome(name: str, text: str) -> str:
    try:
        return repr(parse(name, text))
    except EpmError as error:
        return str(error)


def test_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("\ufeff" + _event(), encoding="utf-8")
    event = read({"GITHUB_EVENT_NAME": "issues", "GITHUB_EVENT_PATH": str(path)})
    assert isinstance(event, IssueEvent)
    assert event.issue.labels == ("x",)


def test_files_that_are_refused(tmp_path: Path) -> None:
    def refusal(path: Path) -> str:
        with pytest.raises(EpmError) as got:
            read({"GITHUB_EVENT_NAME": "issues", "GITHUB_EVENT_PATH": str(path)})
        return str(got.value)

    large, latin, pipe = tmp_path / "large", tmp_path / "latin", tmp_path / "pipe"
    large.write_bytes(b" " * (events.LARGEST + 1))
    latin.write_bytes(b'{"a": "\xe9"}')
    os.mkfifo(pipe)  # to open it would wait for ever
    assert refusal(large) == f"the event at {large} is larger than 8 MiB"
    assert refusal(latin) == f"the event at {latin} is not UTF-8"
    for path in (pipe, tmp_path, tmp_path / "missing"):
        assert refusal(path) == f"there is no event at {path}"


def test_two_largest_bodies_fit(tmp_path: Path) -> None:
    body = "\U0001f600" * 65_536  # twelve bytes each, escaped
    issue = {**ISSUE, "body": body}
    text = _event(
        issue=issue, comment={**ISSUE, "id": 1, "body": body}, changes={"body": {"from": body}}
    )
    path = tmp_path / "event.json"
    path.write_text(text)
    event = read({"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": str(path)})
    assert isinstance(event, CommentEvent)
    assert event.comment.body == body


def test_outside_a_workflow() -> None:
    with pytest.raises(EpmError, match="GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set; this"):
        read({"GITHUB_EVENT_NAME": "issues"})
