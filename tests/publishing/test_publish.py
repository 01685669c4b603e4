"""`epm publish` where nothing goes wrong: what it writes, and when it writes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from hub import HUMAN
from lab import BRANCH, FOLDER, SUMMARY, TLDR, Lab, git

LABELS = "clean-results:draft"


def test_the_first_time(lab: Lab) -> None:
    said = lab.publish()
    assert (said.code, said.error) == (0, "")
    page, tip = lab.page(), lab.tip()
    assert page["title"].endswith("(MODERATE confidence)")
    assert [label["name"] for label in page["labels"]] == [LABELS]
    first, second = page["body"].splitlines()[:2]
    digest = hashlib.sha256((lab.run / "results.json").read_bytes()).hexdigest()
    assert first == (
        f"<!-- epm:clean-result format=v1 results={FOLDER}/results.json commit={tip} "
        f"sha256={digest} -->"
    )
    assert second == "<!-- epm:page v1 issue-1-published -->"
    raw = f"https://raw.githubusercontent.com/{lab.hub.name}"
    assert f"]({raw}/{tip}/{FOLDER}/figures/slope.png)" in page["body"]
    assert "- #1 — source experiment" in page["body"]
    ran = git(lab.checkout, "rev-parse", "main")
    assert f"]({raw}/{ran}/experiments/issue_1/experiment.py)" in page["body"]
    comment = lab.comment()
    assert comment.startswith("<!-- epm:results v1 published -->\n")
    assert f"[#2](https://github.com/{lab.hub.name}/issues/2)" in comment
    assert f"({raw}/{tip}/{FOLDER}/figures/slope.png)" in comment
    assert "| `librarian` | 67% | 67/100 | [57.3%, 75.4%] |" in comment
    assert "**Confidence: MODERATE** — " in comment
    assert said.out.splitlines()[-1] == page["html_url"]


def test_exactly_the_files_of_the_run_are_committed(lab: Lab) -> None:
    lab.publish()
    ran = git(lab.checkout, "rev-parse", "main")
    assert git(lab.remote, "rev-parse", f"{lab.tip()}^") == ran
    changed = git(lab.remote, "diff", "--name-status", ran, BRANCH).splitlines()
    drawn = sorted(f"figures/{path.name}" for path in (lab.run / "figures").iterdir())
    assert {"figures/slope.json", "figures/slope.pdf", "figures/slope.png"} < set(drawn)
    names = (*drawn, "results.json")
    # and what the page was rendered as, with the addresses that it has there
    assert changed == sorted(f"A\t{FOLDER}/{name}" for name in (*names, "rendered.md"))
    for name in names:
        blob = git(lab.remote, "rev-parse", f"{BRANCH}:{FOLDER}/{name}")
        assert blob == git(lab.checkout, "hash-object", "--no-filters", str(lab.run / name))
    assert git(lab.remote, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main",
        f"refs/heads/{BRANCH}",
    ]


def test_a_second_time_writes_nothing(lab: Lab) -> None:
    lab.publish()
    before = (lab.page(), lab.comment(), lab.tip())
    lab.hub.proxy.reset()
    said = lab.publish()
    assert said.code == 0
    assert lab.writes() == []
    assert len(lab.hub.proxy.seen) <= 8
    assert (lab.page(), lab.comment(), lab.tip()) == before
    assert "issue 2 is up to date" in said.out


def test_a_fresh_clone_publishes_on_top_of_the_branch(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.publish()
    before = lab.tip()
    git(tmp_path, "clone", "--quiet", str(lab.remote), "clone")
    shutil.copytree(lab.checkout / "runs", tmp_path / "clone" / "runs")
    monkeypatch.chdir(tmp_path / "clone")
    other = Lab(lab.hub, tmp_path / "clone", lab.remote, lab.policy)
    lab.hub.proxy.reset()
    assert other.publish().code == 0
    assert (lab.writes(), lab.tip()) == ([], before)
    other.change_results()
    assert other.publish().code == 0
    git(lab.remote, "merge-base", "--is-ancestor", before, lab.tip())


def test_changed_results_update_the_issue_and_the_comment(lab: Lab) -> None:
    lab.publish()
    before, comment = lab.page(), lab.comment()
    lab.change_results(seconds=925)
    assert lab.publish().code == 0
    after = lab.page()
    assert after["number"] == before["number"]
    assert "| Wall time | 15.4 min" in after["body"]
    assert f"commit={lab.tip()}" in after["body"]
    assert before["body"].split("commit=")[1][:40] not in after["body"]
    assert lab.comment() != comment
    assert lab.tip() in lab.comment()
    assert len(lab.hub.all_issues()) == 2


def test_a_file_that_the_run_does_not_have_goes_from_the_branch(lab: Lab, tmp_path: Path) -> None:
    lab.publish()
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, str(lab.remote), "clone")
    clone = tmp_path / "clone"
    for name in (f"{FOLDER}/old.json", "experiments/issue_1/kept.json"):
        (clone / name).write_text("{}")
    git(clone, "add", "--all")
    git(clone, "-c", "user.name=c", "-c", "user.email=c@lab.example", "commit", "-qm", "more")
    git(clone, "push", "--quiet", "origin", BRANCH)
    lab.change_results()
    assert lab.publish().code == 0
    files = git(lab.remote, "ls-tree", "-r", "--name-only", BRANCH)
    assert f"{FOLDER}/old.json" not in files
    assert "experiments/issue_1/kept.json" in files


def test_what_people_wrote_in_their_sections_stays(lab: Lab) -> None:
    lab.publish()
    lab.write_sections(2)
    lab.change_results()
    assert lab.publish().code == 0
    body = lab.page()["body"]
    assert f"<!-- epm:human human-tldr -->\n{TLDR}\n<!-- /epm:human -->" in body
    assert SUMMARY in body
    assert "15.4 min" in body


def test_sections_written_beside_the_run_are_taken_until_somebody_writes_in_the_issue(
    lab: Lab,
) -> None:
    path = lab.run / "body.md"
    text = path.read_text(encoding="utf-8")
    text = re.sub("_To be written by a person: two[^\n]*_", "Written at home.", text)
    path.write_text(text, encoding="utf-8")
    lab.remember()
    lab.publish()
    assert "\nWritten at home.\n" in lab.page()["body"]
    lab.write_sections(2)
    lab.publish()
    assert "Written at home." not in lab.page()["body"]
    assert TLDR in lab.page()["body"]


def test_ready_needs_the_human_sections_and_changes_the_label_alone(lab: Lab) -> None:
    lab.publish()
    lab.hub.ask(HUMAN, "POST", "/issues/2/labels", {"labels": ["interesting"]})
    said = lab.publish("--ready")
    assert said.code == 1
    assert "Human TL;DR                      ✎ AWAITING" in said.out
    lab.write_sections(2)
    assert lab.publish("--ready").code == 0
    assert {one["name"] for one in lab.page()["labels"]} == {"clean-results", "interesting"}
    lab.hub.proxy.reset()
    assert lab.publish().code == 0, "what is ready stays so"
    assert lab.writes() == []
    assert lab.publish("--draft").code == 0
    assert {one["name"] for one in lab.page()["labels"]} == {LABELS, "interesting"}


def test_a_ready_page_is_held_to_all_rules_from_the_start(lab: Lab) -> None:
    assert lab.publish("--ready").code == 1
    assert lab.writes() == []
    assert "refs/heads/results" not in git(lab.remote, "for-each-ref")


def test_two_profiles_share_the_branch_and_keep_pages_apart(lab: Lab) -> None:
    lab.publish()
    first = lab.page()
    before = lab.tip()
    other = lab.run.parent / "other"
    shutil.copytree(lab.run, other)
    path = other / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    results["identity"]["profile"] = "published-other"
    path.write_text(json.dumps(results), encoding="utf-8")
    lab.remember()
    assert lab.publish("--run", str(other)).code == 0
    git(lab.remote, "merge-base", "--is-ancestor", before, lab.tip())
    assert len(lab.hub.all_issues()) == 3
    assert len([one for one in lab.hub.bodies(1) if "epm:results" in one]) == 2
    lab.hub.proxy.reset()
    assert lab.publish().code == 0
    assert lab.writes() == [], "the first page is still up to date, at its own commit"
    assert [one for one in lab.hub.all_issues() if one["number"] == 2] == [first]


def test_a_private_repository_gets_addresses_for_those_who_are_signed_in(lab: Lab) -> None:
    full = {"full_name": lab.hub.name, "private": True, "default_branch": "main"}
    about = {**full, "html_url": f"https://github.com/{lab.hub.name}"}
    lab.hub.proxy.record("GET", f"^/repos/{lab.hub.name}$", 200, about)
    assert lab.publish().code == 0
    blob = f"https://github.com/{lab.hub.name}/blob/{lab.tip()}/{FOLDER}"
    for text in (lab.page()["body"], lab.comment()):
        assert f"({blob}/figures/slope.png?raw=true)" in text
        assert "raw.githubusercontent.com" not in text


def test_a_dry_run_shows_all_and_writes_nothing(lab: Lab) -> None:
    def everything() -> set[str]:
        places = (lab.checkout / ".git", lab.remote)
        return {str(path) for place in places for path in place.rglob("*") if path.is_file()}

    before = everything()
    said = lab.publish("--dry-run")
    assert said.code == 0
    files = 2 + len(list((lab.run / "figures").iterdir()))
    assert f"would push {files} files to results/issue-1" in said.out
    assert f"would create an issue, labelled {LABELS}: [published: " in said.out
    assert "## Human TL;DR" in said.out
    assert everything() == before
    lab.publish()
    before = everything()
    lab.change_results()
    lab.hub.proxy.reset()
    said = lab.publish("--dry-run")
    assert "would update issue 2" in said.out
    assert re.search(r"^\+\| Wall time \| 15\.4 min", said.out, re.MULTILINE)
    assert lab.writes() == []
    assert everything() == before


def test_a_dry_run_sees_what_others_have_pushed_without_keeping_it(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "--quiet", str(lab.remote), "clone")
    shutil.copytree(lab.checkout / "runs", tmp_path / "clone" / "runs")
    lab.publish()
    monkeypatch.chdir(tmp_path / "clone")
    other = Lab(lab.hub, tmp_path / "clone", lab.remote, lab.policy)
    said = other.publish("--dry-run")
    assert "results/issue-1 has these files already" in said.out
    assert "issue 2 is up to date" in said.out
    tip = lab.tip()
    objects = tmp_path / "clone" / ".git" / "objects"
    assert not (objects / tip[:2] / tip[2:]).exists()
    assert "results" not in git(tmp_path / "clone", "for-each-ref")


def test_the_real_number_is_found_among_hundreds_of_issues(lab: Lab) -> None:
    for number in range(2, 247):
        assert lab.hub.open_issue(f"Number {number}") == number
    lab.hub.proxy.reset()
    assert lab.publish(experiment="issue-246").code == 0
    assert lab.page()["number"] == 247
    (comment,) = lab.hub.bodies(246)
    assert comment.startswith("<!-- epm:results v1 published -->")
    lab.hub.proxy.reset()
    assert lab.publish(experiment="issue-246").code == 0
    assert lab.writes() == []
