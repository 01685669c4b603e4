"""Finding experiments, and saying plainly what is wrong with one."""

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
    with pytest.raises(EpmError, match=r"no experiments/<name>/experiment\.py at or above"):
        experiments_folder(tmp_path)


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
