"""Intervals of a proportion against statsmodels."""

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from epm_lint.statistics.intervals import Interval, Method, interval

NAMES = {
    Method.WILSON: "wilson",
    Method.CLOPPER_PEARSON: "beta",
    Method.WALD: "normal",
    Method.AGRESTI_COULL: "agresti_coull",
    Method.JEFFREYS: "jeffreys",
}


def check(k, n, level, method):
    own = interval(k, n, level, method).cut()
    other = proportion_confint(k, n, alpha=1 - level, method=NAMES[method])
    assert own == pytest.approx(other, rel=1e-9, abs=1e-12), (k, n, level)


@pytest.mark.parametrize("method", NAMES)
def test_every_count(method):
    for n in (1, 2, 5, 12, 100, 1319):
        for k in {*range(min(n, 30) + 1), n - 1, n, n // 2}:
            for level in (0.8, 0.95, 0.99):
                check(k, n, level, method)


@pytest.mark.parametrize("method", NAMES)
@settings(max_examples=80, deadline=None)
@given(n=st.integers(1, 10**6), share=st.floats(0, 1), level=st.floats(0.5, 0.9999))
def test_any_real_count(method, n, share, level):
    k = share * n
    if method in (Method.CLOPPER_PEARSON, Method.JEFFREYS) and not 1e-6 < share < 1 - 1e-6:
        k = round(k)
    check(k, n, level, method)


def test_a_page_s_intervals():
    as_printed = {23: (15.8, 32.2), 32: (23.7, 41.7), 33: (24.6, 42.7), 49: (39.4, 58.7)}
    for k, ends in as_printed.items():
        assert tuple(round(100 * end, 1) for end in interval(k, 100)) == ends


def test_wald_leaves_the_unit_interval_and_wilson_does_not():
    assert interval(1, 20, 0.95, Method.WALD).low < 0
    assert interval(1, 20, 0.95, Method.WALD).cut().low == 0
    assert interval(0, 20) == Interval(0.0, pytest.approx(0.16113, abs=1e-5))
    assert interval(20, 20).high == 1


@pytest.mark.parametrize(("k", "n"), [(0, 12), (3, 12), (81, 263), (15, 148), (29, 29)])
def test_wilson_with_continuity_is_scipy_s(k, n):
    own = interval(k, n, method=Method.CONTINUITY)
    other = stats.binomtest(k, n).proportion_ci(method="wilsoncc")
    assert own == pytest.approx((other.low, other.high), abs=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 10), (31, 100), (99, 100)])
def test_student_s_is_that_of_zeros_and_ones(k, n):
    rate = k / n
    deviation = sqrt(n * rate * (1 - rate) / (n - 1))
    other = stats.t.interval(0.95, n - 1, loc=rate, scale=deviation / sqrt(n))
    assert interval(k, n, method=Method.T) == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 12), (1, 12), (31, 100), (12, 12)])
def test_the_ends_of_mid_p_have_half_the_chance_of_k_in_their_tails(k, n):
    low, high = interval(k, n, method=Method.MID_P)
    above = stats.binom.sf(k, n, low) + stats.binom.pmf(k, n, low) / 2
    below = stats.binom.cdf(k - 1, n, high) + stats.binom.pmf(k, n, high) / 2
    assert (low == 0) if k == 0 else above == pytest.approx(0.025, abs=1e-6)
    assert (high == 1) if k == n else below == pytest.approx(0.025, abs=1e-6)
