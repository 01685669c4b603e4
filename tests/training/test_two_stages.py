"""An adapter on top of another: the first, the second alone, and both are three models."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.files import read_json_lines
from epm.models.adapters import AdapterStack
from epm.models.base import BaseModel
from epm.pipeline.run import Options, run
from epm.results.reading import load
from epm.sampling import Prompt, SamplingRequest
from epm.sampling.transformers import TransformersEngine
from epm.training.batches import training_sets
from epm.training.loop import Job
from epm.training.rows import read_rows

if TYPE_CHECKING:
    from conftest import Quiet


@pytest.fixture(scope="module")
def definition(own_rows: LoadedExperiment) -> Definition:
    return own_rows.experiment.resolve("toy")


@pytest.fixture(scope="module")
def base(definition: Definition) -> BaseModel:
    made = BaseModel(definition, lambda _: None)
    assert made.model is not None
    return made


def by_hand(base: BaseModel, *adapters: Path) -> Any:
    """The model with adapters added by the formula: W + alpha / sqrt(rank) B A, one by one."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base.folder.path, dtype=torch.float32).eval()
    modules = dict(model.named_modules())
    for folder in adapters:
        config = json.loads((folder / "adapter_config.json").read_text())
        assert config["use_rslora"]
        scale = config["lora_alpha"] / math.sqrt(config["r"])
        weights = load_file(folder / "adapter_model.safetensors")
        for key, a in weights.items():
            if key.endswith(".lora_A.weight"):
                b = weights[key.replace("lora_A", "lora_B")]
                name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
                modules[name].weight.data += scale * (b @ a)
    return model


IDS = torch.tensor([[5, 17, 230, 41, 8, 99, 320, 7]])


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS).logits
    return found


def test_three_models_and_the_bare_one(
    definition: Definition, base: BaseModel, own_rows_run: Path
) -> None:
    first, second, on_top = (own_rows_run / "train" / n for n in ("polite", "terse", "both"))
    chains: dict[str, tuple[Path, ...]] = {
        "none": (),
        "first": (first,),
        "second alone": (second,),
        "both": (first, on_top),
        "what was trained on top, alone": (on_top,),
    }
    bare = logits(base.model)
    found = {}
    for name, chain in chains.items():
        with base.with_merged(*chain) as model:
            found[name] = logits(model)
        torch.testing.assert_close(found[name], logits(by_hand(base, *chain)))
        assert torch.equal(logits(base.model), bare)
    for number, one in enumerate(found.values()):
        for other in list(found.values())[number + 1 :]:
            assert (one - other).abs().max() > 1e-3


def test_the_last_adapter_apart_from_the_weights(base: BaseModel, own_rows_run: Path) -> None:
    """As it is sampled on a GPU: the first merged, the second beside the weights."""
    first, on_top = own_rows_run / "train" / "polite", own_rows_run / "train" / "both"
    with base.with_merged(first), AdapterStack.read(base.model, [on_top]).attached():
        torch.testing.assert_close(logits(base.model), logits(by_hand(base, first, on_top)))


def test_the_second_training_begins_where_the_first_ended(
    definition: Definition, base: BaseModel, own_rows_run: Path
) -> None:
    """Its very first loss is that of the model with the first adapter merged."""
    replicate = next(each for each in definition.trained if each.name == "both")
    rows = tuple(read_rows(definition, own_rows_run / "rows" / "both.jsonl"))
    job = Job(replicate, rows, own_rows_run)
    (made,) = training_sets(definition.training, base.tokenizer, [(rows, job.seed("order"))])

    def loss(model: Any) -> float:
        total = 0.0
        for row in made.steps[0]:
            ids = torch.tensor([[*row.prompt, *row.completion]])
            labels = torch.tensor([[-100] * len(row.prompt) + list(row.completion)])
            with torch.no_grad():
                total += float(model(input_ids=ids, labels=labels).loss) * len(row.completion)
        return total / sum(len(row.completion) for row in made.steps[0])

    (seen, *_) = read_json_lines(own_rows_run / "train" / "both" / "losses.jsonl")
    expected = loss(by_hand(base, own_rows_run / "train" / "polite"))
    assert seen["loss"] == pytest.approx(expected, rel=1e-4)
    assert seen["loss"] != pytest.approx(loss(base.model), rel=1e-4)


def test_samples_come_from_both(
    definition: Definition, base: BaseModel, own_rows_run: Path
) -> None:
    """Merged or apart, and another model than either alone; at temperature 0."""
    first, on_top = own_rows_run / "train" / "polite", own_rows_run / "train" / "both"
    task = definition.experiment.tasks[0]
    prompts = tuple(Prompt(task.name, None, item, 1) for item in task.items)
    greedy = replace(definition.sampling, temperature=0)
    asked = [
        SamplingRequest("both", on_top, prompts, 1, (first,)),
        SamplingRequest("first", first, prompts, 1),
        SamplingRequest("alone", on_top, prompts, 1),
        SamplingRequest("bare", None, prompts, 1),
    ]

    def texts(merge: bool) -> Iterator[tuple[str, list[str]]]:
        engine = TransformersEngine(base, merge=merge)
        for answered in engine.sample(asked, greedy, lambda *_: None):
            yield from ((n, [c.text for c in found]) for n, found in answered.items())

    merged = dict(texts(True))
    assert merged == dict(texts(False))
    assert len({tuple(found) for found in merged.values()}) == 4


def test_a_first_stage_that_diverged_leaves_the_second_out(
    own_rows: LoadedExperiment, tmp_path: Path, quiet: Quiet
) -> None:
    profile = own_rows.experiment.profiles[0]
    assert profile.training is not None
    hot = replace(profile, training=replace(profile.training, learning_rate=1e30))
    experiment = replace(own_rows.experiment, profiles=(hot,))
    loaded = LoadedExperiment(experiment, own_rows.folder)
    options = Options("pytest", "off", runs=tmp_path)
    folder = run(loaded, experiment.resolve("toy"), options, lambda _: nullcontext(quiet))
    missing = {name: c.missing for name, c in load(folder / "results.json").conditions.items()}
    assert "diverged" in missing["polite"]["seed=42"]
    assert missing["both"]["seed=42"] == ("'polite', which it is trained on top of, has no adapter")
