"""What is handed to the statistics: counts, cosines, prompt lengths, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from epm.discovery import LoadedExperiment
from epm.errors import ResultsError
from epm.files import read_json_lines
from epm.results import CompleteCondition, MissingCondition, Rate, Unavailable
from epm.spec import Definition
from epm.stages.measure import Measurements, measurements
from epm.stages.published import measurements as published
from epm.stages.sample import BASE, SAMPLES

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")


def measured(tiny: Definition, run: Path, failures: dict[str, str]) -> Measurements:
    return measurements(
        tiny,
        trained={name: run / "train" / name for name in NAMES},
        sampled={name: run / "sample" / name for name in NAMES},
        base_model=run / "sample" / BASE,
        cosines=run / "centroids" / "cosines.json",
        failures=failures,
    )


def test_counts_are_those_of_the_kept_samples(tiny: Definition, finished: Path) -> None:
    whole = measured(tiny, finished, {})
    assert tuple(whole.conditions) == NAMES
    for name, condition in whole.conditions.items():
        assert isinstance(condition, CompleteCondition)
        rows = list(read_json_lines(finished / "sample" / name / SAMPLES))
        own = [row for row in rows if row["persona"] == name]
        assert condition.source.trials == len(own) == 6
        assert condition.source.successes == sum(row["marker"] for row in own)
        assert [cluster.cluster for cluster in condition.source.clusters] == [
            *("bread", "sea", "sleep")
        ]
        assert set(condition.bystanders) == set(NAMES) - {name}
        assert sum(rate.trials for rate in condition.bystanders.values()) == len(rows) - 6
        assert condition.negatives == tiny.negatives(name)
        assert condition.new == (name == "helper")
    control = list(read_json_lines(finished / "sample" / BASE / SAMPLES))
    assert isinstance(whole.base_model, Rate)
    assert whole.base_model.trials == len(control) == 10
    assert whole.base_model.successes == sum(row["marker"] for row in control)


def test_a_failed_condition_is_missing_with_its_reason(tiny: Definition, finished: Path) -> None:
    reason = "training nurse diverged at step 3 of 8 (loss nan)"
    conditions = measured(tiny, finished, {"nurse": reason}).conditions
    assert conditions["nurse"] == MissingCondition(
        category="occupational", new=False, reason=reason
    )
    assert [name for name in NAMES if conditions[name].state == "complete"] == [
        name for name in NAMES if name != "nurse"
    ]


# ------------------------------------------------------------------ published figures


def test_published_counts_are_taken_as_they_stand(issue_246: LoadedExperiment) -> None:
    definition = issue_246.experiment.resolve("published")
    file = issue_246.folder / "published_figures.json"
    value = json.loads(file.read_text(encoding="utf-8"))
    found = published(definition, file)
    for name, successes in value["successes"].items():
        condition = found.conditions[name]
        assert isinstance(condition, CompleteCondition)
        assert condition.source == Rate(successes=successes, trials=100)
        assert condition.bystanders == {}
        assert isinstance(condition.training, Unavailable)
    assert found.cosines == value["cosines"]
    assert found.prompt_tokens == value["prompt_tokens"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"successes": {"villain": 101}, "trials": 100}'], ids=len
)
def test_published_figures_that_cannot_be_used(
    issue_246: LoadedExperiment, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "figures.json"
    file.write_text(content)
    with pytest.raises(
        ResultsError, match=r"figures\.json cannot be used: .*; restore it from git"
    ):
        published(issue_246.experiment.resolve("published"), file)
