"""Work is dealt by what it costs, beside what keeps the first place busy."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.discovery import LoadedExperiment
from epm.pipeline.dealing import chains, deal, longest

COSTS = st.lists(st.integers(1, 50).map(float), max_size=7)


def best(costs: list[float], places: int) -> float:
    """Of all divisions there are."""
    return min(
        max(
            sum(cost for cost, where in zip(costs, chosen, strict=True) if where == place)
            for place in range(places)
        )
        for chosen in product(range(places), repeat=len(costs))
    )


@given(COSTS, st.integers(1, 4), st.integers(0, 60).map(float))
def test_each_piece_is_dealt_once_and_nobody_idles_for_long(
    costs: list[float], places: int, ahead: float
) -> None:
    shares = deal(costs, places, ahead)
    assert len(shares) == places
    assert sorted(index for share in shares for index in share) == list(range(len(costs)))
    assert all(share == sorted(share) for share in shares)
    assert deal(costs, places, ahead) == shares
    # who has the most had the least before the last piece
    took = [sum(costs[index] for index in share) for share in shares]
    loads = [took[0] + ahead, *took[1:]]
    assert longest(costs, places, ahead) == max(loads)
    for share, load in zip(shares, loads, strict=True):
        if share:
            assert load - min(costs[index] for index in share) <= min(loads)


@given(COSTS.filter(bool), st.integers(1, 3))
def test_no_division_is_better_by_more_than_a_third(costs: list[float], places: int) -> None:
    bound = 4 / 3 - 1 / (3 * places)
    assert longest(costs, places) <= best(costs, places) * bound + 1e-9


@pytest.mark.parametrize(
    ("costs", "places", "ahead", "shares"),
    [
        ([10, 10, 10, 10, 10, 4], 2, 0, [[0, 2, 4], [1, 3, 5]]),
        ([10, 10, 10, 10, 10, 10, 1], 3, 0, [[0, 3, 6], [1, 4], [2, 5]]),
        ([10, 10, 10, 10], 2, 20, [[2], [0, 1, 3]]),
        ([5], 3, 0, [[0], [], []]),
        ([5, 1], 2, 100, [[], [0, 1]]),
        ([], 2, 0, [[], []]),
    ],
)
def test_shares(costs: list[float], places: int, ahead: float, shares: list[list[int]]) -> None:
    """Not by number: who is busy, or has a dear piece, gets fewer."""
    assert deal(costs, places, ahead) == shares


def test_who_needs_an_adapter_is_dealt_with_it(
    own_rows: LoadedExperiment, steering: LoadedExperiment, made_up: LoadedExperiment
) -> None:
    stacked = own_rows.experiment.resolve("toy", seeds=(42, 7))
    names = [each.name for each in (*stacked.untrained, *stacked.trained)]
    found = chains(stacked, names)
    assert sorted(name for chain in found for name in chain) == sorted(names)
    together = {name: set(chain) for chain in found for name in chain}
    for each in (*stacked.trained, *stacked.untrained):
        assert {below.name for below in stacked.needed(each)} <= together[each.name]
    assert any(len(chain) > 1 for chain in found)
    # the model as it is needs nobody
    plain = made_up.experiment.resolve("tiny")
    alone = chains(plain, [each.name for each in (*plain.trained, *plain.untrained)])
    assert all(len(chain) == 1 for chain in alone)
    assert {(each.name,) for each in plain.untrained} <= set(alone)
    # what is finished holds nothing together
    (upper,) = [each for each in stacked.trained if stacked.before(each)][:1]
    assert chains(stacked, [upper.name]) == [(upper.name,)]
    moved = steering.experiment.resolve("toy")
    every = [each.name for each in (*moved.trained, *moved.untrained)]
    by_name = {name: set(chain) for chain in chains(moved, every) for name in chain}
    for each in moved.steered:
        assert {source.name for source in moved.needed(each)} <= by_name[each.name]
