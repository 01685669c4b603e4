"""Covariates from the base model: against one plain forward pass after another, and numpy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from epm.analyses.specs import Proportions
from epm.definition import Condition, Definition, Outcome, PromptTokens, Task
from epm.models.chat import tokenise_prompt
from epm.models.covariates import BATCH, centred_cosines, covariates, last_token_outputs

if TYPE_CHECKING:
    from conftest import Quiet

    from epm.models.base import BaseModel


def plain_outputs(model: Any, ids: tuple[int, ...], layer: int) -> torch.Tensor:
    """A block's output at the last token, read with a hook of our own."""
    caught: list[torch.Tensor] = []

    def catch(_module: object, _inputs: object, output: Any) -> None:
        caught.append(output[0] if isinstance(output, tuple) else output)

    handle = model.model.layers[layer].register_forward_hook(catch)
    with torch.inference_mode():
        model(input_ids=torch.tensor([ids]), use_cache=False)
    handle.remove()
    return caught[0][0, -1]


def test_outputs_are_those_of_prompts_read_alone(tiny_base: BaseModel) -> None:
    prompts = [
        tokenise_prompt(tiny_base.tokenizer, "You are a baker. " * (number % 5), "Why? " * number)
        for number in range(1, BATCH + 4)  # more than a batch, of unlike lengths
    ]
    assert len(set(map(len, prompts))) > 10
    layers = (2, 0)
    outputs = last_token_outputs(tiny_base, prompts, layers)
    assert outputs.shape == (len(prompts), 2, 16)
    assert outputs.dtype == torch.float64
    for number, ids in enumerate(prompts):
        for column, layer in enumerate(layers):
            expected = plain_outputs(tiny_base.model, ids, layer).double()
            assert torch.allclose(outputs[number, column], expected, atol=1e-4)


def test_outputs_are_read_before_the_final_norm(tiny_base: BaseModel) -> None:
    """`hidden_states[layer + 1]` is a block's output, but for the last block it is normed."""
    ids = tokenise_prompt(tiny_base.tokenizer, "You are a baker.", "Why?")
    ours = last_token_outputs(tiny_base, [ids], (0, 1, 2))[0].float()
    with torch.inference_mode():
        states = tiny_base.model(
            input_ids=torch.tensor([ids]), output_hidden_states=True
        ).hidden_states
        normed = tiny_base.model.model.norm(ours[2])
    for layer in (0, 1):
        assert torch.allclose(ours[layer], states[layer + 1][0, -1], atol=1e-4)
    assert torch.allclose(normed, states[3][0, -1], atol=1e-4)
    assert not torch.allclose(ours[2], states[3][0, -1], atol=1e-2)


def test_no_hook_stays_behind(tiny_base: BaseModel) -> None:
    def hooks() -> list[int]:
        return [len(block._forward_hooks) for block in tiny_base.model.model.layers]

    before = hooks()  # transformers keeps some of its own
    ids = tokenise_prompt(tiny_base.tokenizer, "You are a baker.", "Why?")
    last_token_outputs(tiny_base, [ids], (0, 2))
    with pytest.raises(IndexError):
        last_token_outputs(tiny_base, [(9999,)], (0, 2))  # no such token
    assert hooks() == before


@given(
    st.integers(min_value=0, max_value=2**32 - 1),
    st.integers(min_value=2, max_value=8),
    st.integers(min_value=1, max_value=3),
)
def test_cosines_are_numpys(seed: int, tasks: int, layers: int) -> None:
    numbers = np.random.default_rng(seed)
    means = numbers.normal(loc=3, size=(tasks, layers, 5))
    reference = int(numbers.integers(tasks))
    names = [f"p{number}" for number in range(tasks)]
    ours = centred_cosines(
        {name: torch.tensor(mean) for name, mean in zip(names, means, strict=True)},
        names[reference],
        tuple(range(10, 10 + layers)),
    )
    centred = means - means.mean(axis=0)
    for layer in range(layers):
        at = centred[:, layer]
        lengths = np.linalg.norm(at, axis=1)
        expected = at @ at[reference] / (lengths * lengths[reference])
        assert list(ours[str(10 + layer)]) == names
        assert list(ours[str(10 + layer)].values()) == pytest.approx(list(expected), abs=1e-9)
        assert ours[str(10 + layer)][names[reference]] == pytest.approx(1)


def test_what_is_written(
    tiny: Definition, tiny_base: BaseModel, tmp_path: Path, quiet: Quiet
) -> None:
    tokens = covariates(tiny, tiny_base, tmp_path, quiet)
    written = load_file(tmp_path / "centroids.safetensors")
    value = json.loads((tmp_path / "covariates.json").read_text())
    read = 0
    means = {}
    for task in tiny.experiment.tasks:
        prompts = [
            tokenise_prompt(tiny_base.tokenizer, task.system_prompt, item.prompt)
            for item in task.items
        ]
        read += sum(map(len, prompts))
        means[task.name] = torch.stack(
            [
                torch.stack([plain_outputs(tiny_base.model, ids, layer) for ids in prompts]).mean(0)
                for layer in (0, 2)
            ]
        )
        assert torch.allclose(written[task.name], means[task.name], atol=1e-4)
        counted = tiny_base.tokenizer(task.system_prompt, add_special_tokens=False).input_ids
        assert value[task.name]["prompt_tokens"] == len(counted)
    assert tokens == read
    assert list(value) == [c.name for c in tiny.experiment.conditions if c.target]
    for layer, cosines in centred_cosines(means, "helper", (0, 2)).items():
        found = {name: value[name][f"cosine_L{layer}"] for name in value}
        assert found == pytest.approx(cosines, abs=1e-3)
        assert found["helper"] == pytest.approx(1)


def test_a_condition_has_the_covariates_of_its_target(
    tiny: Definition, tiny_base: BaseModel, tmp_path: Path, quiet: Quiet
) -> None:
    """Two conditions of one target have the same; one without a target has none."""
    experiment = replace(
        tiny.experiment,
        conditions=(
            Condition("untrained", role="baseline"),
            Condition("one", target="nurse"),
            Condition("other", target="nurse"),
            Condition("bare", target="bare"),
        ),
        tasks=(*tiny.experiment.tasks, Task("bare", tiny.experiment.tasks[0].items)),
        analyses=(),
        profiles=(
            replace(
                tiny.profile,
                rows=None,
                answers=None,
                training=None,
                covariates=(PromptTokens(),),
                analyses=(Proportions(name="rates", outcome=Outcome("marker")),),
            ),
        ),
    )
    tokens = covariates(experiment.resolve("tiny"), tiny_base, tmp_path, quiet)
    assert tokens == 0  # the model is not asked for a length
    value = json.loads((tmp_path / "covariates.json").read_text())
    assert list(value) == ["one", "other", "bare"]
    assert value["one"] == value["other"]
    assert value["one"]["prompt_tokens"] > 0
    assert value["bare"] == {"prompt_tokens": 0}
