"""A checkout is asked what it has said already only if its history is another by now."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from test_checkout import commit, git

from epm.checkout import Checkout
from epm.linting.checkouts import GitRefused, NearbyCheckout


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that git was asked for."""
    paths: list[str] = []
    real = Checkout.last_commit

    def last_commit(self: Checkout, path: str) -> str | None:
        paths.append(path)
        return real(self, path)

    monkeypatch.setattr(Checkout, "last_commit", last_commit)
    return paths


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    folder = tmp_path / "lab"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.png").write_text("first")
    return folder


def write(folder: Path, text: str) -> str:
    (folder / "a.png").write_text(text)
    return commit(folder, text)


def test_the_last_commit_is_asked_once_for_each_history(lab: Path, asked: list[str]) -> None:
    first = write(lab, "first")
    near = NearbyCheckout(lab)

    def settled(right: str) -> None:
        """The right answer, for which git is asked once at most."""
        asked.clear()
        assert [near.last_commit("a.png") for _ in range(3)] == [right] * 3
        assert asked in ([], ["a.png"])
        assert near.last_commit("none.png") is None

    settled(first)
    second = write(lab, "second")
    settled(second)
    git(lab, "pack-refs", "--all")
    settled(second)
    git(lab, "checkout", "-q", "--detach", first)
    settled(first)
    git(lab, "checkout", "-q", "main")
    settled(second)
    git(lab, "update-ref", "refs/heads/main", first)
    settled(first)
    git(lab, "checkout", "-q", "-f", "-b", "group/other")
    third = write(lab, "third")
    settled(third)
    git(lab, "commit", "-q", "--amend", "-m", "said otherwise")
    settled(git(lab, "rev-parse", "HEAD"))


def test_where_files_do_not_say_it_git_is_asked(lab: Path, asked: list[str]) -> None:
    """A second working tree, whose `.git` is a file; before the first commit; a HEAD in pieces."""
    empty = NearbyCheckout(lab)
    assert [empty.last_commit("a.png")] * 2 == [None] * 2
    first = write(lab, "first")
    assert empty.last_commit("a.png") == first
    git(lab, "worktree", "add", "-q", "-b", "beside", str(lab.parent / "beside"))
    near = NearbyCheckout(lab.parent / "beside")
    asked.clear()
    assert [near.last_commit("a.png") for _ in range(2)] == [first] * 2
    assert len(asked) == 2
    second = write(lab.parent / "beside", "second")
    assert near.last_commit("a.png") == second
    (lab / ".git" / "HEAD").write_bytes(b"\xff\x00")
    with pytest.raises(GitRefused):
        NearbyCheckout(lab).last_commit("a.png")


def test_history_that_is_fetched_later_is_another(lab: Path, tmp_path: Path) -> None:
    first = write(lab, "first")
    (lab / "b.txt").write_text("later")
    commit(lab, "second")
    cut = tmp_path / "cut"
    subprocess.run(["git", "clone", "-q", "--depth=1", lab.as_uri(), cut], check=True)
    near = NearbyCheckout(cut)
    assert near.last_commit("a.png") != first
    git(cut, "fetch", "-q", "--unshallow")
    assert near.last_commit("a.png") == first
