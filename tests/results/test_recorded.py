"""Measurements that were made elsewhere: the file that they are read from."""

import json
from pathlib import Path
from typing import Any

import pytest

from epm.discovery import LoadedExperiment
from epm.errors import ResultsError
from epm.results import Count, Mean, Reported
from epm.results.recorded import read

COUNT = {"kind": "count", "total": [57, 100]}


def written(folder: Path, value: Any) -> Path:
    path = folder / "data.json"
    path.write_text(json.dumps(value))
    return path


def test_a_file_of_recorded_measurements(tmp_path: Path) -> None:
    value = {
        "about": "Table 2",
        "covariates": {"villain": {"cosine": -0.4, "prompt_tokens": 12}},
        "tasks": {"elsewhere": {"system_prompt": "You are."}},
        "measurements": {
            "villain": {
                "asked": {
                    "marker": {
                        "seed=1": COUNT,
                        "seed=2": {"kind": "count", "items": {"q": [1, 5]}},
                    },
                    "length": {"all": {"kind": "mean", "total": [10, 60, 2]}},
                    "accuracy": {"all": {"kind": "reported", "value": 0.5, "stderr": 0.1}},
                }
            }
        },
    }
    found = read(written(tmp_path, value))
    assert found.covariates["villain"]["cosine"] == -0.4
    by_metric = found.measurements["villain"]["asked"]
    assert by_metric["marker"]["seed=1"] == Count(total=(57, 100))
    assert by_metric["length"]["all"] == Mean(total=(10, 60, 2))
    assert by_metric["accuracy"]["all"] == Reported(value=0.5, stderr=0.1)
    assert found.tasks["elsewhere"].system_prompt == "You are."


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "is no file of recorded measurements, at /: Input should be"),
        ({}, "at /measurements: Field required"),
        ({"measurements": {}, "rates": {}}, "at /rates: Extra inputs are not permitted"),
        (
            {"measurements": {"a": {"b": {"c": {"all": {"kind": "count", "total": [2, 1]}}}}}},
            "at /measurements/a/b/c/all/count: Value error, total: 2 successes in 1 trials",
        ),
        ({"measurements": {"a": {"b": {"c": COUNT}}}}, "at /measurements/a/b/c/kind"),
        (
            {"measurements": {"a": {"b": {"c": {"seed": COUNT}}}}},
            "replicate 'seed': 'seed' is no label=value of its own",
        ),
        (
            {"measurements": {}, "covariates": {"a": {"x": "high"}}},
            "at /covariates/a/x: Input should be a valid number",
        ),
        ({"measurements": {}, "covariates": {"a": {"x": None}}}, "at /covariates/a/x"),
    ],
)
def test_a_file_that_breaks_the_form(tmp_path: Path, value: Any, says: str) -> None:
    with pytest.raises(ResultsError) as raised:
        read(written(tmp_path, value))
    assert says in str(raised.value)
    assert "mend it there; epm/results/recorded.py shows the form" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match="mend the file"):
        read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"no recorded measurements at .*; restore the file"):
        read(tmp_path / "data.json")


def test_what_was_published_of_issue_246(issue_246: LoadedExperiment) -> None:
    found = read(issue_246.folder / "published_measurements.json")
    names = {c.name for c in issue_246.experiment.conditions}
    assert found.measurements.keys() <= names
    assert len(found.measurements) >= 12
    for name, by_task in found.measurements.items():
        for by_metric in by_task.values():
            (count,) = by_metric["marker"].values()
            assert isinstance(count, Count)
            assert count.trials
        if name != "base_model":
            assert {f"cosine_L{layer}" for layer in (10, 15, 20, 25)} < found.covariates[
                name
            ].keys()
