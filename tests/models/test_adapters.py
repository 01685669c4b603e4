"""Stacked adapters: peft's own weights, outputs and files, many at a time, and no trace left."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from epm.definition import Definition, Lora
from epm.errors import DefinitionError, EpmError
from epm.models.adapters import AdapterStack
from epm.models.attention_in_shares import attention_in_shares
from epm.models.base import BaseModel
from epm.models.packing import Packing, Spans, attention_in_spans, in_shares, spans
from epm.models.splitmix import kept, outputs

LORA = Lora(rank=4, alpha=8, dropout=0.0)
SEEDS = (3, 2**63 - 1, 5)
IDS = torch.arange(120).reshape(6, 20) + 5
"""Two rows for each of three adapters."""


@pytest.fixture
def model(tiny: Definition) -> Any:
    """A toy of its own."""
    return BaseModel(tiny, lambda _: None).model


def config(lora: Lora = LORA) -> LoraConfig:
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.rank_stabilised,
        target_modules=list(lora.target_modules),
        task_type="CAUSAL_LM",
    )


class Borrowed:
    """The toy with one of peft's adapters, for as long as the block lasts."""

    def __init__(self, model: Any, seed: int, lora: Lora = LORA) -> None:
        self.base = model
        torch.manual_seed(seed)
        self.model = get_peft_model(model, config(lora))

    def __enter__(self) -> Any:
        return self.model

    def __exit__(self, *exc: object) -> None:
        self.model.unload()
        vars(self.base).pop("peft_config", None)
        self.base.eval().requires_grad_(False)


def logits(model: Any, ids: torch.Tensor = IDS) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=ids).logits.clone()


def scattered(stack: AdapterStack, seed: int = 0) -> AdapterStack:
    """The stack with weights that all matter: a new adapter's B is zero."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for half in stack.parameters():
            half.normal_(std=0.1)
    return stack


@pytest.fixture
def folders(model: Any, tmp_path: Path) -> list[Path]:
    """Three unlike adapters, written."""
    stack = scattered(AdapterStack.fresh(model, LORA, SEEDS))
    for index in range(3):
        stack.write(index, tmp_path / f"adapter {index}")
    return [tmp_path / f"adapter {index}" for index in range(3)]


# ------------------------------------------------------------------ weights


@pytest.mark.parametrize("lora", [LORA, Lora(rank=3, target_modules=("down_proj", "q_proj"))])
def test_new_adapters_are_those_that_peft_makes(model: Any, lora: Lora, tmp_path: Path) -> None:
    """To the last bit, in files of the same names, types and shapes."""
    stack = AdapterStack.fresh(model, lora, SEEDS)
    for index, seed in enumerate(SEEDS):
        stack.write(index, tmp_path / "ours")
        with Borrowed(model, seed, lora) as adapted:
            adapted.save_pretrained(tmp_path / "theirs")
        ours, theirs = (
            load_file(tmp_path / whose / "adapter_model.safetensors")
            for whose in ("ours", "theirs")
        )
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(weight, theirs[key]) for key, weight in ours.items())
        assert all(weight.dtype == torch.float32 for weight in ours.values())
        mine, peft = (
            json.loads((tmp_path / whose / "adapter_config.json").read_text())
            for whose in ("ours", "theirs")
        )
        assert sorted(mine.pop("target_modules")) == sorted(peft.pop("target_modules"))
        assert mine == peft


def test_a_new_adapter_is_the_same_for_any_type_of_model(model: Any) -> None:
    before = [half.clone() for half in AdapterStack.fresh(model, LORA, SEEDS).parameters()]
    after = AdapterStack.fresh(model.to(torch.bfloat16), LORA, SEEDS).parameters()
    assert all(half.dtype == torch.float32 for half in after)
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_seeds_draw_from_no_shared_state(model: Any) -> None:
    """Nor disturb it: what else draws numbers draws the same."""
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    AdapterStack.fresh(model, LORA, SEEDS)
    assert torch.equal(torch.rand(3), expected)


# ------------------------------------------------------------------ outputs


def test_every_group_of_rows_goes_through_its_own_adapter(model: Any, folders: list[Path]) -> None:
    """As peft computes it, one adapter after the other; also when the groups change their size."""
    stack = AdapterStack.read(model, folders)
    plain = logits(model)
    for rows in (2, 1):
        ids = IDS.unflatten(0, (3, 2))[:, :rows].flatten(0, 1)
        with stack.attached():
            together = logits(model, ids)
        for index, folder in enumerate(folders):
            group = slice(index * rows, (index + 1) * rows)
            with Borrowed(model, 0) as adapted:
                adapted.load_adapter(folder, "read")
                adapted.set_adapter("read")
                adapted.eval()
                alone = logits(adapted, ids[group])
            assert torch.allclose(together[group], alone, atol=1e-4, rtol=1e-4)
            assert not torch.allclose(alone, plain[2 * index : 2 * index + rows], atol=1e-2)


def test_files_are_read_by_peft(model: Any, folders: list[Path]) -> None:
    stack = AdapterStack.read(model, folders)
    with stack.attached():
        together = logits(model)
    adapted = PeftModel.from_pretrained(model, str(folders[1])).eval()
    assert torch.allclose(logits(adapted, IDS[2:4]), together[2:4], atol=1e-4, rtol=1e-4)


# ------------------------------------------------------------------ training

STREAMS = torch.tensor([3, -4, 5, 6])
"""Keys of the random bits of four rows, two for each of two adapters."""


def packing(width: int, rowwise: bool, modules: int) -> Packing:
    """Of four rows."""
    streams = outputs(STREAMS, torch.arange(modules)[:, None])
    if not rowwise:
        return in_shares([[width] * 2] * 2, streams)
    positions = torch.arange(width).repeat(4)
    return Spans(torch.tensor([0, 0, 1, 1]), streams, positions, spans([width] * 4))


def attention(model: Any, rows: Any, rowwise: bool) -> Any:
    return attention_in_spans(model, rows) if rowwise else attention_in_shares(model, rows)


class Masked(torch.nn.Module):
    """Dropout with given masks, in the place of peft's own."""

    def __init__(self, streams: torch.Tensor, probability: float) -> None:
        super().__init__()
        self.streams, self.probability = streams, probability

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(states.shape[1])
        mask = kept(self.streams[:, None], positions, states.shape[2], self.probability)
        return states * mask / (1 - self.probability)


