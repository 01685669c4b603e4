"""Trees that git would not make itself: whoever may push to the branch can make them by hand."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hub import BOT
from lab import BRANCH, FOLDER, Lab, git

from epm.publishing.git import Git, GitFailed


def made(folder: Path, *entries: str) -> str:
    """A tree of these lines, `mode kind object<TAB>name`."""
    text = "".join(f"{entry}\n" for entry in entries)
    command = ["git", "mktree"]
    return subprocess.check_output(command, cwd=folder, input=text, text=True).strip()


def nested(folder: Path, inner: str, *names: str) -> str:
    """The tree in folders of these names, the outermost first."""
    for name in reversed(names):
        inner = made(folder, f"040000 tree {inner}\t{name}")
    return inner


@pytest.mark.parametrize("name", ["..", ".", ".git/.."])
def test_what_would_lie_outside_the_folder_is_not_told(tmp_path: Path, name: str) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("evil")
    blob = git(tmp_path, "hash-object", "-w", "file")
    leaf = made(tmp_path, f"100644 blob {blob}\tevil")
    steps = name.split("/")
    odd = nested(tmp_path, leaf, *steps[1:])
    tree = made(tmp_path, f"040000 tree {odd}\t{steps[0]}", f"100644 blob {blob}\tgood")
    root = nested(tmp_path, tree, "published")
    assert Git(tmp_path, "").files(root, "published") == {"good": blob}


def test_a_commit_made_by_hand_writes_nothing_on_a_researchers_disk(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To show what was edited, the page is written again from the files of the commit it names."""
    lab.publish()
    remote, tip = lab.remote, lab.tip()
    scratch = tmp_path / "scratch" / "deep"
    scratch.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    blob = git(remote, "rev-parse", f"{tip}:{FOLDER}/results.json")
    evil = made(remote, f"100644 blob {blob}\tevil.json")
    outside = nested(remote, evil, "..", "..", "..")
    files = git(remote, "ls-tree", f"{tip}:{FOLDER}").splitlines()
    tree = made(remote, *files, f"040000 tree {outside}\t..")
    root = nested(remote, tree, *FOLDER.split("/"))
    identity = ("-c", "user.name=c", "-c", "user.email=c@lab.example")
    said = git(remote, "show", "--no-patch", "--format=%B", tip)
    commit = git(remote, *identity, "commit-tree", root, "-p", tip, "-m", said)
    above = git(remote, *identity, "commit-tree", f"{tip}^{{tree}}", "-p", commit, "-m", "tidy")
    git(remote, "update-ref", f"refs/heads/{BRANCH}", above)
    body = lab.page()["body"].replace(tip, commit).replace("23/100", "24/100")
    lab.hub.edit(2, token=BOT, body=body)
    lab.change_results()
    refused = lab.publish()
    assert refused.code == 2
    assert "24/100" in refused.out, refused.error
    assert list(tmp_path.rglob("evil.json")) == []


def test_in_a_workflow_git_gets_the_token_for_its_own_host_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def filled(host: str, protocol: str = "https") -> str:
        given = f"protocol={protocol}\nhost={host}\n\n".encode()
        try:
            return Git(tmp_path, "origin").text("credential", "fill", given=given)
        except GitFailed:
            return ""

    monkeypatch.setenv("GITHUB_TOKEN", "the-token")
    assert filled("github.com") == "", "on a laptop git asks whom it is set up to ask"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    assert "username=x-access-token\npassword=the-token" in filled("github.com")
    for host in ("example.org", "github.com.example.org", "gist.github.com"):
        assert filled(host) == ""
    assert filled("github.com", "http") == ""
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://ghe.lab.example:8443")
    assert "password=the-token" in filled("ghe.lab.example:8443")
    assert filled("github.com") == ""
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://x.example; id")
    assert filled("x.example") == ""
