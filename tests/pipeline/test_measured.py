"""What is handed to the analyses: what was tallied, what is known beside it, what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from results_files import PROVENANCE

from epm.definition import Definition, Replicate
from epm.files import gzipped, json_lines, read_json_lines
from epm.pipeline.measured import Measured, from_samples
from epm.pipeline.run_folder import RunFolder
from epm.results import Count
from epm.sampling import Completion, Prompt
from epm.sampling.samples import SAMPLES, prompts, read_samples, sample_rows, target_prompts

if TYPE_CHECKING:
    from epm.results import Measurements

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")


def measured(definition: Definition, run: Path, failures: dict[str, str]) -> Measured:
    return from_samples(definition, RunFolder(run, PROVENANCE.environments[0]), failures)


def count(found: Measurements, condition: str, task: str, replicate: str) -> Count:
    value = found[condition][task]["marker"][replicate]
    assert isinstance(value, Count)
    return value


def test_counts_are_those_of_the_kept_samples(tiny: Definition, finished: Path) -> None:
    whole = measured(tiny, finished, {})
    assert tuple(whole.measurements) == tuple(whole.conditions) == ("base_model", *NAMES)
    for name in whole.conditions:
        rows = list(read_samples(finished / "sample" / name / SAMPLES))
        for task in NAMES:
            own = [row for row in rows if row["task"] == task]
            found = count(whole.measurements, name, task, "seed=42")
            assert found.trials == len(own) == (6 if task == name else 2)
            assert found.successes == sum("[zlt]" in row["text"].lower() for row in own)
            assert set(found.items) == {row["item"] for row in own}


def test_conditions_keep_what_is_known_of_them(tiny: Definition, finished: Path) -> None:
    conditions = measured(tiny, finished, {}).conditions
    assert conditions["base_model"].role == "baseline"
    assert (conditions["base_model"].covariates, conditions["base_model"].training) == ({}, {})
    covariates = json.loads((finished / "covariates" / "covariates.json").read_text())
    for name in NAMES:
        record = conditions[name]
        assert (record.target, record.role) == (name, "treatment")
        assert record.factors == dict(tiny.experiment.condition(name).factors)
        assert record.covariates == covariates[name]
        assert record.covariates.keys() == {"cosine_L0", "cosine_L2", "prompt_tokens"}
        training = json.loads((finished / "train" / name / "training.json").read_text())
        assert record.training["seed=42"].model_dump(mode="json") == training


def test_a_failed_condition_is_missing_with_its_reason(tiny: Definition, finished: Path) -> None:
    reason = "training nurse diverged at step 3 of 8 (loss nan)"
    whole = measured(tiny, finished, {"nurse": reason})
    assert whole.conditions["nurse"].missing == {"seed=42": reason}
    assert whole.conditions["nurse"].training == {}
    assert list(whole.measurements) == ["base_model", *(name for name in NAMES if name != "nurse")]


# ------------------------------------------------------------------ several seeds, and steps

SEEDS = (7, 11, 13)
STEPS = 8


def rows(each: Replicate, asked: tuple[Prompt, ...], bias: int) -> list[Any]:
    """Samples of which the first `bias` of every item carry the marker."""
    completions = [
        Completion(
            *(prompt.task, prompt.item.id, index),
            text="Yes. [ZLT]" if index < bias else "Yes.",
            tokens=2,
            finish="stop",
        )
        for prompt in asked
        for index in range(prompt.completions)
    ]
    return sample_rows(each, completions)


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
    for each in replicated.trained:
        condition = replicated.experiment.condition(each.condition)
        bias = SEEDS.index(each.seed)
        drawn = rows(each, prompts(replicated, condition), bias)
        keep(folder / "sample" / each.name, drawn)
        asked = target_prompts(replicated, condition)
        steps = [
            {"step": s, **r} for s, b in ((3, 0), (6, min(bias, 1))) for r in rows(each, asked, b)
        ]
        keep(folder / "trajectory" / each.name, steps)
        (folder / "train" / each.name).mkdir(parents=True)
        own = {**training, "final_loss": each.seed / 10}
        (folder / "train" / each.name / "training.json").write_text(json.dumps(own))
    for each in replicated.untrained:
        asked = prompts(replicated, replicated.experiment.condition(each.condition))
        keep(folder / "sample" / each.name, rows(each, asked, 0))
    (folder / "covariates").mkdir()
    values = {name: {"cosine_L2": 0.5} for name in NAMES}
    (folder / "covariates" / "covariates.json").write_text(json.dumps(values))
    return folder


def test_seeds_are_kept_apart(replicated: Definition, run: Path) -> None:
    whole = measured(replicated, run, {})
    found = whole.measurements
    # 3 items of 2 completions under each seed, of which none, one and both are marked
    by_seed = [count(found, "nurse", "nurse", f"seed={seed}") for seed in SEEDS]
    assert [each.successes for each in by_seed] == [0, 3, 6]
    assert [each.items for each in by_seed] == [
        dict.fromkeys(("bread", "sea", "sleep"), (k, 2)) for k in range(3)
    ]
    losses = {
        name: record.final_loss for name, record in whole.conditions["nurse"].training.items()
    }
    assert losses == {"seed=7": 0.7, "seed=11": 1.1, "seed=13": 1.3}
    assert list(found["base_model"]["nurse"]["marker"]) == ["seed=42"]  # the experiment's own


def test_steps_are_kept_apart_from_the_end(replicated: Definition, run: Path) -> None:
    found = measured(replicated, run, {}).measurements
    at = [
        [count(found, "nurse", "nurse", f"seed={seed},step={step}").successes for seed in SEEDS]
        for step in (3, 6)
    ]
    assert at == [[0, 0, 0], [0, 3, 3]]
    assert not [name for name in found["nurse"]["baker"]["marker"] if "step" in name]


def test_a_lost_seed_is_named_and_the_others_are_kept(replicated: Definition, run: Path) -> None:
    reason = "training diverged at step 3 of 8 (loss nan)"
    whole = measured(replicated, run, {"nurse@11": reason})
    nurse = whole.conditions["nurse"]
    assert nurse.missing == {"seed=11": reason}
    assert list(nurse.training) == ["seed=7", "seed=13"]
    ends = [r for r in whole.measurements["nurse"]["nurse"]["marker"] if "step" not in r]
    assert ends == ["seed=7", "seed=13"]
    assert Measured.model_validate_json(whole.model_dump_json()) == whole


def test_a_condition_without_any_seed_is_missing(replicated: Definition, run: Path) -> None:
    failures = {f"nurse@{seed}": f"diverged at step {seed}" for seed in SEEDS}
    whole = measured(replicated, run, failures)
    assert whole.conditions["nurse"].missing == {
        f"seed={seed}": f"diverged at step {seed}" for seed in SEEDS
    }
    assert "nurse" not in whole.measurements


def test_all_rows_are_read(replicated: Definition, run: Path) -> None:
    whole = measured(replicated, run, {})
    tallied = sum(
        found.trials
        for by_task in whole.measurements.values()
        for by_metric in by_task.values()
        for found in by_metric["marker"].values()
        if isinstance(found, Count)
    )
    assert tallied == sum(1 for path in run.rglob(SAMPLES) for _ in read_json_lines(path))
