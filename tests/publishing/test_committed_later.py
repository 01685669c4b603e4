"""A run from before its experiment was committed: published once exactly that is committed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from lab import BRANCH, FOLDER, Lab, git

from epm import cli

HOME = "experiments/issue_1"
COMMAND = ["run", "issue-1", "--profile", "published", "--wandb", "off"]


@pytest.fixture
def uncommitted(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Lab:
    """The lab on its first day: the experiment has run, and git does not know it."""
    saved = lab.checkout.parent / "saved"
    shutil.copytree(lab.checkout / HOME, saved)
    git(lab.checkout, "rm", "-r", "--quiet", HOME)
    git(lab.checkout, "commit", "--quiet", "--amend", "--message=No experiment yet")
    git(lab.checkout, "push", "--quiet", "--force", "origin", "main")
    shutil.copytree(saved, lab.checkout / HOME)
    shutil.rmtree(lab.checkout / "runs" / "issue-1")
    assert cli.main(COMMAND) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "not committed" in line]
    assert said == [
        f"{HOME} is not committed yet: to publish this run, commit and push just that content, "
        "before or after"
    ]
    lab.remember()
    return lab


def commit(lab: Lab, message: str) -> str:
    git(lab.checkout, "add", "--all")
    git(lab.checkout, "commit", "--quiet", f"--message={message}")
    git(lab.checkout, "push", "--quiet", "origin", "main")
    lab.remember()
    return git(lab.checkout, "rev-parse", "HEAD")


def published(lab: Lab) -> Any:
    return json.loads(git(lab.remote, "show", f"{BRANCH}:{FOLDER}/results.json"))


def refusal(lab: Lab) -> str:
    said = lab.publish("--dry-run")
    assert said.code == 2, said.out
    assert "\n" not in said.error
    assert lab.writes() == []
    return said.error


def test_run_then_commit_then_publish(uncommitted: Lab) -> None:
    lab = uncommitted
    line = refusal(lab)
    assert f"{HOME}/experiment.py and " in line
    assert "as it ran is not committed yet; commit and push it as it is" in line
    made = commit(lab, "The experiment, as it ran")
    said = lab.publish("--dry-run")
    assert said.code == 0, said.error + said.out
    assert f"| Git commit | {made}, made after the run, of exactly what had run |" in said.out
    assert lab.publish().code == 0
    (environment,) = published(lab)["provenance"]["environments"]
    assert environment["git"]["commit"] == made
    assert environment["git"]["afterwards"] is True
    # what is committed later, and is no part of the run, moves nothing
    (lab.checkout / "notes.md").write_text("Notes.")
    commit(lab, "Notes")
    again = lab.publish()
    assert "is up to date" in again.out, again.out + again.error


@pytest.mark.parametrize("name", [f"{HOME}/training_questions.txt", f"{HOME}/experiment.py"])
def test_one_line_that_was_changed_after_the_run(uncommitted: Lab, name: str) -> None:
    path = uncommitted.checkout / name
    path.write_text(path.read_text(encoding="utf-8") + "# one line\n", encoding="utf-8")
    uncommitted.remember()
    assert refusal(uncommitted).startswith(f"{name} was changed since")
    commit(uncommitted, "With the changed line")
    assert refusal(uncommitted).startswith(f"{name} was changed since")


def test_prose_may_be_written_after_the_run(uncommitted: Lab) -> None:
    commit(uncommitted, "As it ran")
    path = uncommitted.checkout / HOME / "narrative.md.j2"
    path.write_text(path.read_text(encoding="utf-8") + "{# a remark #}\n", encoding="utf-8")
    commit(uncommitted, "Better prose")
    assert uncommitted.publish("--dry-run").code == 0


def test_a_later_change_leaves_the_commit_that_ran(uncommitted: Lab) -> None:
    made = commit(uncommitted, "As it ran")
    path = uncommitted.checkout / HOME / "notes_on_method.md"
    path.write_text("Something new.", encoding="utf-8")
    commit(uncommitted, "A note in the folder")
    said = uncommitted.publish("--dry-run")
    assert said.code == 0, said.error
    assert re.search(rf"Git commit \| {made}, made after", said.out)


def test_a_run_from_before_there_was_a_checkout(lab: Lab, tmp_path: Path) -> None:
    """The folder becomes a repository after the run."""
    kept = lab.checkout / ".git"
    kept.rename(tmp_path / "kept")
    shutil.rmtree(lab.checkout / "runs" / "issue-1")
    assert cli.main(COMMAND) == 0
    (tmp_path / "kept").rename(kept)
    lab.remember()
    said = lab.publish("--dry-run")
    assert said.code == 0, said.error
    head = git(lab.checkout, "rev-parse", "HEAD")
    assert f"Git commit | {head}, made after the run" in said.out


def test_line_ends_that_git_turns_are_no_change(lab: Lab) -> None:
    path = lab.checkout / HOME / "questions_dos.txt"
    (lab.checkout / ".gitattributes").write_text("*.txt text\n")
    path.write_bytes(b"one\r\ntwo\r\n")
    shutil.rmtree(lab.checkout / "runs" / "issue-1")
    assert cli.main(COMMAND) == 0
    commit(lab, "With the line ends that git likes")
    assert lab.publish("--dry-run").code == 0


def test_a_scorer_that_was_changed_and_run_again_needs_no_second_training(lab: Lab) -> None:
    """The samples are of the first day's content; what is published is of the last one's."""
    number = lab.hub.open_issue("A question of mine")
    slug, home = f"issue-{number}", lab.checkout / "experiments" / f"issue_{number}"
    assert cli.main(["new", slug]) == 0
    assert cli.main(["run", slug, "--wandb", "off"]) == 0
    (run,) = (lab.checkout / "runs" / slug).glob("toy-*")
    trained = {path: path.read_bytes() for path in run.glob("[ts]*/*/manifest.json")}
    assert len(trained) == 4
    definition = home / "experiment.py"
    definition.write_text(definition.read_text().replace("(may|might|perhaps)", "(may|could)"))
    lab.remember()
    line = lab.publish("--dry-run", "--allow-pilot", experiment=slug).error
    assert line.startswith(f"experiments/issue_{number}/experiment.py was changed since it ran")
    assert f"or `epm run {slug}` (what its samples do not depend on" in line
    assert cli.main(["run", slug, "--wandb", "off"]) == 0
    assert {path: path.read_bytes() for path in trained} == trained
    made = commit(lab, "My experiment, as it ran in the end")
    said = lab.publish("--dry-run", "--allow-pilot", experiment=slug)
    assert said.code == 0, said.error
    assert f"| Git commit | {made}, made after the run, of exactly what had run |" in said.out
    # a remark that changes nothing: the same, and nothing is trained or sampled
    definition.write_text(definition.read_text() + "# a remark\n")
    assert cli.main(["run", slug, "--wandb", "off"]) == 0
    assert {path: path.read_bytes() for path in trained} == trained
    made = commit(lab, "A remark")
    said = lab.publish("--dry-run", "--allow-pilot", experiment=slug)
    assert said.code == 0, said.error
    assert f"| Git commit | {made}, made" in said.out


@pytest.mark.parametrize(
    ("shape", "changed"),
    [("two-arms", "questions.txt"), ("reanalysis", "experiment.py"), ("panel", "experiment.py")],
)
def test_from_a_new_folder_to_a_page(lab: Lab, shape: str, changed: str) -> None:
    """As a new user would: new, run, commit, publish; and one line changed after the run."""
    number = lab.hub.open_issue("A question of mine")
    slug, home = f"issue-{number}", lab.checkout / "experiments" / f"issue_{number}"
    assert cli.main(["new", slug, "--shape", shape]) == 0
    assert cli.main(["run", slug, "--wandb", "off"]) == 0
    lab.remember()
    early = lab.publish("--dry-run", "--allow-pilot", experiment=slug)
    assert "as it ran is not committed yet" in early.error
    commit(lab, "My experiment")
    said = lab.publish("--dry-run", "--allow-pilot", experiment=slug)
    assert said.code == 0, said.error + said.out
    path = home / changed
    path.write_text(path.read_text(encoding="utf-8") + "# one more line\n", encoding="utf-8")
    git(lab.checkout, "reset", "--quiet", "--soft", "HEAD^")  # as if it had never been committed
    git(lab.checkout, "add", "--all")
    git(lab.checkout, "commit", "--quiet", "--message=My experiment, changed")
    git(lab.checkout, "push", "--quiet", "--force", "origin", "main")
    lab.remember()
    line = lab.publish("--dry-run", "--allow-pilot", experiment=slug).error
    assert line.startswith(f"experiments/issue_{number}/{changed} was changed since"), line


def test_a_lost_list_of_files(uncommitted: Lab) -> None:
    commit(uncommitted, "As it ran")
    shutil.rmtree(uncommitted.run / "content")
    uncommitted.remember()
    assert "the list of what had run is gone" in refusal(uncommitted)
