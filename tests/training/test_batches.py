"""Steps and micro-batches: every row once, each token in its place, no cheaper way to cut."""

from __future__ import annotations

import math
import sys
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Training
from epm.models.chat import TokenisedRow
from epm.models.packing import Shares, Spans
from epm.training.batches import (
    MicroBatch,
    MicroBatchLimits,
    micro_batches,
    of_few_shapes,
    optimiser_steps,
    split_step,
)

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


# ------------------------------------------------------------------ splitting a step


def limits(
    rows: int = 99, tokens: int = sys.maxsize, overhead: int = 1000, rowwise: bool = False
) -> MicroBatchLimits:
    return MicroBatchLimits(rows, tokens, overhead, rowwise)


def cost(parts: list[slice], steps: list[list[TokenisedRow]], within: MicroBatchLimits) -> float:
    """Tokens computed, and the overhead of each micro-batch; infinite if it is too large."""
    total = 0.0
    for part in parts:
        by_adapter = [[len(each) for each in step[part]] for step in steps]
        if within.rowwise:
            tokens = sum(math.ceil(length / 16) * 16 for own in by_adapter for length in own)
        else:
            tokens = len(steps) * math.ceil(max(map(sum, by_adapter)) / 64) * 64
        rows = part.stop - part.start
        fits = rows <= within.rows and (tokens <= within.tokens or rows == 1)
        total += tokens + within.overhead if fits else float("inf")
    return total


def all_ways(count: int) -> list[list[slice]]:
    if not count:
        return [[]]
    return [[*way, slice(start, count)] for start in range(count) for way in all_ways(start)]


@given(
    lengths=st.lists(
        st.lists(st.integers(min_value=2, max_value=70), min_size=6, max_size=6),
        min_size=1,
        max_size=3,
    ),
    rows=st.integers(min_value=1, max_value=7),
    tokens=st.integers(min_value=1, max_value=700),
    overhead=st.integers(min_value=0, max_value=80),
    rowwise=st.booleans(),
)
def test_no_way_to_split_a_step_is_cheaper(
    lengths: list[list[int]], rows: int, tokens: int, overhead: int, rowwise: bool
) -> None:
    """Of all 32, by trying them."""
    steps = [[row(length) for length in sorted(own)] for own in lengths]
    within = limits(rows, tokens, overhead, rowwise)
    ours = split_step(steps, within)
    assert [n for part in ours for n in range(6)[part]] == list(range(6))
    best = min(cost(way, steps, within) for way in all_ways(6))
    assert cost(ours, steps, within) == best < float("inf")


@pytest.mark.parametrize(
    ("within", "sizes"),
    [
        (limits(), [4]),  # all in one, where each costs more
        (limits(rowwise=True), [4]),
        (limits(rows=2), [2, 2]),
        (limits(tokens=128), [4]),
        (limits(tokens=127), [2, 1, 1]),
        (limits(tokens=7 * 16, rowwise=True), [2, 2]),
        (limits(tokens=1), [1, 1, 1, 1]),  # a row is never split
    ],
)
def test_a_step_is_cut_where_it_must_be(within: MicroBatchLimits, sizes: list[int]) -> None:
    found = split_step([[row(20), row(22), row(42), row(44)]], within)
    assert sorted(part.stop - part.start for part in found) == sorted(sizes)


# ------------------------------------------------------------------ micro-batches

STEPS = [
    [row(4, 1), row(9, 2), row(33, 3)],
    [row(7, 4), row(8, 5), row(20, 6)],
]


def held(batch: MicroBatch) -> list[int]:
    """The rows that are not padding alone."""
    packing = batch.packing
    if isinstance(packing, Spans):
        return list(range(len(packing.owners)))
    assert isinstance(packing, Shares)
    rows: list[int] = packing.rows[batch.predicting].unique().tolist()
    return rows


@pytest.mark.parametrize("rowwise", [True, False])
def test_every_token_is_in_its_place(rowwise: bool) -> None:
    """Read back from the tensors: whose row it is, what it predicts, what it weighs."""
    found: dict[int, Counter[int]] = {0: Counter(), 1: Counter()}
    weights = [0.0, 0.0]
    for batch in micro_batches(STEPS, (0, 1), limits(rows=2, rowwise=rowwise), PAD):
        ids, positions = batch.ids.flatten(), batch.packing.positions
        assert ids.shape == positions.shape
        assert batch.weights.dtype == torch.float32
        starts = (positions == 0).nonzero().flatten()
        assert len(starts) == len(batch.packing.owners)
        for at, target, weight, owner in zip(
            batch.predicting.tolist(),
            batch.targets.tolist(),
            batch.weights.tolist(),
            batch.owners,
            strict=True,
        ):
            assert int(ids[at + 1]) == target == int(ids[at]) + 1
            assert target % 1000 == int(positions[at + 1]) + 1  # a row's tokens count from 1
            assert owner == int(batch.packing.owners[int((starts <= at).sum()) - 1])
            found[owner][target] += 1
            weights[owner] += weight
    for adapter, step in enumerate(STEPS):
        assert found[adapter] == Counter(token for each in step for token in each.completion)
    assert weights == pytest.approx([1, 1])  # each adapter's loss is a mean


