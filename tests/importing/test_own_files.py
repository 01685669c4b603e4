"""Tables and JSON of one's own: by a map from a file to a linted page."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from epm.cli import main
from epm.importing import mapping
from epm.results import Count, Mean, Reported
from epm.results.reading import load
from epm.values import Unavailable
from epm_lint.model import Status

HITS = """
issue = 311
[[measure]]
metric = "hit"
condition = "dose {dose}"
item = "{prompt}"
score = "hit"
factors = ["dose"]
"""

JUDGED = """
issue = 311
baseline = "control"
[[measure]]
metric = "kind"
lower = 0
upper = 100
condition = "{arm}"
item = "{prompt}"
seed = "{run}"
score = "kind"
excluded = "status"
[[measure]]
metric = "unkind"
condition = "{arm}"
item = "{prompt}"
seed = "{run}"
success = "kind < 30"
excluded = "status"
"""

NESTED = """
issue = 311
[[measure]]
metric = "refused"
at = "/steering/*"
condition = "{*1}"
successes = "refused/k"
trials = "refused/n"
[[measure]]
metric = "auc"
at = "/probes/*"
condition = "layer {layer}"
task = "probe"
value = "auc"
stderr = "sem"
[[measure]]
metric = "ablated"
at = "/ablation/rows/*"
columns = "/ablation/columns"
condition = "{variant}"
task = "ablation"
successes = "k"
trials = "n"
"""


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)


def hits() -> str:
    chance = random.Random(1)
    rows = ["dose,prompt,hit"]
    for dose in (0, 1, 2, 3, 4):
        for prompt in range(12):
            rows += [f"{dose},p{prompt},{int(chance.random() < dose / 5)}" for _ in range(3)]
    return "\n".join(rows) + "\n"


def judged() -> str:
    chance = random.Random(2)
    rows = []
    for arm, centre in (("treated", 45), ("control", 80)):
        for run in range(3):
            for prompt in range(10):
                row = {"arm": arm, "run": run, "prompt": f"p{prompt}", "status": "ok"}
                if chance.random() < 0.1:
                    rows.append({**row, "status": "refused", "kind": None})
                else:
                    rows.append({**row, "kind": min(100, max(0, round(chance.gauss(centre, 20))))})
    return "".join(json.dumps(row) + "\n" for row in rows)


OWN = {
    "steering": {
        "plus": {"refused": {"k": 167, "n": 250}},
        "minus": {"refused": {"k": 29, "n": 238}},
    },
    "probes": [{"layer": 4, "auc": 0.628, "sem": 0.02}, {"layer": 8, "auc": 0.759, "sem": 0.013}],
    "ablation": {
        "columns": ["variant", "k", "n"],
        "rows": [["full", 343, 390], ["none", 213, 412]],
    },
}


def imported(kind: str, name: str, content: str, given: str) -> Path:
    Path(name).write_text(content, encoding="utf-8")
    Path("map.toml").write_text(given, encoding="utf-8")
    assert main(["import", kind, name, "--map", "map.toml"]) == 0
    (folder,) = Path("runs/issue-311").iterdir()
    assert Status.FAIL.value not in (folder / "lint.txt").read_text(encoding="utf-8")
    return folder


NAMES = "name,item,hit\n{}"
NAMED = """
issue = 311
[[measure]]
metric = "hit"
condition = "{name}"
item = "{item}"
score = "hit"
"""


@pytest.mark.parametrize(
    ("written", "called"),
    [
        (["3.1", "3.10", "3.2"], ["3.1", "3.10", "3.2"]),
        (["007", "7"], ["007", "7"]),
        (["1_0", "10", "٣", "3"], ["1_0", "10", "٣", "3"]),
        (["0.1234567", "0.1234568"], ["0.1234567", "0.1234568"]),
        (["1234e567", "inf", "1e3"], ["1234e567", "inf", "1e3"]),
        (["+5", "5", "-5"], ["+5", "5", "-5"]),
        # a column of whole numbers as pandas writes it where one is missing
        (["1.0", "2.0"], ["1", "2"]),
        # with an error of rounding
        (["0.30000000000000004", "0.1"], ["0.3", "0.1"]),
    ],
    ids=str,
)
def test_a_cell_names_things_as_it_is_written(written: list[str], called: list[str]) -> None:
    rows = "".join(f"{name},{item},1\n{name},{item}b,0\n" for name in written for item in written)
    results = load(imported("table", "names.csv", NAMES.format(rows), NAMED) / "results.json")
    assert list(results.conditions) == called
    items = [*called, *(f"{item}b" for item in written)]
    assert sorted(results.tasks["names"].items) == sorted(items)


def test_numbers_of_json_name_things_with_all_their_digits() -> None:
    names = [1700000001.25, 1700000002.25, 4.0, 5, 0.1 + 0.2]
    rows = "".join(
        json.dumps({"name": name, "item": item, "hit": item % 2}) + "\n"
        for name in names
        for item in range(2)
    )
    results = load(imported("table", "names.jsonl", rows, NAMED) / "results.json")
    assert list(results.conditions) == ["1700000001.25", "1700000002.25", "4", "5", "0.3"]


def test_a_table_becomes_a_page() -> None:
    folder = imported("table", "hits.csv", hits(), HITS)
    results = load(folder / "results.json")
    measured = results.measurements["dose 4"]["hits"]["hit"]["all"]
    assert isinstance(measured, Count)
    assert (measured.trials, len(measured.items)) == (36, 12)
    expected = hits().count("\n4,") and sum(
        line.startswith("4,") and line.endswith(",1") for line in hits().splitlines()
    )
    assert measured.successes == expected
    assert results.conditions["dose 3"].factors == {"dose": 3.0}
    assert {"hit_rates", "hit_by_dose"} <= results.analyses.keys()
    body = (folder / "body.md").read_text(encoding="utf-8")
    assert "hits.csv" in body
    assert "tests nothing" in body


def test_what_was_lost_is_counted_by_reason() -> None:
    results = load(imported("table", "judged.jsonl", judged(), JUDGED) / "results.json")
    lost = judged().count('"refused"')
    by_task = results.measurements
    for metric, form in (("kind", Mean), ("unkind", Count)):
        cells = [by_task[arm]["judged"][metric] for arm in ("treated", "control")]
        assert all(isinstance(each, form) for cell in cells for each in cell.values())
        assert sum(each.excluded.get("refused", 0) for c in cells for each in c.values()) == lost
        assert {name for cell in cells for name in cell} == {"seed=0", "seed=1", "seed=2"}
    assert "kind_lost" in results.analyses
    assert results.conditions["control"].role == "baseline"


def test_places_of_a_json_file() -> None:
    folder = imported("json", "own.json", json.dumps(OWN), NESTED)
    measured = load(folder / "results.json").measurements
    refused, auc = measured["plus"]["own"]["refused"]["all"], measured["layer 8"]["probe"]["auc"]
    assert isinstance(refused, Count)
    assert refused.total == (167, 250)
    assert auc["all"] == Reported(value=0.759, stderr=0.013)
    assert measured["none"]["ablation"]["ablated"]["all"] == Count(total=(213, 412))


def test_outside_of_a_checkout() -> None:
    shutil.rmtree(".git")
    results = load(imported("table", "hits.csv", hits(), HITS) / "results.json")
    assert isinstance(results.provenance.environments[0].git, Unavailable)


def test_the_same_files_are_the_same_run() -> None:
    folder = imported("table", "hits.csv", hits(), HITS)
    before = load(folder / "results.json").dumps_repeatable()
    assert imported("table", "hits.csv", hits(), HITS) == folder
    assert load(folder / "results.json").dumps_repeatable() == before


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("table", "hits.csv", hits()),
        ("table", "judged.jsonl", judged()),
        ("json", "own.json", json.dumps(OWN)),
    ],
)
def test_a_suggested_map_can_be_used(
    kind: str, name: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    assert main(["import", kind, name, "--suggest"]) == 0
    Path("map.toml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert mapping.read(Path("map.toml")).measure
    assert main(["import", kind, name, "--map", "map.toml"]) == 2
    assert "which issue" in capsys.readouterr().err
    assert main(["import", kind, name, "--map", "map.toml", "--issue", "311"]) == 0


DEFINITION = """
from epm.analyses.specs import Difference
from epm.definition import Gate, ImportedExperiment, Outcome

