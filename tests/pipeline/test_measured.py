"""What is handed to the statistics: counts, cosines, prompt lengths, and what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from epm.definition import Definition, Replicate
from epm.discovery import LoadedExperiment
from epm.errors import ResultsError
from epm.files import gzipped, json_lines, read_json_lines
from epm.results import CompleteCondition, MissingCondition, Rate, Unavailable
from epm.sampling import Completion, Prompt
from epm.stages.measure import Measurements, measurements
from epm.stages.published import measurements as published
from epm.stages.sample import BASE, SAMPLES, Subject, prompts, sample_rows, source_prompts

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")


def measured(tiny: Definition, run: Path, failures: dict[str, str]) -> Measurements:
    return measurements(
        tiny,
        trained={name: run / "train" / name for name in NAMES},
        sampled={name: run / "sample" / name for name in NAMES},
        trajectories={},
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


# ------------------------------------------------------------------ several seeds, and steps

SEEDS = (7, 11, 13)
STEPS = 8


def rows(tiny: Definition, each: Replicate, prompts: tuple[Prompt, ...], bias: int) -> list[Any]:
    """Samples of which the first `bias` of every question carry the marker."""
    completions = [
        Completion(
            *(prompt.persona, prompt.question.id, index),
            tiny.experiment.marker.appended("Yes.") if index < bias else "Yes.",
            tokens=2,
            finish="stop",
        )
        for prompt in prompts
        for index in range(prompt.completions)
    ]
    subject = Subject(each.name, each.condition, each.seed, None, Path())
    return sample_rows(tiny, subject, completions)


def keep(folder: Path, drawn: list[Any]) -> None:
    folder.mkdir(parents=True)
    (folder / SAMPLES).write_bytes(gzipped(json_lines(drawn)))


@pytest.fixture(scope="module")
def replicated(tiny: Definition) -> Definition:
    """Three seeds, none of them the experiment's own, and two checkpoints."""
    return replace(tiny, seeds=SEEDS, checkpoints=2)


@pytest.fixture(scope="module")
def run(replicated: Definition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What training and sampling leave of them; the marker comes with the seed, and with steps."""
    folder = tmp_path_factory.mktemp("replicated")
    training = {
        "rows": 8,
        "steps": STEPS,
        "tokens": 80,
        "completion_tokens": 16,
        "truncated_rows": 0,
        "first_loss": 3.0,
        "final_loss": 1.0,
    }
    for each in replicated.replicates:
        bias = SEEDS.index(each.seed)
        keep(
            folder / "sample" / each.name,
            rows(replicated, each, prompts(replicated, each.condition), bias),
        )
        source = source_prompts(replicated, each.condition)
        keep(
            folder / "trajectory" / each.name,
            [
                {"step": step, **row}
                for step, found in ((6, min(bias, 1)), (3, 0))
                for row in rows(replicated, each, source, found)
            ],
        )
        (folder / "train" / each.name).mkdir(parents=True)
        own = {**training, "final_loss": each.seed / 10}
        (folder / "train" / each.name / "training.json").write_text(json.dumps(own))
    base = Replicate(BASE, replicated.experiment.seed, BASE)
    keep(folder / "sample" / BASE, rows(replicated, base, prompts(replicated, BASE), 0))
    geometry = {"cosines": {"2": dict.fromkeys(NAMES, 0.5)}, "prompt_tokens": {}}
    (folder / "cosines.json").write_text(json.dumps(geometry))
    return folder


def pooled(definition: Definition, run: Path, failures: dict[str, str]) -> Measurements:
    names = [each.name for each in definition.replicates]
    return measurements(
        definition,
        trained={name: run / "train" / name for name in names},
        sampled={name: run / "sample" / name for name in names},
        trajectories={name: run / "trajectory" / name for name in names},
        base_model=run / "sample" / BASE,
        cosines=run / "cosines.json",
        failures=failures,
    )


def test_seeds_are_kept_apart_and_pooled(replicated: Definition, run: Path) -> None:
    nurse = pooled(replicated, run, {}).conditions["nurse"]
    assert isinstance(nurse, CompleteCondition)
    assert [each.seed for each in nurse.replicates] == list(SEEDS)
    # 3 questions of 2 completions under each seed, of which none, one and both are marked
    assert [each.source.successes for each in nurse.replicates] == [0, 3, 6]
    assert (nurse.source.successes, nurse.source.trials) == (9, 18)
    assert [(c.successes, c.trials) for c in nurse.source.clusters] == [(3, 6)] * 3
    assert [each.training.final_loss for each in nurse.replicates] == [0.7, 1.1, 1.3]
    assert nurse.training == nurse.replicates[0].training
    assert set(nurse.bystanders) == set(NAMES) - {"nurse"}


def test_a_trajectory_starts_untrained_and_ends_finished(replicated: Definition, run: Path) -> None:
    nurse = pooled(replicated, run, {}).conditions["nurse"]
    assert isinstance(nurse, CompleteCondition)
    places = [(point.step, point.seed) for point in nurse.trajectory]
    assert places == [(0, replicated.experiment.seed), *product((3, 6, STEPS), SEEDS)]
    control = [
        row for row in read_json_lines(run / "sample" / BASE / SAMPLES) if row["persona"] == "nurse"
    ]
    assert nurse.trajectory[0].rate.trials == len(control)
    assert [point.rate.successes for point in nurse.trajectory[1:]] == [0, 0, 0, 0, 3, 3, 0, 3, 6]
    assert [point.rate for point in nurse.trajectory[-3:]] == [
        each.source for each in nurse.replicates
    ]


def test_a_lost_seed_is_named_and_the_others_are_kept(replicated: Definition, run: Path) -> None:
    reason = "training diverged at step 3 of 8 (loss nan)"
    whole = pooled(replicated, run, {"nurse@11": reason})
    nurse = whole.conditions["nurse"]
    assert isinstance(nurse, CompleteCondition)
    assert nurse.missing_seeds == {"11": reason}
    assert [each.seed for each in nurse.replicates] == [7, 13]
    assert nurse.source.trials == 12
    assert {point.seed for point in nurse.trajectory[1:]} == {7, 13}
    assert Measurements.model_validate_json(whole.model_dump_json()) == whole


def test_a_condition_without_any_seed_is_missing(replicated: Definition, run: Path) -> None:
    failures = {f"nurse@{seed}": f"diverged at step {seed}" for seed in SEEDS}
    nurse = pooled(replicated, run, failures).conditions["nurse"]
    assert isinstance(nurse, MissingCondition)
    assert nurse.reason == "; ".join(f"seed {s}: diverged at step {s}" for s in SEEDS)


def test_another_seed_alone_makes_no_replicates(replicated: Definition, run: Path) -> None:
    alone = replace(replicated, seeds=(13,))
    nurse = pooled(alone, run, {}).conditions["nurse"]
    assert isinstance(nurse, CompleteCondition)
    assert (nurse.replicates, nurse.missing_seeds) == ((), {})
    assert nurse.source.successes == 6
    reason = "diverged at step 3"
    lost = pooled(alone, run, {"nurse@13": reason}).conditions["nurse"]
    assert isinstance(lost, MissingCondition)
    assert lost.reason == reason


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
