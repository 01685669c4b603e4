"""Finding experiments, and saying plainly what is wrong with one."""

import json
import os
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from epm import cli
from epm.discovery import experiments_folder, load, slugs
from epm.errors import DefinitionError, EpmError

ROOT = Path(__file__).parent.parent


RECORDED = """
from pathlib import Path
from epm.analyses.specs import Correlation, Proportions
from epm.definition import (
    Condition, Experiment, Item, Outcome, Parent, Predictor, Profile, RecordedData, Substring, Task
)
from epm.files import file_sha256

DATA = RecordedData("data.json", file_sha256(Path(__file__).parent / "data.json"))
EXPERIMENT = Experiment(
    issue=1,
    title="Counted elsewhere",
    question="How often?",
    conditions=(Condition("villain"), Condition("baker")),
    tasks=(Task("asked", (Item("q1", "Who?"),)),),
    scorers=(Substring("marker", text="[M]"),),
    analyses=(
        Proportions(name="rates", outcome=Outcome("marker")),
        Correlation(name="relation", x=(Predictor("cosine"),), y=Outcome("marker")),
    ),
    profiles=(Profile("published", "from the counts", DATA, "toy", "LOW"),),
)
"""
"""A definition whose measurements lie beside it."""


def recorded(condition: str = "villain", task: str = "asked", metric: str = "marker") -> Any:
    """The content of such a file."""
    count = {"kind": "count", "total": [1, 2]}
    return {
        "covariates": {"villain": {"cosine": 0.5}, "baker": {"cosine": 0.25}},
        "measurements": {condition: {task: {metric: {"all": count}}}},
    }


def written(folder: Path, code: str, home: str = "issue_1", data: Any = None) -> Path:
    """An `experiments/` folder with one more definition in it."""
    home_folder = folder / "experiments" / home
    home_folder.mkdir(parents=True)
    (home_folder / "experiment.py").write_text(code)
    if data is not None:
        text = data if isinstance(data, str) else json.dumps(data)
        (home_folder / "data.json").write_text(text)
    return folder / "experiments"


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
    with pytest.raises(DefinitionError, match="SystemExit: run"):
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
    with pytest.raises(DefinitionError, match="SystemExit: run"):
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
        ("import sys; sys.exit('no GPU')", "fails to import: SystemExit: no GPU"),
        (
            RECORDED.replace("issue=1", "issue=2"),
            "issue_1/experiment.py defines issue 2, but lies in issue_1; correct the number",
        ),
        (
            RECORDED.replace('Condition("baker")', 'Condition("../baker")'),
            "issue-1: condition '../baker' cannot be a name",
        ),
        (
            RECORDED.replace("conditions=(", "condition=("),
            "fails to import: TypeError: Experiment.__init__() got an unexpected keyword argument",
        ),
    ],
)
def test_a_broken_experiment_is_named_in_one_line(tmp_path: Path, code: str, says: str) -> None:
    folder = written(tmp_path, code, data=recorded())
    with pytest.raises(DefinitionError) as raised:
        load("issue-1", folder)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_broken_experiment_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {
        "issue_2": "EXPERIMENT = (",
        "issue_3": "raise SystemExit(0)",
        "issue_4": "from epm.errors import ResultsError\nraise ResultsError('no results')",
        "issue_5": RECORDED,  # whose number is another
    }
    for home, code in broken.items():
        written(tmp_path, code, home, data=recorded())
    written(tmp_path, RECORDED, data=recorded())
    monkeypatch.chdir(tmp_path)
    assert cli.main(["list"]) == 2
    printed = capsys.readouterr()
    assert "issue-1  Counted elsewhere" in printed.out
    assert "    published  toy, from the counts" in printed.out
    lines = printed.err.splitlines()
    assert len(lines) == len(broken)
    assert all(line.startswith("epm: ") for line in lines)
    assert "Traceback" not in printed.err


# ------------------------------------------------------------------ data that lie beside it


def test_recorded_data_are_found_beside_the_definition(tmp_path: Path) -> None:
    loaded = load("issue-1", written(tmp_path, RECORDED, data=recorded()))
    assert loaded.experiment.profiles[0].model.kind == "recorded"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            recorded() | {"covariates": {"villain": {"cosin": 1}}},
            "analysis 'relation' names the covariate 'cosine', which data.json does not have; did "
            "you mean 'cosin'?",
        ),
        (recorded() | {"covariates": [1]}, "which data.json does not have; there is none"),
        (
            recorded(condition="vilain"),
            "data.json is of a condition 'vilain', which the definition does not have; did you "
            "mean 'villain'?",
        ),
        (
            recorded() | {"covariates": {"nobody": {"cosine": 1}}},
            "data.json is of a condition 'nobody', which the definition does not have",
        ),
        (recorded(task="ask"), "data.json is of a task 'ask', which there is not; did you mean"),
        (recorded(metric="mark"), "data.json is of a metric 'mark', which there is not; did you"),
        ("", "data.json is no JSON: Expecting value"),
        ("[" * 100_000, "data.json is no JSON: maximum recursion depth exceeded"),
        ("[]", "data.json holds no measurements"),
        ("{}", "data.json holds no measurements"),
        ({"measurements": [1]}, "data.json holds no measurements"),
    ],
    ids=str,
)
def test_recorded_data_that_do_not_go_with_it(tmp_path: Path, data: Any, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        load("issue-1", written(tmp_path, RECORDED, data=data))
    line = str(raised.value)
    assert line.startswith("issue-1, profile 'published': ")
    assert says in line
    assert "\n" not in line


def test_a_task_may_be_described_in_the_data(tmp_path: Path) -> None:
    data = recorded(task="elsewhere") | {"tasks": {"elsewhere": {}}}
    assert load("issue-1", written(tmp_path, RECORDED, data=data))


def lost(file: Path) -> None:
    file.unlink()


def changed(file: Path) -> None:
    file.write_text(file.read_text() + " ")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lost, "there is no "),
        (changed, "data.json is not the file that its sha256 names; restore it, or write its new"),
    ],
)
@pytest.mark.parametrize("of_the_parent", [False, True])
def test_recorded_data_are_held_to_their_hash(
    tmp_path: Path, spoil: Callable[[Path], None], says: str, of_the_parent: bool
) -> None:
    code = RECORDED.replace(
        'file_sha256(Path(__file__).parent / "data.json")',
        f'"{sha256(json.dumps(recorded()).encode()).hexdigest()}"',
    )
    place = "issue-1, profile 'published': "
    if of_the_parent:
        code = code.replace("    analyses=(", '    parent=Parent("it", DATA),\n    analyses=(')
        place = "issue-1, its parent: "
    folder = written(tmp_path, code, data=recorded())
    assert load("issue-1", folder)
    spoil(folder / "issue_1" / "data.json")
    with pytest.raises(DefinitionError, match=f"{place}.*{says}"):
        load("issue-1", folder)


def test_data_of_another_folder_are_refused(tmp_path: Path) -> None:
    code = RECORDED.replace('RecordedData("data.json"', 'RecordedData("../issue_1/../data.json"')
    with pytest.raises(DefinitionError, match=r"\.\./data\.json is not in issue_1; move it beside"):
        load("issue-1", written(tmp_path, code, data=recorded()))