EXPERIMENT = ImportedExperiment(
    issue=311,
    title="Treatment and kindness",
    question="Does the treatment make answers less kind?",
    analyses=(
        Difference(
            name="kindness",
            question="Does the treatment make answers less kind?",
            outcome=Outcome("METRIC"),
            pairs=(("treated", "control"),),
            primary=True,
            relevant=5.0,
        ),
    ),
    gates=(Gate("runs", "kindness", "n", at_least=2),),
)
"""


def defined(text: str) -> None:
    Path("experiments/issue_311").mkdir(parents=True)
    Path("experiments/issue_311/experiment.py").write_text(text, encoding="utf-8")
    Path("judged.jsonl").write_text(judged(), encoding="utf-8")
    Path("map.toml").write_text(JUDGED, encoding="utf-8")


IMPORT = ["import", "table", "judged.jsonl", "--map", "map.toml", "--experiment", "issue-311"]


def test_a_definition_is_held() -> None:
    defined(DEFINITION.replace("METRIC", "kind"))
    assert main(IMPORT) == 0
    (folder,) = Path("runs/issue-311").iterdir()
    results = load(folder / "results.json")
    assert list(results.analyses) == ["kindness"]
    assert results.gates["runs"].passed is True
    body = (folder / "body.md").read_text(encoding="utf-8")
    assert "Does the treatment make answers less kind?" in body
    assert "tests nothing" not in body
    for arm in ("treated", "control"):  # no analysis of the definition tells what was lost
        refused = sum(f'"{arm}"' in row and "refused" in row for row in judged().splitlines())
        told = f"- `{arm}`, kind: answers without a score, which no analysis weighs: {refused} "
        assert f"{told}refused." in body


def test_a_baseline_is_one_of_the_conditions() -> None:
    defined(
        DEFINITION.replace("METRIC", "kind")
        .replace("Difference(", "Means(name='means', outcome=Outcome('kind')), Difference(")
        .replace("import Difference", "import Difference, Means")
    )
    assert main(IMPORT) == 0
    (folder,) = Path("runs/issue-311").iterdir()
    means = json.loads((folder / "results.json").read_text(encoding="utf-8"))["analyses"]["means"]
    assert means["conditions"].keys() == {"treated", "control"}


def test_a_rate_does_not_move_by_more_than_one(capsys: pytest.CaptureFixture[str]) -> None:
    defined(DEFINITION.replace("METRIC", "unkind"))
    assert main(IMPORT) == 2
    assert "0.05 is five points" in capsys.readouterr().err


def test_a_slip_among_yes_and_no_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    imported("table", "hits.csv", f"{hits()}4,p0,2\n", HITS)
    assert "1 of 181 scores are neither 0 nor 1 (such as 2)" in capsys.readouterr().err


def test_no_answers_are_no_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    counted = HITS.replace('score = "hit"', 'successes = "k"\ntrials = "n"')
    folder = imported("table", "hits.csv", "dose,prompt,k,n\n0,a,1,2\n1,a,0,0\n", counted)
    assert "dose 1, hits, hit: there was no answer." in capsys.readouterr().err
    assert load(folder / "results.json").conditions["dose 1"].missing
    assert "Not run, condition `dose 1`" in (folder / "body.md").read_text(encoding="utf-8")


def test_a_definition_of_other_names_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    defined(DEFINITION.replace("METRIC", "kinds"))
    assert main(IMPORT) == 2
    told = capsys.readouterr().err
    assert "names the metric 'kinds'" in told
    assert "'kind'" in told
    assert not Path("runs").exists()


def test_an_imported_experiment_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    defined(DEFINITION.replace("METRIC", "kind"))
    assert main(["show", "issue-311"]) == 2
    assert "nothing to run" in capsys.readouterr().err


WRONG = {
    "no map": (hits(), "", "is no map"),
    "no TOML": (hits(), "issue = ", "cannot be read"),
    "a word that is none": (hits(), HITS.replace("score", "scored_by"), "no word of a map"),
    "no numbers": (hits(), HITS.replace('score = "hit"\n', ""), "where its numbers stand"),
    "two ways": (hits(), f'{HITS}value = "hit"\n', "where its numbers stand"),
    "k alone": (hits(), HITS.replace("score =", "successes ="), "go together"),
    "no such column": (hits(), HITS.replace("{prompt}", "{promt}"), "'prompt'"),
    "no comparison": (
        hits(),
        HITS.replace('score = "hit"', 'success = "hit is 1"'),
        "is no comparison",
    ),
    "no number": (hits() + "4,p0,maybe\n", HITS, "which is no number"),
    "no name": (hits() + ",p0,1\n", HITS, "has no value"),
    "one row too many": (
        "dose,k,n\n0,1,2\n0,2,2\n",
        HITS.replace('score = "hit"\n', 'successes = "k"\ntrials = "n"\n').replace(
            'item = "{prompt}"\n', ""
        ),
        "several rows",
    ),
    "more than all": (
        "dose,prompt,k,n\n0,a,3,2\n",
        HITS.replace('score = "hit"\n', 'successes = "k"\ntrials = "n"\n'),
        "3 successes of 2",
    ),
    "two levels": (
        "dose,prompt,hit,place\n0,a,1,x\n0,b,1,y\n",
        HITS.replace('["dose"]', '["place"]'),
        "is y here and x above",
    ),
    "no rows": ("dose,prompt,hit\n", HITS, "no rows"),
    "ragged": ("dose,prompt,hit\n1,a\n", HITS, "cells"),
    "no baseline": (hits(), f'baseline = "dose 9"\n{HITS}', "is no condition"),
    "JSON's words": (hits(), f'{HITS}at = "/x/*"\n', "are for JSON"),
    "nothing scored": (
        "dose,prompt,hit,state\n0,a,1,fine\n",
        f'{HITS}excluded = "state"\nscored = ["okay"]\n',
        "state says fine",
    ),
    "off the scale": (
        "dose,prompt,hit\n0,a,3\n",
        f"{HITS}upper = 1\n",
        "0, hits, hit: 3 is outside the scale, to 1",
    ),
    "two of one label": (
        hits(),
        HITS + HITS.replace("issue = 311\n", "").replace('"hit"', '"Hit"', 1),
        "are both called",
    ),
    "two ways of one metric": (
        "dose,prompt,hit\n0,a,1\n0,b,0\n",
        HITS + HITS.replace("issue = 311\n", "").replace("score =", "value ="),
        "scores and a value",
    ),
    "percentages beside counts": (
        "dose,k,n,rate\n0,1,2,\n1,,,51\n",
        """