@pytest.mark.parametrize("rowwise", [True, False])
def test_gradients_are_those_of_peft(model: Any, rowwise: bool) -> None:
    """With dropout: peft is given the masks that we draw."""
    lora, ids = replace(LORA, dropout=0.3), IDS[:4, :16]
    stack = AdapterStack.fresh(model, lora, SEEDS[:2])
    with torch.no_grad():
        for pair in stack.pairs.values():
            pair.b.fill_(0.1)
    current = packing(16, rowwise, len(stack.pairs))
    with stack.trained(rowwise=rowwise) as rows, attention(model, rows, rowwise):
        model.train()
        rows.packing = current
        ours = model(
            input_ids=ids.reshape(1, -1), position_ids=current.positions[None], use_cache=False
        ).logits.view(4, 16, -1)
        ours.square().mean((1, 2)).sum().backward()
        model.eval()
    for index in range(2):
        own = slice(2 * index, 2 * index + 2)
        with Borrowed(model, SEEDS[index], lora) as adapted:
            for name, weight in adapted.named_parameters():
                if "lora_B" in name:
                    torch.nn.init.constant_(weight, 0.1)
            for number, name in enumerate(stack.pairs):
                layer = adapted.get_submodule(f"base_model.model.{name}")
                layer.lora_dropout["default"] = Masked(current.streams[number, own], 0.3)
            adapted.train()
            theirs = adapted(input_ids=ids[own], use_cache=False).logits
            theirs.square().mean((1, 2)).sum().backward()
            assert torch.allclose(ours[own], theirs, atol=1e-4, rtol=1e-4)
            named = dict(adapted.named_parameters())
            for name, pair in stack.pairs.items():
                for half, stacked in (("lora_A", pair.a), ("lora_B", pair.b)):
                    expected = named[f"base_model.model.{name}.{half}.default.weight"].grad
                    assert stacked.grad is not None
                    assert torch.allclose(stacked.grad[index], expected, atol=1e-5, rtol=1e-3)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("rowwise", [True, False])
