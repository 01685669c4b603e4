"""A page belongs to the repository: people and bots publish in turn, and some of them leave."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub import BOT, HUMAN, OWNER, PEOPLE
from lab import BRANCH, TLDR, Lab, git

from epm.bot.judging import Judge
from epm.github.comments import SUPERSEDED
from epm.github.markers import Marker

RESULTS = Marker("results", key="published")


def as_(lab: Lab, token: str, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The same checkout in another person's hands."""
    monkeypatch.setenv("GITHUB_TOKEN", token)
    return lab


def comments(lab: Lab) -> list[str]:
    """Those of the kind on the source issue, the folded ones too."""
    return [body for body in lab.hub.bodies(1) if RESULTS.leads(body)]


def living(lab: Lab) -> str:
    (found,) = [body for body in comments(lab) if not SUPERSEDED.leads(body)]
    return found


def test_a_colleague_publishes_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    as_(lab, HUMAN, monkeypatch).publish()
    page, comment = lab.page(), lab.comment()
    assert page["user"]["login"] == "researcher"
    lab.change_results()
    said = as_(lab, BOT, monkeypatch).publish()
    assert said.code == 0, said.error
    assert lab.page()["number"] == page["number"]
    assert "15.4 min" in lab.page()["body"]
    assert lab.comment() != comment
    assert len(comments(lab)) == 1, "the comment is edited where it is"
    lab.hub.proxy.reset()
    assert lab.publish().code == 0
    assert lab.writes() == []


def test_the_first_publisher_has_left(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    as_(lab, HUMAN, monkeypatch).publish()
    lab.write_sections(2)
    lab.hub.ask(OWNER, "DELETE", "/collaborators/researcher")
    lab.change_results()
    assert as_(lab, BOT, monkeypatch).publish().code == 0
    body = lab.page()["body"]
    assert "15.4 min" in body
    assert TLDR in body
    assert len(lab.hub.all_issues()) == 2
    old, new = comments(lab)
    assert re.search(rf"\[here\]\(\S+/{lab.hub.name}/issues/1#issuecomment-\d+\)", old)
    assert new == living(lab)
    assert lab.tip() in new
    lab.hub.proxy.reset()
    assert lab.publish().code == 0
    assert lab.writes() == []


def test_a_stranger_who_copies_page_and_comment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, with the commit of the first line: the branch names neither."""
    as_(lab, BOT, monkeypatch).publish()
    lab.hub.ask(OWNER, "DELETE", "/collaborators/researcher")
    lab.hub.open_issue(lab.page()["body"].replace("23/100", "99/100"), token=HUMAN)
    lab.hub.say(1, lab.comment(), HUMAN)
    before = lab.hub.all_issues()[0:1], lab.hub.bodies(1)[-1]
    lab.change_results()
    assert lab.publish().code == 0
    pages = [one for one in lab.hub.all_issues() if "15.4 min" in one["body"]]
    assert [one["number"] for one in pages] == [2]
    assert (lab.hub.all_issues()[0:1], lab.hub.bodies(1)[-1]) == before


def test_a_comment_that_may_not_be_edited_is_folded(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faulty_proxy import Fault, Request, answer

    as_(lab, HUMAN, monkeypatch).publish()
    theirs = comments(lab)
    lab.change_results()

    def draw(request: Request) -> Fault | None:
        patch = request.verb == "PATCH" and "/comments/" in request.path
        return answer(403, "Forbidden") if patch else None

    with lab.hub.proxy.chaos(draw):
        assert as_(lab, BOT, monkeypatch).publish().code == 0
    assert comments(lab)[0] == theirs[0]
    assert len(comments(lab)) == 2
    folded = [one.json for one in lab.hub.proxy.requests if one.path == "/graphql"]
    assert "minimizeComment" in folded[-1]["query"]


def test_the_page_of_somebody_who_has_left_still_silences_what_epm_silences(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its publisher can edit it for ever; so it must be what was published."""
    as_(lab, HUMAN, monkeypatch).publish()
    lab.hub.ask(OWNER, "DELETE", "/collaborators/researcher")
    git(tmp_path, "clone", "--quiet", str(lab.remote), "clone")
    clone = tmp_path / "clone"
    git(clone, "remote", "set-url", "origin", f"https://github.com/{lab.hub.name}")
    judge, client = Judge.at(clone, lab.hub.name), lab.hub.client()
    body = str(lab.page()["body"])
    assert "epm: ignore" in body, "the page silences rules of its own"
    assert judge._trusted(client.issue(2), client)
    lab.write_sections(2)
    assert judge._trusted(client.issue(2), client)
    for old, new in (
        (TLDR, f"{TLDR} <!-- epm: ignore[numbers-match-json] mine -->"),
        ("## AI Summary", "<!-- epm: ignore[numbers-match-json] mine -->\n## AI Summary"),
    ):
        edited = lab.page()["body"].replace("\r\n", "\n").replace(old, new)
        lab.hub.edit(2, body=edited)
        assert not judge._trusted(client.issue(2), client)
        lab.hub.edit(2, body=body)


def test_five_people_and_two_bots_in_turn(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, app_key: str
) -> None:
    """The first of them leaves in between: one page, one comment that lives."""
    for login in PEOPLE.values():
        lab.hub.ask(OWNER, "PUT", f"/collaborators/{login}", {"permission": "push"})
    app = {"EPM_APP_ID": "4242", "EPM_APP_PRIVATE_KEY": app_key}
    turn: list[dict[str, str]] = [{"GITHUB_TOKEN": token} for token in (*PEOPLE, BOT)]
    turn.insert(3, app)
    for count, environment in enumerate(turn):
        lab.change_results(seconds=60 * (count + 10))
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            said = lab.publish()
        assert said.code == 0, f"{environment}: {said.error}"
        if count == 1:
            lab.write_sections(2)
            lab.hub.ask(OWNER, "DELETE", "/collaborators/ada")
        assert f"| Wall time | {count + 10}.0 min" in lab.page()["body"]
        assert count < 1 or TLDR in lab.page()["body"]
        assert lab.tip() in living(lab)
        assert len(lab.hub.all_issues()) == 2
    assert len(comments(lab)) == 2, "the one of her who left is folded"
    made = git(lab.remote, "log", "--format=%s", "--grep=^Publish ", BRANCH)
    assert len(made.splitlines()) == len(turn) == 7
