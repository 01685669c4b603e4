"""The event that started a workflow, as light values.

Whoever can open an issue writes most of a payload: it is data, of a bounded size, and nothing in
it is run, opened or fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from epm.errors import EpmError
from epm.github import payloads
from epm.github.interface import GHOST, Comment, Issue

LARGEST = 8 * 2**20
"""Bytes. Two bodies and a comment of 65,536 characters, escaped at twelve bytes each, fit."""


@dataclass(frozen=True, slots=True)
class IssueEvent:
    """`issues`: opened, edited, labeled, unlabeled, reopened, …"""

    action: str
    repository: str
    sender: str
    issue: Issue
    """As of the event; it may have been edited since."""
    label: str = ""
    """Of `labeled` and `unlabeled`."""
    previous_body: str | None = None
    """Of `edited`, where the body is what was edited."""
    previous_title: str | None = None


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """`issue_comment`: created, edited, deleted."""

    action: str
    repository: str
    sender: str
    issue: Issue
    comment: Comment
    on_pull_request: bool


@dataclass(frozen=True, slots=True)
class DispatchEvent:
    """`workflow_dispatch`."""

    repository: str
    sender: str
    ref: str
    inputs: Mapping[str, str]


Event = IssueEvent | CommentEvent | DispatchEvent


def read(environment: Mapping[str, str]) -> Event:
    """The event that $GITHUB_EVENT_NAME and $GITHUB_EVENT_PATH name."""
    name = environment.get("GITHUB_EVENT_NAME", "")
    where = environment.get("GITHUB_EVENT_PATH", "")
    if not (name and where):
        raise EpmError(
            "GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set",
            "this command runs in a GitHub workflow; elsewhere, use `epm lint --issue N`",
        )
    return parse(name, _text(Path(where)))


def parse(name: str, text: str) -> Event:
    """The event in a payload."""
    payload = payloads.mapping(payloads.load(text, "the event"), "event")
    repository = payloads.text(_part(payload, "repository"), "full_name")
    sender = payloads.text(_part(payload, "sender"), "login") or GHOST
    match name:
        case "issues":
            before = _changes(payload)
            return IssueEvent(
                action=payloads.text(payload, "action"),
                repository=repository,
                sender=sender,
                issue=payloads.issue(payload.get("issue")),
                label=payloads.text(_part(payload, "label", needed=False), "name"),
                previous_body=before.get("body"),
                previous_title=before.get("title"),
            )
        case "issue_comment":
            return CommentEvent(
                action=payloads.text(payload, "action"),
                repository=repository,
                sender=sender,
                issue=payloads.issue(payload.get("issue")),
                comment=payloads.comment(payload.get("comment")),
                on_pull_request=payloads.is_pull_request(payload.get("issue")),
            )
        case "workflow_dispatch":
            inputs = _part(payload, "inputs", needed=False)
            return DispatchEvent(
                repository=repository,
                sender=sender,
                ref=payloads.text(payload, "ref"),
                inputs={payloads.whole(key): _input(inputs, key) for key in inputs},
            )
    raise EpmError(
        f"epm has no answer to the event {name[:40]!r}",
        "start it on issues, issue_comment or workflow_dispatch",
    )


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise EpmError(f"there is no event at {path}")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise EpmError(f"the event at {path} cannot be read ({error.strerror})") from None
    if len(data) > LARGEST:
        raise EpmError(f"the event at {path} is larger than {LARGEST // 2**20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EpmError(f"the event at {path} is not UTF-8") from None


def _part(payload: Mapping[str, object], name: str, needed: bool = True) -> Mapping[str, object]:
    value = payload.get(name)
    if value is None and not needed:
        return {}
    return payloads.mapping(value, name)


def _changes(payload: Mapping[str, object]) -> dict[str, str]:
    """What stood there before an edit."""
    changes = _part(payload, "changes", needed=False)
    return {
        name: payloads.text(_part(changes, name), "from")
        for name in ("title", "body")
        if changes.get(name) is not None
    }


def _input(inputs: Mapping[str, object], name: str) -> str:
    """GitHub sends a workflow's booleans and numbers as such."""
    value = inputs[name]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else payloads.text(inputs, name)
