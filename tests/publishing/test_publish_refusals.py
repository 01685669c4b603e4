"""What `epm publish` refuses: each in one line, with the command that mends it."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
from faulty_proxy import Fault, Request, answer
from lab import BRANCH, Lab, git

from epm.publishing import artifacts


def refused(lab: Lab, *arguments: str) -> str:
    """The line, after a run that wrote nothing."""
    lab.hub.proxy.reset()
    said = lab.publish(*arguments)
    assert said.code == 2, said.out
    assert lab.writes() == []
    assert BRANCH not in git(lab.remote, "for-each-ref")
    assert "\n" not in said.error
    return said.error


def change(lab: Lab, **fields: Any) -> None:
    with lab.results() as results:
        results["provenance"]["environments"][0]["git"].update(fields)


def test_results_of_a_dirty_tree_whose_content_was_not_recorded(lab: Lab) -> None:
    with lab.results() as results:
        del results["provenance"]["environments"][0]["content"]
    change(lab, dirty=True)
    line = refused(lab)
    assert "the tree had uncommitted changes when the results were made" in line
    assert "commit them, then `epm run issue-1 --profile published --fresh`" in line


def test_results_of_no_checkout(lab: Lab) -> None:
    with lab.results() as results:
        (environment,) = results["provenance"]["environments"]
        del environment["content"]
        environment["git"] = {"unavailable": "git is not installed"}
    assert "the results do not say which code made them (git is not installed)" in refused(lab)


def test_a_commit_that_was_never_pushed(lab: Lab) -> None:
    (lab.checkout / "note.txt").write_text("new")
    git(lab.checkout, "add", "note.txt")
    git(lab.checkout, "commit", "--quiet", "--message=Not pushed")
    change(lab, commit=git(lab.checkout, "rev-parse", "HEAD"))
    line = refused(lab)
    assert "which made the results, is on no branch of the remote origin" in line
    assert "`git push origin HEAD`" in line
    git(lab.checkout, "push", "--quiet", "origin", "HEAD:refs/heads/topic")
    assert lab.publish().code == 0


def test_a_commit_that_was_pushed_and_taken_back(lab: Lab) -> None:
    """The remote-tracking branch of the checkout still knows it."""
    (lab.checkout / "note.txt").write_text("new")
    git(lab.checkout, "add", "note.txt")
    git(lab.checkout, "commit", "--quiet", "--message=Taken back")
    git(lab.checkout, "push", "--quiet", "origin", "main")
    git(lab.remote, "update-ref", "refs/heads/main", "main^")
    change(lab, commit=git(lab.checkout, "rev-parse", "HEAD"))
    assert "is on no branch of the remote origin" in refused(lab)


def test_a_commit_that_another_branch_has_on_the_remote_alone(lab: Lab, tmp_path: Path) -> None:
    """It is looked for there, not in what the checkout remembers."""
    git(tmp_path, "clone", "--quiet", str(lab.remote), "clone")
    clone = tmp_path / "clone"
    git(clone, "config", "user.name", "colleague")
    git(clone, "config", "user.email", "colleague@lab.example")
    for name in ("one", "two"):
        (clone / name).write_text(name)
        git(clone, "add", name)
        git(clone, "commit", "--quiet", f"--message={name}")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/colleague")
    change(lab, commit=git(clone, "rev-parse", "HEAD^"))
    assert lab.publish().code == 0


def test_results_that_break_their_schema(lab: Lab) -> None:
    with lab.results() as results:
        results["measurements"]["librarian"]["librarian"]["marker"]["all"]["total"] = [1000, 100]
    assert "breaks the results schema at /measurements/librarian/librarian/marker/all" in refused(
        lab
    )


def test_no_run(lab: Lab) -> None:
    line = refused(lab, "--profile", "full")
    assert "no results file at" in line
    assert "finish the run with `epm run`" in line


def test_several_runs_and_no_profile_named(lab: Lab) -> None:
    from epm import discovery
    from epm.pipeline.run import run_folder

    loaded = discovery.load("issue-1", lab.checkout / "experiments")
    folder = run_folder(loaded.experiment.resolve("smoke"), loaded.repository / "runs")
    folder.mkdir()
    (folder / "results.json").write_text("{}")
    lab.remember()
    assert "issue-1 has been run at 2 scales: smoke, published; name one" in refused(lab)


def test_a_pilot(lab: Lab) -> None:
    with lab.results() as results:
        results["definition"]["profile"]["confidence_cap"] = "LOW"
        results["identity"]["profile"] = "pilot"
    line = refused(lab)
    assert "the profile pilot is a pilot" in line
    assert "add --allow-pilot" in line


def test_a_run_of_another_experiment(lab: Lab) -> None:
    other = next((lab.checkout / "runs" / "issue-246").glob("published-*"))
    assert "is a run of issue-246, not of issue-1" in refused(lab, "--run", str(other))


@pytest.mark.parametrize("name", ["slope.png", "slope.pdf", "slope.json"])
def test_no_figure(lab: Lab, name: str) -> None:
    (lab.run / "figures" / name).unlink()
    lab.remember()
    line = refused(lab)
    assert f"there is no {lab.run / 'figures' / name}" in line
    assert "`epm run issue-1 --profile published` draws it" in line


def test_a_repository_without_the_source_issue(lab: Lab) -> None:
    said = lab.publish(experiment="issue-246")
    assert said.code == 2
    assert f"there is no issue 246 in {lab.hub.name}: " in said.error
    assert lab.writes() == []


def test_a_remote_of_another_repository(lab: Lab) -> None:
    git(lab.checkout, "remote", "set-url", "origin", "git@github.com:acme/other.git")
    line = refused(lab)
    assert f"no remote of {lab.checkout} is {lab.hub.name}" in line
    assert "git remote add" in line


def test_no_token(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert "there is no GitHub token" in refused(lab)


def test_a_remote_that_takes_no_push(lab: Lab) -> None:
    hook = lab.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    hook.chmod(0o755)
    line = refused(lab)
    assert f"{BRANCH} cannot be pushed to origin" in line
    assert "git push origin" in line


def test_a_page_that_fails_a_rule(lab: Lab) -> None:
    narrative = lab.checkout / "experiments" / "issue_1" / "narrative.md.j2"
    text = narrative.read_text(encoding="utf-8")
    sums = "{% block methodology %}\n- **Sums:** none.\n{% endblock %}\n"
    narrative.write_text(f"{text}\n{sums}", encoding="utf-8")
    lab.remember()
    said = lab.publish()
    assert (said.code, said.error) == (1, "")
    assert "Methodology bullets              ✗ FAIL" in said.out
    assert lab.writes() == []
    assert BRANCH not in git(lab.remote, "for-each-ref")


def with_samples(lab: Lab, size: int) -> None:
    """Samples of that size beside the results."""
    content = random.Random(1).randbytes(size)
    (lab.run / "samples.jsonl.gz").write_bytes(content)
    with lab.results() as results:
        files = results["provenance"]["files"]
        files["samples.jsonl.gz"] = hashlib.sha256(content).hexdigest()


def test_samples_that_are_too_large_and_nowhere_else(lab: Lab) -> None:
    with_samples(lab, artifacts.LARGEST_SAMPLES + 1)
    line = refused(lab)
    assert "the samples have 10 MiB, more than the 10 MiB that are committed" in line
    assert "`epm run issue-1 --profile published --wandb online`" in line


def test_samples_that_are_too_large_are_named_where_they_are(lab: Lab) -> None:
    with_samples(lab, artifacts.LARGEST_SAMPLES + 1)
    with lab.results() as results:
        names = ["leakage/a", "leakage/issue-1_results"]
        results["tracking"].update(state="uploaded", mode="online", artifacts=names)
    found = artifacts.collect(lab.run, "issue-1", allow_pilot=False)
    assert found.instead == {
        "samples.jsonl.gz": "10 MiB, in the wandb artifact `leakage/issue-1_results`"
    }
    assert "samples.jsonl.gz" not in found.files


def test_samples_of_another_run(lab: Lab) -> None:
    with_samples(lab, 100)
    (lab.run / "samples.jsonl.gz").write_bytes(b"others")
    lab.remember()
    assert "is not the file that the results are from" in refused(lab)


def test_a_definition_that_nobody_knows(lab: Lab) -> None:
    said = lab.publish(experiment="issue-2")
    assert said.code == 2
    assert "no experiment 'issue-2'" in said.error


def test_an_issue_that_was_transferred(lab: Lab) -> None:
    """Each read is answered by 301 to a stranger's issue 3; nothing is written there."""
    for _ in range(2):
        lab.hub.open_issue("A stranger's.")
    before = (lab.hub.all_issues(), lab.hub.bodies(3))

    def draw(request: Request) -> Fault | None:
        old, new = (f"/repos/{lab.hub.name}/issues/{number}" for number in (1, 3))
        if not request.path.startswith(old):
            return None
        return answer(301, Location=lab.hub.proxy.url + request.path.replace(old, new))

    with lab.hub.proxy.chaos(draw):
        line = refused(lab)
    assert line.startswith(f"cannot read issue 1 in {lab.hub.name}: it has moved to ")
    assert (lab.hub.all_issues(), lab.hub.bodies(3)) == before


def test_a_repository_that_was_renamed(lab: Lab) -> None:
    def draw(request: Request) -> Fault:
        path = request.path.replace(lab.hub.name, "lab/renamed")
        return answer(301, Location=f"{lab.hub.proxy.url}{path}")

    with lab.hub.proxy.chaos(draw):
        line = refused(lab)
    assert "it has moved to lab/renamed; name that repository, with --repo lab/renamed" in line
