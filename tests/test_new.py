"""`epm new`: every shape runs at once, and what cannot be written leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from epm import cli
from epm.commands.new import SHAPES
from epm.discovery import load
from epm.results.reading import load as results_at


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in no checkout."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_runs_at_once(empty: Path, shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "issue-7", "--shape", shape]) == 0
    home = empty / "experiments" / "issue_7"
    assert "epm run issue-7" in capsys.readouterr().out
    lines = (home / "experiment.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 60
    assert sum("#" in line for line in lines) >= 3
    assert load("issue-7", home.parent).experiment.issue == 7
    assert cli.main(["run", "issue-7", "--wandb", "off"]) == 0
    (results,) = empty.glob("runs/issue-7/*/results.json")
    found = results_at(results)
    assert all(block.kind for block in found.analyses.values() if hasattr(block, "kind"))
    assert (results.parent / "body.md").is_file()
    assert (empty / "runs" / ".gitignore").read_text().endswith("*\n")


def test_what_it_offers_is_what_there_is(repository: Path) -> None:
    root = Path(__file__).parent.parent
    there = {path.parent.name for path in (root / "templates" / "experiments").glob("*/*.py")}
    assert there == {shape.replace("-", "_") for shape in SHAPES}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["310"], "'310' is no experiment's name"),
        (["issue-0"], "'issue-0' is no experiment's name"),
        (["issue_310"], "'issue_310' is no experiment's name"),
        (["../issue-310"], "is no experiment's name"),
        (["issue-8"], "is there already"),
        (["issue-9", "--shape", "two-arm"], "invalid choice: 'two-arm'"),
    ],
)
def test_wrong_arguments(
    empty: Path, capsys: pytest.CaptureFixture[str], given: list[str], says: str
) -> None:
    (empty / "experiments" / "issue_8").mkdir(parents=True)
    before = sorted(empty.rglob("*"))
    try:
        code = cli.main(["new", *given])
    except SystemExit as stopped:  # argparse says what it takes
        code = stopped.code  # type: ignore[assignment]
    assert code == 2
    assert says in capsys.readouterr().err
    assert sorted(empty.rglob("*")) == before


def test_it_goes_beside_the_other_experiments(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / ".git").mkdir()
    (empty / "docs").mkdir()
    monkeypatch.chdir(empty / "docs")
    assert cli.main(["new", "issue-7"]) == 0
    assert (empty / "experiments" / "issue_7" / "experiment.py").is_file()
