"""The interval of a rate pooled over seeds that were asked the same items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from epm.analyses.inference.score_intervals import Z, wilson
from epm.analyses.proportions.block import ClusteredInterval, Proportion, TwoWayInterval
from epm.analyses.proportions.compute import clustered, proportion, two_way
from epm.definition import derive_seed
from epm.values import Unavailable

Table = Sequence[Sequence[int]]


def rows(successes: Table, trials: int) -> pd.DataFrame:
    """Rows as of a frame, by seed and item, each cell of a table having so many trials."""
    cells = [
        (f"s{seed}", f"q{item}", f"t/q{item}", trials, float(k))
        for seed, row in enumerate(successes)
        for item, k in enumerate(row)
    ]
    return pd.DataFrame(cells, columns=["seed", "item", "cluster", "n", "total"])


def interval(successes: Table, trials: int) -> TwoWayInterval:
    """By seed and item."""
    found = two_way(rows(successes, trials))
    assert isinstance(found, TwoWayInterval)
    return found


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """2 to 5 seeds, 5 to 20 items, 5 trials a cell."""
    items = draw(st.integers(5, 20))
    row = st.lists(st.integers(0, 5), min_size=items, max_size=items)
    return draw(st.lists(row, min_size=2, max_size=5))


@settings(max_examples=40)
@given(tables())
def test_pooling_seeds_never_narrows(table: Table) -> None:
    found, by_item = interval(table, 5), clustered(rows(table, 5))
    assert isinstance(by_item, ClusteredInterval)
    assert (found.seeds, found.clusters) == (len(table), len(table[0]))
    assert 0 <= found.lower <= np.mean(table) / 5 <= found.upper <= 1
    width = by_item.upper - by_item.lower
    assert found.upper - found.lower >= width - 1e-12
    assert found.design_effect >= by_item.design_effect - 1e-12
    assert found.se is None or by_item.se is None or found.se >= by_item.se - 1e-12


@settings(max_examples=40)
@given(tables())
def test_a_single_seed_is_clustered_by_item_as_ever(table: Table) -> None:
    alone = proportion(rows(table[:1], 5))
    assert alone.clustered == clustered(rows(table[:1], 5))
    assert type(alone.clustered) is ClusteredInterval


@settings(max_examples=40)
@given(tables())
def test_the_order_of_seeds_and_items_does_not_matter(table: Table) -> None:
    here = interval(table, 5)
    there = interval([row[::-1] for row in table[::-1]], 5)
    assert (here.lower, here.upper) == pytest.approx((there.lower, there.upper))


def test_a_table_worked_by_hand() -> None:
    # p = 1/2; e = [[1, 0], [0, -1]] in 4 trials a cell; n = 16
    found = interval([[3, 2], [2, 1]], 4)
    # both levels: 2/1 · (1 + 1)/256; cells: 4/3 · 2/256; alone: 1/64
    variance = 4 / 256 + 4 / 256 - 8 / 3 / 256
    assert found.design_effect == pytest.approx(variance * 64)
    assert found.se == pytest.approx(variance**0.5)
    t = 12.7062047  # one degree of freedom at both levels
    assert found.effective_n == pytest.approx(16 / found.design_effect * (Z / t) ** 2)
    expected = wilson(0.5, found.effective_n)
    assert (found.lower, found.upper) == (expected.lower, expected.upper)


def test_seeds_that_differ_cost_more_than_items_that_do() -> None:
    by_seed = interval([[5] * 20, [3] * 20, [1] * 20], 5)
    by_item = interval([[5] * 7 + [3] * 6 + [1] * 7] * 3, 5)
    assert by_seed.effective_n < 3
    assert by_item.effective_n > 20


@pytest.mark.parametrize("successes", [0, 5])
def test_where_nothing_varies_each_item_counts_once(successes: int) -> None:
    found = interval([[successes] * 20] * 3, 5)
    assert (found.design_effect, found.effective_n) == (15, 20)
    assert found.se is None


def test_without_items_there_is_none() -> None:
    bare = rows([[3], [3]], 10).assign(item="", cluster="")
    assert two_way(bare) == Unavailable(unavailable="no counts by item")
    reason = "one item: no variance between items"
    assert two_way(rows([[3], [4]], 5)) == Unavailable(unavailable=reason)


def test_it_comes_back_from_json_as_what_it_was() -> None:
    for table in ([[1, 2, 3], [3, 4, 5]], [[1, 2, 3]], [[0, 0, 0], [0, 0, 0]]):
        found = proportion(rows(table, 5))
        again = Proportion.model_validate_json(found.model_dump_json())
        assert again == found
        assert type(again.clustered) is type(found.clustered)


# ------------------------------------------------------------------ coverage

ITEMS, COMPLETIONS = 20, 5


def coverage(
    *, replicates: int, centre: float, seed_sd: float, item_sd: float, draws: int
) -> tuple[float, float]:
    """Share of simulated tables whose interval holds the true rate, and the mean width.

    Log-odds of a cell are `centre` plus a normal effect of its seed and one of its item; the
    true rate is the mean over both.
    """
    label = f"{replicates} {centre} {seed_sd} {item_sd}"
    rng = np.random.default_rng(derive_seed(0, "coverage", label))
    spread = np.hypot(seed_sd, item_sd)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    true = float(weights @ _odds(centre + spread * nodes) / weights.sum())
    of_seed = rng.normal(0, seed_sd, (draws, replicates, 1))
    of_item = rng.normal(0, item_sd, (draws, 1, ITEMS))
    tables = rng.binomial(COMPLETIONS, _odds(centre + of_seed + of_item))
    found = list(_intervals(tables))
    held = np.mean([each.lower <= true <= each.upper for each in found])
    return float(held), float(np.mean([each.upper - each.lower for each in found]))


def _odds(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _intervals(tables: NDArray[np.int64]) -> Iterator[TwoWayInterval]:
    for table in tables:
        yield interval(table.tolist(), COMPLETIONS)


@pytest.mark.parametrize("replicates", [2, 3, 5])
def test_coverage_where_seeds_differ_most(replicates: int) -> None:
    held, _ = coverage(replicates=replicates, centre=-0.5, seed_sd=0.6, item_sd=0.5, draws=400)
    assert held >= 0.91  # 0.945 less three standard errors


def test_three_seeds_that_do_not_differ_are_not_drowned_in_caution() -> None:
    _, width = coverage(replicates=3, centre=-0.5, seed_sd=0, item_sd=0.5, draws=100)
    assert width < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [2, 3, 5, 8])
@pytest.mark.parametrize("centre", [-2.0, -0.5])
@pytest.mark.parametrize("seed_sd", [0, 0.3, 0.6])
@pytest.mark.parametrize("item_sd", [0, 0.5, 1])
def test_coverage_everywhere(
    replicates: int, centre: float, seed_sd: float, item_sd: float
) -> None:
    held, width = coverage(
        replicates=replicates,
        centre=centre,
        seed_sd=seed_sd,
        item_sd=item_sd,
        draws=2000,
    )
    print(f"{replicates=} {centre=} {seed_sd=} {item_sd=}: {held:.3f}, width {width:.2f}")  # noqa: T201
    assert held >= 0.93 - 3 * 0.0057  # three standard errors below the least that is claimed
