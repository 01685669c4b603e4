"""What ran, on what: recorded, never typed by hand."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from epm.provenance import environment, git_state, hardware
from epm.results import GitState, Unavailable


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/runs/\n")
    (tmp_path / "file").write_text("content")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_a_clean_checkout(checkout: Path) -> None:
    (checkout / "runs").mkdir()
    (checkout / "runs" / "ignored").write_text("a run does not make its own tree dirty")
    state = git_state(checkout)
    assert state == GitState(commit=git(checkout, "rev-parse", "HEAD"), dirty=False, remote="")


@pytest.mark.parametrize("name", ["file", "new file"])
def test_a_dirty_checkout(checkout: Path, name: str) -> None:
    (checkout / name).write_text("changed")
    state = git_state(checkout)
    assert isinstance(state, GitState)
    assert state.dirty


@pytest.mark.parametrize(
    ("remote", "recorded"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r.git"),
        ("https://token@github.com/o/r.git", "https://github.com/o/r.git"),
        ("https://user:pass@word@host/o/r", "https://host/o/r"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
    ],
)
def test_a_remote_is_recorded_without_its_credentials(
    checkout: Path, remote: str, recorded: str
) -> None:
    git(checkout, "remote", "add", "origin", remote)
    state = git_state(checkout)
    assert isinstance(state, GitState)
    assert state.remote == recorded


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) == Unavailable(unavailable="not a git checkout with a commit")
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)
    assert isinstance(git_state(tmp_path), Unavailable)  # no commit yet
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path) == Unavailable(unavailable="git is not installed")


def test_the_machine() -> None:
    machine = hardware("cpu")
    assert machine.cores == os.cpu_count()
    assert machine.memory_gib > 0
    assert machine.gpu == "none"
    assert machine.cpu


def test_one_invocation(checkout: Path) -> None:
    found = environment("epm run made-up", checkout, "cpu")
    assert found.command == "epm run made-up"
    assert found.python == platform.python_version()
    assert {"torch", "transformers", "peft", "scipy", "statsmodels"} <= set(found.libraries)
    assert all(version[0].isdigit() for version in found.libraries.values())