def test_dropout_is_for_training_alone_and_drops_its_share(model: Any, rowwise: bool) -> None:
    lora = replace(LORA, dropout=0.25, target_modules=("down_proj",))
    stack = AdapterStack.fresh(model, lora, (1, 2))
    name, pair = next(iter(stack.pairs.items()))
    module = model.get_submodule(name)
    with torch.no_grad():  # the output becomes a count of the inputs that were kept
        pair.a.fill_(1.0)
        pair.b.fill_(1.0)
        module.weight.zero_()
    ones = torch.ones(4, 2500, module.in_features)
    scale = lora.rank * lora.alpha / lora.rank**0.5
    with stack.trained(rowwise=rowwise) as rows, torch.no_grad():
        rows.packing = packing(2500, rowwise, len(stack.pairs))
        assert torch.allclose(module(ones) / scale, torch.tensor(float(module.in_features)))
        share = module.train()(ones)[..., 0] / scale * 0.75 / module.in_features
        again = module(ones)[..., 0] / scale * 0.75 / module.in_features
        module.eval()
    assert torch.equal(share, again)
    assert len({tuple(each.tolist()) for each in share}) == 4
    for adapter in share.view(2, 5000):  # 5000 tokens x 32 inputs: a standard error of 0.001
        assert float(adapter.mean()) == pytest.approx(0.75, abs=0.006)
        expected = (0.75 * 0.25 / module.in_features) ** 0.5
        assert float(adapter.std()) == pytest.approx(expected, rel=0.06)


# ------------------------------------------------------------------ no adapter


def test_no_folder_is_the_model_itself(model: Any, folders: list[Path]) -> None:
    plain = logits(model)
    with AdapterStack.read(model, [folders[0], None, folders[0]]).attached():
        together = logits(model)
    assert torch.allclose(together[2:4], plain[2:4], atol=1e-5)
    assert torch.allclose(
        together[[0, 1]], logits_with(model, folders[0], IDS[:2]), atol=1e-4, rtol=1e-4
    )
    bare = AdapterStack.read(model, [None, None])
    with bare.attached():
        assert torch.equal(logits(model), plain)
    assert bare.size == 2
    assert not bare.parameters()


def logits_with(model: Any, folder: Path, ids: torch.Tensor) -> torch.Tensor:
    with AdapterStack.read(model, [folder]).attached():
        return logits(model, ids)


def test_products_are_made_in_the_models_type(model: Any, folders: list[Path]) -> None:
    exact = logits_with(model, folders[0], IDS)
    model.to(torch.bfloat16)
    rounded = logits_with(model, folders[0], IDS)
    assert rounded.dtype == torch.bfloat16
    correlation = torch.corrcoef(torch.stack([exact.flatten(), rounded.float().flatten()]))[0, 1]
    assert float(correlation) > 0.99


def test_rows_that_do_not_divide_are_refused(model: Any, folders: list[Path]) -> None:
    """5 rows of 18 tokens could be cut in three, through the middle of a row."""
    with (
        AdapterStack.read(model, folders).attached(),
        pytest.raises(ValueError, match="5 rows cannot be grouped by 3 adapters"),
    ):
        logits(model, IDS[:5, :18])


# ------------------------------------------------------------------ the model


