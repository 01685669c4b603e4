"""What was done to an issue, as GitHub tells it."""

from __future__ import annotations

from typing import Any

import pytest
from hub import Hub

from epm.github import payloads
from epm.github.client import Client

AT = "2026-03-01T12:00:00Z"
EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"event": "labeled", "label": {"name": "blocked", "color": "f00"}}, "blocked"),
    ({"event": "renamed", "rename": {"from": "Old", "to": "New"}}, "Old → New"),
    ({"event": "milestoned", "milestone": {"title": "One"}}, "One"),
    ({"event": "assigned", "assignee": {"login": "ada"}}, "ada"),
    ({"event": "closed", "state_reason": "not_planned", "commit_id": None}, "not_planned"),
    ({"event": "referenced", "commit_id": "0123456789abcdef"}, "0123456789"),
    (
        {"event": "cross-referenced", "source": {"issue": {"number": 7, "title": "Other"}}},
        "#7 Other",
    ),
    ({"event": "subscribed", "label": None, "rename": None, "source": None}, ""),
]


@pytest.mark.parametrize(("event", "about"), EVENTS)
def test_what_an_entry_is_about(event: dict[str, Any], about: str) -> None:
    found = payloads.happening(event | {"created_at": AT, "actor": None})
    assert found is not None
    assert (found.kind, found.actor, found.about) == (event["event"], "ghost", about)


def test_a_commit_tells_no_time_and_is_left_out() -> None:
    assert payloads.happening({"event": "committed", "sha": "abc"}) is None


def test_the_timeline_is_whole_and_in_order(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    for count in range(55):  # more than one page of a hundred
        hub.edit(number, labels=[f"label-{count}"])
    found = client.timeline(number)
    labelled = [one.about for one in found if one.kind == "labeled"]
    assert labelled == [f"label-{count}" for count in range(55)]
    assert len(found) > 100
    assert [one.at for one in found] == sorted(one.at for one in found)
