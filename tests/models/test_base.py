"""The base model: lent with an adapter, given back bit for bit; else one clear line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from peft import PeftModel

from epm.definition import Definition, FolderModel, RecordedData, TinyModel
from epm.discovery import LoadedExperiment
from epm.errors import DefinitionError, EpmError
from epm.models.base import BaseModel
from epm.models.sources import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = torch.arange(40).reshape(2, 20) + 5


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=IDS).logits.clone()


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def kinds(model: Any) -> list[tuple[str, str]]:
    return [(name, type(module).__name__) for name, module in model.named_modules()]


def same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> bool:
    """Equal names, types and bits."""
    return list(ours) == list(theirs) and all(
        tensor.dtype == theirs[name].dtype and torch.equal(tensor, theirs[name])
        for name, tensor in ours.items()
    )


@pytest.fixture
def base(tiny: Definition) -> BaseModel:
    """A toy of its own."""
    base = BaseModel(tiny, lambda _: None)
    base.model.train(False)
    return base


Lend = Callable[[BaseModel, Path], AbstractContextManager[Any]]


@pytest.fixture(params=["merged", "apart"])
def lend(request: pytest.FixtureRequest) -> Lend:
    """Both ways of applying an adapter."""
    merged = request.param == "merged"
    return lambda base, adapter: (
        base.with_merged(adapter) if merged else base.with_adapters([adapter])
    )


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Loading a model sets their number for the whole process."""
    yield
    torch.set_num_threads(1)


# ------------------------------------------------------------------ adapters


def test_an_adapter_changes_the_output_and_leaves_no_trace(
    base: BaseModel, lend: Lend, finished: Path
) -> None:
    before, structure, plain = weights(base.model), kinds(base.model), logits(base.model)
    for condition in ("baker", "pirate", "baker"):
        with lend(base, finished / "train" / condition) as model:
            assert not torch.allclose(logits(model), plain, atol=1e-3)
            assert not model.training
        assert same(weights(base.model), before)
        assert kinds(base.model) == structure
        assert torch.equal(logits(base.model), plain)
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_an_adapter_does_what_peft_makes_of_it(
    base: BaseModel, lend: Lend, tiny: Definition, finished: Path
) -> None:
    """Scaled by alpha / sqrt(rank), as rank-stabilised adapters are."""
    adapter = finished / "train" / "baker"
    fresh = BaseModel(tiny, lambda _: None)
    reference = logits(PeftModel.from_pretrained(fresh.model, str(adapter)).eval())
    with lend(base, adapter) as model:
        assert torch.allclose(logits(model), reference, atol=1e-4)
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert (config["use_rslora"], config["r"], config["lora_alpha"]) == (True, 4, 8)


