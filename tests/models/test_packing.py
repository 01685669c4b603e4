"""Packed rows: each as if it were alone, to the last bit, and as transformers computes it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import MistralConfig, MistralForCausalLM

from epm.models.base import BaseModel
from epm.models.packing import PackedRows, Spans, attention_in_spans, padded, spans


def packed(
    model: Any, rows: Sequence[Sequence[int]], current: PackedRows[Spans] | None = None
) -> list[torch.Tensor]:
    """Last hidden states of rows that are packed into one sequence, widths ascending."""
    widths = [padded(len(row)) for row in rows]
    assert widths == sorted(widths)
    current = current or PackedRows()
    none = torch.zeros(len(rows), dtype=torch.int64)
    positions = torch.tensor([n for width in widths for n in range(width)])
    current.packing = Spans(none, none, positions, spans(widths))
    ids = [[*row, *[0] * (width - len(row))] for row, width in zip(rows, widths, strict=True)]
    with attention_in_spans(model, current), torch.no_grad():
        (states,) = model.get_decoder()(
            input_ids=torch.tensor([[token for own in ids for token in own]]),
            position_ids=positions[None],
            use_cache=False,
        ).last_hidden_state
    parts = torch.split(states, widths)
    return [part[: len(row)] for part, row in zip(parts, rows, strict=True)]


def row(length: int, seed: int) -> list[int]:
    return [5 + (seed * 31 + 7 * place) % 500 for place in range(length)]


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_padding(count: int, expected: int) -> None:
    assert padded(count) == expected


def test_spans_are_rows_of_one_width() -> None:
    found = spans([16, 16, 48, 16])
    assert [span.shape for span in found] == [(2, 16), (1, 48), (1, 16)]
    assert [span.rows for span in found] == [slice(0, 2), slice(2, 3), slice(3, 4)]
    assert [span.tokens for span in found] == [slice(0, 32), slice(32, 80), slice(80, 96)]


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(min_value=1, max_value=230), min_size=1, max_size=6),
    threads=st.sampled_from([1, 2, 4]),
)
def test_a_packed_row_is_the_row_alone(
    tiny_base: BaseModel, lengths: list[int], threads: int
) -> None:
    rows = [row(length, seed) for seed, length in enumerate(sorted(lengths))]
    torch.set_num_threads(threads)
    try:
        together = packed(tiny_base.model, rows)
    finally:
        torch.set_num_threads(1)
    for own, states in zip(rows, together, strict=True):
        (alone,) = packed(tiny_base.model, [own])
        assert torch.equal(states, alone)
        with torch.no_grad():
            plain = tiny_base.model.get_decoder()(input_ids=torch.tensor([own])).last_hidden_state
        assert torch.allclose(states, plain[0], atol=1e-4, rtol=1e-4)


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
    model = MistralForCausalLM(config).eval()
    rows = [row(length, seed) for seed, length in enumerate((7, 40, 100))]
    for own, states in zip(rows, packed(model, rows), strict=True):
        with torch.no_grad():
            plain = model.get_decoder()(input_ids=torch.tensor([own])).last_hidden_state
        assert torch.allclose(states, plain[0], atol=1e-4, rtol=1e-4)


def test_the_model_attends_as_before_afterwards(tiny_base: BaseModel) -> None:
    model = deepcopy(tiny_base.model)
    usual, ids = model.config._attn_implementation, torch.tensor([row(20, 1)])
    with torch.no_grad():
        before = model(input_ids=ids).logits
        with pytest.raises(KeyboardInterrupt), attention_in_spans(model, PackedRows()):
            raise KeyboardInterrupt
        assert model.config._attn_implementation == usual
        assert torch.equal(model(input_ids=ids).logits, before)
