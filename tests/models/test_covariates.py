"""Centroids and cosines, against one plain forward pass after another and against numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from epm.definition import Definition
from epm.models.chat import tokenise_prompt
from epm.stages.centroids import BATCH, centred_cosines, centroids, last_token_outputs

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
def test_cosines_are_numpys(seed: int, personas: int, layers: int) -> None:
    numbers = np.random.default_rng(seed)
    means = numbers.normal(loc=3, size=(personas, layers, 5))
    reference = int(numbers.integers(personas))
    names = [f"p{number}" for number in range(personas)]
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


def test_the_stage(tiny: Definition, tiny_base: BaseModel, tmp_path: Path, quiet: Quiet) -> None:
    tokens = centroids(tiny, tiny_base, tmp_path, quiet)
    written = load_file(tmp_path / "centroids.safetensors")
    value = json.loads((tmp_path / "cosines.json").read_text())
    read = 0
    means = {}
    for persona in tiny.experiment.personas:
        prompts = [
            tokenise_prompt(tiny_base.tokenizer, persona.system_prompt, question.text)
            for question in tiny.experiment.evaluation_questions
        ]
        read += sum(map(len, prompts))
        means[persona.name] = torch.stack(
            [
                torch.stack([plain_outputs(tiny_base.model, ids, layer) for ids in prompts]).mean(0)
                for layer in tiny.profile.layers
            ]
        )
        assert torch.allclose(written[persona.name], means[persona.name], atol=1e-4)
        counted = tiny_base.tokenizer(persona.system_prompt, add_special_tokens=False).input_ids
        assert value["prompt_tokens"][persona.name] == len(counted)
    assert tokens == read
    expected = centred_cosines(means, "helper", tiny.profile.layers)
    assert list(value["cosines"]) == ["0", "2"]
    for layer, cosines in expected.items():
        assert value["cosines"][layer] == pytest.approx(cosines, abs=1e-3)
        assert value["cosines"][layer]["helper"] == pytest.approx(1)
