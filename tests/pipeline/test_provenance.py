"""What ran, on what: recorded, never typed by hand."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from epm.pipeline.content import Content, content
from epm.pipeline.provenance import environment, git_state, hardware
from epm.results import Environment, GitState, Unavailable


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git(tmp_path, "init", "-q")
    for name in ("README.md", "epm/run.py", "experiments/issue_1/experiment.py"):
        write(tmp_path / name)
    (tmp_path / ".gitignore").write_text("/runs/\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something")


def environment_of(checkout: Path, name: str) -> Environment:
    found = content(checkout, checkout / "experiments" / name)
    return environment("pytest", checkout, found, "cpu")


def state_of(checkout: Path) -> GitState:
    """As a run of its one experiment records it."""
    found = environment_of(checkout, "issue_1").git
    assert isinstance(found, GitState)
    return found


def test_a_clean_checkout(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    assert state_of(checkout) == GitState(commit=commit, dirty=False, remote="")


@pytest.mark.parametrize("name", ["README.md", "epm/run.py", "experiments/issue_1/experiment.py"])
def test_a_changed_file_makes_it_dirty(checkout: Path, name: str) -> None:
    (checkout / name).write_text("changed")
    assert state_of(checkout).dirty
    git(checkout, "add", name)
    assert state_of(checkout).dirty
    git(checkout, "commit", "-q", "-m", "second")
    assert not state_of(checkout).dirty
    (checkout / name).unlink()
    assert state_of(checkout).dirty


@pytest.mark.parametrize(
    ("name", "dirty"),
    [
        ("epm/new.py", True),
        ("epm/new/new.py", True),
        ("lint/epm_lint/new.py", True),
        ("templates/new.md.j2", True),
        ("experiments/issue_1/questions.txt", True),
        ("experiments/issue_1/data/published.json", True),
        # what a run does not depend on
        ("uv.lock", False),
        ("notes.md", False),
        ("runs/issue-1/body.md", False),
        ("experiments/issue_2/experiment.py", False),
        ("experiments/issue_1/published/tiny/body.md", False),
        ("experiments/issue_1/__pycache__/experiment.cpython-311.pyc", False),
        ("epm/__pycache__/run.cpython-311.pyc", False),
    ],
)
def test_a_new_file_makes_it_dirty_where_a_run_depends_on_it(
    checkout: Path, name: str, dirty: bool
) -> None:
    write(checkout / name)
    assert state_of(checkout).dirty == dirty


def test_an_experiment_that_is_not_committed_yet(checkout: Path) -> None:
    write(checkout / "experiments" / "issue_2" / "experiment.py")
    assert environment_of(checkout, "issue_2").git.dirty  # type: ignore[union-attr]


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
    assert state_of(checkout).remote == recorded


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path, Content({})) == Unavailable(
        unavailable="not a git checkout with a commit"
    )
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)
    assert isinstance(git_state(tmp_path, Content({})), Unavailable)  # no commit yet
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path, Content({})) == Unavailable(unavailable="git is not installed")


def test_the_machine() -> None:
    machine = hardware("cpu")
    assert machine.cores == os.cpu_count()
    assert machine.memory_gib > 0
    assert machine.gpu == "none"
    assert machine.cpu


def test_one_invocation(checkout: Path) -> None:
    found = environment("epm run made-up", checkout, Content({}), "cpu")
    assert found.command == "epm run made-up"
    assert found.python == platform.python_version()
    assert {"torch", "transformers", "peft", "scipy", "statsmodels"} <= set(found.libraries)
    assert all(version[0].isdigit() for version in found.libraries.values())
