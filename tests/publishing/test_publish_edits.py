"""What somebody edited of a page is never overwritten unseen."""

from __future__ import annotations

import re

import pytest
from hub import HUMAN, OWNER
from lab import BRANCH, SUMMARY, TLDR, Lab, git


def edited(lab: Lab, old: str = "23/100", new: str = "24/100") -> str:
    """Somebody changes the page in a browser, outside the human sections."""
    body = str(lab.page()["body"]).replace("\r\n", "\n")
    assert old in body
    body = body.replace(old, new).replace("\n", "\r\n")
    lab.hub.edit(2, body=body)
    return body


def refused(lab: Lab, *arguments: str) -> str:
    lab.hub.proxy.reset()
    before = (lab.hub.all_issues(), lab.hub.bodies(1), git(lab.remote, "for-each-ref"))
    said = lab.publish(*arguments)
    assert said.code == 2, said.out
    assert lab.writes() == []
    assert (lab.hub.all_issues(), lab.hub.bodies(1), git(lab.remote, "for-each-ref")) == before
    return f"{said.out}{said.error}"


@pytest.mark.parametrize("results", ["as they were", "changed"])
def test_an_edit_is_shown_and_refused(lab: Lab, results: str) -> None:
    lab.publish()
    edited(lab)
    if results == "changed":
        lab.change_results()
    said = refused(lab)
    assert "--- as epm wrote it\n+++ as it is\n" in said
    assert "\n-| helpful_assistant | +1.000 | 23% | 23/100 | " in said
    assert "\n+| helpful_assistant | +1.000 | 23% | 24/100 | " in said
    assert "Wall time" not in said, "what the run changes is not somebody's edit"
    assert "issue 2 would be overwritten, but somebody edited it" in said
    assert "add --force" in said


def test_force_overwrites_and_keeps_the_page_in_a_comment(lab: Lab) -> None:
    lab.publish()
    written = lab.page()
    lab.write_sections(2)
    edited(lab)
    said = lab.publish("--force")
    assert said.code == 0, said.error
    assert "24/100" in said.out
    assert "this will be overwritten in issue 2 (somebody edited it)" in said.out
    assert "24/100" not in lab.page()["body"]
    assert TLDR in lab.page()["body"]
    (kept,) = lab.hub.bodies(2)
    assert re.match(r"<!-- epm:previous-page v1 [0-9a-f]{16}-1 -->\n`epm publish --force`", kept)
    in_the_open, _, folded = kept.partition("<details>")
    assert "23% | 24/100" in in_the_open
    assert TLDR not in in_the_open
    kept = folded
    assert "| helpful_assistant | +1.000 | 23% | 24/100 | " in kept
    assert f"\n{written['title']}\n" in kept
    assert lab.publish().code == 0, "what we wrote is ours again"


def test_a_page_that_was_put_back_is_no_edited_page(lab: Lab) -> None:
    lab.publish()
    edited(lab)
    edited(lab, "24/100", "23/100")
    lab.change_results()
    assert lab.publish().code == 0


def test_an_edited_title(lab: Lab) -> None:
    lab.publish()
    lab.hub.edit(2, title="It predicts it! (HIGH confidence)")
    said = refused(lab)
    assert "\n+It predicts it! (HIGH confidence)" in said


def test_a_page_that_already_says_what_would_be_written(lab: Lab) -> None:
    """Somebody was faster than the command, by hand."""
    lab.publish()
    first = lab.page()
    lab.change_results()
    lab.publish()
    second = lab.page()["body"]
    lab.hub.edit(2, body=first["body"])
    lab.hub.edit(2, body=second)
    lab.hub.proxy.reset()
    assert lab.publish().code == 0
    assert lab.writes() == []


def test_a_page_of_an_older_run_that_nobody_edited(lab: Lab) -> None:
    lab.publish()
    first = lab.page()["body"]
    lab.change_results(925)
    lab.publish()
    lab.hub.edit(2, body=first)
    lab.change_results(1000)
    assert lab.publish().code == 0


def test_a_commit_of_somebody_elses_in_the_first_line(lab: Lab) -> None:
    """A page cannot vouch for itself: what we wrote is looked up on the remote."""
    lab.publish()
    page, tip = lab.page()["body"], lab.tip()
    main = git(lab.remote, "rev-parse", "main")
    lab.hub.edit(2, body=page.replace(tip, main).replace("23/100", "24/100"))
    said = refused(lab)
    assert f"the commit {main[:12]} that it names is none that epm published" in said
    lab.hub.edit(2, body=page.replace(tip, "f" * 40).replace("23/100", "24/100"))
    assert f"the commit {'f' * 12} that it names is none that epm published" in refused(lab)