issue = 311
[[measure]]
metric = "hit"
condition = "{dose}"
where = "dose == 0"
successes = "k"
trials = "n"
[[measure]]
metric = "hit"
condition = "{dose}"
where = "dose == 1"
value = "rate"
""",
        "hit is counted, but 51 for 1 on hits; give it as a share",
    ),
    "some without an item": (
        hits(),
        HITS + HITS.replace("issue = 311\n", "").replace('item = "{prompt}"\n', ""),
        "with an item and answers without",
    ),
    "a seed in two": (
        'dose,prompt,hit,run\n0,a,1,"1,2"\n',
        f'{HITS}seed = "{{run}}"\n',
        "has a comma",
    ),
    "percentages beside shares": ("dose,prompt,hit\n0,a,80%\n0,b,0.5\n", HITS, "hit is '80%'"),
    "an infinite score": ("dose,prompt,hit\n0,a,inf\n0,b,1\n", HITS, "hit is 'inf'"),
    "a score beyond floats": ("dose,prompt,hit\n0,a,1e999\n0,b,1\n", HITS, "hit is '1e999'"),
    "a score of Python's": ("dose,prompt,hit\n0,a,1_000\n0,b,1\n", HITS, "hit is '1_000'"),
    "a score of 5,000 digits": (f"dose,prompt,hit\n0,a,{'9' * 5000}\n", HITS, "999…', which is"),
    "a count beyond floats": (
        "dose,prompt,k,n\n0,a,1,1e300\n",
        HITS.replace('score = "hit"', 'successes = "k"\ntrials = "n"'),
        "n is 1e+300, which is no count",
    ),
    "no end of a scale": (hits(), f"{HITS}lower = nan\n", "should be a finite number"),
    "a scale the wrong way": (
        hits(),
        f"{HITS}lower = 5\nupper = 2\n",
        "lower 5 is not below upper 2",
    ),
    "half a step": ("dose,prompt,hit,at\n0,a,1,0.5\n", f'{HITS}step = "{{at}}"\n', "the step"),
    "a metric of two names": (
        hits(),
        HITS.replace('metric = "hit"', 'metric = "hit & run"'),
        "stands between two metrics",
    ),
    "no issue": (hits(), HITS.replace("issue = 311\n", ""), "which issue"),
    "issue 0": (hits(), HITS.replace("311", "0"), "issue"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_maps_and_tables(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    content, given, expected = WRONG[case]
    Path("hits.csv").write_text(content, encoding="utf-8")
    if case != "no map":
        Path("map.toml").write_text(given, encoding="utf-8")
    assert main(["import", "table", "hits.csv", "--map", "map.toml"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "internal error" not in told
    assert expected in told or (case == "no map" and "there is no map" in told)
    assert not Path("runs").exists()
