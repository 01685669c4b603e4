"""Lines and rank correlations against scipy and statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant

from epm_lint.statistics.least_squares import pearson, ranks, spearman, through
from epm_lint.statistics.rank_correlation import edgeworth_p
from epm_lint.statistics.tails import StudentT


def points(n: int, seed: int = 246) -> tuple[list[float], list[float]]:
    chance = np.random.default_rng(seed)
    xs = chance.uniform(-1, 1, n)
    return xs.tolist(), (0.4 - 0.1 * xs + chance.normal(0, 0.1, n)).round(2).tolist()


@pytest.mark.parametrize("n", [4, 12, 40])
def test_correlations(n: int) -> None:
    xs, ys = points(n)
    assert pearson(xs, ys) == pytest.approx(stats.pearsonr(xs, ys).statistic, abs=1e-12)
    assert spearman(xs, ys) == pytest.approx(stats.spearmanr(xs, ys).statistic, abs=1e-12)


def test_ties_share_their_ranks() -> None:
    values = [3.0, 1.0, 3.0, 2.0, 3.0]
    assert ranks(values) == stats.rankdata(values).tolist()


@pytest.mark.parametrize("n", [5, 12, 40])
def test_diagnostics(n: int) -> None:
    xs, ys = points(n)
    line = through(tuple(xs), tuple(ys))
    influence = OLS(ys, add_constant(xs)).fit().get_influence()
    for at, (x, y) in enumerate(zip(xs, ys, strict=True)):
        assert line.leverage(x) == pytest.approx(influence.hat_matrix_diag[at])
        assert line.dffits(x, y) == pytest.approx(influence.dffits[0][at])
        assert line.cook(x, y) == pytest.approx(influence.cooks_distance[0][at])
        external, internal = (
            influence.resid_studentized_external[at],
            influence.resid_studentized_internal[at],
        )
        assert line.studentised(x, y) == pytest.approx(external)
        assert line.studentised(x, y, external=False) == pytest.approx(internal)


def test_prediction_intervals() -> None:
    xs, ys = points(10)
    line = through(tuple(xs), tuple(ys))
    fit = OLS(ys, add_constant(xs)).fit()
    frame = fit.get_prediction([[1.0, 0.7]]).summary_frame(alpha=0.05)
    half = line.half_width(0.7, StudentT(8).upper_quantile(0.025))
    assert line.at(0.7) == pytest.approx(frame["mean"][0])
    assert line.at(0.7) - half == pytest.approx(frame["obs_ci_lower"][0])
    assert line.at(0.7) + half == pytest.approx(frame["obs_ci_upper"][0])


@pytest.mark.parametrize("n", [10, 12, 20])
def test_the_p_of_rank_correlations_is_that_of_permutations(n: int) -> None:
    chance = np.random.default_rng(7)
    orders = np.argsort(chance.random((60_000, n)), axis=1)
    squares = ((orders - np.arange(n)) ** 2).sum(axis=1)
    rhos = 1 - 6 * squares / (n**3 - n)
    for wanted in (0.3, 0.5, 0.6):
        rho = 1 - 6 * 2 * round((1 - wanted) * (n**3 - n) / 12) / (n**3 - n)
        found = float((np.abs(rhos) >= rho - 1e-12).mean())
        assert edgeworth_p(rho, n) == pytest.approx(found, rel=0.06)
        assert edgeworth_p(-rho, n) == edgeworth_p(rho, n)


def test_few_ranks_have_no_series() -> None:
    assert np.isnan(edgeworth_p(0.5, 9))
    assert np.isnan(edgeworth_p(1.5, 12))