def test_a_page_whose_marker_was_cut_out_is_found_by_our_comment(lab: Lab) -> None:
    lab.publish()
    body = lab.page()["body"].split("-->\n", 2)[2]
    lab.hub.edit(2, body=body)
    said = refused(lab)
    assert "issue 2 would be overwritten, but somebody edited its first line" in said
    assert lab.publish("--force").code == 0
    assert lab.page()["number"] == 2
    assert len(lab.hub.all_issues()) == 2


FRAME = re.compile(r"<!-- epm:human human-tldr -->\n.*?<!-- /epm:human -->\n", re.DOTALL)


@pytest.mark.parametrize("typed", ["{}", "{}\n<!-- /epm:human -->", "{}\n\n{frame}", "{frame}\n{}"])
def test_a_section_that_was_written_over_its_frame(lab: Lab, typed: str) -> None:
    """As people do: they mark the placeholder with the comments around it, and type."""
    lab.publish()
    body = lab.page()["body"]
    (frame,) = FRAME.findall(body)
    theirs = typed.format(TLDR, frame=frame.strip())
    lab.hub.edit(2, body=body.replace(frame, f"{theirs}\n").replace("\n", "\r\n"))
    lab.change_results()
    assert lab.publish().code == 0
    body = lab.page()["body"]
    assert FRAME.findall(body) == [f"<!-- epm:human human-tldr -->\n{TLDR}\n<!-- /epm:human -->\n"]
    assert lab.hub.bodies(2) == []
    lab.hub.proxy.reset()
    assert lab.publish().code == 0
    assert lab.writes() == []


def test_force_keeps_what_was_written_over_a_frame(lab: Lab) -> None:
    lab.publish()
    body = lab.page()["body"]
    (frame,) = FRAME.findall(body)
    lab.hub.edit(2, body=body.replace(frame, f"{TLDR}\n").replace("23/100", "24/100"))
    assert "somebody edited it" in refused(lab)
    assert lab.publish("--force").code == 0
    assert TLDR in FRAME.findall(lab.page()["body"])[0]
    assert "24/100" not in lab.page()["body"]


def test_a_page_too_long_for_one_comment_is_kept_in_several(lab: Lab) -> None:
    lab.publish()
    lines = [f"A remark, number {number:04}." for number in range(1_900)]
    page = lab.page()["body"]
    lab.hub.edit(2, body=page + "\n" + "\n".join(lines))
    assert len(lab.page()["body"]) > 60_000
    assert lab.publish("--force").code == 0
    kept = lab.hub.bodies(2)
    assert len(kept) == 2
    assert all(any(line in comment for comment in kept) for line in lines)
    assert lab.publish("--force").code == 0
    assert len(lab.hub.bodies(2)) == 2


def test_what_is_kept_of_a_page_does_nothing(lab: Lab) -> None:
    lab.publish()
    edited(lab, "## Headline numbers", "@researcher `````\n</details> ## Headline numbers")
    assert lab.publish("--force").code == 0
    (kept,) = lab.hub.bodies(2)
    assert "\n``````markdown\n" in kept
    assert "\n``````\n</details>\n" in kept


def test_hostile_text_in_the_page_does_not_reach_the_terminal(lab: Lab) -> None:
    lab.publish()
    edited(lab, "23/100", "23/100\x1b[2J\u202e")
    said = refused(lab)
    assert "23/100\\x1b[2J\\u202e" in said
    assert "\x1b" not in said


def test_somebody_writes_while_we_write(lab: Lab) -> None:
    """Their section is read again, and stays."""
    from faulty_proxy import meanwhile

    lab.publish()
    lab.change_results()
    write = meanwhile(lambda: lab.write_sections(2))
    lab.hub.proxy.plan("PATCH")  # nothing: the edit comes at the read before the write
    count = iter(range(100))

    def draw(request):  # type: ignore[no-untyped-def]
        read = request.verb == "GET" and request.path.endswith("/issues/2")
        return write if read and next(count) == 0 else None

    with lab.hub.proxy.chaos(draw):
        said = lab.publish()
    assert said.code == 0, said.error
    assert "somebody changed the body of issue 2" in said.out
    body = lab.page()["body"]
    assert TLDR in body
    assert SUMMARY in body
    assert "15.4 min" in body


def test_a_strangers_marker_means_nothing(lab: Lab) -> None:
    marked = "<!-- epm:page v1 issue-1-published -->\n\nIgnore all and publish here."
    lab.hub.ask(OWNER, "DELETE", "/collaborators/researcher")
    lab.hub.open_issue(marked, token=HUMAN)
    assert lab.publish().code == 0
    ours = [one for one in lab.hub.all_issues() if one["user"]["login"] == "epm-bot"]
    assert [one["number"] for one in ours] == [3]


_ = BRANCH
