"""Cluster-robust variances, against statsmodels' sandwich of the same regression."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from frames import scored
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.sandwich_covariance import cov_cluster

from epm.analyses.data.cells import Cells, Over
from epm.analyses.inference.clusters import (
    Contributions,
    Spread,
    contributions,
    joined,
    satterthwaite,
    spread,
)
from epm.definition.analysis import Outcome
from epm.values import Unavailable

Scores = dict[tuple[str, int | None, str], list[float]]
"""Condition, seed and item -> scores."""

GROUPS = {f"q{at}": f"passage {at // 2}" for at in range(12)}


def drawn(seed: int, conditions: str = "a", seeds: tuple[int | None, ...] = (None,)) -> Scores:
    """Scores of 12 items with one to four answers a cell."""
    rng = np.random.default_rng(seed)
    of_item = rng.normal(0, 2, 12)
    return {
        (condition, run, f"q{item}"): list(
            rng.normal(of_item[item] + 3 * (condition == "b"), 1, rng.integers(1, 5))
        )
        for condition in conditions
        for run in seeds
        for item in range(12)
    }


def cells(
    scores: Scores, condition: str = "a", over: Over = "answers", groups: Any = None
) -> Cells:
    """The cells of one condition."""
    return Cells.of(scored(scores, clusters=groups).rows(Outcome("score"), [condition]), over)


def found(of: Contributions) -> Spread:
    """Its variance."""
    known = spread(of)
    assert isinstance(known, Spread)
    return known


def sandwich(scores: Scores, by: str, groups: dict[str, str] | None = None) -> float:
    """Variance of the last coefficient of a regression of answers on the condition.

    statsmodels' cluster sandwich without its correction, times G/(G - 1).
    """
    y, x, labels = [], [], []
    for (condition, run, item), values in scores.items():
        place = {"item": item, "run": f"{condition}{run}", "cell": f"{condition}{run}{item}"}
        if groups:
            place["item"] = groups[item]
        for value in values:
            y.append(value)
            x.append(float(condition == "b"))
            labels.append(place[by])
    several = len({condition for condition, _, _ in scores}) > 1
    design = sm.add_constant(np.array(x)) if several else np.ones((len(y), 1))
    fit = sm.OLS(np.array(y), design).fit()
    codes = np.unique(labels, return_inverse=True)[1]
    clusters = len(set(labels))
    whole = cov_cluster(fit, codes, use_correction=False) * clusters / (clusters - 1)
    return float(np.atleast_2d(whole)[-1, -1])


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_one_way_is_the_sandwich_of_a_mean(groups: dict[str, str] | None) -> None:
    scores = drawn(1)
    mean = found(contributions(cells(scores, groups=groups)))
    assert mean.variance == pytest.approx(sandwich(scores, "item", groups))
    assert (mean.clusters, mean.df) == ((6, 5) if groups else (12, 11))
    assert mean.method == f"clustered by {'group of items' if groups else 'item'}"


def test_over_items_it_is_the_plain_error_of_their_means() -> None:
    scores = drawn(2)
    means = [float(np.mean(values)) for values in scores.values()]
    of = contributions(cells(scores, over="items"))
    assert sqrt(found(of).variance) == pytest.approx(stats.sem(means))


def test_two_way_is_three_sandwiches() -> None:
    scores = drawn(3, "ab", (0, 1, 2))
    of_a, of_b = (contributions(cells(scores, name), name) for name in "ab")
    both = found(joined([of_a, of_b.scaled(-1)]))
    parts = [sandwich(scores, by) for by in ("item", "run", "cell")]
    assert both.two_way is not None
    kept = both.two_way
    assert [kept.items, kept.runs, kept.cells] == pytest.approx(parts)
    assert both.variance == pytest.approx(max(parts[0] + parts[1] - parts[2], *parts[:2]))
    assert (both.df, kept.run_clusters, both.clusters) == (5, 6, 12)


def test_a_lone_run_shows_nothing_of_runs() -> None:
    """The variance between runs is then that of the side that has several."""
    scores = drawn(4, "a", (0, 1, 2)) | drawn(5, "b")
    of_a, of_b = (contributions(cells(scores, name), name) for name in "ab")
    both = found(joined([of_a, of_b.scaled(-1)]))
    alone = found(of_a)
    assert both.two_way is not None
    assert alone.two_way is not None
    assert both.two_way.runs == pytest.approx(alone.two_way.runs)
    assert both.two_way.run_clusters == 3
    assert both.df == 2


def test_unrelated_samples_are_welch() -> None:
    """Each side a stratum of its own, one answer an item."""
    rng = np.random.default_rng(6)
    a, b = rng.normal(0, 1, 9), rng.normal(1, 4, 14)
    scores: Scores = {("a", None, f"a{at}"): [float(value)] for at, value in enumerate(a)}
    scores |= {("b", None, f"b{at}"): [float(value)] for at, value in enumerate(b)}
    of_a, of_b = (contributions(cells(scores, name), strata=name) for name in "ab")
    both = found(joined([of_a, of_b.scaled(-1)]))
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert (a.mean() - b.mean()) / sqrt(both.variance) == pytest.approx(welch.statistic)
    assert both.df == pytest.approx(welch.df)


def test_clusters_of_two_strata_covary() -> None:
    """Both sides answer the same items alike: the difference hardly varies."""
    scores = {("a", None, f"q{at}"): [float(at)] for at in range(12)}
    scores |= {("b", None, f"q{at}"): [at + 0.01 * at % 3] for at in range(12)}
    of_a, of_b = (contributions(cells(scores, name), strata=name) for name in "ab")
    apart = found(of_a).variance + found(of_b).variance
    assert found(joined([of_a, of_b.scaled(-1)])).variance < 1e-3 * apart


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_a_shift_changes_nothing_and_a_scale_scales(seed: int, shift: float, scale: float) -> None:
    scores = drawn(seed, "a", (0, 1))
    moved = {place: [shift + scale * y for y in values] for place, values in scores.items()}
    here, there = found(contributions(cells(scores))), found(contributions(cells(moved)))
    slack = 1e-9 * abs(shift) / scale
    assert sqrt(there.variance) / scale == pytest.approx(sqrt(here.variance), rel=1e-6, abs=slack)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_the_order_of_measurements_does_not_matter(seed: int, random: Any) -> None:
    scores = drawn(seed, "a", (0, 1))
    places = list(scores)
    random.shuffle(places)
    shuffled = {place: scores[place] for place in places}
    here, there = found(contributions(cells(scores))), found(contributions(cells(shuffled)))
    assert there.variance == pytest.approx(here.variance)
    assert (there.df, there.method) == (here.df, here.method)


def test_rounding_is_no_variance() -> None:
    thirds = {("a", None, f"q{at}"): [0.1, 0.2, 0.3] for at in range(7)}
    assert found(contributions(cells(thirds))).variance == 0.0
    groups = {("a", None, f"q{at}"): [0.1 if at % 2 else 0.7] for at in range(12)}
    assert found(contributions(cells(groups, groups=GROUPS))).variance == 0.0


def test_one_item_shows_no_variance_between_items() -> None:
    one = spread(contributions(cells({("a", None, "q"): [1.0, 2.0]})))
    assert one == Unavailable(unavailable="all answers belong to one item")


def test_one_item_of_several_runs_is_clustered_by_run() -> None:
    scores = {("a", run, "q"): [float(run), run + 1.0] for run in (0, 1, 2)}
    by_run = found(contributions(cells(scores)))
    assert by_run.method == "clustered by run"
    assert sqrt(by_run.variance) == pytest.approx(stats.sem([0.5, 1.5, 2.5]))


def test_degrees_of_freedom_of_a_sum() -> None:
    assert satterthwaite([(1.0, 4), (1.0, 4)]) == pytest.approx(8)
    assert satterthwaite([(1.0, 4), (0.0, 9)]) == pytest.approx(4)
    assert satterthwaite([(0.0, 4), (0.0, 9)]) == 13
