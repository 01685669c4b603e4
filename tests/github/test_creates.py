"""A create whose answer was lost is looked up before it is sent again: never two of a kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from faulty_proxy import HALF, Fault, answer, cut, meanwhile, slow
from hub import BOT, HUMAN, Hub

from epm.errors import EpmError
from epm.github.client import Client
from epm.github.comments import Change, keep_comment
from epm.github.interface import Conflict, Missing
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")
PAGE = Marker("clean-result", key="issue-246")
FAULTS = [
    *(answer(status, when=when) for status in (500, 502, 503, 504) for when in ("before", "after")),
    *(cut("before"), cut("after"), HALF, slow(1.2, "after")),
    answer(429),
    answer(403, "You have exceeded a secondary rate limit. Please wait a few minutes."),
]


def _named(fault: Fault) -> str:
    return f"{fault.kind} {fault.status or ''} {fault.when}"


@pytest.mark.parametrize("fault", FAULTS, ids=_named)
def test_one_comment(hub: Hub, client: Client, fault: Fault) -> None:
    number = hub.open_issue()
    hub.proxy.plan("POST", fault)
    made = client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours")] == [made.body]
    if fault.status in (403, 429):  # refused before it took effect: nothing to look up
        assert hub.proxy.count("GET", "?") == 0


@pytest.mark.parametrize("fault", FAULTS, ids=_named)
def test_one_issue(hub: Hub, client: Client, fault: Fault) -> None:
    hub.proxy.plan("POST", fault)
    made = client.create_issue("T", PAGE.wrap("ours"), ["a"], PAGE)
    assert [one["number"] for one in hub.all_issues()] == [made.number]
    assert (made.title, made.body, made.labels) == ("T", PAGE.wrap("ours"), ("a",))


def test_a_lost_comment_is_found_on_the_second_page(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    for place in range(100):
        hub.say(number, str(place))
    hub.proxy.plan("POST", answer(502, when="after"))
    client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number)[100:] == [LINT.wrap("ours")]


def test_a_lost_issue_is_found_on_the_second_page(hub: Hub, client: Client) -> None:
    for _ in range(100):
        hub.open_issue()
    hub.proxy.plan("POST", cut("after"))
    assert client.create_issue("T", PAGE.wrap("ours"), [], PAGE).number == 101
    assert len(hub.all_issues()) == 101


def test_somebodys_forged_marker_does_not_stand_for_ours(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.say(number, LINT.wrap("forged"))
    hub.proxy.plan("POST", answer(502, when="before"))
    client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("forged"), LINT.wrap("ours")]


def test_lost_again_and_again(hub: Hub) -> None:
    client = hub.client(answer=10)  # a slow machine's answers are not lost besides
    number = hub.open_issue()
    hub.proxy.plan("POST", answer(502), cut("before"), answer(429), answer(503, when="after"))
    hub.proxy.plan("GET", answer(500), cut("after"), HALF)
    client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours")]
    assert hub.proxy.count("POST") == 4


def test_what_takes_effect_only_after_we_looked(hub: Hub, client: Client) -> None:
    """GitHub goes on with a request that nobody waits for any more."""
    number = hub.open_issue()
    late = meanwhile(lambda: hub.say(number, LINT.wrap("ours"), BOT))
    hub.proxy.plan("POST", cut("before"), late)
    made = client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours")]
    assert client.own_comments(number, LINT) == [made]
    assert hub.proxy.count("DELETE") == 1


def test_what_takes_effect_while_a_limit_is_waited_for(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    late = replace(answer(429), act=lambda: hub.say(number, LINT.wrap("ours"), BOT))
    hub.proxy.plan("POST", cut("before"), late)
    client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours")]
    assert (hub.proxy.count("POST"), hub.proxy.count("DELETE")) == (2, 0)


def test_only_what_this_create_made_twice_is_deleted(hub: Hub, client: Client) -> None:
    number = hub.open_issue()

    def others() -> None:
        hub.say(number, LINT.wrap("ours"), BOT)
        hub.say(number, LINT.wrap("of another run"), BOT)

    hub.proxy.plan("POST", cut("before"), meanwhile(others))
    client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours"), LINT.wrap("of another run")]


def test_an_issue_that_takes_effect_only_after_we_looked(hub: Hub, client: Client) -> None:
    """An issue cannot be deleted; the second is closed."""
    body = PAGE.wrap("ours")
    late = meanwhile(lambda: hub.open_issue(body, BOT, title="T"))
    hub.proxy.plan("POST", cut("before"), late)
    made = client.create_issue("T", body, [], PAGE)
    states = {one["number"]: one["state"] for one in hub.all_issues()}
    assert states == {made.number: "open", made.number + 1: "closed"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_edit_of_a_lost_issue_before_we_have_looked_is_kept(
    hub: Hub, client: Client, when: Literal["before", "after"]
) -> None:
    """Somebody sees the issue, and edits it, before we know that we have made it."""
    hub.proxy.plan("POST", answer(502, when=when))
    theirs = PAGE.wrap("ours, and a line of theirs")
    edit = meanwhile(lambda: hub.edit(1, body=theirs))
    hub.proxy.plan("GET", *([edit] if when == "after" else [meanwhile(lambda: None), edit]))
    with pytest.raises(Conflict, match="somebody changed the body of issue 1") as got:
        client.create_issue("T", PAGE.wrap("ours"), ["a"], PAGE)
    assert [one["body"] for one in hub.all_issues()] == [theirs] == [got.value.current.body]
    assert hub.proxy.count("PATCH") == 0


def test_a_label_that_somebody_gave_a_lost_issue_stays(hub: Hub, client: Client) -> None:
    hub.proxy.plan("POST", answer(502, when="after"))
    hub.proxy.plan("GET", meanwhile(lambda: hub.edit(1, labels=["theirs"])))
    made = client.create_issue("T", PAGE.wrap("ours"), ["a"], PAGE)
    assert made.labels == ("a", "theirs")


def test_the_lost_comment_of_another_run_is_brought_up_to_date(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    other_run = meanwhile(lambda: hub.say(number, LINT.wrap("older"), BOT))
    hub.proxy.plan("GET", other_run)
    hub.proxy.plan("POST", answer(502))
    made = client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("ours")] == [made.body]


@pytest.mark.parametrize("body", ["ours", "of the run beside"])
def test_what_a_run_beside_this_one_took_for_a_double(hub: Hub, client: Client, body: str) -> None:
    """Two runs looked, found none and created; the first kept its own and deleted the other."""
    number = hub.open_issue()
    first = meanwhile(lambda: hub.say(number, LINT.wrap("of the run beside"), BOT))
    hub.proxy.plan("POST", first)
    hub.proxy.plan("GET", meanwhile(lambda: _delete_the_last(hub, number)))
    made = client.create_comment(number, LINT.wrap(body), LINT)
    assert hub.bodies(number) == [LINT.wrap(body)] == [made.body]


def test_a_comment_deleted_at_once_and_no_other_there(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    hub.say(number, LINT.wrap("of somebody else"))
    hub.proxy.plan("GET", meanwhile(lambda: _delete_the_last(hub, number)))
    with pytest.raises(Missing, match="read comment"):
        client.create_comment(number, LINT.wrap("ours"), LINT)
    assert hub.bodies(number) == [LINT.wrap("of somebody else")]


def _delete_the_last(hub: Hub, number: int) -> None:
    last = hub.ask(BOT, "GET", f"/issues/{number}/comments")[-1]
    hub.ask(BOT, "DELETE", f"/issues/comments/{last['id']}")


# edits


def test_an_edit_between_two_tries_is_kept(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue("theirs"))
    hub.proxy.plan("PATCH", answer(502, when="before"))
    hub.proxy.plan("GET", meanwhile(lambda: None), meanwhile(lambda: _edit(hub, seen.number)))
    with pytest.raises(Conflict):
        client.edit_issue(seen, body="ours")
    assert client.issue(seen.number).body == "theirs, edited"


def test_an_edit_on_top_of_a_lost_one_is_kept(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue("theirs"))
    hub.proxy.plan("PATCH", answer(502, when="after"))
    hub.proxy.plan("GET", meanwhile(lambda: None), meanwhile(lambda: _edit(hub, seen.number)))
    with pytest.raises(Conflict) as got:
        client.edit_issue(seen, body="ours")
    assert got.value.current.body == "theirs, edited" == client.issue(seen.number).body


def test_an_edit_while_a_limit_is_waited_for_is_kept(hub: Hub, client: Client) -> None:
    seen = client.issue(hub.open_issue("theirs"))
    hub.proxy.plan("PATCH", answer(429))
    hub.proxy.plan("GET", meanwhile(lambda: None), meanwhile(lambda: _edit(hub, seen.number)))
    with pytest.raises(Conflict):
        client.edit_issue(seen, body="ours")
    assert hub.proxy.count("PATCH") == 1


def _edit(hub: Hub, number: int) -> None:
    hub.edit(number, body="theirs, edited")


# one comment, kept current


def test_a_comment_is_created_then_edited_then_left_alone(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    changes = [
        keep_comment(client, number, LINT, LINT.wrap(text)).change
        for text in ("one", "two", "two", "one")
    ]
    assert changes == [Change.CREATED, Change.EDITED, Change.NONE, Change.EDITED]
    assert hub.bodies(number) == [LINT.wrap("one")]
    writes = hub.proxy.count("POST") + hub.proxy.count("PATCH")
    assert (writes, hub.proxy.count("GET", "/comments?"), hub.proxy.count("GET", "/user")) == (
        3,
        4,
        1,
    )


def test_two_of_ours_become_one_and_nobody_elses_is_touched(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    forged = hub.say(number, LINT.wrap("forged"), HUMAN)
    first = hub.say(number, LINT.wrap("one"), BOT)
    hub.say(number, LINT.wrap("one"), BOT)
    keep_comment(client, number, LINT, LINT.wrap("two"))
    assert [one.id for one in client.comments(number)] == [forged, first]
    assert hub.bodies(number) == [LINT.wrap("forged"), LINT.wrap("two")]


def test_a_comment_that_was_deleted_meanwhile_is_made_again(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    ours = hub.say(number, LINT.wrap("one"), BOT)
    delete = meanwhile(lambda: hub.ask(BOT, "DELETE", f"/issues/comments/{ours}"))
    hub.proxy.plan("PATCH", delete)
    assert keep_comment(client, number, LINT, LINT.wrap("two")).change is Change.CREATED
    assert hub.bodies(number) == [LINT.wrap("two")]


def test_a_weak_token_does_not_pass_for_a_deleted_comment(hub: Hub, client: Client) -> None:
    number = hub.open_issue()
    ours = hub.say(number, LINT.wrap("one"), BOT)
    hub.proxy.plan("PATCH", answer(404, "Not Found"))
    hub.proxy.plan("POST", answer(404, "Not Found"))
    with pytest.raises(EpmError, match="GITHUB_TOKEN may not write a comment"):
        keep_comment(client, number, LINT, LINT.wrap("two"))
    assert [one.id for one in client.comments(number)] == [ours]
