"""Training one adapter: what the loss is taken on, what a step is, and when it is given up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from epm.errors import EpmError
from epm.files import file_sha256
from epm.models.base import BaseModel, forget_adapters
from epm.models.chat import TokenisedRow, tokenise_row
from epm.spec import Definition, Training, derive_seed
from epm.stages.data import read_rows
from epm.stages.train import Diverged, _step, optimiser_steps, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Quiet


def changed(definition: Definition, **recipe: Any) -> Definition:
    """The definition with another recipe, without dropout."""
    training = definition.profile.training
    training = replace(training, lora=replace(training.lora, dropout=0.0), **recipe)
    return replace(definition, profile=replace(definition.profile, training=training))


@pytest.fixture
def rows_file(finished: Path) -> Path:
    return finished / "rows" / "baker.jsonl"


@pytest.fixture
def rows(tiny: Definition, tiny_base: BaseModel, rows_file: Path) -> list[TokenisedRow]:
    read = read_rows(tiny, rows_file)
    return [tokenise_row(tiny_base.tokenizer, row) for row in read]


def plain_loss(model: Any, rows: Sequence[TokenisedRow]) -> torch.Tensor:
    """Mean negative log-likelihood of the completions' tokens, one row at a time, no padding."""
    total, count = torch.tensor(0.0), 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.prompt + row.completion])).logits[0]
        likelihoods = logits.double().log_softmax(-1)
        for place, token in enumerate(row.completion, start=len(row.prompt)):
            total = total - likelihoods[place - 1, token]
            count += 1
    return total / count


# ------------------------------------------------------------------ the loss


def test_the_loss_is_taken_on_the_completions_alone(
    tiny: Definition, tiny_base: BaseModel, rows_file: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """A new adapter changes nothing, so that the first loss is the base model's."""
    definition = changed(tiny)
    rows = [tokenise_row(tiny_base.tokenizer, row) for row in read_rows(definition, rows_file)]
    seed = derive_seed(definition.experiment.seed, "baker", "order")
    first, *_ = optimiser_steps(rows, definition.profile.training, seed)
    train(definition, "baker", tiny_base, rows_file, tmp_path, quiet)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "losses.jsonl").open()]
    asked = [row for batch in first for row in batch]
    assert len({len(row) for row in asked}) > 1  # else nothing was padded
    with torch.inference_mode():
        assert losses[0] == pytest.approx(float(plain_loss(tiny_base.model, asked)), abs=1e-5)


@pytest.fixture
def adapted(tiny_base: BaseModel) -> Iterator[Any]:
    """The toy with an adapter whose two halves are random, so that all of it has a gradient."""
    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    model = get_peft_model(tiny_base.model, config)
    yield model
    model.unload()
    forget_adapters(tiny_base.model)
    tiny_base.model.eval().requires_grad_(False)


def gradient(model: Any) -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    return found


def test_accumulated_gradients_are_those_of_one_big_batch(
    adapted: Any, tiny_base: BaseModel, rows: list[TokenisedRow]
) -> None:
    """Completions of unlike lengths: each token weighs the same, whatever its micro-batch."""
    rows = [TokenisedRow(row.prompt, row.completion[: 2 + n]) for n, row in enumerate(rows)]
    ways = {
        "one batch": [rows],
        "by threes": [rows[at : at + 3] for at in range(0, len(rows), 3)],
        "one by one": [[row] for row in rows],
    }
    losses, gradients = {}, {}
    for name, step in ways.items():
        losses[name] = _step(adapted, step, tiny_base)
        gradients[name] = gradient(adapted)
    plain_loss(adapted, rows).backward()
    plain = gradient(adapted)
    assert len(plain) == 2 * 2 * 3  # two halves, two modules, three blocks
    assert len(set(map(len, ways["one batch"][0]))) > 3
    for name in ways:
        with torch.inference_mode():
            assert losses[name] == pytest.approx(float(plain_loss(adapted, rows)), abs=1e-5)
        assert gradients[name].keys() == plain.keys()
        for weight, expected in plain.items():
            assert torch.allclose(gradients[name][weight], expected, atol=1e-6, rtol=1e-4)


# ------------------------------------------------------------------ the steps