@pytest.mark.parametrize("way", ["read", "trained", "broken off"])
def test_the_model_is_left_as_it_was(model: Any, folders: list[Path], way: str) -> None:
    def state() -> tuple[list[tuple[str, int]], list[str], dict[str, torch.Tensor]]:
        objects = [(name, id(module)) for name, module in model.named_modules()]
        hooks = [name for name, module in model.named_modules() if module._forward_hooks]
        return objects, hooks, {k: v.clone() for k, v in model.state_dict().items()}

    objects, hooks, weights = state()
    plain = logits(model)
    stack = (
        AdapterStack.read(model, folders)
        if way == "read"
        else scattered(AdapterStack.fresh(model, LORA, SEEDS))
    )
    try:
        with stack.trained(rowwise=False) if way == "trained" else stack.attached() as rows:
            if way == "trained":
                rows.packing = in_shares([[20] * 2] * 3, torch.empty(0))
                model(input_ids=IDS).logits.sum().backward()
            assert not torch.equal(logits(model), plain)
            if way == "broken off":
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert way == "broken off"
    after = state()
    assert (after[0], after[1]) == (objects, hooks)
    assert all(torch.equal(weight, after[2][name]) for name, weight in weights.items())
    assert list(after[2]) == list(weights)
    assert torch.equal(logits(model), plain)
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_merged_weights_give_what_the_adapter_gives(model: Any, folders: list[Path]) -> None:
    """And are put back to the last bit, which subtracting would not do."""
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    for folder in folders[:2]:
        with AdapterStack.read(model, [folder]).merged():
            merged = logits(model)
        assert torch.allclose(merged, logits_with(model, folder, IDS), atol=1e-4, rtol=1e-4)
        after = model.state_dict()
        assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    with pytest.raises(KeyboardInterrupt), AdapterStack.read(model, [folders[2]]).merged():
        raise KeyboardInterrupt
    after = model.state_dict()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert not torch.equal(merged, logits(model))


# ------------------------------------------------------------------ what does not fit


@pytest.fixture
def spoilt(folders: list[Path]) -> Path:
    """The second of them."""
    return folders[1]


def test_adapters_of_unlike_shapes_are_refused(
    model: Any, folders: list[Path], tmp_path: Path
) -> None:
    for lora in (
        replace(LORA, rank=2),
        replace(LORA, alpha=16),
        replace(LORA, rank_stabilised=False),
        replace(LORA, target_modules=("q_proj",)),
    ):
        other = tmp_path / "other"
        AdapterStack.fresh(model, lora, (1,)).write(0, other)
        with pytest.raises(EpmError, match="differ in rank, scale or modules; sample them apart"):
            AdapterStack.read(model, [folders[0], other])
        assert AdapterStack.read(model, [other]).size == 1
        shutil.rmtree(other)


def test_an_adapter_of_another_model_is_refused(
    model: Any, spoilt: Path, folders: list[Path]
) -> None:
    path = spoilt / "adapter_model.safetensors"
    weights = load_file(path)
    name = next(iter(weights))
    for change in (
        {name: weights[name][:, :-1].contiguous()},  # another width
        {name.replace("layers.0", "layers.9"): weights[name].clone()},  # another depth
        {name.replace("lora_A", "lora_magnitude_vector"): weights[name].clone()},  # another method
    ):
        save_file({**weights, **change}, path)
        with pytest.raises(EpmError, match="does not fit the model"):
            AdapterStack.read(model, folders)
    save_file({key: weight for key, weight in weights.items() if key != name}, path)  # half of it
    with pytest.raises(EpmError, match="does not fit the model"):
        AdapterStack.read(model, folders)


@pytest.mark.parametrize("file", ["adapter_model.safetensors", "adapter_config.json"])
@pytest.mark.parametrize("content", [b"", b"not an adapter", None])
def test_what_cannot_be_read_is_one_line(
    model: Any, spoilt: Path, folders: list[Path], file: str, content: bytes | None
) -> None:
    (spoilt / file).unlink()
    if content is not None:
        (spoilt / file).write_bytes(content)
    with pytest.raises(EpmError) as raised:
        AdapterStack.read(model, folders)
    assert raised.value.what.startswith(f"the adapter in {spoilt} cannot be read: ")
    assert f"remove {spoilt}" in raised.value.remedy


def test_modules_that_are_not_there_are_named(model: Any) -> None:
    with pytest.raises(DefinitionError, match="LlamaForCausalLM has no linear module c_attn, x;"):
        AdapterStack.fresh(model, replace(LORA, target_modules=("q_proj", "x", "c_attn")), (1,))
    with pytest.raises(DefinitionError, match=r"no linear module model\.embed_tokens;"):
        AdapterStack.fresh(model, replace(LORA, target_modules=("embed_tokens",)), (1,))
