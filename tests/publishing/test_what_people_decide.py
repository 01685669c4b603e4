"""A page that was closed, or labelled otherwise, is left as people want it."""

from __future__ import annotations

import pytest
from lab import Lab

from epm.publishing.target import is_draft, labels


def test_a_page_that_was_closed_as_not_planned(lab: Lab) -> None:
    lab.publish()
    lab.hub.edit(2, state="closed", state_reason="not_planned")
    lab.change_results()
    before = lab.hub.all_issues()
    said = lab.publish()
    assert said.code == 2
    assert said.error == (
        "issue 2, which holds this page, was closed as not planned; reopen it if the page shall be "
        "published again"
    )
    assert lab.hub.all_issues() == before
    lab.hub.edit(2, state="open")
    assert lab.publish().code == 0
    assert lab.page()["state"] == "open"


def test_a_page_that_was_closed_as_completed_stays_closed(lab: Lab) -> None:
    lab.publish()
    lab.hub.edit(2, state="closed", state_reason="completed")
    lab.change_results()
    assert lab.publish().code == 0
    assert lab.page()["state"] == "closed"
    assert "15.4 min" in lab.page()["body"]


def test_a_double_that_was_closed_does_not_count(lab: Lab) -> None:
    lab.publish()
    double = lab.hub.open_issue(lab.page()["body"], token="token-of-the-bot")  # noqa: S106
    lab.hub.edit(double, state="closed", state_reason="not_planned")
    said = lab.publish()
    assert said.code == 0
    assert "close it" not in said.out


@pytest.mark.parametrize(
    ("changed", "arguments", "after"),
    [
        (["Clean-Results:Draft", "bug"], (), ["Clean-Results:Draft", "bug"]),
        (["results: draft"], (), ["results: draft"]),  # renamed for the whole repository
        ([], (), []),
        (["results: draft"], ("--draft",), ["clean-results:draft", "results: draft"]),
    ],
)
def test_labels(lab: Lab, changed: list[str], arguments: tuple[str, ...], after: list[str]) -> None:
    lab.publish()
    lab.hub.edit(2, labels=changed)
    lab.change_results()
    assert lab.publish(*arguments).code == 0
    assert sorted(one["name"] for one in lab.page()["labels"]) == sorted(after)
    lab.hub.proxy.reset()
    assert lab.publish(*arguments).code == 0
    assert lab.writes() == []


def test_labels_compare_without_case() -> None:
    from datetime import UTC, datetime

    from epm.github.interface import Issue

    now = datetime(2026, 1, 1, tzinfo=UTC)
    names = ("Bug", "Clean-Results")
    page = Issue(2, "T", "B", names, "open", "x", now, now, "", "", "lab/repo")
    assert labels(page, None) == ["Bug", "Clean-Results"]
    assert labels(page, draft=False) == ["Bug", "Clean-Results"]
    assert labels(page, draft=True) == ["Bug", "clean-results:draft"]
    assert not is_draft(["Clean-Results"])
    assert labels(None, None) == ["clean-results:draft"]
