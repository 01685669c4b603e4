"""Decoding in place: the same steps for any past, as a graph needs them; here launch by launch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.definition import Lora, Sampling
from epm.models.adapters import AdapterStack
from epm.models.packing import padded
from epm.sampling import decoding, in_place
from epm.sampling.decoding import TokenisedPrompt, decode
from epm.sampling.in_place import InPlace, ladder, longest

if TYPE_CHECKING:
    from epm.models.base import BaseModel

SAMPLING = Sampling(max_new_tokens=20)
PROMPTS = tuple(
    TokenisedPrompt(
        tuple(5 + (number * 31 + 7 * place) % 500 for place in range(length)),
        tuple(1000 * number + index for index in range(3 + number % 4)),
    )
    for number, length in enumerate((3, 17, 16, 40, 61, 33, 5, 120), start=1)
)


def steps_for(
    base: BaseModel, groups: Sequence[Sequence[TokenisedPrompt]], sampling: Sampling
) -> InPlace:
    """Room for all groups."""
    most = max(sum(len(prompt.streams) for prompt in group) for group in groups)
    prompts = [prompt.ids for group in groups for prompt in group]
    return InPlace(base.model, len(groups), most, longest(prompts, sampling), sampling)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_tokens_as_decoding_that_grows(tiny_base: BaseModel, temperature: float) -> None:
    """Through adapters of its own for each group, and with rows dropped on the way."""
    sampling = Sampling(max_new_tokens=20, temperature=temperature)
    model, tokenizer = tiny_base.model, tiny_base.tokenizer
    stack = AdapterStack.fresh(model, Lora(rank=4, alpha=8), seeds=[1, 2])
    with torch.no_grad():
        for pair in stack.pairs.values():
            pair.b.normal_(std=0.3, generator=torch.Generator().manual_seed(4))
    groups = [PROMPTS[:5], PROMPTS[5:]]
    with stack.attached():
        steps = steps_for(tiny_base, groups, sampling)
        ours = decode(model, tokenizer, groups, sampling, rowwise=False, steps=steps)
        theirs = decode(model, tokenizer, groups, sampling, rowwise=False)
    assert ours == theirs
    assert sum(map(len, ours)) == sum(len(prompt.streams) for prompt in PROMPTS)


@settings(max_examples=10)
@given(
    batches=st.lists(
        st.lists(st.sampled_from(range(len(PROMPTS))), min_size=1, max_size=6, unique=True),
        min_size=2,
        max_size=3,
    )
)
def test_one_batch_leaves_nothing_behind_for_the_next(
    tiny_base: BaseModel, batches: list[list[int]]
) -> None:
    given_all = [[PROMPTS[number] for number in batch] for batch in batches]
    steps = steps_for(tiny_base, given_all, SAMPLING)
    steps.groups, steps.place.most = 1, steps.sizes[0]
    for batch in given_all:
        written = decode(
            tiny_base.model, tiny_base.tokenizer, [batch], SAMPLING, rowwise=False, steps=steps
        )
        alone = decode(tiny_base.model, tiny_base.tokenizer, [batch], SAMPLING, rowwise=False)
        assert written == alone


def test_rows_that_ended_are_dropped_where_as_few_are_prepared_for(
    tiny_base: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many rows of a model that ends its turns early: sizes fall, along the ladder alone."""
    many = [TokenisedPrompt(PROMPTS[2].ids, tuple(range(1, 121)))]
    sampling = Sampling(max_new_tokens=32)
    monkeypatch.setattr(decoding, "STRETCH", 2)
    model, tokenizer = tiny_base.model, tiny_base.tokenizer
    common = decode(model, tokenizer, [many], sampling, rowwise=False)[0]
    # what half of the rows write within eight steps ends a turn here
    early = [token for row in common for token in row[:8]]
    end = max(set(early), key=early.count)
    usual, tokenizer.eos_token = tokenizer.eos_token, tokenizer.convert_ids_to_tokens(end)
    steps = steps_for(tiny_base, [many], sampling)
    sizes: list[int] = []
    compute = steps._compute
    monkeypatch.setattr(steps, "_compute", lambda: (sizes.append(steps.place.rows), compute())[1])
    try:
        (ours,) = decode(model, tokenizer, [many], sampling, rowwise=False, steps=steps)
        assert ours == decode(model, tokenizer, [many], sampling, rowwise=False)[0]
    finally:
        tokenizer.eos_token = usual
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 1
    assert set(sizes) <= set(steps.sizes)


@given(rows=st.integers(min_value=1, max_value=5000))
def test_the_ladder_falls_to_the_smallest_size(rows: int) -> None:
    sizes = ladder(rows)
    assert sizes[0] == padded(rows)
    assert sizes[-1] <= 64
    assert all(size % 16 == 0 for size in sizes)
    assert all(in_place.SHRINK * above <= below < above for above, below in pairwise(sizes))
