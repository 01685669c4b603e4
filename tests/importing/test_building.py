"""The builder: from calls of a script to a linted page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epm.analyses.specs import Difference, Proportions
from epm.cli import main
from epm.definition import Gate, Outcome
from epm.errors import EpmError
from epm.files import file_sha256
from epm.results import Count, Mean, Reported, ResultsBuilder, Scalar
from epm.results.reading import load
from epm_lint.model import Status

DOCUMENT = Path(__file__).parents[2] / "docs" / "importing.md"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rendered(folder: Path) -> str:
    assert main(["render", "--run", str(folder)]) == 0
    assert Status.FAIL.value not in (folder / "lint.txt").read_text(encoding="utf-8")
    return (folder / "body.md").read_text(encoding="utf-8")


def test_the_example_of_the_documentation() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition("## From a script")[2]
    (script,) = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    Path("own.py").write_text(script, encoding="utf-8")
    ran = subprocess.run([sys.executable, "own.py"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    folder = Path(ran.stdout.strip())
    results = load(folder / "results.json")
    measured = results.measurements["steered"]
    assert measured["probe"]["auc"]["all"] == Reported(value=0.76, stderr=0.013, n=200)
    assert measured["prompts"]["kind"]["seed=0"].excluded == {"not parsed": 1}
    assert results.tasks["prompts"].clusters == {"p1": "work", "p2": "work"}
    assert results.provenance.files.keys() == {"own.py", "given.json"}
    body = rendered(folder)
    assert "Does steering make answers less kind?" in body
    assert "tests nothing" not in body


def test_nothing_heavy_is_loaded_with_the_results() -> None:
    told = "import sys, epm.results; print(*(set(sys.modules) & {'numpy', 'epm.importing'}))"
    loaded = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""


ROWS = [
    {"arm": arm, "run": run, "prompt": f"p{prompt}", "kind": score, "dose": dose}
    for arm, dose, centre in (("control", 0, 70), ("treated", 4, 40))
    for run in range(2)
    for prompt in range(5)
    for score in (None if prompt == run else centre + 7 * prompt % 5 + run, centre - prompt)
]
MAP = """
issue = 311
title = "Kindness"
baseline = "control"
model = "SmolLM2-135M"
[[measure]]
metric = "kind"
label = "kindness"
lower = 0
upper = 100
condition = "{arm}"
task = "prompts"
item = "{prompt}"
seed = "{run}"
score = "kind"
factors = ["dose"]
"""


def from_a_table() -> Path:
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("map.toml").write_text(MAP)
    assert main(["import", "table", "rows.jsonl", "--map", "map.toml"]) == 0
    (folder,) = Path("runs/issue-311").iterdir()
    return folder


def from_a_script() -> Path:
    results = ResultsBuilder(311, title="Kindness", files=["rows.jsonl"])
    results.condition("control", role="baseline", factors={"dose": 0}, model="SmolLM2-135M")
    results.condition("treated", factors={"dose": 4}, model="SmolLM2-135M")
    results.task("prompts")
    results.metric("kind", label="kindness", lower=0, upper=100)
    for arm in ("control", "treated"):
        for run in range(2):
            rows = [row for row in ROWS if (row["arm"], row["run"]) == (arm, run)]
            scores: dict[Any, list[float]] = {}
            for row in rows:
                if row["kind"] is not None:
                    scores.setdefault(row["prompt"], []).append(row["kind"])
            lost = sum(row["kind"] is None for row in rows)
            results.measure(
                arm, "prompts", "kind", scores=scores, excluded={"no score": lost}, seed=run
            )
    return results.write()


OF_THE_SOURCE = re.compile(
    r"\*\*Dataset:|`given\.json`|\| (Wall time|Launch command) \||<!-- epm:(numbers|clean-result)"
)


def told(folder: Path) -> list[str]:
    """The page but for what it says of its source."""
    lines = rendered(folder).replace("from a script", "from a table").splitlines()
    return [re.sub("[0-9a-f]{64}", "…", line) for line in lines if not OF_THE_SOURCE.search(line)]


def test_a_table_and_a_script_make_the_same_page() -> None:
    table, script = from_a_table(), from_a_script()
    one, other = (load(folder / "results.json") for folder in (table, script))
    assert one.measurements == other.measurements
    assert (one.conditions, one.tasks, one.metrics) == (
        other.conditions,
        other.tasks,
        other.metrics,
    )
    assert one.analyses == other.analyses
    assert told(table) == told(script)


def test_every_form() -> None:
    results = ResultsBuilder(311)
    results.condition("a")
    results.condition("never")
    for task in ("one", "two", "three"):
        results.task(task)
    for metric in ("right", "score", "loss"):
        results.metric(metric)
    results.measure("a", "one", "right", scores={1: True, 2: [False, True]})
    results.measure("a", "two", "right", counts=(np.int64(3), 4))
    results.measure("a", "three", "right", scores=np.array([0, 1, 1]))
    results.measure("a", "one", "score", scores={"x": np.float32(0.5)}, excluded={"cut": 2})
    results.measure("a", "two", "score", means=(4.0, 2.0, 5))
    results.measure("a", "one", "loss", value=1.5, step=30)
    results.measure("a", "two", "loss", excluded={"crashed": 1})
    written = load(results.write() / "results.json")
    measured = written.measurements["a"]
    assert measured["one"]["right"]["all"] == Count(items={"1": (1, 1), "2": (1, 2)})
    assert measured["two"]["right"]["all"] == Count(total=(3, 4))
    assert measured["three"]["right"]["all"] == Count(total=(2, 3))
    assert measured["one"]["score"]["all"] == Mean(items={"x": (0.5, 0.25, 1)}, excluded={"cut": 2})
    # 5 scores of mean 4 and standard deviation 2: 5 * 16 + 4 * 4
    assert measured["two"]["score"]["all"] == Mean(total=(20.0, 96.0, 5))
    assert measured["one"]["loss"]["step=30"] == Scalar(value=1.5)
    assert measured["two"]["loss"]["all"].excluded == {"crashed": 1}
    assert written.conditions["never"].missing == {"all": "it has no measurement"}


def test_without_files() -> None:
    folder = described().write()
    body = rendered(folder)
    assert "- **Dataset:** what a script gave, `given.json`" in body
    written = load(folder / "results.json")
    assert written.provenance.files == {"given.json": file_sha256(folder / "given.json")}


def described() -> ResultsBuilder:
    results = ResultsBuilder(311)
    results.condition("control", role="baseline")
    results.condition("treated")
    results.task("prompts")
    results.metric("kind", lower=0, upper=100)
    results.measure("control", "prompts", "kind", counts={"p1": (1, 2)})
    return results


Call = Callable[[ResultsBuilder], Any]

M = ("treated", "prompts", "kind")

WRONG: dict[str, tuple[Call, str]] = {
    "condition twice": (lambda r: r.condition("control"), "'control'): it was described before"),
    "no name": (lambda r: r.condition(" "), "name is ' '; expected a text"),
    "role": (lambda r: r.condition("x", role="base"), "role is 'base'; expected 'treatment'"),
    "factor": (
        lambda r: r.condition("x", factors={"dose": None}),
        "factor 'dose' is None; expected a finite number",
    ),
    "factors": (
        lambda r: r.condition("x", factors=["dose"]),
        "factors is ['dose']; expected a dict",
    ),
    "covariate": (lambda r: r.condition("x", covariates={"c": float("nan")}), "'c' is nan"),
    "both": (lambda r: r.condition("x", factors={"c": 1}, covariates={"c": 1}), "both a factor"),
    "model": (lambda r: r.condition("x", model=7), "model is 7; expected a text"),
    "task twice": (lambda r: r.task("prompts"), "described before"),
    "clusters": (
        lambda r: r.task("x", clusters="passage"),
        "clusters is 'passage'; expected a dict",
    ),
    "cluster": (lambda r: r.task("x", clusters={"p1": None}), "an id is None"),
    "scale": (lambda r: r.metric("x", lower=1, upper=0), "upper is 0; expected a number above 1"),
    "unit": (lambda r: r.metric("x", unit=3), "unit is 3"),
    "two metrics": (
        lambda r: (r.metric("a & b"), r.measure("treated", "prompts", "a & b", value=1)),
        "' & '",
    ),
    "slip in a condition": (
        lambda r: r.measure("treatd", "prompts", "kind", value=1),
        "the condition 'treatd' was not described; did you mean 'treated'?",
    ),
    "slip in a task": (lambda r: r.measure("treated", "prompt", "kind", value=1), "'prompts'?"),
    "slip in a metric": (lambda r: r.measure("treated", "prompts", "kin", value=1), "'kind'?"),
    "nothing": (lambda r: r.measure(*M), "expected scores, counts, means, a value, or excluded"),
    "no items": (lambda r: r.measure(*M, scores={}), "no answer"),
    "two ways": (lambda r: r.measure(*M, value=1, counts=(1, 2)), "counts and value are given"),
    "stderr alone": (lambda r: r.measure(*M, counts=(1, 2), stderr=0.1), "without a value"),
    "k above n": (
        lambda r: r.measure(*M, counts={"p1": (3, 2)}),
        "counts of item 'p1': (3, 2) is no count; expected (k, n)",
    ),
    "no trials": (lambda r: r.measure(*M, counts=(0, 0)), "counts: (0, 0) is no count"),
    "half a success": (lambda r: r.measure(*M, counts=(0.5, 2)), "is no count"),
    "one number": (lambda r: r.measure(*M, counts=7), "counts: 7 is no count"),
    "no score": (lambda r: r.measure(*M, scores={"p1": []}), "expected a score or several"),
    "missing score": (
        lambda r: r.measure(*M, scores={"p1": [1, None]}),
        "scores of item 'p1': a score is None; expected yes or no, or a finite number",
    ),
    "nan": (lambda r: r.measure(*M, scores=[float("nan")]), "a score is nan"),
    "a word": (lambda r: r.measure(*M, scores={"p1": "yes"}), "a score is 'yes'"),
    "too large": (
        lambda r: (r.measure(*M, scores=[1e200]), r.write()),
        "scores too large to be squared",
    ),
    "items alike": (lambda r: r.measure(*M, scores={1: 1, "1": 0}), "has item '1' twice"),
    "means": (lambda r: r.measure(*M, means={"p1": 0.5}), "0.5 is no mean; expected (mean, "),
    "deviation": (lambda r: r.measure(*M, means=(1, -1, 3)), "is no mean"),
    "one deviates": (lambda r: r.measure(*M, means=(1, 2, 1)), "one answer deviates by 2"),
    "value": (lambda r: r.measure(*M, value="0.5"), "value is '0.5'; expected a finite number"),
    "stderr": (lambda r: r.measure(*M, value=0.5, stderr=-1), "stderr is -1; expected 0 or more"),
    "n": (lambda r: r.measure(*M, value=0.5, n=0), "n is 0; expected a whole number, 1 or more"),
    "excluded": (lambda r: r.measure(*M, excluded={"refused": 0}), "excluded, 'refused', is 0"),
    "reason": (lambda r: r.measure(*M, excluded={"": 1}), "a reason is ''"),
    "step": (lambda r: r.measure(*M, value=1, step=-1), "the step '-1' is no whole number"),
    "seed": (lambda r: r.measure(*M, value=1, seed="1,2"), "has a comma"),
    "no seed": (lambda r: r.measure(*M, value=1, seed=0.5), "an id is 0.5"),
    "twice": (
        lambda r: r.measure("control", "prompts", "kind", counts={"p1": (1, 2)}),
        "measured before; seed, epoch or step",
    ),
    "no analysis": (lambda r: r.analyse("difference"), "expected one of epm.analyses.specs"),
    "no gate": (lambda r: r.analyse(gates=["n > 3"]), "expected an epm.definition.Gate"),
    "gate of nothing": (
        lambda r: r.analyse(gates=[Gate("g", "rates", "n", at_least=1)]),
        "'rates'",
    ),
    "analysis twice": (
        lambda r: r.analyse(*[Proportions(name="rates", outcome=Outcome("kind"))] * 2),
        "'rates' appears twice",
    ),
    "other metric": (
        lambda r: (r.analyse(Proportions(name="rates", outcome=Outcome("knd"))), r.write()),
        "names the metric 'knd'",
    ),
    "other condition": (
        lambda r: (
            r.analyse(
                Difference(name="d", outcome=Outcome("kind"), pairs=(("treatd", "control"),))
            ),
            r.write(),
        ),
        "did you mean 'treated'?",
    ),
    "no issue": (lambda _: ResultsBuilder(), "issue is None; expected a whole number"),
    "issue 0": (lambda _: ResultsBuilder(0), "issue is 0"),
    "title": (lambda _: ResultsBuilder(1, title="a\nb"), "title is 'a\\nb'"),
    "no file": (lambda _: ResultsBuilder(1, files=["gone.csv"]), "files names gone.csv"),
    "one file": (lambda _: ResultsBuilder(1, files="own.py"), "expected several"),
    "no experiment": (lambda _: ResultsBuilder(experiment="issue-311"), "no experiments/"),
    "no measurement": (lambda _: ResultsBuilder(1).write(), "nothing was measured"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_names_the_field(case: str) -> None:
    call, expected = WRONG[case]
    with pytest.raises(EpmError) as caught:
        call(described())
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("runs").exists()


def test_a_wrong_call_changes_nothing() -> None:
    untouched = described().write()
    results = described()
    for case, (call, _) in WRONG.items():
        if case not in ("two metrics", "other metric", "other condition", "too large"):
            with pytest.raises(EpmError):
                call(results)
    assert results.write() == untouched


DEFINITION = """
from epm.analyses.specs import Proportions
from epm.definition import ImportedExperiment, Outcome

EXPERIMENT = ImportedExperiment(
    issue=311,
    title="Kindness",
    analyses=(Proportions(name="rates", outcome=Outcome("kind")),),
)
"""


def test_a_definition_is_held() -> None:
    home = Path("experiments/issue_311")
    home.mkdir(parents=True)
    (home / "experiment.py").write_text(DEFINITION, encoding="utf-8")
    results = ResultsBuilder(experiment="issue-311")
    results.condition("a")
    results.task("prompts")
    results.metric("kind")
    results.measure("a", "prompts", "kind", counts=(3, 4))
    with pytest.raises(EpmError, match="the analyses are those of issue-311"):
        results.analyse(Proportions(name="others", outcome=Outcome("kind")))
    written = load(results.write() / "results.json")
    assert (written.identity.issue, written.identity.title) == (311, "Kindness")
    assert list(written.analyses) == ["rates"]
    with pytest.raises(EpmError, match="issue is 312; expected 311"):
        ResultsBuilder(312, experiment="issue-311")
