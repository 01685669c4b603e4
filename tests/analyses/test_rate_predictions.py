"""Prediction intervals of rates: inside [0, 1], and how often they hold what they should."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from epm.analyses.regression.rates import LogisticFit, fit_rates, predict_rate
from epm.results import Unavailable


def design(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


def counts(
    rng: np.random.Generator,
    rate: float,
    spread: float,
    trials: np.ndarray,
    correlation: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """x, and rates of so many answers.

    Log-odds go up by half a unit of x and vary by `spread` between conditions; answers of one
    condition are correlated beyond that.
    """
    x = rng.uniform(-1, 1, len(trials))
    logits = special.logit(rate) + 0.5 * x + rng.normal(0, spread, len(trials))
    p = special.expit(logits)
    if correlation:
        p = rng.beta(p * (1 / correlation - 1), (1 - p) * (1 / correlation - 1))
    return x, rng.binomial(trials, p) / trials


def coverage(
    rate: float, spread: float, trials: tuple[int, ...], samples: int, correlation: float = 0.0
) -> float:
    """How often the interval from ten conditions holds the rate of an eleventh."""
    rng = np.random.default_rng(11)
    held = []
    for _ in range(samples):
        n = rng.choice(trials, 11)
        x, y = counts(rng, rate, spread, n, correlation)
        fit = fit_rates(design(x)[:-1], y[:-1], n[:-1].astype(float))
        if not isinstance(fit, Unavailable):
            held.append(predict_rate(fit, design(x)[-1], int(n[-1]), float(y[-1])).inside)
    assert len(held) > 0.97 * samples
    return float(np.mean(held))


@pytest.mark.parametrize(("rate", "spread"), [(0.02, 0.6), (0.5, 0.3)])
def test_coverage_at_both_ends(rate: float, spread: float) -> None:
    """Of 80 samples; 0.95 has a standard error of 0.024."""
    assert coverage(rate, spread, (100,), 80) >= 0.89


@pytest.mark.slow
@pytest.mark.parametrize("trials", [(100,), (20, 50, 200)])
@pytest.mark.parametrize(
    ("spread", "correlation"), [(0.0, 0.0), (0.3, 0.0), (0.6, 0.0), (0.0, 0.06)]
)
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_coverage(rate: float, spread: float, correlation: float, trials: tuple[int, ...]) -> None:
    """0.95 of 1,000 samples has a standard error of 0.007."""
    assert coverage(rate, spread, trials, 1_000, correlation) >= 0.93


def test_without_overdispersion_it_is_logistic_regression() -> None:
    rng = np.random.default_rng(2)
    trials = np.full(40, 50)
    x, y = counts(rng, 0.3, 0.0, trials)
    fit = fit_rates(design(x), y, trials.astype(float))
    theirs = sm.GLM(
        np.column_stack([y * 50, 50 - y * 50]), design(x), family=sm.families.Binomial()
    ).fit()
    assert fit.overdispersion < 0.02
    assert fit.params == pytest.approx(theirs.params, abs=0.02)


def test_with_equal_trials_it_is_quasi_binomial() -> None:
    """Dispersion 1 + (n-1)φ is then Pearson's χ²/(N-p), and scales the covariance."""
    rng = np.random.default_rng(2)
    trials = np.full(30, 100)
    x, y = counts(rng, 0.3, 0.8, trials)
    fit = fit_rates(design(x), y, trials.astype(float))
    theirs = sm.GLM(
        np.column_stack([y * 100, 100 - y * 100]), design(x), family=sm.families.Binomial()
    ).fit()
    p = theirs.fittedvalues
    dispersion = np.sum((y - p) ** 2 / (p * (1 - p) / 100)) / 28
    assert fit.params == pytest.approx(theirs.params, rel=1e-5)
    assert fit.inflation(100) == pytest.approx(dispersion, rel=1e-5)
    assert fit.covariance == pytest.approx(theirs.cov_params() * dispersion, rel=1e-4)


def test_overdispersion_of_beta_binomial_counts() -> None:
    rng = np.random.default_rng(4)
    trials = rng.choice([20, 50, 200], 600)
    x, y = counts(rng, 0.3, 0.0, trials, correlation=0.1)
    fit = fit_rates(design(x), y, trials.astype(float))
    assert fit.overdispersion == pytest.approx(0.1, abs=0.015)
    assert fit.params == pytest.approx([special.logit(0.3), 0.5], abs=0.12)


def test_a_known_rate_gives_the_binomial_interval() -> None:
    """Without overdispersion, with many degrees of freedom and no error of the fit."""
    fit = LogisticFit(np.array([special.logit(0.3)]), np.array([[1e-12]]), 0.0, 10**7)
    found = predict_rate(fit, np.ones(1), 200, 0.3)
    expected = stats.binom.interval(0.95, 200, 0.3)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        (expected[0] / 200, expected[1] / 200), abs=0.0051
    )


def test_a_known_overdispersion_gives_the_beta_binomial_interval() -> None:
    fit = LogisticFit(np.array([special.logit(0.3)]), np.array([[1e-12]]), 0.05, 10**7)
    found = predict_rate(fit, np.ones(1), 200, 0.3)
    law = stats.betabinom(200, 0.3 * 19, 0.7 * 19)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        (law.ppf(0.025) / 200, law.ppf(0.975) / 200), abs=0.0051
    )


def test_many_answers_are_continuous_with_few() -> None:
    fit = LogisticFit(np.array([special.logit(0.2)]), np.array([[0.04]]), 0.03, 8)
    few, many = (predict_rate(fit, np.ones(1), n, 0.2).interval for n in (1_000, 1_001))
    assert (few.lower, few.upper) == pytest.approx((many.lower, many.upper), abs=0.002)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 5, 100, 5000]), st.floats(0, 3))
def test_it_stays_inside(seed: int, trials: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    n = np.full(8, trials)
    x, y = counts(rng, rng.uniform(0.01, 0.99), spread, n)
    fit = fit_rates(design(x)[:-1], y[:-1], n[:-1].astype(float))
    if isinstance(fit, Unavailable):
        assert "runs to infinity" in fit.unavailable
        return
    assert 0 <= fit.overdispersion <= 1
    found = predict_rate(fit, design(x)[-1], trials, float(y[-1]))
    assert 0 <= found.interval.lower <= found.interval.upper <= 1
    assert found.half_width == (found.interval.upper - found.interval.lower) / 2


def test_rates_that_are_separated() -> None:
    x = np.arange(6.0)
    found = fit_rates(design(x), (x > 2).astype(float), np.full(6, 1.0))
    assert found == Unavailable(
        unavailable="the logistic fit runs to infinity: it separates rates of 0 and 1"
    )