def test_rows_of_one_width_lie_together_and_an_adapters_in_order() -> None:
    (batch,) = micro_batches(STEPS, (0, 1), limits(rowwise=True), PAD)
    assert batch.ids.shape == (1, 4 * 16 + 32 + 48)
    assert isinstance(batch.packing, Spans)
    assert [span.shape for span in batch.packing.spans] == [(4, 16), (1, 32), (1, 48)]
    assert [span.tokens for span in batch.packing.spans] == [
        slice(0, 64),
        slice(64, 96),
        slice(96, 144),
    ]
    assert batch.packing.owners.tolist() == [0, 0, 1, 1, 1, 0]
    assert batch.ids[0, :64].view(4, 16)[:, 0].tolist() == [1001, 2001, 4001, 5001]


def test_or_each_adapters_rows_lie_in_its_share() -> None:
    (batch,) = micro_batches(STEPS, (0, 1), limits(), PAD)
    assert batch.ids.tolist() == [
        [
            *(*range(1001, 1005), *range(2001, 2010), *range(3001, 3034), *[PAD] * 18),
            *(*range(4001, 4008), *range(5001, 5009), *range(6001, 6021), *[PAD] * 29),
        ]
    ]
    packing = batch.packing
    assert isinstance(packing, Shares)
    assert packing.owners.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert packing.starts.tolist() == [0, 4, 13, 46, 64, 71, 79, 99, 128]
    assert packing.starts.dtype == torch.int32
    assert packing.longest == 33
    assert packing.rows.bincount().tolist() == [4, 9, 33, 18, 7, 8, 20, 29]


THREE = st.lists(st.integers(min_value=2, max_value=90), min_size=3, max_size=3)


def read_back(batch: MicroBatch) -> dict[int, list[tuple[int, int, int, float]]]:
    """Of every adapter what is predicted: the tokens before and after, the row's key, the weight.

    From nothing but what is computed with.
    """
    packing, ids = batch.packing, batch.ids.flatten()
    assert isinstance(packing, Shares)
    found: dict[int, list[tuple[int, int, int, float]]] = {}
    for at, target, weight in zip(
        batch.predicting.tolist(), batch.targets.tolist(), batch.weights.tolist(), strict=True
    ):
        row = int(packing.rows[at])
        assert int(packing.starts[row]) + int(packing.positions[at]) == at
        assert at < int(packing.starts[row + 1])
        if weight:
            key = int(packing.streams[row])
            found.setdefault(int(packing.owners[row]), []).append(
                (int(ids[at]), target, key, weight)
            )
    return found


@given(
    lengths=st.lists(st.tuples(THREE, THREE), min_size=1, max_size=5),
    another=st.sampled_from([0, 50, 10**6]),
)
def test_few_shapes_hold_the_same_rows(
    lengths: list[tuple[list[int], list[int]]], another: int
) -> None:
    """With rows of three, and of two where steps are short."""
    steps = [
        micro_batches(
            [[row(length, number) for number, length in enumerate(sorted(own))] for own in step],
            (10 + index, 20 + index),
            limits(),
            PAD,
        )
        for index, step in enumerate(lengths)
    ]
    short = micro_batches([[row(5, 1), row(7, 2)], [row(4, 3), row(8, 4)]], (1, 2), limits(), PAD)
    few = of_few_shapes([*steps, short], 2, another)
    for before, after in zip([*steps, short], few, strict=True):
        for one, two in zip(before, after, strict=True):
            assert read_back(one) == read_back(two)
            assert [int(n) for n in one.owners] == [int(n) for n in two.owners]
            assert isinstance(two.packing, Shares)
            widths = two.packing.starts.diff().view(2, -1)
            assert set(widths.sum(1).tolist()) == {two.ids.numel() // 2}
            assert int(widths.max()) <= two.packing.longest
    batches = [batch for step in few for batch in step]
    if another == 10**6:
        assert len({batch.shape for batch in batches}) == 1
    if another == 0:
        shares = {batch.ids.numel() for step in [*steps, short] for batch in step}
        assert {batch.ids.numel() for batch in batches} == shares


@pytest.mark.parametrize("rowwise", [True, False])
@pytest.mark.parametrize("rows", [1, 3])
def test_adapters_have_equally_many_rows(rows: int, rowwise: bool) -> None:
    steps = [[row(length + shift) for length in (3, 9, 10)] for shift in range(4)]
    batches = micro_batches(steps, range(4), limits(rows, rowwise=rowwise), PAD)
    assert [Counter(batch.packing.owners[held(batch)].tolist()) for batch in batches] == [
        Counter(dict.fromkeys(range(4), rows))
    ] * (3 // rows)


def test_a_rows_random_bits_are_its_own() -> None:
    """Whatever it is batched with: by its adapter's stream and its place in the step."""
    alone = {
        (adapter, rank): int(batch.packing.streams[0])
        for adapter, step in enumerate(STEPS)
        for rank, batch in enumerate(
            micro_batches([step], (10 + adapter,), limits(rows=1, rowwise=True), PAD)
        )
    }
    assert len(set(alone.values())) == 6
    for rows in (1, 2, 3):
        for rowwise in (True, False):
            seen = []
            for batch in micro_batches(STEPS, (10, 11), limits(rows, rowwise=rowwise), PAD):
                own = held(batch)
                owners = batch.packing.owners[own].tolist()
                seen += list(zip(owners, batch.packing.streams[own].tolist(), strict=True))
            assert sorted(seen) == sorted((key[0], stream) for key, stream in alone.items())