def test_an_error_inside_gives_the_weights_back_too(
    base: BaseModel, lend: Lend, finished: Path
) -> None:
    before = weights(base.model)

    def interrupted() -> None:
        with lend(base, finished / "train" / "baker"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert same(weights(base.model), before)


# ------------------------------------------------------------------ what it is


def test_the_model_is_frozen_and_without_sampling_defaults(tiny_base: BaseModel) -> None:
    assert not tiny_base.model.training
    assert not any(parameter.requires_grad for parameter in tiny_base.model.parameters())
    generation = tiny_base.model.generation_config
    assert generation.eos_token_id == tiny_base.tokenizer.eos_token_id
    assert (generation.top_k, generation.repetition_penalty) == (None, None)


def test_the_record(tiny_base: BaseModel) -> None:
    record = tiny_base.record
    assert (record.name, record.source) == ("tiny random Llama", "tiny:3x16")
    assert record.parameters == sum(p.numel() for p in tiny_base.model.parameters())
    assert (record.layers, record.dtype) == (3, "float32")
    assert len(record.sha256) == 64


def test_nothing_is_loaded_before_it_is_asked_for(tiny: Definition, tmp_path: Path) -> None:
    said: list[str] = []
    base = BaseModel(tiny, said.append)
    assert said == []
    assert base.model is base.model
    assert said == ["loading tiny random Llama on cpu"]


# ------------------------------------------------------------------ what cannot be


def test_a_layer_that_the_model_lacks(made_up: LoadedExperiment) -> None:
    base = BaseModel(made_up.experiment.resolve("deep"), lambda _: None)
    with pytest.raises(DefinitionError) as raised:
        assert base.model
    assert raised.value.what == (
        "profile deep reads layer 3, but tiny random Llama has 3 blocks (0 to 2)"
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("experiment", ["made_up", "issue_246"])
def test_a_profile_that_needs_a_gpu(request: pytest.FixtureRequest, experiment: str) -> None:
    loaded = request.getfixturevalue(experiment)
    profile = "full" if experiment == "issue_246" else "large"
    with pytest.raises(EpmError) as raised:
        BaseModel(loaded.experiment.resolve(profile), lambda _: None)
    assert raised.value.what == f"profile {profile} needs a CUDA GPU and this machine has none"
    assert raised.value.remedy.startswith("run it on a GPU machine")


def test_recorded_data_need_no_torch(tiny: Definition) -> None:
    profile = replace(tiny.profile, model=RecordedData("figures.json", "00"), needs_gpu=True)
    assert BaseModel(replace(tiny, profile=profile), lambda _: None).device == "cpu"


@pytest.fixture
def folder(tiny: Definition, tmp_path: Path) -> Path:
    """A user's own model, to spoil."""
    assert isinstance(tiny.profile.model, TinyModel)
    copy = tmp_path / "my model"
    shutil.copytree(fetch(tiny.profile.model, lambda _: None).path, copy)
    return copy


def from_folder(made_up: LoadedExperiment, folder: Path) -> BaseModel:
    definition = made_up.experiment.resolve("tiny", FolderModel.of(folder))
    return BaseModel(definition, lambda _: None)


def set_values(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_wrong_end_of_sequence_token_is_put_right(
    made_up: LoadedExperiment, folder: Path
) -> None:
    """As transformers reads it from SmolLM2's GGUF."""
    wrong = {"eos_token": "<|im_start|>", "pad_token": None}
    set_values(folder / "tokenizer_config.json", **wrong)
    base = from_folder(made_up, folder)
    assert base.tokenizer.convert_ids_to_tokens(base.tokenizer.eos_token_id) == "<|im_end|>"
    assert base.tokenizer.pad_token_id is not None
    assert base.model.generation_config.eos_token_id == base.tokenizer.eos_token_id


def cut(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:1000])

    return spoil


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    "spoil",
    [
        cut("model.safetensors"),
        cut("tokenizer.json"),
        lose("tokenizer.json"),
        lambda folder: (folder / "config.json").write_text("{"),
        lambda folder: (folder / "tokenizer_config.json").write_text("{"),
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        lambda folder: (folder / "chat_template.jinja").write_text("{% for %}"),
        lambda folder: (folder / "chat_template.jinja").write_text(
            "{{ raise_exception('System role not supported') }}"
        ),
        lambda folder: set_values(folder / "config.json", hidden_size=32),
        lambda folder: set_values(folder / "config.json", model_type="no-such-model"),
    ],
    ids=[
        "weights cut",
        "tokenizer cut",
        "tokenizer gone",
        "config broken",
        "tokenizer config broken",
        "tokenizer empty",
        "template broken",
        "no system role",
        "other shape",
        "other kind",
    ],
)
def test_a_model_that_cannot_be_loaded_is_one_line(
    made_up: LoadedExperiment, folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    with pytest.raises(EpmError) as raised:
        assert from_folder(made_up, folder).model
    assert raised.value.what.startswith(f"the model in {folder} cannot be loaded: ")
    assert raised.value.remedy
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("loads", [True, False])
def test_files_that_are_not_those_of_the_definition_are_named_as_such(
    made_up: LoadedExperiment, folder: Path, loads: bool
) -> None:
    """Though they are loaded while they are checked, and whether or not they can be."""
    base = from_folder(made_up, folder)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content if loads else content[:1000])
    with pytest.raises(EpmError, match="is not the one that the run was started with"):
        assert base.model
    # a worker leaves that to the process that started it
    unchecked = BaseModel(base.definition, lambda _: None, checked=False)
    if loads:
        assert unchecked.model
