"""Attention in rows that lie one after another: each as if it were alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM

from epm.models.attention_in_shares import attention_in_shares, within_rows
from epm.models.base import BaseModel
from epm.models.packing import PackedRows, Shares, in_shares

WIDTHS = [[7, 40, 1, 100], [13, 25, 60, 50]]

NONE = torch.zeros(8, dtype=torch.int64)


def states_of(model: Any, ids: torch.Tensor, packing: Shares) -> torch.Tensor:
    current: PackedRows[Shares] = PackedRows()
    current.packing = packing
    with attention_in_shares(model, current), torch.no_grad():
        states: torch.Tensor = model.get_decoder()(
            input_ids=ids[None],
            position_ids=packing.positions[None],
            attention_mask=ids.new_ones(1, 1, 1, 1).bool(),
            use_cache=False,
        ).last_hidden_state[0]
    return states


def check(model: Any) -> None:
    packing = in_shares(WIDTHS, NONE)
    ids = torch.randint(5, 500, (2 * 148,))
    states = states_of(model, ids, packing)
    for start, end in pairwise(packing.starts.tolist()):
        with torch.no_grad():
            alone = model.get_decoder()(input_ids=ids[None, start:end]).last_hidden_state[0]
        assert torch.allclose(states[start:end], alone, atol=1e-4, rtol=1e-4)


def test_a_row_is_the_row_alone(tiny_base: BaseModel) -> None:
    check(tiny_base.model)


def test_a_sliding_window_is_kept() -> None:
    """As Mistral's blocks look back no further than that."""
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=600,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        sliding_window=20,
        initializer_range=0.4,
    )
    check(MistralForCausalLM(config).eval())


# ------------------------------------------------------------------ on a GPU

SHAPES = [
    pytest.param(torch.bfloat16, 9, 3, 64, id="SmolLM2's shape"),
    pytest.param(torch.bfloat16, 28, 4, 128, id="Qwen2.5-7B's"),
    pytest.param(torch.float32, 9, 3, 64, id="in float32"),
    pytest.param(torch.float16, 4, 4, 256, id="large heads"),
]


class Attended:
    """Random queries, keys and values on a GPU, and what attention and its gradient make of them.

    Shape [tokens, heads, head size], but in memory as a model's are: head by head.
    """

    def __init__(self, tokens: int, dtype: torch.dtype, heads: int, shared: int, size: int) -> None:
        torch.manual_seed(0)
        drawn = [
            torch.randn(count, tokens, size, device="cuda", dtype=dtype)
            for count in (heads, shared, shared)
        ]
        self.inputs = [states.transpose(0, 1).requires_grad_() for states in drawn]
        self.gradient = torch.randn(tokens, heads, size, device="cuda", dtype=dtype)

    def ours(self, packing: Shares, window: int | None) -> list[torch.Tensor]:
        attended = within_rows(*self.inputs, packing, 0.1, window)
        return [attended.detach(), *torch.autograd.grad(attended, self.inputs, self.gradient)]

    def plain(self, packing: Shares, window: int | None) -> list[torch.Tensor]:
        """In float64, row by row, by the formula."""
        inputs = [states.detach().double().requires_grad_() for states in self.inputs]
        query, key, value = inputs
        shared = query.shape[1] // key.shape[1]
        rows = []
        for start, end in pairwise(packing.starts.tolist()):
            q, k, v = query[start:end], key[start:end], value[start:end]
            k, v = (states.repeat_interleave(shared, 1) for states in (k, v))
            place = torch.arange(end - start, device="cuda")
            apart = place[:, None] - place
            seen = (apart >= 0) & (apart < (window or 10**6))
            scores = torch.einsum("qhd,khd->hqk", q, k) * 0.1
            weights = scores.masked_fill(~seen, float("-inf")).softmax(-1)
            rows.append(torch.einsum("hqk,khd->qhd", weights, v))
        attended = torch.cat(rows)
        gradients = torch.autograd.grad(attended, inputs, self.gradient.double())
        return [attended.detach(), *gradients]


def on_gpu(packing: Shares) -> Shares:
    moved = {
        name: value.cuda() if isinstance(value, torch.Tensor) else value
        for name, value in vars(packing).items()
    }
    return Shares(**moved)


UNEVEN = [[104, 300, 0, 108], [130, 127, 254, 1]]
"""Rows longer than a kernel's block, of one token, of none."""


@pytest.mark.gpu
@pytest.mark.parametrize("window", [None, 50])
@pytest.mark.parametrize(("dtype", "heads", "shared", "size"), SHAPES)
def test_kernels_attend_as_the_formula_says(
    dtype: torch.dtype, heads: int, shared: int, size: int, window: int | None
) -> None:
    """And the same bits each time."""
    packing = on_gpu(in_shares(UNEVEN, NONE))
    given = Attended(1024, dtype, heads, shared, size)
    ours, exact = given.ours(packing, window), given.plain(packing, window)
    for one, other in zip(ours, exact, strict=True):
        apart = float((one.double() - other).norm() / other.norm())
        assert apart < (3e-3 if dtype == torch.float32 else 2e-2)
    for _ in range(5):
        again = given.ours(packing, window)
        assert all(torch.equal(one, other) for one, other in zip(ours, again, strict=True))
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.gpu
@pytest.mark.parametrize(("dtype", "heads", "shared", "size"), SHAPES[:3])
def test_a_graph_takes_other_rows_than_it_was_captured_with(
    dtype: torch.dtype, heads: int, shared: int, size: int
) -> None:
    first, second = (
        on_gpu(in_shares(widths, NONE))
        for widths in (UNEVEN, [[300, 4, 8, 200], [100, 100, 200, 112]])
    )
    given = Attended(1024, dtype, heads, shared, size)
    launched = [[each.clone() for each in given.ours(packing, None)] for packing in (first, second)]
    starts = first.starts.clone()
    fixed = Shares(**{**vars(first), "starts": starts, "longest": 300})
    graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        given.ours(fixed, None)
    torch.cuda.current_stream().wait_stream(side)
    with torch.cuda.graph(graph):
        captured = given.ours(fixed, None)
    for packing, expected in zip((first, second), launched, strict=True):
        starts.copy_(packing.starts)
        graph.replay()
        assert all(torch.equal(one, two) for one, two in zip(captured, expected, strict=True))
