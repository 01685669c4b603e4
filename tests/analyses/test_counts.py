"""Counts of a yes-or-no metric, and what can be told of them before a curve is fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import checkpoints, counted, scored
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from epm.analyses.data.counts import counts, separated
from epm.definition import Outcome
from epm.values import Unavailable


def test_counts_are_whole() -> None:
    rows = counts(counted([("a", None, "q", 2, 3)]), Outcome("hit"), ["a"])
    assert isinstance(rows, pd.DataFrame)
    assert rows[["total", "n"]].to_numpy().tolist() == [[2, 3]]


def test_checkpoints_are_asked_for() -> None:
    of = checkpoints({(1, 10): (2, 3)})
    assert isinstance(counts(of, Outcome("hit"), ["adapter"]), Unavailable)
    assert isinstance(counts(of, Outcome("hit"), ["adapter"], steps=True), pd.DataFrame)


@pytest.mark.parametrize("scores", [[0.5, 0.5], [2.0], [-1.0, 1.0]])
def test_scores_that_are_no_counts(scores: list[float]) -> None:
    rows = counts(scored({("a", None, "q"): scores}), Outcome("score"), ["a"])
    assert isinstance(rows, Unavailable)
    assert rows.unavailable == "scores of score are numbers, not yes or no"


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.just(2)), min_size=1, max_size=6)
)
def test_separation_is_that_of_linear_programming(table: list[tuple[int, int, int]]) -> None:
    """A direction on which no hit lies below 0 and no miss above, not all of them on it.

    Konis (2007), Linear programming algorithms for detecting separated data, chapter 4.
    """
    x, k, n = (np.array(each, float) for each in zip(*table, strict=True))
    design = np.column_stack([np.ones(len(x)), x])
    sides = np.vstack([design[k > 0], -design[k < n]])
    best = linprog(-sides.sum(axis=0), A_ub=-sides, b_ub=np.zeros(len(sides)), bounds=(-1, 1))
    expected = float(best.fun or 0) < -1e-9
    if np.ptp(x) > 0:
        assert separated(x, k, n) == expected
