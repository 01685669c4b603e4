"""What was written is read back: GitHub's word for it is not enough."""

from __future__ import annotations

import pytest
from faulty_proxy import KEPT, meanwhile
from hub import Hub

from epm.github.client import Client
from epm.github.interface import NotStored
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")
LONG = "a line of a page, with an é and a 😀\n" * 100


def test_an_update_of_an_issue_that_is_dropped(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue("old"))
    hub.proxy.takes = 2_000
    with pytest.raises(NotStored) as got:
        client.edit_issue(seen, body=LONG)
    assert str(got.value) == (
        f"GitHub agreed to edit issue 1 in {hub.name}, but of the new text (3,600 characters, "
        "4,000 bytes) it kept the old one; shorten the text: GitHub does not say how much it takes"
    )
    assert hub.all_issues()[0]["body"] == "old"
    assert client.edit_issue(seen, body=LONG[:1_000]).body == LONG[:1_000]


def test_an_update_of_a_comment_that_is_dropped(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    made = client.create_comment(number, LINT.wrap("old"), LINT)
    hub.proxy.takes = 2_000
    with pytest.raises(NotStored, match="it kept the old one"):
        client.edit_comment(made, LINT.wrap(LONG))
    assert hub.bodies(number) == [LINT.wrap("old")]


def test_a_new_text_that_is_cut(hub: Hub, client: Client) -> None:
    hub.open_issue()
    hub.proxy.takes = 2_000
    with pytest.raises(NotStored, match=r"it cut it to 1,\d{3} characters"):
        client.create_issue("T", LINT.wrap(LONG), [], LINT)
    with pytest.raises(NotStored, match="GitHub agreed to edit comment "):
        client.create_comment(1, LINT.wrap(LONG), LINT)


def test_one_lapse_is_made_good(hub: Hub, client: Client) -> None:
    number = hub.open_issue("old")
    hub.proxy.plan("PATCH", KEPT, KEPT)
    assert client.edit_issue(client.issue(number), body="new").body == "new"
    made = client.create_comment(number, LINT.wrap("old"), LINT)
    hub.proxy.plan("PATCH", KEPT)
    client.edit_comment(made, LINT.wrap("new"))
    assert hub.bodies(number) == [LINT.wrap("new")]


def test_somebody_edits_between_the_write_and_the_look(hub: Hub, client: Client) -> None:
    number = hub.open_issue("old")
    hub.proxy.plan("GET", *[meanwhile(lambda: None)] * 2)
    theirs = meanwhile(lambda: hub.edit(number, body="new, and theirs"))
    seen = client.issue(number)
    hub.proxy.plan("GET", theirs)
    assert client.edit_issue(seen, body="new").body == "new, and theirs"
    assert hub.all_issues()[0]["body"] == "new, and theirs"


def test_labels_and_titles_are_looked_at_too(hub: Hub, client: Client) -> None:
    number = hub.open_issue("old", labels=["a"])
    hub.proxy.plan("PATCH", KEPT, KEPT, KEPT)
    with pytest.raises(NotStored):
        client.edit_issue(client.issue(number), title="Another")


def test_a_text_beyond_either_figure_is_githubs_to_refuse(hub: Hub, client: Client) -> None:
    """65,536 characters or 262,144 bytes: what GitHub takes is taken."""
    seen = client.issue(hub.open_issue("old"))
    hub.proxy.takes = 10**9
    assert client.edit_issue(seen, body="x" * 300_000).body == "x" * 300_000
    assert hub.proxy.count("PATCH") == 1
