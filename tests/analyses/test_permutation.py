"""The permutation test over runs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.analyses.block import RunPermutation
from epm.analyses.inference.permutation import MOST, over_runs
from epm.values import Unavailable

values = st.integers(-20, 20).map(float)


def test_three_against_three_can_never_reach_five_percent() -> None:
    found = over_runs([0.32, 0.19, 0.21], [0.07, 0.03, 0.05], 1)
    assert isinstance(found, RunPermutation)
    assert (found.p, found.smallest, found.assignments, found.exact) == (0.1, 0.1, 20, True)
    assert found.statistic == pytest.approx(0.19)


def test_paired_runs_flip_signs() -> None:
    found = over_runs([3.0, 4.0, 5.0], [1.0, 3.0, 3.5], 1, paired=True)
    assert isinstance(found, RunPermutation)
    assert (found.p, found.smallest, found.assignments) == (0.25, 0.25, 8)


@settings(max_examples=40)
@given(st.lists(values, min_size=2, max_size=4), st.lists(values, min_size=2, max_size=4))
def test_every_assignment_is_counted(a: list[float], b: list[float]) -> None:
    found = over_runs(a, b, 1)
    assert isinstance(found, RunPermutation)
    everything = np.array(a + b)
    observed = abs(np.mean(a) - np.mean(b))
    slack = 1e-9 * (np.ptp(everything) or 1.0)
    sizes = [
        abs(everything[list(mine)].mean() - np.delete(everything, list(mine)).mean())
        for mine in combinations(range(len(everything)), len(a))
    ]
    assert found.p == pytest.approx(np.mean([size >= observed - slack for size in sizes]))
    assert found.p >= found.smallest - 1e-12
    assert found.assignments == len(sizes)


def test_ties_are_seen_to() -> None:
    found = over_runs([80.1, 80.3, 80.2], [80.2, 80.3, 80.1], 1)
    assert isinstance(found, RunPermutation)
    assert found.p == 1.0


def test_many_runs_are_drawn_repeatably() -> None:
    a, b = list(range(12)), list(range(3, 15))
    found = over_runs(a, b, 7)
    assert isinstance(found, RunPermutation)
    assert (found.exact, found.assignments) == (False, MOST)
    assert found == over_runs(a, b, 7)
    # R, all 2,704,156 ways: colSums(matrix(c(a, b)[combn(24, 12)], 12)); three standard errors
    assert found.p == pytest.approx(0.06200974, abs=0.0033)


def test_one_run_shows_nothing() -> None:
    assert isinstance(over_runs([1.0], [2.0, 3.0], 1), Unavailable)
    assert isinstance(over_runs([1.0], [2.0], 1, paired=True), Unavailable)