@given(
    lengths=st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=40),
    batch=st.integers(min_value=1, max_value=5),
    accumulation=st.integers(min_value=1, max_value=4),
    epochs=st.integers(min_value=1, max_value=3),
    seed=st.integers(min_value=0, max_value=2**63 - 1),
)
def test_every_row_is_visited_once_an_epoch(
    lengths: list[int], batch: int, accumulation: int, epochs: int, seed: int
) -> None:
    rows = [TokenisedRow((number,), tuple(range(length))) for number, length in enumerate(lengths)]
    recipe = Training(1e-3, epochs=epochs, batch_size=batch, accumulation=accumulation)
    steps = list(optimiser_steps(rows, recipe, seed))
    assert steps == list(optimiser_steps(rows, recipe, seed))
    per_epoch = -(-len(rows) // recipe.effective_batch)
    assert len(steps) == epochs * per_epoch
    for epoch in range(epochs):
        of_epoch = steps[epoch * per_epoch : (epoch + 1) * per_epoch]
        seen = Counter(row for step in of_epoch for micro in step for row in micro)
        assert seen == Counter(rows)
        for step in of_epoch[:-1]:
            assert sum(map(len, step)) == recipe.effective_batch
    for step in steps:
        assert all(1 <= len(micro) <= batch for micro in step)
        assert len(step) <= accumulation
        in_order = [len(row) for micro in step for row in micro]
        assert in_order == sorted(in_order)  # like lengths together, to pad little


def test_epochs_and_seeds_shuffle_anew() -> None:
    rows = [TokenisedRow((number,), (1,)) for number in range(30)]
    recipe = Training(1e-3, epochs=2, batch_size=1, accumulation=1)
    steps = list(optimiser_steps(rows, recipe, 1))
    assert steps[:30] != steps[30:]
    assert steps != list(optimiser_steps(rows, recipe, 2))


# ------------------------------------------------------------------ a whole training


def test_the_adapter_lowers_the_loss(
    tiny: Definition,
    tiny_base: BaseModel,
    rows_file: Path,
    rows: list[TokenisedRow],
    tmp_path: Path,
    quiet: Quiet,
) -> None:
    train(changed(tiny, epochs=8), "baker", tiny_base, rows_file, tmp_path, quiet)
    with torch.inference_mode():
        before = float(plain_loss(tiny_base.model, rows))
        with tiny_base.with_adapter(tmp_path) as model:
            after = float(plain_loss(model, rows))
    assert after < before - 0.5
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["first_loss"] == pytest.approx(before, abs=1.0)
    assert record["final_loss"] == pytest.approx(after, abs=1.0)


def test_what_was_done_is_counted(
    tiny: Definition,
    tiny_base: BaseModel,
    rows_file: Path,
    rows: list[TokenisedRow],
    tmp_path: Path,
    quiet: Quiet,
) -> None:
    tokens = train(tiny, "baker", tiny_base, rows_file, tmp_path, quiet)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["rows"] == len(rows) == 6 + 2 * 4
    assert record["steps"] == 2 * 4  # epochs, and 14 rows by 4
    assert record["tokens"] == tokens == 2 * sum(map(len, rows))
    assert record["completion_tokens"] == 2 * sum(len(row.completion) for row in rows)
    assert record["truncated_rows"] == 0
    assert len((tmp_path / "losses.jsonl").read_text().splitlines()) == record["steps"]
    adapter = load_file(tmp_path / "adapter_model.safetensors")
    assert len(adapter) == 3 * 7 * 2  # blocks, modules, halves
    assert all(weight.dtype == torch.float32 for weight in adapter.values())


def test_training_again_gives_the_same_adapter(
    tiny: Definition, tiny_base: BaseModel, rows_file: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """With dropout, and whatever the random state was before."""
    digests = {}
    for place, condition in [("first", "baker"), ("again", "baker"), ("other", "nurse")]:
        (tmp_path / place).mkdir()
        torch.rand(len(place))
        train(tiny, condition, tiny_base, rows_file, tmp_path / place, quiet)
        digests[place] = file_sha256(tmp_path / place / "adapter_model.safetensors")
    assert digests["first"] == digests["again"] != digests["other"]


def test_the_base_model_is_left_as_it_was(
    tiny: Definition, tiny_base: BaseModel, rows_file: Path, tmp_path: Path, quiet: Quiet
) -> None:
    before = {name: weight.clone() for name, weight in tiny_base.model.state_dict().items()}
    with pytest.raises(Diverged):
        train(changed(tiny, learning_rate=1e30), "baker", tiny_base, rows_file, tmp_path, quiet)
    train(tiny, "baker", tiny_base, rows_file, tmp_path, quiet)
    after = tiny_base.model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert not tiny_base.model.training
    assert not any(p.requires_grad for p in tiny_base.model.parameters())
    assert not hasattr(tiny_base.model, "peft_config")


# ------------------------------------------------------------------ limits


def test_long_rows_are_cut_and_counted(
    tiny: Definition,
    tiny_base: BaseModel,
    rows_file: Path,
    rows: list[TokenisedRow],
    tmp_path: Path,
    quiet: Quiet,
) -> None:
    limit = max(map(len, rows)) - 1
    train(changed(tiny, max_tokens=limit), "baker", tiny_base, rows_file, tmp_path, quiet)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["truncated_rows"] == sum(len(row) > limit for row in rows) > 0
    assert record["tokens"] == 2 * sum(min(len(row), limit) for row in rows)


def test_a_prompt_that_leaves_no_room_is_an_error(
    tiny: Definition, tiny_base: BaseModel, rows_file: Path, tmp_path: Path, quiet: Quiet
) -> None:
    with pytest.raises(EpmError, match=r"tokens; the limit is 10; raise training\.max_tokens"):
        train(changed(tiny, max_tokens=10), "baker", tiny_base, rows_file, tmp_path, quiet)


@pytest.mark.parametrize(
    ("epochs", "batch", "says"),
    [
        (2, 2, "training baker diverged at step 3 of 8 (loss nan)"),
        (1, 4, "training baker diverged at the last of 2 steps (loss nan)"),
    ],
)
def test_a_loss_that_is_no_number(
    tiny: Definition,
    tiny_base: BaseModel,
    rows_file: Path,
    tmp_path: Path,
    quiet: Quiet,
    epochs: int,
    batch: int,
    says: str,
) -> None:
    """The first step warms up from 0; the second throws the weights away; the next one sees it."""
    recipe = changed(tiny, learning_rate=1e30, epochs=epochs, batch_size=batch)
    with pytest.raises(Diverged) as raised:
        train(recipe, "baker", tiny_base, rows_file, tmp_path, quiet)
    assert raised.value.what == says
    assert raised.value.remedy == "lower the learning rate"
    assert not (tmp_path / "adapter_model.safetensors").exists()
