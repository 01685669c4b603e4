"""Steps and micro-batches: every row once, each token in its place, no cheaper way to cut."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Training
from epm.models.chat import TokenisedRow
from epm.training.batches import MicroBatchLimits, micro_batches, optimiser_steps, split_step

PAD = 0


def row(length: int, number: int = 1) -> TokenisedRow:
    """A third of it prompt; tokens that say where they stand."""
    ids = tuple(1000 * number + place for place in range(1, length + 1))
    return TokenisedRow(ids[: max(1, length // 3)], ids[max(1, length // 3) :])


# ------------------------------------------------------------------ steps


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
        assert Counter(row for step in of_epoch for row in step) == Counter(rows)
        assert all(len(step) == recipe.effective_batch for step in of_epoch[:-1])
    for step in steps:
        in_order = [len(row) for row in step]
        assert in_order == sorted(in_order)  # like lengths together, to pad little


def test_epochs_and_seeds_shuffle_anew() -> None:
    rows = [TokenisedRow((number,), (1,)) for number in range(30)]
    recipe = Training(1e-3, epochs=2, batch_size=1, accumulation=1)
    steps = list(optimiser_steps(rows, recipe, 1))
    assert steps[:30] != steps[30:]
    assert steps != list(optimiser_steps(rows, recipe, 2))


# ------------------------------------------------------------------ split_step


def cost(parts: list[slice], widths: list[int], adapters: int, limits: MicroBatchLimits) -> float:
    """Tokens computed, and the overhead of each micro-batch; infinite if it does not plan."""
    total = 0.0
    for part in parts:
        rows = part.stop - part.start
        tokens = adapters * rows * widths[part.stop - 1]
        fits = rows <= limits.rows and (tokens <= limits.tokens or rows == 1)
        total += tokens + limits.overhead if fits else float("inf")
    return total


def all_ways(count: int) -> list[list[slice]]:
    if not count:
        return [[]]
    return [[*way, slice(start, count)] for start in range(count) for way in all_ways(start)]


@given(
    lengths=st.lists(
        st.lists(st.integers(min_value=2, max_value=40), min_size=6, max_size=6),
        min_size=1,
        max_size=3,
    ),
    rows=st.integers(min_value=1, max_value=7),
    tokens=st.integers(min_value=1, max_value=400),
    overhead=st.integers(min_value=0, max_value=80),
)
def test_no_way_to_cut_a_step_is_cheaper(
    lengths: list[list[int]], rows: int, tokens: int, overhead: int
) -> None:
    """Of all 32, by trying them."""
    steps = [[row(length) for length in sorted(own)] for own in lengths]
    widths = [max(map(len, rank)) for rank in zip(*steps, strict=True)]
    limits = MicroBatchLimits(rows, tokens, overhead)
    ours = split_step(steps, limits)
    assert [n for part in ours for n in range(6)[part]] == list(range(6))
    best = min(cost(way, widths, len(steps), limits) for way in all_ways(6))
    assert cost(ours, widths, len(steps), limits) == best < float("inf")


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        (MicroBatchLimits(99, sys.maxsize, 1000), [4]),  # dear micro-batches: pad
        (MicroBatchLimits(99, sys.maxsize, 15), [2, 2]),
        (MicroBatchLimits(99, sys.maxsize, 0), [1, 1, 1, 1]),  # nothing is padded
        (MicroBatchLimits(2, sys.maxsize, 1000), [2, 2]),
        (MicroBatchLimits(99, 3 * 21, 1000), [2, 2]),
        (MicroBatchLimits(99, 1, 1000), [1, 1, 1, 1]),  # a row is never cut
    ],
)
def test_cuts_weigh_padding_against_the_number_of_micro_batches(
    limits: MicroBatchLimits, sizes: list[int]
) -> None:
    found = split_step([[row(10), row(11), row(21), row(22)]], limits)
    assert [part.stop - part.start for part in found] == sizes


# ------------------------------------------------------------------ micro-batches


def test_every_token_is_in_its_place() -> None:
    """Read back from the tensors: whose row it is, what it predicts, what it weighs."""
    steps = [
        [row(4, 1), row(9, 2), row(12, 3)],
        [row(7, 4), row(8, 5), row(20, 6)],
    ]
    found: dict[int, Counter[int]] = {0: Counter(), 1: Counter()}
    weights = [0.0, 0.0]
    for batch in micro_batches(steps, MicroBatchLimits(2, sys.maxsize, 1000), PAD):
        rows, width = batch.ids.shape
        assert rows % 2 == 0
        assert torch.equal(batch.positions, batch.positions.sort().values)
        assert batch.weights.dtype == torch.float32
        flat = batch.ids.flatten()
        for place, target, weight in zip(
            batch.positions.tolist(), batch.targets.tolist(), batch.weights.tolist(), strict=True
        ):
            adapter = place // width // (rows // 2)
            assert int(flat[place + 1]) == target == int(flat[place]) + 1
            found[adapter][target] += 1
            weights[adapter] += weight
    for adapter, step in enumerate(steps):
        assert found[adapter] == Counter(token for each in step for token in each.completion)
    assert weights == pytest.approx([1, 1])  # each adapter's loss is a mean


def test_padding_is_on_the_right() -> None:
    (batch,) = micro_batches([[row(3), row(5)]], MicroBatchLimits(2, sys.maxsize, 1000), PAD)
    assert batch.ids.tolist() == [[1001, 1002, 1003, 0, 0], [1001, 1002, 1003, 1004, 1005]]


@pytest.mark.parametrize("rows", [1, 3])
def test_adapters_have_equally_many_rows(rows: int) -> None:
    steps = [[row(length + shift) for length in (3, 9, 10)] for shift in range(4)]
    batches = micro_batches(steps, MicroBatchLimits(rows, sys.maxsize, 1000), PAD)
    assert [len(batch.ids) for batch in batches] == [4 * rows] * (3 // rows)
