"""Finding experiments, and saying plainly what is wrong with one."""

import os
import subprocess
from pathlib import Path

import pytest

from epm.discovery import experiments_folder, load, slugs
from epm.errors import DefinitionError, EpmError

ROOT = Path(__file__).parent.parent


def written(folder: Path, code: str) -> Path:
    """An `experiments/` folder with one file in it."""
    home = folder / "experiments" / "issue_1"
    home.mkdir(parents=True)
    (home / "experiment.py").write_text(code)
    return home.parent


def test_the_repository_has_issue_246_wherever_one_stands_in_it() -> None:
    assert experiments_folder(ROOT) == ROOT / "experiments"
    assert experiments_folder(ROOT / "experiments" / "issue_246") == ROOT / "experiments"
    assert "issue-246" in slugs(ROOT / "experiments")
    loaded = load("issue-246", ROOT / "experiments")
    assert loaded.experiment.slug == "issue-246"
    assert loaded.folder == ROOT / "experiments" / "issue_246"
    assert loaded.repository == ROOT


def test_outside_a_repository(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()  # an empty one does not count
    with pytest.raises(EpmError, match=r"no experiments/<name>/experiment\.py in .*, or above it"):
        experiments_folder(tmp_path)


def test_nothing_is_looked_for_above_the_checkout(tmp_path: Path) -> None:
    """What lies further up was put there by somebody else, and would be run."""
    written(tmp_path, "raise SystemExit('run')")
    inside = tmp_path / "clone" / "deep"
    inside.mkdir(parents=True)
    for made in (None, tmp_path / "clone" / ".git"):
        if made:
            made.mkdir()
        with pytest.raises(EpmError, match=r"no experiments/<name>/experiment\.py in"):
            experiments_folder(inside)
    own = written(tmp_path / "clone", "")
    assert experiments_folder(inside) == own


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A checkout with experiments, some of which belong to somebody else; only root can make it."""
    if os.geteuid():
        pytest.skip("giving files away needs root")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return written(tmp_path, "raise SystemExit('run')")


NOBODY = 65534


def test_a_checkout_of_somebody_else_is_not_run(
    foreign: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As git refuses it, and with git's way to allow it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SUDO_UID", raising=False)
    (tmp_path / "home").mkdir()
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    with pytest.raises(EpmError, match="belongs to another user") as raised:
        experiments_folder(tmp_path)
    command = raised.value.remedy.removeprefix("if you trust it, ")
    assert command == f"git config --global --add safe.directory {tmp_path}"
    subprocess.run(command.split(), check=True)
    with pytest.raises(SystemExit, match="run"):
        load("issue-1", experiments_folder(tmp_path))


@pytest.mark.parametrize("given", ["experiments", "experiments/issue_1/experiment.py"])
def test_nor_what_somebody_else_put_into_ones_own(
    foreign: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str
) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    os.chown(tmp_path / given, NOBODY, NOBODY)
    with pytest.raises(EpmError, match="belongs to another user") as raised:
        load("issue-1", experiments_folder(tmp_path))
    command = raised.value.remedy.removeprefix("if you trust it, take it over: ")
    subprocess.run(command.split(), check=True)
    with pytest.raises(SystemExit, match="run"):
        load("issue-1", experiments_folder(tmp_path))


def test_outside_a_checkout_it_is_refused_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path, "raise SystemExit('run')")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(EpmError, match="belongs to another user"):
        experiments_folder(folder.parent)
    monkeypatch.undo()
    assert experiments_folder(folder.parent) == folder


def test_an_unknown_experiment_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        DefinitionError, match=r"no experiment 'issue-264' in .*did you mean 'issue-246'"
    ):
        load("issue-264", ROOT / "experiments")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import no_such_module", "fails to import: ModuleNotFoundError: No module named 'no_such"),
        ("EXPERIMENT = (", "fails to import: SyntaxError"),
        ("raise ValueError('two\\nlines')", "fails to import: ValueError: two lines"),
        ("", "defines no EXPERIMENT"),
        ("EXPERIMENT = 'issue-1'", "defines no EXPERIMENT"),
        (
            "from epm.errors import DefinitionError\nraise DefinitionError('contradiction')",
            "contradiction",
        ),
    ],
)
def test_a_broken_experiment_is_named_in_one_line(tmp_path: Path, code: str, says: str) -> None:
    folder = written(tmp_path, code)
    with pytest.raises(DefinitionError) as raised:
        load("issue-1", folder)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
