"""Correlations against scipy and pingouin."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from epm_lint.statistics.correlations import (
    fisher_interval,
    p_from_r,
    rank_intervals,
    t_from_r,
)


def sample(n, columns, seed):
    return pd.DataFrame(
        np.random.default_rng(seed).normal(size=(n, len(columns))) @ np.eye(len(columns))
        + np.random.default_rng(seed + 1).normal(size=(n, 1)),
        columns=list(columns),
    )


@pytest.mark.parametrize("n", [4, 5, 12, 50, 1000])
def test_pearson_and_spearman_as_scipy_gives_them(n):
    for seed in range(5):
        data = sample(n, "xy", seed)
        test = stats.pearsonr(data.x, data.y)
        assert p_from_r(test.statistic, n) == pytest.approx(test.pvalue, rel=1e-9)
        ends = test.confidence_interval(0.9)
        assert fisher_interval(test.statistic, n, 0.9) == pytest.approx(ends, rel=1e-9)
        ranks = stats.spearmanr(data.x, data.y)
        assert p_from_r(ranks.statistic, n) == pytest.approx(ranks.pvalue, rel=1e-9)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("covariates", ["a", "ab", "abc"])
def test_partial_as_pingouin_gives_them(method, covariates):
    for n in (10, 12, 60):
        data = sample(n, "xyabc", n)
        row = pingouin.partial_corr(data, "x", "y", list(covariates), method=method).iloc[0]
        p = p_from_r(row["r"], n, len(covariates))
        assert p == pytest.approx(row["p_val"], rel=1e-9)
        ends = fisher_interval(row["r"], n, 0.95, len(covariates))
        assert ends == pytest.approx(row["CI95"], abs=0.0051)  # pingouin prints two decimals


def test_interval_as_pingouin_gives_it():
    for r, n in [(-0.62, 12), (0.1, 40), (0.99, 5)]:
        ends = pingouin.compute_esci(stat=r, nx=n, ny=n, eftype="r", decimals=12)
        assert fisher_interval(r, n) == pytest.approx(ends, abs=1e-10)


def test_the_published_partial_correlation():
    assert round(p_from_r(-0.667, 12, covariates=1), 3) == 0.025
    assert round(p_from_r(-0.667, 12), 3) == 0.018


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-6, 0.999999), st.integers(3, 100_000), st.integers(0, 3))
def test_the_p_is_that_of_t(r, n, covariates):
    df = n - 2 - covariates
    if df <= 0:
        assert np.isnan(p_from_r(r, n, covariates))
        return
    t = t_from_r(r, df)
    assert t / np.sqrt(df + t * t) == pytest.approx(r, rel=1e-12)
    assert p_from_r(r, n, covariates) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-8, abs=1e-290)


def test_critical_values():
    # Fisher's table: N = 12, alpha .05 and .01
    assert round(p_from_r(0.576, 12), 3) == 0.05
    assert round(p_from_r(0.708, 12), 3) == 0.01


def test_intervals_of_ranks():
    """Fisher's variance gives Fisher's interval, and the others one that is a little wider."""
    found = rank_intervals(-0.7, 30)
    assert found["Fisher's"] == pytest.approx(fisher_interval(-0.7, 30))
    # sqrt((1 + 0.49/2)/27) and sqrt(1.06/27) by hand, about atanh(-0.7) = -0.8673
    assert found["Bonett and Wright's"] == pytest.approx((-0.859, -0.419), abs=0.001)
    assert found["Fieller's"] == pytest.approx((-0.850, -0.445), abs=0.001)
    widths = {name: ends.high - ends.low for name, ends in found.items()}
    assert min(widths, key=widths.__getitem__) == "Fisher's"
    assert rank_intervals(-0.7, 3) == {} == rank_intervals(1.0, 30)


def test_one_covariate_is_one_point_less():
    assert rank_intervals(0.4, 20, covariates=1)["Fieller's"] == pytest.approx(
        rank_intervals(0.4, 19)["Fieller's"]
    )


def test_what_is_no_correlation():
    assert np.isnan(p_from_r(1.2, 12))
    assert np.isnan(p_from_r(0.5, 2))
    assert np.isnan(p_from_r(0.5, 3, covariates=1))
    assert p_from_r(1.0, 12) == p_from_r(-1.0, 12) == 0
    assert fisher_interval(1.2, 12) is None
    assert fisher_interval(0.5, 3) is None
    assert fisher_interval(-1.0, 12) == (-1, -1)
