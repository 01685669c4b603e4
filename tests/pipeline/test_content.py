"""What a run depends on, file by file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from epm.pipeline import content as module
from epm.pipeline.content import Content, content, depends_on, installed, recorded

HOME = "experiments/issue_1"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in (f"{HOME}/experiment.py", f"{HOME}/rows.jsonl", "epm/run.py", "notes.md"):
        write(tmp_path, name)
    return tmp_path


def write(repository: Path, name: str, text: str = "something\n") -> None:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(repository: Path) -> Content:
    return content(repository, repository / HOME)


@pytest.mark.parametrize(
    ("path", "depends"),
    [
        ("epm/run.py", True),
        ("lint/README.md", True),
        ("templates/a.j2", True),
        (f"{HOME}/experiment.py", True),
        (f"{HOME}/data/published/rows.jsonl", True),
        (f"{HOME}/data/narrative.md.j2", True),
        (f"{HOME}/narrative.md.j2", False),
        (f"{HOME}/title.txt.j2", False),
        (f"{HOME}/published/toy/results.json", False),
        (f"{HOME}/__pycache__/experiment.pyc", False),
        ("experiments/issue_10/experiment.py", False),
        ("epmology.py", False),
        ("README.md", False),
    ],
)
def test_what_a_run_depends_on(path: str, depends: bool) -> None:
    assert depends_on(path, HOME) is depends


def test_the_same_hashes_with_git_and_without(repository: Path) -> None:
    before = found(repository)
    assert set(before.files) == {f"{HOME}/experiment.py", f"{HOME}/rows.jsonl", "epm/run.py"}
    assert before.uncommitted == tuple(sorted(before.files))
    git(repository, "init", "-q")
    assert found(repository) == before
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    after = found(repository)
    assert (after.files, after.uncommitted) == (before.files, ())
    (repository / HOME / "rows.jsonl").unlink()
    write(repository, f"{HOME}/new.py")
    assert found(repository).uncommitted == (f"{HOME}/new.py", f"{HOME}/rows.jsonl")


def test_what_git_ignores_counts_where_a_module_names_it(repository: Path) -> None:
    write(repository, ".gitignore", "*.jsonl\n*.log\n")
    write(repository, f"{HOME}/made.log")
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    assert found(repository).uncommitted == ()
    write(repository, f"{HOME}/experiment.py", 'ROWS = "rows.jsonl"\n')
    git(repository, "commit", "-q", "-a", "-m", "second")
    assert found(repository).uncommitted == (f"{HOME}/rows.jsonl",)
    git(repository, "add", "-f", f"{HOME}/rows.jsonl")
    git(repository, "commit", "-q", "-m", "third")
    assert found(repository).uncommitted == ()


def test_a_repository_below_the_top_of_its_checkout(tmp_path: Path) -> None:
    below = tmp_path / "studies"
    write(below, f"{HOME}/experiment.py")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    made = found(below)
    assert list(made.files) == [f"{HOME}/experiment.py"]
    assert made.uncommitted == ()


@pytest.mark.parametrize(
    ("uncommitted", "says"),
    [
        ((), ""),
        ((f"{HOME}/a", f"{HOME}/b"), f"{HOME} is not committed yet: "),
        (("epm/run.py",), "epm/run.py is not committed yet: "),
        (("epm/run.py", "lint/x"), "epm/run.py and 1 more are not committed yet: "),
        (("epm/run.py", f"{HOME}/a"), f"epm/run.py, and {HOME}, are not committed yet: "),
    ],
)
def test_the_notice(uncommitted: tuple[str, ...], says: str) -> None:
    assert Content({}, uncommitted).notice(HOME).startswith(says)
    assert bool(says) is bool(Content({}, uncommitted).notice(HOME))


def test_a_list_that_was_changed_is_none(tmp_path: Path) -> None:
    made = Content({"a": "1", "b": "2"})
    made.write(tmp_path)
    assert recorded(tmp_path, made.sha256) == made.files
    (file,) = (tmp_path / module.FOLDER).iterdir()
    file.write_text(file.read_text().replace('"1"', '"3"'))
    assert recorded(tmp_path, made.sha256) is None
    assert recorded(tmp_path, "") is None


def test_which_epm_ran(tmp_path: Path) -> None:
    root = Path(module.__file__).parent.parent.parent
    assert installed(root) == ""
    assert installed(tmp_path).startswith(("installed, sha256 of its RECORD", "from a folder"))
